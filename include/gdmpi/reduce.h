/* From shard gradients to the mean gradient, and from updated segments to parameters that all ranks
 * have. A reducer is one file, and one line in the table of reduce.c. It owns the parameters'
 * memory, for where they lie is its affair. */
#ifndef GDMPI_REDUCE_H
#define GDMPI_REDUCE_H

#include "gdmpi/comm.h"
#include "gdmpi/config.h"
#include "gdmpi/real.h"
#include "gdmpi/shards.h"
#include "gdmpi/tree.h"

#define gd_reducer_kinds GD_NAME(gd_reducer_kinds)
#define gd_reducer_name GD_NAME(gd_reducer_name)
#define gd_reducer_new GD_NAME(gd_reducer_new)
#define gd_reducer_free GD_NAME(gd_reducer_free)
#define gd_reducer_bytes GD_NAME(gd_reducer_bytes)
#define gd_reducer_shards GD_NAME(gd_reducer_shards)
#define gd_reducer_sum GD_NAME(gd_reducer_sum)
#define gd_reducer_publish GD_NAME(gd_reducer_publish)
#define gd_reducer_gather GD_NAME(gd_reducer_gather)
#define gd_reducer_scatter GD_NAME(gd_reducer_scatter)
#define gd_reducer_allreduce GD_NAME(gd_reducer_allreduce)
#define gd_reducer_message GD_NAME(gd_reducer_message)
#define gd_reducer_window GD_NAME(gd_reducer_window)

typedef struct gd_reducer gd_reducer;

typedef struct gd_reducer_kind {
    const char *name;
    const char *help;
    bool same_bits; /* on any number of ranks */
    bool one_host;  /* works only where all ranks are on one host */
    bool whole;     /* every rank updates the whole vector: all segments are equal */
    gd_status (*start)(gd_reducer *reducer); /* sets parameters and partial[]. Collective. */
    void (*stop)(gd_reducer *reducer);       /* after a start that failed, too. Collective. */
    void (*sum)(gd_reducer *reducer, double divisor, double *squares);
    void (*publish)(gd_reducer *reducer);
} gd_reducer_kind;

extern const gd_reducer_kind *const gd_reducer_kinds[]; /* ends with NULL */
extern const gd_reducer_kind gd_reducer_allreduce, gd_reducer_message, gd_reducer_window;

const char *gd_reducer_name(size_t index); /* a gd_names: "auto", then the kinds */

struct gd_reducer {
    const gd_reducer_kind *kind;
    gd_comm *comm;
    int64_t size; /* of the flat vector */
    int64_t shards;
    gd_range mine; /* this rank's shards */
    gd_node cover[GD_TREE_COVER_MAX];
    int cover_count;

    real *parameters; /* [size]: read by all; written by a segment's owner before publish */
    real *partial[GD_TREE_COVER_MAX]; /* [size] each: where the sums of cover[i] go */
    real *scratch[64];                /* [size] each: what adding a node's shards takes */
    gd_range segment;                 /* the part of the flat vector that this rank updates */
    gd_range *segments;               /* [ranks]: of every rank */
    gd_range *given, *taken;          /* [ranks]: what scatter sends to and takes from each */
    real *gradient;                   /* [segment.count]: the mean gradient, after sum */

    gd_range block; /* the blocks of its segment */
    int64_t block_size, block_count;
    void *state; /* the kind's own */
};

/* "auto" is window where all ranks are on one host, and message elsewhere. `size` is a multiple of
 * GD_TENSOR_ALIGN, `shards` at least the number of ranks. Collective. */
gd_status gd_reducer_new(const char *name, gd_comm *comm, int64_t size, int64_t shards,
                         gd_reducer **reducer);
void gd_reducer_free(gd_reducer **reducer);

/* What this rank holds for gradients: partials, scratch and its segment, in bytes. Not collective.
 */
double gd_reducer_bytes(const gd_reducer *reducer);

/* Computes one shard's gradient sum into `gradient` [size]; gaps between tensors must be left
 * alone. */
typedef void gd_reducer_leaf(void *context, int64_t shard, real *gradient);

/* Calls `leaf` for each of this rank's shards in ascending order, and adds them up the tree into
 * the partials. Not collective. */
void gd_reducer_shards(gd_reducer *reducer, gd_reducer_leaf *leaf, void *context);

/* Sums over all shards, divides, and leaves this rank's segment in reducer->gradient. Puts the sums
 * of squares of the segment's blocks in squares[block_count], zeros elsewhere: summed over ranks,
 * and added in order, they are the same number on any ranks. Segments that several ranks have
 * (allreduce) are counted by rank 0 only. Collective. */
void gd_reducer_sum(gd_reducer *reducer, double divisor, double *squares);

/* Makes the owners' new parameters everyone's. Collective. */
void gd_reducer_publish(gd_reducer *reducer);

/* A vector of segments to rank 0's whole [size] vector, and rank 0's whole vector to the segments.
 * Collective. */
void gd_reducer_gather(gd_reducer *reducer, const real *segment, real *whole);
void gd_reducer_scatter(gd_reducer *reducer, const real *whole, real *segment);

#endif
