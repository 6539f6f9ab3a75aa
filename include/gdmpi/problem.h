/* What is to be trained: the data and the model, opened, checked, and cut into shards. */
#ifndef GDMPI_PROBLEM_H
#define GDMPI_PROBLEM_H

#include "gdmpi/comm.h"
#include "gdmpi/model.h"
#include "gdmpi/normalize.h"
#include "gdmpi/schedule.h"
#include "gdmpi/score.h"

#define gd_problem_open GD_NAME(gd_problem_open)
#define gd_problem_load GD_NAME(gd_problem_load)
#define gd_problem_close GD_NAME(gd_problem_close)
#define gd_problem_steps GD_NAME(gd_problem_steps)
#define gd_problem_same_program GD_NAME(gd_problem_same_program)
#define gd_problem_tile_rows GD_NAME(gd_problem_tile_rows)
#define gd_problem_read_weights GD_NAME(gd_problem_read_weights)
#define gd_problem_val_range GD_NAME(gd_problem_val_range)
#define gd_problem_read_scores GD_NAME(gd_problem_read_scores)
#define gd_problem_normalize GD_NAME(gd_problem_normalize)
#define gd_problem_weigh GD_NAME(gd_problem_weigh)
#define gd_problem_check_criteria GD_NAME(gd_problem_check_criteria)

typedef struct gd_problem {
    gd_comm *comm;
    const gd_config *config;
    gd_model *model;
    gd_schedule schedule;
    double scale;
    uint64_t seed;

    gd_source train_source;
    gd_rows train; /* this rank's shards */
    gd_split train_split;
    gd_shards shards;
    gd_range mine;            /* the shards that this rank works */
    gd_normalizer normalizer; /* of training and validation rows, once these are loaded */
    double *class_weights;    /* [classes], as configured or as balanced by loading; NULL: none */

    char *classes; /* rank 0: their names, a line for each; NULL: not known */

    bool validates;
    gd_source val_source;
    gd_rows val; /* this rank's tiles of the validation rows */
    gd_split val_split;
    int64_t val_count;      /* validation rows in all */
    int64_t val_tiles;      /* in so many tiles of at most model->tile_rows */
    bool scores[GD_SCORES]; /* those of gd_scores that run.metrics asks for */

    uint64_t train_digest, val_digest; /* of all rows: gd_rows_digest, summed over the ranks */
} gd_problem;

/* Opens the data and makes the model: all that can be checked without reading all rows, also that
 * the ranks have the same program, config and data. Collective. */
gd_status gd_problem_open(gd_comm *comm, const gd_config *config, gd_problem **problem);

/* Reads this rank's rows, and checks their values. Collective. */
gd_status gd_problem_load(gd_problem *problem);

void gd_problem_close(gd_problem **problem);

/* All steps that train.epochs and train.max_steps ask for. Not collective. */
int64_t gd_problem_steps(const gd_problem *problem);

/* GD_BAD_INPUT if not all ranks have the same program and config. Collective. */
gd_status gd_problem_same_program(gd_comm *comm, const gd_config *config);

/* How many rows of training and validation the model works at once: its tile_rows, which are those
 * that it was made with before. Not collective. */
int64_t gd_problem_tile_rows(const gd_config *config, const gd_model *model,
                             const gd_shards *shards);

/* The validation rows that a rank works. Not collective. */
gd_range gd_problem_val_range(const gd_problem *problem, int rank);

/* Reads [run] metrics, once the model is made and it is known whether there are validation rows.
 * GD_BAD_INPUT if one of them makes no sense for the model. Not collective. */
gd_status gd_problem_read_scores(gd_problem *problem);

/* Parts of the above. Reads [data] class_weights, once the model is made. Not collective. */
gd_status gd_problem_read_weights(gd_problem *problem);

/* Makes the weights of training and validation rows, once these are loaded, what the loss takes: a
 * row's own times that of its class, divided by the mean over all rows. GD_BAD_INPUT if all are 0.
 * Collective. */
gd_status gd_problem_weigh(gd_problem *problem);

/* Makes the normalizer of the training rows, once these are loaded, and sets it for all rows.
 * Collective. */
gd_status gd_problem_normalize(gd_problem *problem);

/* GD_BAD_INPUT for settings of [stop] that the model or the data cannot meet. Not collective. */
gd_status gd_problem_check_criteria(const gd_problem *problem);

#endif
