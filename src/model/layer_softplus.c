#include <tgmath.h>

#include "gdmpi/layer.h"

/* Above this, PyTorch takes y = x, and so do we. */
static const real linear_above = 20;

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const real *x = flow->x;
    real *y = flow->y;
    for (int64_t i = 0; i < pass->rows * layer->outputs; i++) {
        y[i] = x[i] > linear_above ? x[i] : log1p(exp(x[i]));
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const real *x = flow->x, *dy = flow->dy;
    real *dx = flow->dx;
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
