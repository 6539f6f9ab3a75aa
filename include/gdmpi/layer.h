/* One layer of a model. A kind is one file, and one line in the table of layer.c. */
#ifndef GDMPI_LAYER_H
#define GDMPI_LAYER_H

#include <stdbool.h>

#include "gdmpi/data.h"
#include "gdmpi/graph.h"
#include "gdmpi/real.h"
#include "gdmpi/tensor.h"

#define gd_layer_kinds GD_NAME(gd_layer_kinds)
#define gd_layer_find GD_NAME(gd_layer_find)
#define gd_layer_name GD_NAME(gd_layer_name)
#define gd_layer_shape GD_NAME(gd_layer_shape)
#define gd_layer_tensors GD_NAME(gd_layer_tensors)
#define gd_layer_first GD_NAME(gd_layer_first)
#define gd_layer_inner GD_NAME(gd_layer_inner)
#define gd_layer_joint GD_NAME(gd_layer_joint)
#define gd_layer_trace GD_NAME(gd_layer_trace)
#define gd_layer_batch_norm GD_NAME(gd_layer_batch_norm)
#define gd_layer_dense GD_NAME(gd_layer_dense)
#define gd_layer_dropout GD_NAME(gd_layer_dropout)
#define gd_layer_elu GD_NAME(gd_layer_elu)
#define gd_layer_embedding GD_NAME(gd_layer_embedding)
#define gd_layer_gelu GD_NAME(gd_layer_gelu)
#define gd_layer_layer_norm GD_NAME(gd_layer_layer_norm)
#define gd_layer_leaky_relu GD_NAME(gd_layer_leaky_relu)
#define gd_layer_relu GD_NAME(gd_layer_relu)
#define gd_layer_residual GD_NAME(gd_layer_residual)
#define gd_layer_sigmoid GD_NAME(gd_layer_sigmoid)
#define gd_layer_silu GD_NAME(gd_layer_silu)
#define gd_layer_softmax GD_NAME(gd_layer_softmax)
#define gd_layer_softplus GD_NAME(gd_layer_softplus)
#define gd_layer_tanh GD_NAME(gd_layer_tanh)

#define GD_LAYER_TENSORS 4
#define GD_LAYER_OPTIONS 3

typedef struct gd_layer_kind gd_layer_kind;

typedef struct gd_layer {
    const gd_layer_kind *kind;
    int index;       /* its place in `layers`, inner ones counted as well, from 0 */
    double argument; /* dense 512: 512 */
    gd_range option[GD_LAYER_OPTIONS]; /* size=5: {5, 1}, columns=2-4: {2, 3}; not given: {0, 0} */
    int64_t inputs, outputs;           /* reals of one row */
    int64_t cache;                     /* reals of one row that backward needs besides x and y */
    int tensor_count;
    gd_tensor tensor[GD_LAYER_TENSORS]; /* offsets in the model's flat vector */
    gd_categories categories; /* columns of x that it looks up; most kinds: of no columns */
    int64_t first;            /* the first of them among its inputs */
    int inner_count;
    struct gd_layer *inner; /* residual(dense 5): dense 5 */
} gd_layer;

/* One tile of rows on its way through the layers. */
typedef struct gd_pass {
    bool training;   /* dropout drops */
    bool accumulate; /* backward adds to the gradient, rather than replacing it */
    int64_t rows;    /* the batch's */
    uint64_t seed;   /* what a layer's random numbers are keyed by, with what follows */
    int64_t step, shard;
    int64_t first_row; /* the place of the tile's first row among the shard's rows of this step */
} gd_pass;

/* What a layer reads and writes in a pass; `rows` are the pass's, `inputs`, `outputs` and the width
 * of the cache are the layer's. Forward is not given dy and dx; in training it is given the
 * gradient, for that of statistics. */
typedef struct gd_flow {
    const real *parameters; /* the model's flat vector; NULL will do for layers without tensors */
    const real *x;          /* [rows, inputs] */
    real *y;                /* [rows, outputs]; set by forward, read by backward; never x */
    real *cache;           /* [rows, cache]; as y, but backward may use it up; NULL if cache is 0 */
    const real *dy;        /* [rows, outputs] */
    real *dx;              /* [rows, inputs]; layers without tensors: may be dy, others: or NULL */
    real *gradient;        /* like parameters; only the layer's own tensors are touched */
    const gd_ready *ready; /* told by layers with tensors, the last time from tensor[0] on */
} gd_flow;

/* A whole number that is written as name=16, or a range of them, name=0-2. */
typedef struct gd_layer_option {
    const char *name;
    bool range, needed;
    int64_t min, max;
    const char *example; /* "16" */
} gd_layer_option;

struct gd_layer_kind {
    const char *name;
    const char *help; /* one line, with the formula */

    bool joint; /* a shard's rows of a step must pass together, not tile by tile */
    bool block; /* takes layers in parentheses, to as many outputs as inputs; no argument */

    /* Its one argument; `argument` NULL: it takes none. */
    const char *argument; /* "units" */
    bool whole, needed;   /* a whole number; must be given */
    double initial;       /* if it need not be given */
    double min, max;      /* the range: min <= a <= max, or min <= a < max if `open` */
    bool open;

    /* In the place of one argument, at most GD_LAYER_OPTIONS, that end with a name of NULL, and
     * `argument` says how they are written. */
    const gd_layer_option *options;

    /* How much larger the weights before it should be, for their outputs to keep their spread
     * behind it; NULL: not known. */
    double (*gain)(const gd_layer *layer);

    /* Sets outputs, cache, categories and tensors (rank, dims, count, fans; not names or offsets)
     * from inputs and argument; NULL: outputs = inputs, no cache, no tensors. The tensors are
     * called weight, bias, running_mean and running_var, of which the last two are statistics. */
    void (*shape)(gd_layer *layer);

    /* y, and what backward needs in cache, from x. */
    void (*forward)(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow);

    /* From dy: dx, unless it is NULL, and the layer's part of the gradient, replaced, or added to
     * if pass->accumulate. */
    void (*backward)(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow);

    /* Adds what forward computes of a row x, as it does when not training, to a graph for other
     * programs; returns y. NULL: gdmpi export refuses the layer, by its name. */
    gd_value (*trace)(const gd_layer *layer, gd_graph *graph, gd_value x);
};

extern const gd_layer_kind *const gd_layer_kinds[]; /* ends with NULL */
extern const gd_layer_kind gd_layer_batch_norm, gd_layer_dense, gd_layer_dropout, gd_layer_elu,
    gd_layer_embedding, gd_layer_gelu, gd_layer_layer_norm, gd_layer_leaky_relu, gd_layer_relu,
    gd_layer_residual, gd_layer_sigmoid, gd_layer_silu, gd_layer_softmax, gd_layer_softplus,
    gd_layer_tanh;

const gd_layer_kind *gd_layer_find(const char *name); /* NULL: none */
const char *gd_layer_name(size_t index);              /* a gd_names */

/* Sets inputs, and what the kind's `shape` sets, inner layers included. Not collective. */
void gd_layer_shape(gd_layer *layer, int64_t inputs);

/* How many tensors it has, with those of its inner layers. Not collective. */
int gd_layer_tensors(const gd_layer *layer);

/* Whether a shard's rows of a step must pass it, or one of its inner layers, together. Not
 * collective. */
bool gd_layer_joint(const gd_layer *layer);

/* What the kind's `trace` does; fails the graph if there is none. Not collective. */
gd_value gd_layer_trace(const gd_layer *layer, gd_graph *graph, gd_value x);

/* The place of the first of the layers that has tensors; one does. Not collective. */
int gd_layer_first(const gd_layer *layers, int count);

/* [rows, outputs] of inner layer `number` of a residual, in its cache as forward has left it. Not
 * collective. */
const real *gd_layer_inner(const gd_layer *layer, int64_t rows, const real *cache, int number);

#endif
