/* Checkpoints are written by a thread of their own, out of snapshots, while training goes on. For
 * rank 0 to do; nothing here is collective, and the thread makes no call of MPI. The HDF5 library
 * need not be thread-safe: while the writer is busy, nothing else may be read or written by it. */
#ifndef GDMPI_WRITER_H
#define GDMPI_WRITER_H

#include <stdbool.h>

#include "gdmpi/checkpoint.h"
#include "gdmpi/metrics.h"
#include "gdmpi/rundir.h"

/* How many snapshots there are, and how many vectors each can have. */
#define GD_WRITER_SNAPSHOTS 2
#define GD_WRITER_VECTORS 8

/* What all checkpoints of a run share; all of it outlives the writer. */
typedef struct gd_writer_plan {
    const gd_rundir *rundir;
    const gd_tensors *tensors;
    gd_type type;
    int64_t keep; /* as [run] keep */
    bool thread;  /* false: each checkpoint is written at once, by the caller */
    int vectors;
    char group[GD_WRITER_VECTORS][64]; /* where each vector goes in the file */
} gd_writer_plan;

/* A checkpoint that is yet to be written. */
typedef struct gd_snapshot {
    gd_checkpoint_header header;     /* its config is not owned */
    const gd_metrics *log;           /* of which header.progress.log_bytes must reach the disk */
    double began;                    /* on the clock: when it was asked for */
    void *vector[GD_WRITER_VECTORS]; /* [tensors->size] each, of the plan's type */
} gd_snapshot;

/* What writing has come to. */
typedef struct gd_writer_account {
    int64_t count;    /* checkpoints that are in place */
    double longest;   /* seconds of one, from its `began` to being in place */
    double seconds;   /* of all, from the hand-over to being in place */
    double processor; /* seconds that the writing kept a core busy */
    bool thread;      /* whether a thread did it */
} gd_writer_account;

typedef struct gd_writer gd_writer;

/* Allocates all snapshots, and starts the thread; where none can be started, does without. */
gd_status gd_writer_new(const gd_writer_plan *plan, gd_writer **writer);

/* Ends the thread, after it has written what it has been given. */
void gd_writer_free(gd_writer **writer);

/* A snapshot to fill: waits for the oldest if all are still to be written. */
gd_snapshot *gd_writer_take(gd_writer *writer);

/* Hands the snapshot over that was taken last: it is written under its name, `latest` and `best`
 * point at it, and old checkpoints are removed. Checkpoints appear in the order of this call; after
 * one that failed no more are written. */
void gd_writer_give(gd_writer *writer);

/* The failure of a checkpoint, once: so far, or when all are written. Owned by the caller. */
gd_status gd_writer_failure(gd_writer *writer);
gd_status gd_writer_wait(gd_writer *writer);

gd_writer_account gd_writer_count(gd_writer *writer);

/* What the snapshots take, in bytes. */
double gd_writer_bytes(const gd_writer *writer);

#endif
