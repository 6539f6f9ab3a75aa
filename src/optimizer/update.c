#include "gdmpi/optimizer.h"

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

/* On all weights of the part. */
static void penalise(const gd_optimizer *optimizer, const gd_update *update, penalty *penalty,
                     double by) {
    const int64_t end = update->first + update->count;
    for (int t = 0; t < optimizer->tensors->count; t++) {
        const gd_tensor *tensor = &optimizer->tensors->list[t];
        int64_t from = tensor->offset, to = from + tensor->count;
        from = from > update->first ? from : update->first;
        to = to < end ? to : end;
        if (tensor->rank > 1 && from < to) {
            penalty(to - from, (real)by, update->gradient + (from - update->first),
                    update->parameters + (from - update->first));
        }
    }
}

void gd_optimizer_update(gd_optimizer *optimizer, const gd_update *update) {
    if (optimizer->factor < 1) {
        scale(update->count, (real)optimizer->factor, update->gradient);
    }
    if (optimizer->clip_value > 0) {
        clamp(update->count, (real)optimizer->clip_value, update->gradient);
    }
    if (optimizer->l2 > 0) {
        penalise(optimizer, update, add_slope, optimizer->l2);
    }
    if (optimizer->weight_decay > 0) {
        penalise(optimizer, update, decay, 1 - update->lr * optimizer->weight_decay);
    }
    optimizer->kind->update(optimizer, update);
    if (optimizer->l1 > 0) {
        penalise(optimizer, update, shrink, update->lr * optimizer->l1);
    }
    if (optimizer->average != NULL) {
        follow(update->count, (real)optimizer->ema, (real)(1 - optimizer->ema), update->parameters,
               optimizer->average + update->at);
    }
}
