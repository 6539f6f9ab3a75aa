#include <math.h>
#include <string.h>

#include "gdmpi/init.h"
#include "gdmpi/text.h"

/* Numbers are drawn in double and then rounded, so that either precision starts from the same
 * values. */
static gd_status fill_uniform(const gd_tensor *tensor, const gd_rng *rng, double bound,
                              real *values) {
    for (int64_t i = 0; i < tensor->count; i++) {
        values[i] = (real)(bound * (2 * gd_rng_uniform(rng, (uint64_t)i) - 1));
    }
    return GD_OK;
}

static gd_status fill_normal(const gd_tensor *tensor, const gd_rng *rng, double deviation,
                             real *values) {
    for (int64_t i = 0; i < tensor->count; i++) {
        values[i] = (real)(deviation * gd_rng_normal(rng, (uint32_t)i));
    }
    return GD_OK;
}

static gd_status zeros(const gd_tensor *tensor, const gd_rng *rng, double factor, real *values) {
    (void)rng;
    (void)factor;
    memset(values, 0, (size_t)tensor->count * sizeof(real));
    return GD_OK;
}

static gd_status weight_uniform(const gd_tensor *tensor, const gd_rng *rng, double bound,
                                real *values) {
    return (tensor->rank == 1 ? zeros : fill_uniform)(tensor, rng, bound, values);
}

static gd_status weight_normal(const gd_tensor *tensor, const gd_rng *rng, double deviation,
                               real *values) {
    return (tensor->rank == 1 ? zeros : fill_normal)(tensor, rng, deviation, values);
}

/* What PyTorch's nn.Linear does, and nn.Embedding. */
static gd_status pytorch_default(const gd_tensor *tensor, const gd_rng *rng, double factor,
                                 real *values) {
    (void)factor;
    return tensor->table ? fill_normal(tensor, rng, 1, values)
                         : fill_uniform(tensor, rng, 1 / sqrt((double)tensor->fan_in), values);
}

/* Glorot and Bengio 2010, equation 16. */
static gd_status xavier_uniform(const gd_tensor *tensor, const gd_rng *rng, double factor,
                                real *values) {
    double fans = (double)tensor->fan_in + (double)tensor->fan_out;
    return weight_uniform(tensor, rng, factor * sqrt(6 / fans), values);
}

/* Glorot and Bengio 2010, equation 12. */
static gd_status xavier_normal(const gd_tensor *tensor, const gd_rng *rng, double factor,
                               real *values) {
    double fans = (double)tensor->fan_in + (double)tensor->fan_out;
    return weight_normal(tensor, rng, factor * sqrt(2 / fans), values);
}

/* The variance of he_normal: a uniform number in +-b has variance b^2 / 3. */
static gd_status he_uniform(const gd_tensor *tensor, const gd_rng *rng, double factor,
                            real *values) {
    return weight_uniform(tensor, rng, factor * sqrt(6 / (double)tensor->fan_in), values);
}

/* He, Zhang, Ren and Sun 2015, equation 10. */
static gd_status he_normal(const gd_tensor *tensor, const gd_rng *rng, double factor,
                           real *values) {
    return weight_normal(tensor, rng, factor * sqrt(2 / (double)tensor->fan_in), values);
}

/* The variance of lecun_normal. */
static gd_status lecun_uniform(const gd_tensor *tensor, const gd_rng *rng, double factor,
                               real *values) {
    return weight_uniform(tensor, rng, factor * sqrt(3 / (double)tensor->fan_in), values);
}

/* LeCun, Bottou, Orr and Mueller 1998, equation 16. */
static gd_status lecun_normal(const gd_tensor *tensor, const gd_rng *rng, double factor,
                              real *values) {
    return weight_normal(tensor, rng, factor / sqrt((double)tensor->fan_in), values);
}

#define SQRT_2 1.41421356237309504880

const gd_init gd_inits[] = {
    {"default",
     "as PyTorch: uniform in +-1 / sqrt(fan_in); tables of embedding normal of variance 1", 0,
     pytorch_default},
    {"zeros", "weights and biases zero", 0, zeros},
    {"uniform", "uniform in +-1; biases zero", 1, weight_uniform},
    {"normal", "normal of variance 1; biases zero", 1, weight_normal},
    {"xavier_uniform", "uniform in +-sqrt(6 / (fan_in + fan_out)); biases zero", 1, xavier_uniform},
    {"xavier_normal", "normal of variance 2 / (fan_in + fan_out); biases zero", 1, xavier_normal},
    {"he_uniform", "uniform in +-sqrt(6 / fan_in); biases zero", SQRT_2, he_uniform},
    {"he_normal", "normal of variance 2 / fan_in; biases zero", SQRT_2, he_normal},
    {"lecun_uniform", "uniform in +-sqrt(3 / fan_in); biases zero", 1, lecun_uniform},
    {"lecun_normal", "normal of variance 1 / fan_in; biases zero", 1, lecun_normal},
    {"orthogonal", "rows or columns, the fewer, orthonormal; biases zero", 1, gd_init_orthogonal},
    {NULL, NULL, 0, NULL},
};

const gd_init *gd_init_find(const char *name) {
    const gd_init *init = &gd_inits[gd_text_index(name, gd_init_name)];
    return init->name == NULL ? NULL : init;
}

const char *gd_init_name(size_t index) {
    return gd_inits[index].name;
}
