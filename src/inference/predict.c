#include <math.h>

#include "gdmpi/inference.h"
#include "gdmpi/memory.h"
#include "prediction_file.h"

typedef struct prediction {
    gd_inference *inference;
    gd_scored scored;
    gd_prediction_file *file; /* rank 0 */
    int64_t class_width;      /* classes of a row; 0: the model predicts numbers */
    int64_t *classes;         /* of a block: [block_rows, class_width], */
    real *numbers;            /* [block_rows, outputs] */
} prediction;

/* As PyTorch's softmax, without overflow. */
static void soften(int64_t count, const real *from, real *to) {
    double most = (double)from[0], sum = 0;
    for (int64_t i = 1; i < count; i++) {
        most = fmax(most, (double)from[i]);
    }
    for (int64_t i = 0; i < count; i++) {
        sum += exp((double)from[i] - most);
    }
    for (int64_t i = 0; i < count; i++) {
        to[i] = (real)(exp((double)from[i] - most) / sum);
    }
}

/* From the outputs of a row to what they stand for. */
static void invert_link(gd_link link, int64_t count, const real *from, real *to) {
    if (link == GD_LINK_SOFTMAX) {
        soften(count, from, to);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        const double output = (double)from[i];
        to[i] = link == GD_LINK_LOGIT ? (real)(1 / (1 + exp(-output)))
                : link == GD_LINK_LOG ? (real)exp(output)
                                      : from[i];
    }
}

static gd_status check_finite(const prediction *self, int64_t row, const real *numbers) {
    const gd_source *data = &self->inference->problem.val_source;
    for (int64_t i = 0; i < self->scored.outputs; i++) {
        if (!isfinite(numbers[i])) {
            return gd_status_new(GD_BAD_INPUT,
                                 "%s: of row %lld of %s the model makes a number that is not "
                                 "finite; is x of the size that it was trained on?",
                                 data->file, (long long)row, data->group);
        }
    }
    return GD_OK;
}

static void classify(const gd_scored *scored, const real *output, int64_t *classes) {
    if (scored->task == GD_TASK_CLASS) {
        *classes = gd_score_guess(scored, output);
    }
    for (int64_t i = 0; scored->task == GD_TASK_FLAGS && i < scored->outputs; i++) {
        classes[i] = output[i] > 0;
    }
}

static gd_status predict_tile(void *context, int64_t first) {
    prediction *self = context;
    gd_inference *inference = self->inference;
    const gd_problem *problem = &inference->problem;
    const int64_t outputs = self->scored.outputs;
    const int64_t place = first - inference->block.range.first;
    const real *output = gd_model_predict(problem->model, inference->workspace, &inference->batch,
                                          inference->parameters);
    gd_status status = GD_OK;
    for (int64_t i = 0; i < inference->batch.rows && status == GD_OK; i++) {
        real *numbers = self->numbers + (place + i) * outputs;
        classify(&self->scored, output + i * outputs,
                 self->classes + (place + i) * self->class_width);
        invert_link(self->scored.loss->link, outputs, output + i * outputs, numbers);
        status = check_finite(self, first + i, numbers);
    }
    return status;
}

/* The blocks of the ranks, one after the other, to rank 0's place for its own, which is written by
 * then: it needs no more memory than others. After a failure to write, they are still taken. */
static gd_status write_round(void *context, int64_t round) {
    prediction *self = context;
    gd_comm *comm = self->inference->problem.comm;
    const size_t class_bytes = (size_t)self->class_width * sizeof *self->classes;
    const size_t number_bytes = (size_t)self->scored.outputs * sizeof *self->numbers;
    gd_status status = GD_OK;
    for (int rank = 0; rank < gd_comm_size(comm); rank++) {
        const gd_range rows = gd_inference_block(self->inference, rank, round);
        const bool root = gd_comm_rank(comm) == 0, mine = rank == gd_comm_rank(comm);
        const size_t count = (size_t)rows.count;
        const size_t out = mine && !root ? count : 0, in = root && !mine ? count : 0;
        gd_comm_exchange(comm, 0, self->classes, out * class_bytes, rank, self->classes,
                         in * class_bytes);
        gd_comm_exchange(comm, 0, self->numbers, out * number_bytes, rank, self->numbers,
                         in * number_bytes);
        if (root && status == GD_OK) {
            status = gd_prediction_file_write(self->file, rows, self->classes, self->numbers);
        }
    }
    return gd_comm_agree(comm, status);
}

static gd_status allocate(prediction *self) {
    const gd_problem *problem = &self->inference->problem;
    const int64_t most = self->inference->block_rows;
    const size_t rows = (size_t)(most < problem->val_count ? most : problem->val_count);
    self->scored = gd_score_of(problem->model->loss, problem->model->outputs);
    self->class_width = self->scored.task == GD_TASK_CLASS   ? 1
                        : self->scored.task == GD_TASK_FLAGS ? self->scored.outputs
                                                             : 0;
    gd_status status = gd_memory_new(&self->numbers, rows * (size_t)self->scored.outputs,
                                     sizeof *self->numbers, "predictions");
    return status == GD_OK ? gd_memory_new(&self->classes, rows * (size_t)self->class_width,
                                           sizeof *self->classes, "predictions")
                           : status;
}

/* What rank 0 begins. */
static gd_status begin(const gd_job *job, prediction *self) {
    const gd_inference *inference = self->inference;
    const gd_tensors *tensors = &inference->problem.model->tensors;
    const gd_prediction_shape shape = {.rows = inference->problem.val_count,
                                       .outputs = self->scored.outputs,
                                       .class_width = self->class_width,
                                       .type = GD_REAL_TYPE,
                                       .name = gd_score_output(&self->scored),
                                       .classes = inference->problem.classes};
    const uint64_t digest =
        gd_checkpoint_digest(inference->parameters, GD_REAL_TYPE, tensors->size);
    return gd_prediction_file_create(job, digest, &shape, &self->file);
}

static gd_status predict(const gd_job *job, prediction *self) {
    gd_comm *comm = self->inference->problem.comm;
    const gd_visit visit = {self, predict_tile, write_round};
    gd_status status = gd_comm_agree(comm, allocate(self));
    if (status == GD_OK) {
        status = gd_comm_agree(comm, gd_comm_rank(comm) == 0 ? begin(job, self) : GD_OK);
    }
    if (status == GD_OK) {
        status = gd_inference_run(self->inference, &visit);
    }
    if (status == GD_OK) {
        status = gd_comm_agree(comm, gd_prediction_file_commit(&self->file));
    }
    gd_prediction_file_abandon(&self->file);
    return status;
}

gd_status gd_inference_predict(gd_comm *comm, const gd_job *job) {
    prediction self = {0};
    gd_status status =
        gd_comm_agree(comm, gd_comm_rank(comm) == 0 ? gd_job_check_output(job) : GD_OK);
    if (status == GD_OK) {
        status = gd_inference_open(comm, job, false, &self.inference);
    }
    if (status == GD_OK) {
        status = predict(job, &self);
    }
    gd_memory_free(&self.classes);
    gd_memory_free(&self.numbers);
    gd_inference_close(&self.inference);
    return status;
}
