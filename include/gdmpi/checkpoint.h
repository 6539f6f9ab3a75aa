/* Checkpoints: a run's whole state in one HDF5 file. All of it is for one rank to do; nothing here
 * is collective. */
#ifndef GDMPI_CHECKPOINT_H
#define GDMPI_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gdmpi/diagnosis.h"
#include "gdmpi/normalize.h"
#include "gdmpi/schedule.h"
#include "gdmpi/status.h"
#include "gdmpi/store.h"
#include "gdmpi/tensor.h"
#include "gdmpi/type.h"

/* How far a run has come: with the parameters and the optimizer's state, all that it takes to go
 * on. */
typedef struct gd_progress {
    int64_t step;         /* steps done */
    int64_t epoch;        /* epochs done */
    int64_t epoch_step;   /* steps done of the epoch that has begun, */
    int64_t epoch_rows;   /* the rows they had, */
    double epoch_loss;    /* the sum of their losses, */
    double epoch_seconds; /* and the time they took */
    double seconds;       /* of training so far */
    double grad_norm;     /* of the last step's gradient */
    double train_loss;    /* of the last whole epoch; NaN: none yet, */
    double val_loss;      /* and what validation said after it */
    double val_metric;
    double loss_change;  /* of train_loss, and of the parameters, over the last whole epoch, */
    double param_change; /* relative; NaN: not known */
    double stop_value;   /* of stop.metric: that of the last whole epoch, */
    double best_value;   /* and the best; NaN: none yet, */
    int64_t best_epoch;
    int64_t best_step;
    gd_plateau plateau;
    gd_curves curves;
    int64_t log_bytes; /* how long metrics.jsonl was, this checkpoint's line included, */
    int64_t log_extra; /* and how much of it a run that goes on leaves out: one that was never
                        * interrupted would not have it */
} gd_progress;

/* The step of the best checkpoint; -1: none yet. */
static inline int64_t gd_progress_best(const gd_progress *progress) {
    return progress->best_epoch > 0 ? progress->best_step : -1;
}

/* An epoch has ended, and the next begins. */
static inline void gd_progress_next_epoch(gd_progress *progress) {
    progress->epoch++;
    progress->epoch_step = progress->epoch_rows = 0;
    progress->epoch_loss = progress->epoch_seconds = 0;
}

/* The data set that holds the configuration, as bytes. */
#define GD_CHECKPOINT_CONFIG "/state/config"

/* The group with what x is normalized by, if it is. */
#define GD_CHECKPOINT_NORMALIZE "/normalize"

/* One row per field of gd_progress: what is written is what is read. */
typedef struct gd_checkpoint_field {
    const char *key;
    bool whole; /* int64_t, else double */
    size_t offset;
} gd_checkpoint_field;

extern const gd_checkpoint_field gd_checkpoint_fields[]; /* ends with a NULL key */

/* What a checkpoint says of itself. */
typedef struct gd_checkpoint_header {
    gd_type type;   /* of parameters and state */
    int64_t inputs; /* features of a row */
    int64_t shards;
    int64_t train_rows, val_rows;
    uint64_t train_digest, val_digest; /* of the rows: gd_rows_digest, over all ranks */
    uint64_t digest;                   /* of the parameters: gd_checkpoint_digest */
    const gd_normalizer *normalizer; /* NULL: none. Not owned; see gd_checkpoint_read_normalizer */
    const char *classes;             /* names, a line for each; NULL: none. Not owned; see
                                      * gd_checkpoint_read_classes */
    char *config; /* the resolved configuration; freed by gd_checkpoint_header_free */
    gd_progress progress;
} gd_checkpoint_header;

void gd_checkpoint_header_free(gd_checkpoint_header *header);

/* The gd_hash of the flat vector, from 0. */
uint64_t gd_checkpoint_digest(const void *vector, gd_type type, int64_t size);

/* The digest as people see it: 16 hexadecimal digits. */
char *gd_checkpoint_digest_text(uint64_t digest, char out[17]);

typedef struct gd_checkpoint gd_checkpoint;

/* Starts PATH.tmp. Then gd_checkpoint_add for each vector, and gd_checkpoint_commit. */
gd_status gd_checkpoint_create(const char *path, const gd_checkpoint_header *header,
                               gd_checkpoint **checkpoint);

/* Adds a flat vector, as one data set per tensor in `group` ("/params", "/optimizer/exp_avg"). */
gd_status gd_checkpoint_add(gd_checkpoint *checkpoint, const char *group, const gd_tensors *tensors,
                            gd_type type, const void *vector);

/* Seals it, flushes it to disk and gives it its name; on failure nothing is left. Frees
 * *checkpoint, which may be NULL. */
gd_status gd_checkpoint_commit(gd_checkpoint **checkpoint);

/* Gives it up, and removes what was written. */
void gd_checkpoint_abandon(gd_checkpoint **checkpoint);

/* Reads what a checkpoint says of itself, once its seal is found whole, for which every byte of the
 * file is read. GD_BAD_INPUT: it is no checkpoint, or a damaged one. */
gd_status gd_checkpoint_read_header(const char *path, gd_checkpoint_header *header);

/* After gd_checkpoint_read_header: what x has to go through first. Freed by gd_normalizer_free. */
gd_status gd_checkpoint_read_normalizer(const char *path, gd_normalizer *normalizer);

/* After gd_checkpoint_read_header: the names of the classes; NULL: there are none. Freed by
 * gd_memory_free. */
gd_status gd_checkpoint_read_classes(const char *path, char **classes);

/* After gd_checkpoint_read_header: reads the vector of a group as `type`; gaps between tensors are
 * not touched. Without a vector (NULL), only looks at the shapes. An error names the first tensor
 * that is missing, has another shape, or is damaged. */
gd_status gd_checkpoint_read(const char *path, const char *group, const gd_tensors *tensors,
                             gd_type type, void *vector);

#endif
