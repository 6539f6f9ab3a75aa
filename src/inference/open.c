#include "gdmpi/blas.h"
#include "gdmpi/inference.h"
#include "gdmpi/memory.h"
#include "gdmpi/process.h"
#include "gdmpi/store.h"

/* Once a host where its ranks can share them, else by each rank. Collective. */
static gd_status place_parameters(gd_inference *self) {
    gd_comm *comm = self->problem.comm;
    const size_t count = (size_t)self->problem.model->tensors.size;
    const bool first =
        gd_comm_ranks_on(comm, gd_comm_host_number(comm)).first == gd_comm_rank(comm);
    if (gd_comm_hosts(comm) < gd_comm_size(comm)) {
        gd_status refused = gd_window_new(comm, first ? count * sizeof(real) : 0, &self->window);
        gd_status_free(&refused);
    }
    if (self->window != NULL) {
        self->parameters = gd_window_of(self->window, 0);
        return GD_OK;
    }
    gd_status status = gd_memory_new(&self->own, count, sizeof *self->own, "the parameters");
    self->parameters = self->own;
    return gd_comm_agree(comm, status);
}

static void spread_parameters(gd_inference *self) {
    const size_t bytes = (size_t)self->problem.model->tensors.size * sizeof(real);
    if (self->window == NULL) {
        gd_comm_broadcast(self->problem.comm, self->parameters, bytes);
    } else {
        gd_comm_broadcast_hosts(self->problem.comm, self->parameters, bytes);
        gd_window_sync(self->window);
    }
}

/* Rank 0 has read it; its kind is in the config. Collective. */
static gd_status spread_normalizer(gd_inference *self) {
    gd_comm *comm = self->problem.comm;
    gd_normalizer *normalizer = &self->problem.normalizer;
    const char *kind = gd_config_text(self->problem.config, "data", "normalize");
    gd_status status = GD_OK;
    if (gd_text_index(kind, gd_normalizer_name) == 0) {
        return GD_OK;
    }
    if (gd_comm_rank(comm) > 0) {
        status = gd_normalizer_new(kind, self->problem.model->inputs, normalizer);
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        const size_t numbers = 2 * (size_t)normalizer->width;
        gd_comm_broadcast(comm, normalizer->shift, numbers * sizeof *normalizer->shift);
        self->problem.val.normalizer = normalizer;
    }
    return status;
}

static gd_status open_model(const gd_job *job, gd_inference *self) {
    gd_problem *problem = &self->problem;
    const bool root = gd_comm_rank(problem->comm) == 0;
    gd_status status = GD_OK;
    if (root) {
        status = gd_store_guard(job->model, gd_job_try, (void *)job);
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        status = gd_comm_agree(problem->comm, gd_job_model(job, &problem->model));
    }
    if (status == GD_OK) {
        status = place_parameters(self);
    }
    if (status == GD_OK && root) {
        status = gd_job_read(job, problem->model, self->parameters, &problem->normalizer);
        if (status == GD_OK) {
            status = gd_job_classes(job, problem->model, &problem->classes);
        }
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        spread_parameters(self);
        status = spread_normalizer(self);
    }
    return status;
}

static gd_status describe_rows(const gd_job *job, bool targets, gd_problem *problem) {
    const gd_normalizer *normalizer = problem->val.normalizer;
    const gd_target target = gd_model_target(problem->model);
    gd_status status = gd_text_copy(job->data.file, &problem->val_source.file);
    if (status == GD_OK) {
        status = gd_text_copy(job->data.group, &problem->val_source.group);
    }
    if (status == GD_OK) {
        status = targets ? gd_rows_describe(&job->data, &problem->val)
                         : gd_rows_describe_x(&job->data, &problem->val);
    }
    if (status == GD_OK) {
        status = gd_rows_check_shape(&job->data, &problem->val, problem->model->inputs, &target);
    }
    problem->val.normalizer = normalizer;
    problem->val.categories = problem->model->categories;
    return status;
}

/* Hosts may have files of their own. Collective. */
static gd_status same_rows(const gd_problem *problem) {
    gd_text text = {0};
    gd_status status = gd_rows_fingerprint(&problem->val_source, &problem->val, &text);
    if (status == GD_OK) {
        status = gd_text_status(&text);
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        status = gd_comm_same(problem->comm, gd_text_bytes(&text));
    }
    gd_text_free(&text);
    return status;
}

static void cut_tiles(const gd_job *job, gd_inference *self) {
    gd_problem *problem = &self->problem;
    const int64_t rows = problem->val.x.dims[0];
    int64_t *tile = &problem->model->tile_rows;
    const double row_bytes = (double)gd_rows_x_bytes(&problem->val) +
                             (double)gd_rows_y_bytes(&problem->val) +
                             (double)problem->model->outputs * (sizeof(int64_t) + sizeof(real));
    *tile = *tile < rows ? *tile : rows;
    const double fit = (double)job->block_bytes / (row_bytes * (double)*tile);
    self->block_rows = fit > 1 ? (int64_t)fit * *tile : *tile;
    problem->validates = true;
    problem->val_count = rows;
    problem->val_split = (gd_split){.rows = rows};
    problem->val_tiles = (rows + *tile - 1) / *tile;
}

/* All weights of this rank's rows are read at once, for their mean is needed before the first of
 * them is. Collective. */
static gd_status weigh(gd_problem *problem) {
    gd_rows *rows = &problem->val;
    const gd_target target = gd_model_target(problem->model);
    if (rows->w.rank == 0) {
        return GD_OK;
    }
    gd_status status =
        gd_rows_load_weights(&problem->val_source, &problem->val_split, GD_VALIDATION,
                             gd_problem_val_range(problem, gd_comm_rank(problem->comm)), rows);
    if (status == GD_OK) {
        status = gd_rows_check_values(&problem->val_source, &problem->val_split, GD_VALIDATION,
                                      rows, problem->scale, GD_REAL_MAX, &target);
    }
    status = gd_comm_agree(problem->comm, status);
    return status == GD_OK ? gd_problem_weigh(problem) : status;
}

static gd_status open_rows(const gd_job *job, bool targets, gd_inference *self) {
    gd_problem *problem = &self->problem;
    gd_status status = GD_OK;
    if (gd_comm_rank(problem->comm) == 0) {
        status = targets ? gd_source_try(&job->data, true) : gd_source_try_x(&job->data);
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        status = gd_comm_agree(problem->comm, describe_rows(job, targets, problem));
    }
    if (status == GD_OK) {
        status = gd_comm_agree(
            problem->comm, targets && problem->classes != NULL
                               ? gd_source_compare_classes(&problem->val_source, problem->classes)
                               : GD_OK);
    }
    if (status == GD_OK) {
        status = same_rows(problem);
    }
    if (status == GD_OK) {
        cut_tiles(job, self);
        status = weigh(problem);
    }
    return status;
}

static gd_status allocate(gd_inference *self) {
    const gd_model *model = self->problem.model;
    const gd_target target = gd_model_target(model);
    gd_status status = gd_workspace_new(model, model->tile_rows, &self->workspace);
    return status == GD_OK ? gd_batch_new(model->tile_rows, model->inputs, &target, &self->batch)
                           : status;
}

static gd_status start(gd_comm *comm, const gd_job *job, gd_inference **inference) {
    gd_status status = gd_memory_new(inference, 1, sizeof **inference, "the model");
    if (status == GD_OK) {
        (*inference)->problem.comm = comm;
        (*inference)->problem.config = job->config;
        (*inference)->problem.scale = gd_config_number(job->config, "data", "scale");
        gd_process_flush_tiny();
        status = gd_blas_start((int)gd_config_integer(job->config, "train", "threads"));
    }
    return status;
}

gd_status gd_inference_open(gd_comm *comm, const gd_job *job, bool targets,
                            gd_inference **inference) {
    gd_status status = gd_comm_agree(comm, start(comm, job, inference));
    if (status == GD_OK) {
        status = gd_problem_same_program(comm, job->config);
    }
    if (status == GD_OK) {
        status = open_model(job, *inference);
    }
    if (status == GD_OK) {
        status = open_rows(job, targets, *inference);
    }
    return status == GD_OK ? gd_comm_agree(comm, allocate(*inference)) : status;
}

void gd_inference_close(gd_inference **inference) {
    gd_inference *self = *inference;
    if (self == NULL) {
        return;
    }
    gd_window_free(&self->window);
    gd_memory_free(&self->own);
    gd_workspace_free(&self->workspace);
    gd_batch_free(&self->batch);
    gd_rows_free(&self->block);
    gd_model_free(&self->problem.model);
    gd_rows_free(&self->problem.val);
    gd_normalizer_free(&self->problem.normalizer);
    gd_memory_free(&self->problem.classes);
    gd_source_free(&self->problem.val_source);
    gd_memory_free(inference);
}
