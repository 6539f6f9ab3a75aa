#include <stdio.h>

#include "gdmpi/export.h"
#include "gdmpi/inference.h"
#include "gdmpi/memory.h"

/* A copy that may stand in a comment of C and in a text of ONNX. */
static gd_status copy_plain(const char *text, char **copy) {
    gd_status status = gd_text_copy(text, copy);
    for (char *c = *copy; status == GD_OK && *c != '\0'; c++) {
        *c = gd_export_plain(*c);
    }
    return status;
}

static gd_status describe(const gd_job *job, const gd_model *model, char **path, char **layers,
                          gd_graph *graph) {
    const gd_scored scored = gd_score_of(model->loss, model->outputs);
    gd_status status = copy_plain(job->model, path);
    if (status == GD_OK) {
        status = copy_plain(gd_config_text(job->config, "model", "layers"), layers);
    }
    graph->model = *path;
    graph->layers = *layers;
    graph->loss = model->loss->name;
    graph->output_name = gd_score_output(&scored);
    return status;
}

/* From what was read to the file. */
static gd_status write_model(const gd_job *job, const gd_model *model, const real *parameters,
                             const gd_normalizer *normalizer, const char *classes) {
    static const gd_normalizer none;
    const bool normalized =
        gd_text_index(gd_config_text(job->config, "data", "normalize"), gd_normalizer_name) > 0;
    char *path = NULL, *layers = NULL;
    gd_graph graph = {
        .type = GD_REAL_TYPE,
        .parameters = parameters,
        .digest = gd_checkpoint_digest(parameters, GD_REAL_TYPE, model->tensors.size),
        .classes = classes,
    };
    gd_status status = describe(job, model, &path, &layers, &graph);
    if (status == GD_OK) {
        gd_model_trace(model, normalized ? normalizer : &none,
                       gd_config_number(job->config, "data", "scale"), &graph);
        status = gd_graph_status(&graph);
    }
    if (status == GD_OK) {
        status = gd_export_write(&graph, job->output);
    }
    if (status == GD_OK) {
        printf("%s is written: x [%lld], %s [%lld]\n", job->output, (long long)model->inputs,
               graph.output_name, (long long)model->outputs);
    }
    gd_graph_free(&graph);
    gd_memory_free(&path);
    gd_memory_free(&layers);
    return status;
}

static gd_status export_model(const gd_job *job) {
    gd_model *model = NULL;
    real *parameters = NULL;
    gd_normalizer normalizer = {0};
    char *classes = NULL;
    gd_status status = gd_job_check_output(job);
    if (status == GD_OK) {
        status = gd_store_guard(job->model, gd_job_try, (void *)job);
    }
    if (status == GD_OK) {
        status = gd_job_load(job, &model, &parameters, &normalizer);
    }
    if (status == GD_OK) {
        status = gd_job_classes(job, model, &classes);
    }
    if (status == GD_OK) {
        status = write_model(job, model, parameters, &normalizer, classes);
    }
    gd_memory_free(&classes);
    gd_normalizer_free(&normalizer);
    gd_memory_free(&parameters);
    gd_model_free(&model);
    return status;
}

/* One rank does it all: the work is reading and writing files. */
gd_status gd_inference_export(gd_comm *comm, const gd_job *job) {
    return gd_comm_agree(comm, gd_comm_rank(comm) == 0 ? export_model(job) : GD_OK);
}
