#include "gdmpi/gradcheck.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/rng.h"
#include "train_private.h"

/* How often f may be rounded before its quotients are off by more than the tolerance. */
enum { ROUNDINGS = 64 };

/* Where f is taken around an element, in steps. */
enum { SHIFTS = 4 };
static const double shifts[SHIFTS] = {-1, 1, -0.5, 0.5};

/* The elements of a tensor that are checked, and the loss around them. */
typedef struct check {
    gd_trainer *trainer;
    const gd_tensor *tensor;
    int64_t count;
    int64_t element[GD_GRADCHECK_ELEMENTS]; /* of the flat vector */
    double *point; /* [size]: the parameters, in which elements are moved one by one */
    double *sums;  /* [SHIFTS * count + 1][shards]: losses by element and shift, then unmoved */
} check;

/* Halving the step takes a quarter of its error from a smooth function's quotient, and half of the
 * second difference. Of a kink at a distance of d h it moves the first by d/2 of the jump in slope,
 * or the second by |1 - 3 d|/2 of it, where the nearer quotient is off by at most 1/2 - d: at least
 * half as much as that. */
bool gd_stencil_error(const gd_stencil *f, double gradient, double *error) {
    const double h = f->step;
    const double far = (f->far[1] - f->far[0]) / (2 * h), near = (f->near[1] - f->near[0]) / h;
    const double bend = (f->far[1] - f->middle - (f->middle - f->far[0])) / (2 * h);
    const double near_bend = (f->near[1] - f->middle - (f->middle - f->near[0])) * 2 / h;
    const double rounding = ROUNDINGS * DBL_EPSILON * fabs(f->middle) / h;
    const double least = fmax(rounding / GD_GRADCHECK_TOLERANCE, DBL_MIN);
    const double jump = fmax(fabs(far - near), fabs(near_bend - bend));
    if (jump > GD_GRADCHECK_TOLERANCE / 4 * fmax(fabs(near), least)) {
        return false;
    }
    *error = fabs(gradient - near) / fmax(fmax(fabs(gradient), fabs(near)), least);
    *error = isfinite(*error) ? *error : INFINITY;
    return true;
}

/* One from each of as many parts of the tensor. */
static void choose_elements(check *check, int tensor) {
    const gd_problem *problem = check->trainer->problem;
    const gd_rng rng = gd_rng_stream(problem->seed, GD_RNG_GRADCHECK, tensor, 0, 0);
    check->tensor = &problem->model->tensors.list[tensor];
    const int64_t all = check->tensor->count;
    check->count = all < GD_GRADCHECK_ELEMENTS ? all : GD_GRADCHECK_ELEMENTS;
    for (int64_t i = 0; i < check->count; i++) {
        const gd_range part = gd_range_part(all, check->count, i);
        const double place = gd_rng_uniform(&rng, (uint64_t)i) * (double)part.count;
        check->element[i] = check->tensor->offset + part.first + (int64_t)place;
    }
}

static double step_of(double w) {
    return cbrt(DBL_EPSILON) * fmax(1, fabs(w));
}

/* The losses of a tile of rows at all points, added to the sums of its shard. */
static void add_losses(const check *check, const gd_pass *pass) {
    gd_trainer *trainer = check->trainer;
    const int64_t shards = trainer->problem->shards.count;
    const int64_t points = SHIFTS * check->count + 1;
    double *moved = check->point;
    for (int64_t p = 0; p < points; p++) {
        const double shift = p + 1 < points ? shifts[p % SHIFTS] : 0;
        double *place = moved + check->element[p + 1 < points ? p / SHIFTS : 0];
        const double before = *place;
        *place = before + shift * step_of(before);
        check->sums[p * shards + pass->shard] += gd_model_loss(
            trainer->problem->model, trainer->workspace, pass, &trainer->batch, moved);
        *place = before;
    }
}

static void sum_losses(const check *check) {
    gd_trainer *trainer = check->trainer;
    const gd_problem *problem = trainer->problem;
    const size_t count = (size_t)((SHIFTS * check->count + 1) * problem->shards.count);
    memset(check->sums, 0, count * sizeof *check->sums);
    for (int64_t i = 0; i < problem->mine.count; i++) {
        const int64_t shard = problem->mine.first + i;
        const gd_range places = gd_shards_step(&problem->shards, shard, 0);
        for (int64_t done = 0; done < places.count; done += trainer->batch.rows) {
            const gd_pass pass = gd_trainer_tile(trainer, shard, places, done);
            add_losses(check, &pass);
        }
    }
    gd_comm_sum(problem->comm, check->sums, count);
}

/* The objective at a point, but for the penalties on other elements. */
static double value_at(const check *check, int64_t point, double w) {
    const gd_problem *problem = check->trainer->problem;
    const int64_t shards = problem->shards.count;
    const double rows = (double)gd_shards_step_rows(&problem->shards, 0);
    const double l2 = check->tensor->rank > 1 ? check->trainer->optimizer->l2 : 0;
    return gd_tree_sum(shards, check->sums + point * shards) / rows + l2 / 2 * w * w;
}

static gd_stencil stencil_at(const check *check, int64_t i) {
    const double w = check->point[check->element[i]], h = step_of(w);
    double values[SHIFTS];
    for (int s = 0; s < SHIFTS; s++) {
        values[s] = value_at(check, SHIFTS * i + s, w + shifts[s] * h);
    }
    return (gd_stencil){.step = h,
                        .middle = value_at(check, SHIFTS * check->count, w),
                        .far = {values[0], values[1]},
                        .near = {values[2], values[3]}};
}

static gd_gradcheck_row compare_tensor(const check *check, const double *gradient) {
    gd_gradcheck_row row = {0};
    for (int64_t i = 0; i < check->count; i++) {
        const gd_stencil stencil = stencil_at(check, i);
        double error;
        if (!gd_stencil_error(&stencil, gradient[check->element[i]], &error)) {
            row.left_out++;
        } else if (row.checked++ == 0 || error > row.worst) {
            row.worst = error;
            row.element = check->element[i] - check->tensor->offset;
        }
    }
    return row;
}

gd_status gd_gradcheck_compare(gd_trainer *trainer, const double *gradient,
                               gd_gradcheck_row *rows) {
    const gd_problem *problem = trainer->problem;
    const gd_tensors *tensors = &problem->model->tensors;
    const size_t points = SHIFTS * GD_GRADCHECK_ELEMENTS + 1;
    check check = {.trainer = trainer};
    gd_status status = gd_memory_new(&check.point, (size_t)tensors->size, sizeof *check.point,
                                     "the parameters that are moved");
    if (status == GD_OK) {
        status = gd_memory_new(&check.sums, points * (size_t)problem->shards.count,
                               sizeof *check.sums, "the losses of shards");
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        const size_t bytes = (size_t)tensors->size * sizeof *check.point;
        memcpy(check.point, trainer->reducer->parameters, bytes);
        for (int t = 0; t < tensors->count && !tensors->list[t].statistic; t++) {
            choose_elements(&check, t);
            sum_losses(&check);
            rows[t] = compare_tensor(&check, gradient);
        }
    }
    gd_memory_free(&check.point);
    gd_memory_free(&check.sums);
    return status;
}

/* Where the mean gradient goes, as the update would take it. */
typedef struct keeper {
    gd_trainer *trainer;
    double *owned;
} keeper;

static void shard_gradient(void *context, int64_t shard, bool add, double *gradient,
                           const gd_ready *ready) {
    gd_trainer_shard_gradient(((keeper *)context)->trainer, shard, add, gradient, ready);
}

static void keep_gradient(void *context, int64_t at, int64_t count, double *mean,
                          double *parameters) {
    const keeper *keeper = context;
    const gd_update update = {.first = parameters - keeper->trainer->reducer->parameters,
                              .count = count,
                              .gradient = mean,
                              .parameters = parameters};
    gd_optimizer_add_l2(keeper->trainer->optimizer, &update);
    memcpy(keeper->owned + at, mean, (size_t)count * sizeof *mean);
}

gd_status gd_gradcheck_gradient(gd_trainer *trainer, double *gradient) {
    const gd_problem *problem = trainer->problem;
    gd_reducer *reducer = trainer->reducer;
    double *squares = trainer->shared + problem->shards.count;
    keeper keeper = {.trainer = trainer};
    gd_status status = gd_comm_agree(
        problem->comm, gd_memory_new(&keeper.owned, (size_t)reducer->owned, sizeof *keeper.owned,
                                     "the gradient of a rank's part"));
    if (status != GD_OK) {
        return status;
    }
    if (trainer->dealer != NULL) {
        gd_dealer_step(trainer->dealer, 0);
    }
    memset(trainer->shared, 0, trainer->shared_count * sizeof *trainer->shared);
    const gd_reduction reduction = {.divisor = (double)gd_shards_step_rows(&problem->shards, 0),
                                    .squares = squares,
                                    .context = &keeper,
                                    .gradient = shard_gradient,
                                    .update = keep_gradient};
    gd_reducer_step(reducer, &reduction);
    gd_reducer_publish(reducer, trainer->shared, trainer->shared_count);
    gd_reducer_gather(reducer, keeper.owned, gradient);
    gd_comm_broadcast(problem->comm, gradient, (size_t)reducer->size * sizeof *gradient);
    gd_memory_free(&keeper.owned);
    if (!isfinite(gd_tree_sum(problem->shards.count, trainer->shared)) ||
        !isfinite(gd_reducer_norm(reducer, squares))) {
        return gd_status_new(GD_DIVERGED,
                             "the loss of the first step, or its gradient, is not finite; try "
                             "another data.scale or model.init");
    }
    return GD_OK;
}
