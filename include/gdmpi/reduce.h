/* From shard gradients to new parameters that all ranks have: sums over ranks, with the update of
 * each rank's part in between. A reducer is one file, and one line in the table of reduce.c. It
 * owns the parameters' memory, for where they lie is its affair. */
#ifndef GDMPI_REDUCE_H
#define GDMPI_REDUCE_H

#include "gdmpi/comm.h"
#include "gdmpi/config.h"
#include "gdmpi/phases.h"
#include "gdmpi/real.h"
#include "gdmpi/shards.h"
#include "gdmpi/tensor.h"
#include "gdmpi/tree.h"

#define gd_reducer_kinds GD_NAME(gd_reducer_kinds)
#define gd_reducer_find GD_NAME(gd_reducer_find)
#define gd_reducer_name GD_NAME(gd_reducer_name)
#define gd_reducer_new GD_NAME(gd_reducer_new)
#define gd_reducer_free GD_NAME(gd_reducer_free)
#define gd_reducer_bytes GD_NAME(gd_reducer_bytes)
#define gd_reducer_step GD_NAME(gd_reducer_step)
#define gd_reducer_norm GD_NAME(gd_reducer_norm)
#define gd_reducer_piece GD_NAME(gd_reducer_piece)
#define gd_reducer_kept GD_NAME(gd_reducer_kept)
#define gd_reducer_own GD_NAME(gd_reducer_own)
#define gd_reducer_change GD_NAME(gd_reducer_change)
#define gd_reducer_publish GD_NAME(gd_reducer_publish)
#define gd_reducer_spread GD_NAME(gd_reducer_spread)
#define gd_reducer_swap GD_NAME(gd_reducer_swap)
#define gd_reducer_gather GD_NAME(gd_reducer_gather)
#define gd_reducer_scatter GD_NAME(gd_reducer_scatter)
#define gd_reducer_allreduce GD_NAME(gd_reducer_allreduce)
#define gd_reducer_message GD_NAME(gd_reducer_message)
#define gd_reducer_window GD_NAME(gd_reducer_window)

typedef struct gd_reducer gd_reducer;

/* What a step brings and wants. */
typedef struct gd_reduction {
    double divisor;  /* of the sum over all shards: the mean gradient */
    double *squares; /* [block_count]: becomes the sums of squares of the mean gradient in the
                        blocks that this rank updates, and 0 elsewhere */
    void *context;

    /* Computes one shard's gradient sum into `gradient` [size], or adds it to what is there (only
     * if the reducer was made so); gaps between tensors must be left alone. Calls `ready` as parts
     * are final, and does not read the parameters of these parts any more. */
    void (*gradient)(void *context, int64_t shard, bool add, real *gradient, const gd_ready *ready);

    /* Told the norm of the whole mean gradient before the first update, which then waits for the
     * sums of all ranks; may change what gd_reducer_kept finds. Collective. NULL: sums and updates
     * go in one pass. */
    void (*measured)(void *context, double norm);

    /* Makes new parameters [count] of the mean gradient [count], which may be spoilt; they are at
     * place `at` in vectors of what this rank updates. */
    void (*update)(void *context, int64_t at, int64_t count, real *mean, real *parameters);
} gd_reduction;

typedef struct gd_reducer_kind {
    const char *name;
    const char *help;
    bool same_bits; /* on any number of ranks */
    bool shared;    /* the ranks of a host have one copy of the parameters */
    bool whole;     /* every rank updates the whole vector */

    /* Sets parameters and partial[], and cuts the vector into buckets. Collective. */
    gd_status (*start)(gd_reducer *reducer);
    void (*stop)(gd_reducer *reducer); /* after a start that failed, too. Collective. */

    /* A step begins; this rank's partials are final from element `first` on; and the rest of the
     * step, which is collective. */
    void (*begin)(gd_reducer *reducer);
    void (*ready)(gd_reducer *reducer, int64_t first);
    void (*finish)(gd_reducer *reducer);

    /* Sends what this rank has written into the parameters that it updates to the other hosts.
     * Collective. */
    void (*share)(gd_reducer *reducer);

    /* gd_reducer_publish */
    void (*publish)(gd_reducer *reducer, double *values, size_t count);
} gd_reducer_kind;

extern const gd_reducer_kind *const gd_reducer_kinds[]; /* ends with NULL */
extern const gd_reducer_kind gd_reducer_allreduce, gd_reducer_message, gd_reducer_window;

const gd_reducer_kind *gd_reducer_find(const char *name); /* NULL: none, "auto" too */
const char *gd_reducer_name(size_t index);                /* a gd_names: "auto", then the kinds */

struct gd_reducer {
    const gd_reducer_kind *kind;
    gd_comm *comm;
    int rank, ranks; /* this one, and how many there are */
    gd_phases *phases;
    gd_status refused; /* why "auto" did not take the kind that it would rather have */
    bool overlap, adds;
    int64_t size;    /* of the flat vector */
    int64_t trained; /* what it has from here on is not in its norm */
    int64_t shards;
    gd_range mine; /* this rank's shards */
    gd_node cover[GD_TREE_COVER_MAX];
    int cover_count;

    real *parameters; /* [size]: read by all; written by an element's owner within a step */
    real *partial[GD_TREE_COVER_MAX]; /* [size] each: where the sums of cover[i] go */
    real *scratch[64];                /* [size] each: what adding a node's shards takes */

    int64_t block_size, block_count; /* norms are summed by blocks, which do not depend on ranks */
    int buckets;                     /* runs of blocks that are summed one by one */
    gd_range *piece; /* [buckets][ranks]: the elements of a bucket that each rank updates */
    int64_t owned;   /* how many elements this rank updates */
    real *mean;      /* a tile of the mean gradient */
    double *squares; /* [block_count]: those of all ranks, where the update waits for them */
    int64_t buffers; /* elements of messages under way */
    const gd_reduction *reduction; /* of the step under way */
    void *state;                   /* the kind's own */
};

/* How a reducer is made. */
typedef struct gd_reducer_plan {
    const char *name; /* "auto": window, or else message where no two ranks share a host or shared
                         memory cannot be had */
    bool overlap;     /* sums travel between hosts while gradients are computed */
    bool adds;        /* shards may add to a gradient, with the bits of adding afterwards */
    int64_t size;     /* a multiple of GD_TENSOR_ALIGN */
    int64_t apart;    /* elements at the end that do not count in the norm; likewise */
    int64_t shards;   /* at least the number of ranks */
} gd_reducer_plan;

/* `phases` are told what the reducer does, and outlive it. Collective. */
gd_status gd_reducer_new(gd_comm *comm, gd_phases *phases, const gd_reducer_plan *plan,
                         gd_reducer **reducer);
void gd_reducer_free(gd_reducer **reducer);

/* What this rank holds for gradients: partials, scratch and buffers, in bytes. Not collective. */
double gd_reducer_bytes(const gd_reducer *reducer);

/* Computes the gradients of this rank's shards in ascending order, adds them up the tree and over
 * the ranks, and updates the elements that this rank owns. The new parameters are everyone's only
 * after gd_reducer_publish; the phase is GD_WAIT then. Collective. */
void gd_reducer_step(gd_reducer *reducer, const gd_reduction *reduction);

/* Makes the owners' new parameters everyone's, and sums `values` over the ranks, as gd_comm_sum.
 * Collective. */
void gd_reducer_publish(gd_reducer *reducer, double *values, size_t count);

/* The norm of a vector, from the sums of squares in its blocks [block_count]. Not collective. */
double gd_reducer_norm(const gd_reducer *reducer, const double *squares);

/* The elements of a bucket that a rank updates; those of its buckets, one after another, are what
 * vectors [owned] are made of. Not collective. */
gd_range gd_reducer_piece(const gd_reducer *reducer, int bucket, int rank);

/* The mean gradient of such a piece of this rank, while `measured` is told of it. Not collective.
 */
real *gd_reducer_kept(const gd_reducer *reducer, gd_range piece);

/* Copies the parameters that this rank updates into a vector [owned]. Not collective. */
void gd_reducer_own(const gd_reducer *reducer, real *owned);

/* The norm of what the parameters have changed by since that. Collective. */
double gd_reducer_change(gd_reducer *reducer, const real *owned);

/* Exchanges them with such a vector on each rank, and makes the new ones everyone's. Collective. */
void gd_reducer_swap(gd_reducer *reducer, real *owned);

/* Makes rank 0's parameters everyone's. Collective. */
void gd_reducer_spread(gd_reducer *reducer);

/* A vector [owned] of what each rank updates to rank 0's whole [size] vector, and back.
 * Collective. */
void gd_reducer_gather(gd_reducer *reducer, const real *owned, real *whole);
void gd_reducer_scatter(gd_reducer *reducer, const real *whole, real *owned);

#endif
