#include "gdmpi/memory.h"
#include "gdmpi/store.h"
#include "gdmpi/train.h"
#include "train_private.h"

/* Whether the data are those that they were, wherever their files are now. */
static gd_status same_data(const gd_problem *problem, const gd_checkpoint_header *header) {
    const struct {
        const char *what;
        int64_t old, now;
    } rows[] = {
        {"features", header->inputs, problem->model->inputs},
        {"training rows", header->train_rows, problem->shards.rows},
        {"validation rows", header->val_rows, problem->val_count},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].old != rows[i].now) {
            return gd_status_new(GD_BAD_INPUT, "%s has %lld %s, but the checkpoint's run had %lld",
                                 problem->train_source.file, (long long)rows[i].now, rows[i].what,
                                 (long long)rows[i].old);
        }
    }
    const gd_source *source = problem->train_digest != header->train_digest ? &problem->train_source
                              : problem->val_digest != header->val_digest   ? &problem->val_source
                                                                            : NULL;
    if (source != NULL) {
        return gd_status_new(GD_BAD_INPUT, "%s:%s has other rows than the checkpoint's run had",
                             source->file, source->group);
    }
    return GD_OK;
}

/* Whether the result of train.reduce depends on the number of ranks. */
static bool depends_on_ranks(const gd_config *config) {
    const gd_reducer_kind *kind = gd_reducer_find(gd_config_text(config, "train", "reduce"));
    return kind != NULL && !kind->same_bits;
}

static gd_status same_config(const gd_config *config, const gd_config *old) {
    gd_status status = gd_config_compare(config, old);
    if (status == GD_OK && depends_on_ranks(config) != depends_on_ranks(old)) {
        status = gd_config_fail(config, "train", "reduce",
                                "'%s' does not come to the bits of '%s', which the checkpoint's "
                                "run had",
                                gd_config_text(config, "train", "reduce"),
                                gd_config_text(old, "train", "reduce"));
    }
    return status == GD_OK ? gd_trainer_compare_groups(config, old) : status;
}

/* Whether a checkpoint is of the run that the config describes. */
static gd_status same_run(const gd_problem *problem, const char *path,
                          const gd_checkpoint_header *header) {
    const gd_settings *tables[GD_TABLES];
    gd_config *old = NULL;
    gd_train_tables(tables);
    gd_status status = gd_config_parse(path, header->config, 0, NULL, tables, &old);
    if (status == GD_OK) {
        status = same_config(problem->config, old);
    }
    gd_config_free(&old);
    if (status == GD_OK) {
        status = same_data(problem, header);
    }
    if (status == GD_OK && header->shards != problem->shards.count) {
        status =
            gd_config_fail(problem->config, "data", "shards",
                           "this run has %lld shard%s, but %s was written with %lld; set "
                           "data.shards to %lld",
                           (long long)problem->shards.count, gd_text_plural(problem->shards.count),
                           path, (long long)header->shards, (long long)header->shards);
    }
    if (gd_status_code(status) != GD_BAD_INPUT) {
        return status;
    }
    gd_status told =
        gd_status_new(GD_BAD_INPUT, "%s; %s is of another run", gd_status_message(status), path);
    gd_status_free(&status);
    return told;
}

static gd_status same_normalizer(const gd_problem *problem, const char *path) {
    gd_normalizer old;
    gd_status status = gd_checkpoint_read_normalizer(path, &old);
    if (status == GD_OK && !gd_normalizer_same(&old, &problem->normalizer)) {
        status = gd_status_new(GD_BAD_INPUT,
                               "%s: its %s is not that of the training rows; it is damaged", path,
                               GD_CHECKPOINT_NORMALIZE);
    }
    gd_normalizer_free(&old);
    return status;
}

/* Reads every vector, into `whole`, to see that it is intact and has the digest it says. */
static gd_status verify(const gd_problem *problem, const char *path,
                        const gd_checkpoint_header *header, real *whole) {
    const gd_tensors *tensors = &problem->model->tensors;
    if (header->type != GD_REAL_TYPE) {
        return gd_status_new(GD_BAD_INPUT, "%s: is not in the precision that its config says",
                             path);
    }
    gd_status status = gd_checkpoint_read(path, "/params", tensors, GD_REAL_TYPE, whole);
    if (status == GD_OK &&
        gd_checkpoint_digest(whole, GD_REAL_TYPE, tensors->size) != header->digest) {
        status =
            gd_status_new(GD_BAD_INPUT, "%s: its parameters do not have the digest it says", path);
    }
    if (status == GD_OK) {
        status = same_normalizer(problem, path);
    }
    char group[GD_TRAINER_STATES][64];
    int states = gd_trainer_groups(problem->config, group);
    for (int i = 0; i < states && status == GD_OK; i++) {
        status = gd_checkpoint_read(path, group[i], tensors, GD_REAL_TYPE, whole);
    }
    return status;
}

typedef struct candidate {
    const gd_problem *problem;
    const char *path;
    real *whole;
} candidate;

/* Reads all of a checkpoint of this run; of another run's, the header. */
static gd_status read_all(void *context) {
    const candidate *of = context;
    gd_checkpoint_header header;
    gd_status status = gd_checkpoint_read_header(of->path, &header);
    if (status != GD_OK) {
        return status;
    }
    gd_status foreign = same_run(of->problem, of->path, &header);
    if (foreign == GD_OK) {
        status = verify(of->problem, of->path, &header, of->whole);
    }
    gd_status_free(&foreign);
    gd_checkpoint_header_free(&header);
    return status;
}

gd_status gd_resume_check(const gd_problem *problem, const char *path, real *whole,
                          gd_checkpoint_header *header, bool *foreign) {
    candidate of = {problem, path, whole};
    *foreign = false;
    gd_status status = gd_store_guard(path, read_all, &of);
    if (status == GD_OK) {
        status = gd_checkpoint_read_header(path, header);
    }
    if (status == GD_OK) {
        status = same_run(problem, path, header);
        *foreign = gd_status_code(status) == GD_BAD_INPUT;
    }
    return status;
}
