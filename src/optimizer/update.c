#include <math.h>
#include <string.h>

#include "gdmpi/optimizer.h"
#include "gdmpi/shards.h"

/* As torch.nn.utils.clip_grad_norm_. */
void gd_optimizer_measured(gd_optimizer *optimizer, double norm) {
    double factor = optimizer->clip_norm / (norm + 1e-6);
    optimizer->factor = optimizer->clip_norm > 0 && factor < 1 ? factor : 1;
}

GD_CLONES static void scale(int64_t count, real factor, real *values) {
    for (int64_t i = 0; i < count; i++) {
        values[i] *= factor;
    }
}

/* As torch.nn.utils.clip_grad_value_; what is not a number stays so. */
GD_CLONES static void clamp(int64_t count, real limit, real *gradient) {
    for (int64_t i = 0; i < count; i++) {
        real g = gradient[i];
        gradient[i] = g > limit ? limit : g < -limit ? -limit : g;
    }
}

GD_CLONES static void follow(int64_t count, real keep, real take, const real *restrict parameters,
                             real *restrict average) {
    for (int64_t i = 0; i < count; i++) {
        average[i] = keep * average[i] + take * parameters[i];
    }
}

/* What a penalty does to weights. */
typedef void penalty(int64_t count, real by, real *restrict gradient, real *restrict weights);

/* As weight_decay of torch.optim.AdamW, which follows Loshchilov and Hutter 2019. */
GD_CLONES static void decay(int64_t count, real by, real *restrict gradient,
                            real *restrict weights) {
    (void)gradient;
    for (int64_t i = 0; i < count; i++) {
        weights[i] *= by;
    }
}

/* As weight_decay of torch.optim.SGD. */
GD_CLONES static void add_slope(int64_t count, real by, real *restrict gradient,
                                real *restrict weights) {
    for (int64_t i = 0; i < count; i++) {
        gradient[i] += by * weights[i];
    }
}

/* The proximal step of by |w|: Parikh and Boyd 2014, section 6.5.2. */
GD_CLONES static void shrink(int64_t count, real by, real *restrict gradient,
                             real *restrict weights) {
    (void)gradient;
    for (int64_t i = 0; i < count; i++) {
        real w = weights[i];
        weights[i] = w - (w > by ? by : w < -by ? -by : w);
    }
}

/* The elements of a tensor that are among `count` from `first` on, if it is one of weights. */
static gd_range weights_in(const gd_tensor *tensor, int64_t first, int64_t count) {
    int64_t from = tensor->offset > first ? tensor->offset : first;
    int64_t end = tensor->offset + tensor->count;
    end = end < first + count ? end : first + count;
    return (gd_range){.first = from, .count = tensor->rank > 1 && end > from ? end - from : 0};
}

/* On all weights of the part. */
static void penalise(const gd_optimizer *optimizer, const gd_update *update, penalty *penalty,
                     double by) {
    for (int t = 0; t < optimizer->tensors->count; t++) {
        gd_range some = weights_in(&optimizer->tensors->list[t], update->first, update->count);
        int64_t at = some.first - update->first;
        if (some.count > 0) {
            penalty(some.count, (real)by, update->gradient + at, update->parameters + at);
        }
    }
}

static void average(gd_optimizer *optimizer, int64_t at, int64_t count, const real *parameters) {
    if (optimizer->average != NULL) {
        follow(count, (real)optimizer->ema, (real)(1 - optimizer->ema), parameters,
               optimizer->average + at);
    }
}

void gd_optimizer_add_l2(const gd_optimizer *optimizer, const gd_update *update) {
    if (optimizer->l2 > 0) {
        penalise(optimizer, update, add_slope, optimizer->l2);
    }
}

static void prepare_gradient(const gd_optimizer *optimizer, const gd_update *update) {
    if (optimizer->factor < 1) {
        scale(update->count, (real)optimizer->factor, update->gradient);
    }
    if (optimizer->clip_value > 0) {
        clamp(update->count, (real)optimizer->clip_value, update->gradient);
    }
    gd_optimizer_add_l2(optimizer, update);
}

/* Squares are added side by side, in the same order on all instruction sets. */
GD_CLONES static double squares_of(int64_t count, const real *vector) {
    enum { LANES = 8 };
    double lane[LANES] = {0}, total = 0;
    int64_t whole = count - count % LANES;
    for (int64_t i = 0; i < whole; i += LANES) {
        for (int64_t j = 0; j < LANES; j++) {
            lane[j] += (double)vector[i + j] * (double)vector[i + j];
        }
    }
    for (int64_t i = whole; i < count; i++) {
        lane[i - whole] += (double)vector[i] * (double)vector[i];
    }
    for (int64_t j = 0; j < LANES; j++) {
        total += lane[j];
    }
    return total;
}

/* Where the sums of a tensor in a block are. Along the flat vector neither number ever falls, so
 * that each pair that meets has a place of its own. */
static int64_t sums_at(int64_t block, int64_t tensor) {
    return 2 * (block + tensor);
}

int64_t gd_optimizer_trust_sums(const gd_optimizer *optimizer, int64_t block) {
    return sums_at((optimizer->tensors->size + block - 1) / block, optimizer->tensors->count);
}

static void add_squares(const gd_optimizer *optimizer, const gd_update *update, int64_t block,
                        double *sums) {
    const gd_tensors *tensors = optimizer->tensors;
    for (int t = 0; t < tensors->count; t++) {
        gd_range some = weights_in(&tensors->list[t], update->first, update->count);
        int64_t end = some.first + some.count, next;
        for (int64_t i = some.first; i < end; i = next) {
            next = (i / block + 1) * block < end ? (i / block + 1) * block : end;
            double *here = sums + sums_at(i / block, t);
            here[0] += squares_of(next - i, update->parameters + (i - update->first));
            here[1] += squares_of(next - i, update->gradient + (i - update->first));
        }
    }
}

void gd_optimizer_direct(gd_optimizer *optimizer, const gd_update *update, int64_t block,
                         double *sums) {
    const gd_optimizer_kind *kind = optimizer->kind;
    prepare_gradient(optimizer, update);
    if (kind->direct != NULL) {
        kind->direct(optimizer, update);
    }
    if (kind->without_decay) {
        add_squares(optimizer, update, block, sums);
    }
    if (optimizer->weight_decay > 0) {
        penalise(optimizer, update, add_slope, optimizer->weight_decay);
    }
    if (!kind->without_decay) {
        add_squares(optimizer, update, block, sums);
    }
}

void gd_optimizer_trust(gd_optimizer *optimizer, int64_t block, const double *sums) {
    for (int t = 0; t < optimizer->tensors->count; t++) {
        const gd_tensor *tensor = &optimizer->tensors->list[t];
        const int64_t last = (tensor->offset + tensor->count - 1) / block;
        double weights = 0, direction = 0, ratio = 1;
        for (int64_t b = tensor->offset / block; tensor->rank > 1 && b <= last; b++) {
            weights += sums[sums_at(b, t)];
            direction += sums[sums_at(b, t) + 1];
        }
        if (weights > 0 && direction > 0) {
            ratio = optimizer->kind->trust(optimizer->options, sqrt(weights), sqrt(direction));
        }
        optimizer->ratio[t] = ratio <= GD_REAL_MAX ? ratio : 1;
    }
}

static void scale_directions(const gd_optimizer *optimizer, const gd_update *update) {
    for (int t = 0; t < optimizer->tensors->count; t++) {
        gd_range some = weights_in(&optimizer->tensors->list[t], update->first, update->count);
        if (some.count > 0) {
            scale(some.count, (real)optimizer->ratio[t],
                  update->gradient + (some.first - update->first));
        }
    }
}

void gd_optimizer_update(gd_optimizer *optimizer, const gd_update *update) {
    if (optimizer->ratio != NULL) {
        scale_directions(optimizer, update);
    } else {
        prepare_gradient(optimizer, update);
        if (optimizer->weight_decay > 0) {
            penalise(optimizer, update, decay, 1 - update->lr * optimizer->weight_decay);
        }
    }
    optimizer->kind->update(optimizer, update);
    if (optimizer->l1 > 0) {
        penalise(optimizer, update, shrink, update->lr * optimizer->l1);
    }
    if (optimizer->limited == NULL) {
        average(optimizer, update->at, update->count, update->parameters);
    }
}

/* As torch.renorm of each row. */
static void limit_rows(const gd_optimizer *optimizer, const gd_tensor *tensor, gd_range some,
                       const real *whole, real *limited) {
    const int64_t width = tensor->count / tensor->dims[0], end = some.first + some.count;
    int64_t row = some.first - (some.first - tensor->offset) % width;
    for (; row < end; row += width) {
        double norm = sqrt(squares_of(width, whole + row));
        if (norm > optimizer->max_norm) {
            int64_t from = row > some.first ? row : some.first;
            int64_t to = row + width < end ? row + width : end;
            scale(to - from, (real)(optimizer->max_norm / (norm + 1e-7)),
                  limited + (from - some.first));
        }
    }
}

void gd_optimizer_limit(gd_optimizer *optimizer, int64_t first, int64_t at, int64_t count,
                        const real *whole) {
    real *limited = optimizer->limited + at;
    memcpy(limited, whole + first, (size_t)count * sizeof *limited);
    for (int t = 0; t < optimizer->tensors->count; t++) {
        const gd_tensor *tensor = &optimizer->tensors->list[t];
        gd_range some = weights_in(tensor, first, count);
        if (some.count > 0) {
            limit_rows(optimizer, tensor, some, whole, limited + (some.first - first));
        }
    }
    average(optimizer, at, count, limited);
}
