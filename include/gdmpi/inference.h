/* What a trained model makes of rows: they pass it as those of validation do, in the same tiles, so
 * that the results have the same bits, on any number of ranks. */
#ifndef GDMPI_INFERENCE_H
#define GDMPI_INFERENCE_H

#include "gdmpi/job.h"
#include "gdmpi/problem.h"

#define gd_job_model GD_NAME(gd_job_model)
#define gd_job_read GD_NAME(gd_job_read)
#define gd_job_load GD_NAME(gd_job_load)
#define gd_job_classes GD_NAME(gd_job_classes)
#define gd_job_try GD_NAME(gd_job_try)
#define gd_inference_open GD_NAME(gd_inference_open)
#define gd_inference_close GD_NAME(gd_inference_close)
#define gd_inference_rounds GD_NAME(gd_inference_rounds)
#define gd_inference_block GD_NAME(gd_inference_block)
#define gd_inference_run GD_NAME(gd_inference_run)
#define gd_inference_evaluate GD_NAME(gd_inference_evaluate)
#define gd_inference_predict GD_NAME(gd_inference_predict)
#define gd_inference_export GD_NAME(gd_inference_export)
#define gd_inference_inspect GD_NAME(gd_inference_inspect)

/* Makes the model that the checkpoint is of, with the tiles of its run. GD_BAD_INPUT if what it
 * says of itself does not fit together. Not collective. */
gd_status gd_job_model(const gd_job *job, gd_model **model);

/* The parameters and what x is normalized by, as validation had them: the average, if the
 * checkpoint has one besides its parameters. Needs all-zero `parameters` [tensors.size], or NULL:
 * then only the shapes are looked at. The normalizer is freed by gd_normalizer_free, whatever
 * comes of it. Not collective. */
gd_status gd_job_read(const gd_job *job, const gd_model *model, real *parameters,
                      gd_normalizer *normalizer);

/* Both, into memory of its own: the shapes are looked at before the parameters have room. All three
 * are to be freed, whatever comes of it. Not collective. */
gd_status gd_job_load(const gd_job *job, gd_model **model, real **parameters,
                      gd_normalizer *normalizer);

/* The names of the model's classes, a line for each; NULL: the checkpoint has none that fit. Freed
 * by gd_memory_free. Not collective. */
gd_status gd_job_classes(const gd_job *job, const gd_model *model, char **classes);

/* Loads a gd_job's checkpoint, and frees it, for gd_store_guard: it may come from anywhere. Not
 * collective. */
gd_status gd_job_try(void *job);

typedef struct gd_inference {
    gd_problem problem; /* the model; its validation rows are those of the job */
    gd_window *window;  /* has the parameters, one copy a host; NULL: `own` has them */
    real *own;
    real *parameters;
    gd_workspace *workspace;
    gd_batch batch;     /* the tile that passes */
    int64_t block_rows; /* the most that a rank has in memory at once: whole tiles */
    gd_rows block;
} gd_inference;

/* Opens model and rows, and checks all that can be without reading the rows; with `targets`, the
 * rows have y. Collective. */
gd_status gd_inference_open(gd_comm *comm, const gd_job *job, bool targets,
                            gd_inference **inference);
void gd_inference_close(gd_inference **inference); /* collective */

/* The rows are worked in so many rounds, in each of which a rank has a block of them, maybe none:
 * by numbers within the group. Not collective. */
int64_t gd_inference_rounds(const gd_inference *inference);
gd_range gd_inference_block(const gd_inference *inference, int rank, int64_t round);

/* What is done with the rows. */
typedef struct gd_visit {
    void *context;

    /* With a tile in inference->batch, whose first row is row `first` of the group. Not collective.
     */
    gd_status (*tile)(void *context, int64_t first);

    /* After a round, in which no rank has failed; NULL: nothing. Collective. */
    gd_status (*round)(void *context, int64_t round);
} gd_visit;

/* Takes all rows past the visitor. GD_BAD_INPUT names a row with a value that cannot be; GD_FAILED
 * too if a signal asks to stop. Collective. */
gd_status gd_inference_run(gd_inference *inference, const gd_visit *visit);

/* See gd_precision. Collective. */
gd_status gd_inference_evaluate(gd_comm *comm, const gd_job *job);
gd_status gd_inference_predict(gd_comm *comm, const gd_job *job);
gd_status gd_inference_export(gd_comm *comm, const gd_job *job);
gd_status gd_inference_inspect(gd_comm *comm, const gd_job *job);

#endif
