#include <limits.h>
#include <string.h>

#include "gdmpi/inference.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"

static const char parameters_group[] = "/params", average_group[] = "/ema";

static gd_status damaged(const gd_job *job, const char *what) {
    return gd_status_new(GD_BAD_INPUT, "%s: %s; it is damaged, or was not written by gdmpi",
                         job->model, what);
}

/* The arithmetic of shards relies on it. */
static gd_status check_header(const gd_job *job) {
    const gd_checkpoint_header *header = &job->header;
    const int64_t batch = gd_config_integer(job->config, "train", "batch_size");
    if (header->type != GD_REAL_TYPE ||
        strcmp(gd_config_text(job->config, "train", "precision"), GD_REAL_NAME) != 0) {
        return damaged(job, "is not in the precision that its config says");
    }
    if (header->inputs < 1 || header->inputs > INT_MAX) {
        return damaged(job, "the number of features of its rows is not possible");
    }
    if (header->shards < 1 || header->train_rows < header->shards ||
        (batch > 0 && batch < header->shards)) {
        return damaged(job, "its numbers of rows, shards and batch_size are not possible together");
    }
    return GD_OK;
}

gd_status gd_job_model(const gd_job *job, gd_model **model) {
    const gd_checkpoint_header *header = &job->header;
    *model = NULL;
    gd_status status = check_header(job);
    if (status == GD_OK) {
        status = gd_model_new(job->config, header->inputs, model);
    }
    if (status == GD_OK) {
        const gd_shards shards = {.rows = header->train_rows,
                                  .count = header->shards,
                                  .batch = gd_config_integer(job->config, "train", "batch_size")};
        (*model)->tile_rows = gd_problem_tile_rows(job->config, *model, &shards);
    }
    return status;
}

/* Validation is of the average, where there is one; model.h5 has it in the place of the parameters.
 */
static gd_status choose_group(const gd_job *job, const char **group) {
    gd_store *store = NULL;
    bool average = false;
    gd_status status = gd_store_open(job->model, &store);
    if (status == GD_OK) {
        status = gd_store_has(store, average_group, &average);
    }
    *group = average ? average_group : parameters_group;
    return gd_status_first(status, gd_store_close(&store));
}

static gd_status check_normalizer(const gd_job *job, const gd_normalizer *normalizer) {
    const char *wanted = gd_config_text(job->config, "data", "normalize");
    const char *kind = normalizer->kind == NULL ? gd_normalizer_name(0) : normalizer->kind;
    return strcmp(kind, wanted) == 0
               ? GD_OK
               : damaged(job, "its " GD_CHECKPOINT_NORMALIZE " is not what its config says");
}

gd_status gd_job_read(const gd_job *job, const gd_model *model, real *parameters,
                      gd_normalizer *normalizer) {
    const gd_tensors *tensors = &model->tensors;
    const char *group;
    *normalizer = (gd_normalizer){0};
    gd_status status = choose_group(job, &group);
    if (status == GD_OK) {
        status = gd_checkpoint_read(job->model, group, tensors, GD_REAL_TYPE, parameters);
    }
    if (status == GD_OK && parameters != NULL && strcmp(group, parameters_group) == 0 &&
        gd_checkpoint_digest(parameters, GD_REAL_TYPE, tensors->size) != job->header.digest) {
        status = damaged(job, "its parameters do not have the digest it says");
    }
    if (status == GD_OK) {
        status = gd_checkpoint_read_normalizer(job->model, normalizer);
    }
    return status == GD_OK ? check_normalizer(job, normalizer) : status;
}

gd_status gd_job_load(const gd_job *job, gd_model **model, real **parameters,
                      gd_normalizer *normalizer) {
    *parameters = NULL;
    *normalizer = (gd_normalizer){0};
    gd_status status = gd_job_model(job, model);
    if (status == GD_OK) {
        status = gd_job_read(job, *model, NULL, normalizer);
        gd_normalizer_free(normalizer);
    }
    if (status == GD_OK) {
        status = gd_memory_new(parameters, (size_t)(*model)->tensors.size, sizeof **parameters,
                               "the parameters");
    }
    return status == GD_OK ? gd_job_read(job, *model, *parameters, normalizer) : status;
}

gd_status gd_job_classes(const gd_job *job, const gd_model *model, char **classes) {
    const gd_scored scored = gd_score_of(model->loss, model->outputs);
    gd_status status = gd_checkpoint_read_classes(job->model, classes);
    if (!gd_score_named(&scored, *classes)) {
        gd_memory_free(classes);
    }
    return status;
}

gd_status gd_job_try(void *job) {
    gd_model *model;
    gd_normalizer normalizer;
    real *parameters;
    char *classes = NULL;
    gd_status status = gd_job_load(job, &model, &parameters, &normalizer);
    if (status == GD_OK) {
        status = gd_job_classes(job, model, &classes);
    }
    gd_memory_free(&classes);
    gd_normalizer_free(&normalizer);
    gd_memory_free(&parameters);
    gd_model_free(&model);
    return status;
}
