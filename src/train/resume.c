#include "gdmpi/store.h"
#include "train_private.h"

/* Reads a vector on rank 0; a failure is everyone's. */
static gd_status read_vector(gd_trainer *trainer, const char *path, const char *group,
                             real *vector) {
    gd_status status = GD_OK;
    if (gd_comm_rank(trainer->problem->comm) == 0) {
        status = gd_checkpoint_read(path, group, &trainer->problem->model->tensors, GD_REAL_TYPE,
                                    vector);
    }
    return gd_comm_agree(trainer->problem->comm, status);
}

static gd_status read_parameters(gd_trainer *trainer, const char *path) {
    gd_status status = read_vector(trainer, path, "/params", trainer->reducer->parameters);
    if (status == GD_OK) {
        gd_reducer_spread(trainer->reducer);
    }
    return status;
}

gd_status gd_trainer_resume(gd_trainer *trainer, const char *path,
                            const gd_checkpoint_header *header) {
    char group[GD_TRAINER_STATES][64];
    const int states = gd_trainer_groups(trainer->problem->config, group);
    trainer->progress = header->progress;
    gd_status status = read_parameters(trainer, path);
    for (int i = 0; i < states && status == GD_OK; i++) {
        status = read_vector(trainer, path, group[i], trainer->whole);
        if (status == GD_OK) {
            gd_reducer_scatter(trainer->reducer, trainer->whole, trainer->state[i]);
        }
    }
    return status;
}

/* A model that someone else may have made. */
typedef struct start_model {
    const gd_trainer *trainer;
    const char *path;
} start_model;

static gd_status read_start(void *context) {
    const start_model *from = context;
    gd_checkpoint_header header;
    gd_status status = gd_checkpoint_read_header(from->path, &header);
    gd_checkpoint_header_free(&header);
    if (status == GD_OK) {
        status = gd_checkpoint_read(from->path, "/params", &from->trainer->problem->model->tensors,
                                    GD_REAL_TYPE, from->trainer->whole);
    }
    return status;
}

static gd_status initial_parameters(gd_trainer *trainer) {
    const gd_problem *problem = trainer->problem;
    start_model from = {trainer, gd_config_text(problem->config, "model", "init_from")};
    bool root = gd_comm_rank(problem->comm) == 0;
    if (from.path[0] != '\0') {
        gd_status status = root ? gd_store_guard(from.path, read_start, &from) : GD_OK;
        status = gd_config_blame(problem->config, "model", "init_from", status);
        status = gd_comm_agree(problem->comm, status);
        return status == GD_OK ? read_parameters(trainer, from.path) : status;
    }
    gd_status status = GD_OK;
    if (root) {
        status = gd_model_initialise(problem->model, problem->seed, trainer->reducer->parameters);
    }
    gd_reducer_spread(trainer->reducer);
    return gd_comm_agree(problem->comm, status);
}

gd_status gd_trainer_initialise(gd_trainer *trainer) {
    gd_status status = initial_parameters(trainer);
    if (status == GD_OK && trainer->optimizer->average != NULL) {
        gd_reducer_own(trainer->reducer, trainer->optimizer->average);
    }
    if (status == GD_OK && trainer->before != NULL) {
        gd_reducer_own(trainer->reducer, trainer->before);
    }
    return status;
}
