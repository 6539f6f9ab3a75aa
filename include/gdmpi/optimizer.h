/* How parameters follow their gradient. A kind is one file, and one line in the table of
 * optimizer.c. */
#ifndef GDMPI_OPTIMIZER_H
#define GDMPI_OPTIMIZER_H

#include "gdmpi/config.h"
#include "gdmpi/real.h"
#include "gdmpi/tensor.h"

#define gd_optimizer_kinds GD_NAME(gd_optimizer_kinds)
#define gd_optimizer_find GD_NAME(gd_optimizer_find)
#define gd_optimizer_settings GD_NAME(gd_optimizer_settings)
#define gd_optimizer_slots GD_NAME(gd_optimizer_slots)
#define gd_optimizer_measured GD_NAME(gd_optimizer_measured)
#define gd_optimizer_direct GD_NAME(gd_optimizer_direct)
#define gd_optimizer_trust GD_NAME(gd_optimizer_trust)
#define gd_optimizer_trust_sums GD_NAME(gd_optimizer_trust_sums)
#define gd_optimizer_new GD_NAME(gd_optimizer_new)
#define gd_optimizer_free GD_NAME(gd_optimizer_free)
#define gd_optimizer_add_l2 GD_NAME(gd_optimizer_add_l2)
#define gd_optimizer_update GD_NAME(gd_optimizer_update)
#define gd_optimizer_limit GD_NAME(gd_optimizer_limit)
#define gd_optimizer_adagrad GD_NAME(gd_optimizer_adagrad)
#define gd_optimizer_adam GD_NAME(gd_optimizer_adam)
#define gd_optimizer_adamw GD_NAME(gd_optimizer_adamw)
#define gd_optimizer_lamb GD_NAME(gd_optimizer_lamb)
#define gd_optimizer_lars GD_NAME(gd_optimizer_lars)
#define gd_optimizer_momentum GD_NAME(gd_optimizer_momentum)
#define gd_optimizer_nadam GD_NAME(gd_optimizer_nadam)
#define gd_optimizer_nesterov GD_NAME(gd_optimizer_nesterov)
#define gd_optimizer_rmsprop GD_NAME(gd_optimizer_rmsprop)
#define gd_optimizer_sgd GD_NAME(gd_optimizer_sgd)

#define GD_OPTIMIZER_SLOTS 3
#define GD_OPTIMIZER_OPTIONS 8

typedef struct gd_optimizer_kind gd_optimizer_kind;

/* The configured kind with its state, zeroed, for a segment of `count` parameters. */
typedef struct gd_optimizer {
    const gd_optimizer_kind *kind;
    const gd_tensors *tensors;            /* of the flat vector; not owned */
    double options[GD_OPTIMIZER_OPTIONS]; /* the values of the kind's settings, row by row; of a
                                             choice, its index */
    double clip_norm, clip_value;         /* 0: gradients are not clipped */
    double factor;                        /* what clip_norm makes of this step's gradient */
    double weight_decay, l2, l1;          /* 0: no such penalty */
    double max_norm;                      /* of a row of weights; 0: any */
    double ema;                           /* how much of the parameters' average goes on; 0: none */
    int slots;
    int64_t count;
    const char *name[GD_OPTIMIZER_SLOTS + 1]; /* of the vectors; of the average, NULL */
    real *slot[GD_OPTIMIZER_SLOTS + 1];       /* [count] each: the kind's, then the average */
    real *state[GD_OPTIMIZER_SLOTS]; /* the same as the kind numbers them; NULL: not used */
    real *average;                   /* NULL: none */
    double *ratio;        /* [tensors->count]: of this step; NULL: the kind has no trust ratios */
    real *limited;        /* [count]: where gd_optimizer_limit writes; NULL: max_norm is 0 */
    double product;       /* of a number of each step up to ... */
    int64_t product_step; /* ... this one, for kinds that need such a product */
} gd_optimizer;

/* One step of a part of the segment. */
typedef struct gd_update {
    int64_t step;      /* from 1, and never less than before */
    double lr;         /* of this step; what counts, rather than the option */
    int64_t first;     /* where the part begins in the flat vector, which says what is penalised */
    int64_t at, count; /* where it begins in the slots, and how long it is */
    real *gradient;    /* [count], of the mean loss of the step's rows; is spoilt */
    real *parameters;  /* [count] */
} gd_update;

struct gd_optimizer_kind {
    const char *name;
    const char *help; /* one line, with the formula */

    /* Section "optimizer", owner its name; at most GD_OPTIMIZER_OPTIONS rows, numbers or choices,
     * and the first are lr and weight_decay. */
    gd_settings settings;

    /* Names of its state vectors, PyTorch's; ends with NULL. */
    const char *slot[GD_OPTIMIZER_SLOTS + 1];

    /* Whether these options need a state vector; NULL: always. */
    bool (*uses)(const double *options, int slot);

    /* Of kinds with trust ratios; NULL: none. By how much the direction of a tensor of weights is
     * multiplied, from the norm of the weights and its own, both above 0. Elsewhere it is 1. */
    double (*trust)(const double *options, double weights, double direction);
    bool without_decay; /* the direction's norm is that before weight_decay w is added to it */

    /* Of such kinds: makes the direction of the gradient, in its place, and changes the state.
     * weight_decay w is added to it afterwards, instead of a decay of weights. NULL: it is the
     * gradient. */
    void (*direct)(gd_optimizer *optimizer, const gd_update *update);

    /* Changes the parameters and the state of the part, each element by itself; may spoil the
     * gradient. What it takes from earlier parts or steps besides the state is a function of the
     * step's number. */
    void (*update)(gd_optimizer *optimizer, const gd_update *update);
};

extern const gd_optimizer_kind *const gd_optimizer_kinds[]; /* ends with NULL */
extern const gd_optimizer_kind gd_optimizer_adagrad, gd_optimizer_adam, gd_optimizer_adamw,
    gd_optimizer_lamb, gd_optimizer_lars, gd_optimizer_momentum, gd_optimizer_nadam,
    gd_optimizer_nesterov, gd_optimizer_rmsprop, gd_optimizer_sgd;

/* [optimizer]: name, and what all kinds share; their own settings are in their tables. */
extern const gd_settings gd_optimizer_settings;

const gd_optimizer_kind *gd_optimizer_find(const char *name); /* NULL: none */

/* How many state vectors the configured optimizer has, and their names; the average of the
 * parameters, if there is one, is the last, and its name is NULL. */
int gd_optimizer_slots(const gd_config *config, const char *name[GD_OPTIMIZER_SLOTS + 1]);

/* `tensors`, which outlive the optimizer, say which elements of the flat vector are weights:
 * penalties leave tensors of rank 1, biases and the like, alone. */
gd_status gd_optimizer_new(const gd_config *config, const gd_tensors *tensors, int64_t count,
                           gd_optimizer **optimizer);
void gd_optimizer_free(gd_optimizer **optimizer);

/* The norm of a step's whole gradient, which must be told before its parts if clip_norm is not 0.
 * Not collective. */
void gd_optimizer_measured(gd_optimizer *optimizer, double norm);

/* Adds the slope of the l2 penalty to the gradient of a part, as its update does. Not collective.
 */
void gd_optimizer_add_l2(const gd_optimizer *optimizer, const gd_update *update);

/* What comes before the updates of a step if there are trust ratios. First, for each part that this
 * rank updates, its gradient becomes its direction, in place, and sums of squares are added to
 * `sums` [gd_optimizer_trust_sums], by blocks of `block` elements of the flat vector; a block is in
 * one part, or in parts that follow each other. Then, of the sums over all ranks, the ratios, which
 * do not depend on who has which blocks. Not collective. */
int64_t gd_optimizer_trust_sums(const gd_optimizer *optimizer, int64_t block);
void gd_optimizer_direct(gd_optimizer *optimizer, const gd_update *update, int64_t block,
                         double *sums);
void gd_optimizer_trust(gd_optimizer *optimizer, int64_t block, const double *sums);

/* A step is done part by part, in any order. Not collective. */
void gd_optimizer_update(gd_optimizer *optimizer, const gd_update *update);

/* What ends a step if max_norm is not 0, once all its parts are done everywhere: limited[at ...]
 * becomes the `count` parameters from `first` on, in rows that are not too long. `whole`, the flat
 * vector, is what rows are measured in, and is not changed. Not collective. */
void gd_optimizer_limit(gd_optimizer *optimizer, int64_t first, int64_t at, int64_t count,
                        const real *whole);

#endif
