#include <math.h>
#include <string.h>

#include "gdmpi/init.h"
#include "gdmpi/text.h"

/* Numbers are drawn in double and then rounded, so that either precision starts from the same
 * values. */
static void fill_uniform(const gd_tensor *tensor, const gd_rng *rng, double bound, real *values) {
    for (int64_t i = 0; i < tensor->count; i++) {
        values[i] = (real)(bound * (2 * gd_rng_uniform(rng, (uint64_t)i) - 1));
    }
}

static void fill_normal(const gd_tensor *tensor, const gd_rng *rng, double deviation,
                        real *values) {
    for (int64_t i = 0; i < tensor->count; i++) {
        values[i] = (real)(deviation * gd_rng_normal(rng, (uint32_t)i));
    }
}

static void zeros(const gd_tensor *tensor, const gd_rng *rng, real *values) {
    (void)rng;
    memset(values, 0, (size_t)tensor->count * sizeof(real));
}

static void weight_uniform(const gd_tensor *tensor, const gd_rng *rng, double bound, real *values) {
    if (tensor->rank == 1) {
        zeros(tensor, rng, values);
    } else {
        fill_uniform(tensor, rng, bound, values);
    }
}

static void weight_normal(const gd_tensor *tensor, const gd_rng *rng, double deviation,
                          real *values) {
    if (tensor->rank == 1) {
        zeros(tensor, rng, values);
    } else {
        fill_normal(tensor, rng, deviation, values);
    }
}

/* What PyTorch's nn.Linear does. */
static void linear_default(const gd_tensor *tensor, const gd_rng *rng, real *values) {
    fill_uniform(tensor, rng, 1 / sqrt((double)tensor->fan_in), values);
}

/* Glorot and Bengio 2010, equation 16. */
static void xavier_uniform(const gd_tensor *tensor, const gd_rng *rng, real *values) {
    double fans = (double)tensor->fan_in + (double)tensor->fan_out;
    weight_uniform(tensor, rng, sqrt(6 / fans), values);
}

/* Glorot and Bengio 2010, equation 12. */
static void xavier_normal(const gd_tensor *tensor, const gd_rng *rng, real *values) {
    double fans = (double)tensor->fan_in + (double)tensor->fan_out;
    weight_normal(tensor, rng, sqrt(2 / fans), values);
}

/* The variance of he_normal: a uniform number in +-b has variance b^2 / 3. */
static void he_uniform(const gd_tensor *tensor, const gd_rng *rng, real *values) {
    weight_uniform(tensor, rng, sqrt(6 / (double)tensor->fan_in), values);
}

/* He, Zhang, Ren and Sun 2015, equation 10. */
static void he_normal(const gd_tensor *tensor, const gd_rng *rng, real *values) {
    weight_normal(tensor, rng, sqrt(2 / (double)tensor->fan_in), values);
}

const gd_init gd_inits[] = {
    {"default", "weights and biases uniform in +-1 / sqrt(fan_in)", linear_default},
    {"zeros", "all zero", zeros},
    {"xavier_uniform", "uniform in +-sqrt(6 / (fan_in + fan_out)); biases zero", xavier_uniform},
    {"xavier_normal", "normal of variance 2 / (fan_in + fan_out); biases zero", xavier_normal},
    {"he_uniform", "uniform in +-sqrt(6 / fan_in); biases zero", he_uniform},
    {"he_normal", "normal of variance 2 / fan_in; biases zero", he_normal},
    {NULL, NULL, NULL},
};

const gd_init *gd_init_find(const char *name) {
    const gd_init *init = &gd_inits[gd_text_index(name, gd_init_name)];
    return init->name == NULL ? NULL : init;
}

const char *gd_init_name(size_t index) {
    return gd_inits[index].name;
}
