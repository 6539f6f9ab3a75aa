#include <string.h>

#include "gdmpi/layer.h"
#include "gdmpi/rng.h"

/* Inverted dropout (Srivastava et al. 2014, section 10): what is kept is scaled up, so that
 * evaluation needs no scaling. The factors, 0 or 1 / (1 - p), are kept for backward. */
static void shape(gd_layer *layer) {
    layer->outputs = layer->inputs;
    layer->cache = layer->inputs;
}

enum { WORDS = 4, CHUNK = 256 };

typedef struct coin {
    gd_rng rng;
    uint32_t threshold; /* a word below it drops its element */
    real scale;
} coin;

/* A loop of its own, for then it is without branches, which random bits make slow. */
GD_CLONES static void choose(int64_t count, const uint32_t *restrict words, uint32_t threshold,
                             real scale, real *restrict factors) {
    for (int64_t i = 0; i < count; i++) {
        factors[i] = words[i] < threshold ? 0 : scale;
    }
}

/* The factors of elements first ... first + count - 1 of the shard's rows in this step; word i is
 * that of element i. */
static void draw(const coin *coin, int64_t first, int64_t count, real *factors) {
    uint32_t words[CHUNK];
    const int64_t end = first + count;
    for (int64_t start = first - first % WORDS; start < end; start += CHUNK) {
        const int64_t stop = start + CHUNK < end ? start + CHUNK : end;
        const int64_t blocks = (stop - start + WORDS - 1) / WORDS;
        gd_rng_fill(&coin->rng, (uint32_t)(start / WORDS), blocks, words);
        const int64_t from = start > first ? start : first;
        choose(stop - from, words + (from - start), coin->threshold, coin->scale,
               factors + (from - first));
    }
}

GD_CLONES static void multiply(int64_t count, const real *restrict factors, const real *from,
                               real *to) {
    for (int64_t i = 0; i < count; i++) {
        to[i] = from[i] * factors[i];
    }
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    int64_t count = pass->rows * layer->outputs;
    if (!pass->training) {
        memcpy(flow->y, flow->x, (size_t)count * sizeof(real));
        return;
    }
    const coin coin = {
        gd_rng_stream(pass->seed, GD_RNG_DROPOUT, pass->step, pass->shard, layer->index),
        (uint32_t)(layer->argument * 0x1p32),
        (real)(1 / (1 - layer->argument)),
    };
    draw(&coin, pass->first_row * layer->outputs, count, flow->cache);
    multiply(count, flow->cache, flow->x, flow->y);
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    int64_t count = pass->rows * layer->outputs;
    if (pass->training) {
        multiply(count, flow->cache, flow->dy, flow->dx);
    } else if (flow->dx != flow->dy) {
        memcpy(flow->dx, flow->dy, (size_t)count * sizeof(real));
    }
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    (void)layer;
    (void)graph;
    return x;
}

const gd_layer_kind gd_layer_dropout = {
    .name = "dropout",
    .help = "y = 0 with probability p, else x / (1 - p); in training only",
    .argument = "p",
    .initial = 0.5,
    .min = 0,
    .max = 1,
    .open = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
