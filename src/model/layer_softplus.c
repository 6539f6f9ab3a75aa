#include <tgmath.h>

#include "gdmpi/layer.h"

/* Above this, PyTorch takes y = x, and so do we. */
static const real linear_above = 20;

static void forward(const gd_layer *layer, const gd_pass *pass, const real *parameters,
                    const real *x, real *y, real *cache) {
    (void)parameters;
    (void)cache;
    for (int64_t i = 0; i < pass->rows * layer->outputs; i++) {
        y[i] = x[i] > linear_above ? x[i] : log1p(exp(x[i]));
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const real *parameters,
                     const real *x, const real *y, const real *dy, real *dx, real *gradient,
                     const real *cache) {
    (void)parameters;
    (void)y;
    (void)gradient;
    (void)cache;
    for (int64_t i = 0; i < pass->rows * layer->outputs; i++) {
        real power = x[i] > linear_above ? 0 : exp(x[i]);
        dx[i] = x[i] > linear_above ? dy[i] : dy[i] * (power / (1 + power));
    }
}

const gd_layer_kind gd_layer_softplus = {
    .name = "softplus",
    .help = "y = log(1 + e^x), and x above 20",
    .forward = forward,
    .backward = backward,
};
