/* A model: layers, their parameters in one flat vector, and a loss. */
#ifndef GDMPI_MODEL_H
#define GDMPI_MODEL_H

#include "gdmpi/config.h"
#include "gdmpi/init.h"
#include "gdmpi/layer.h"
#include "gdmpi/loss.h"
#include "gdmpi/normalize.h"

#define gd_model_settings GD_NAME(gd_model_settings)
#define gd_model_new GD_NAME(gd_model_new)
#define gd_model_free GD_NAME(gd_model_free)
#define gd_model_describe GD_NAME(gd_model_describe)
#define gd_model_target GD_NAME(gd_model_target)
#define gd_model_initialise GD_NAME(gd_model_initialise)
#define gd_model_gradient GD_NAME(gd_model_gradient)
#define gd_model_loss GD_NAME(gd_model_loss)
#define gd_model_evaluate GD_NAME(gd_model_evaluate)
#define gd_model_predict GD_NAME(gd_model_predict)
#define gd_model_trace GD_NAME(gd_model_trace)
#define gd_model_flops GD_NAME(gd_model_flops)
#define gd_workspace_new GD_NAME(gd_workspace_new)
#define gd_workspace_free GD_NAME(gd_workspace_free)
#define gd_workspace_bytes GD_NAME(gd_workspace_bytes)

/* [model]: layers, loss, init, init_gain, init_from; the losses' own settings are in their tables.
 */
extern const gd_settings gd_model_settings;

typedef struct gd_model {
    int layer_count;
    gd_layer *layers;
    int64_t inputs, outputs;
    int64_t tile_rows; /* the most rows worked at once: bits depend on how many are */
    bool joint;        /* a shard's rows of a step must pass together */
    gd_tensors tensors;
    gd_categories *categories; /* of x; end with one of no columns */
    const gd_loss *loss;
    const gd_init *init;
    double init_gain;                     /* 0: by the activation */
    double loss_options[GD_LOSS_OPTIONS]; /* the values of its settings, row by row */
} gd_model;

/* Of [model] in the config, for rows of `inputs` features. GD_BAD_INPUT says where in `layers` it
 * does not fit, and what would. Not collective. */
gd_status gd_model_new(const gd_config *config, int64_t inputs, gd_model **model);
void gd_model_free(gd_model **model);

/* Adds a table of its layers to a page for standard output: outputs, parameters, and tensors with
 * their shapes. Not collective. */
void gd_model_describe(const gd_model *model, gd_text *page);

/* What y must hold for this model. */
gd_target gd_model_target(const gd_model *model);

/* Initial parameters [tensors.size] by [model] init, the same on every rank. Not collective. */
gd_status gd_model_initialise(const gd_model *model, uint64_t seed, real *parameters);

/* Adds to a graph all that is between the features of a row as they are in the data and what the
 * model predicts of it: first (x - shift) * factor, or x * scale where the normalizer is of no
 * kind, then the layers, then the inverse of the loss's link. graph->type is real's, and
 * graph->parameters are [tensors.size]; failures are the graph's. Not collective. */
void gd_model_trace(const gd_model *model, const gd_normalizer *normalizer, double scale,
                    gd_graph *graph);

/* Floating-point operations of the matrix products of one row: 2 inputs outputs each; forward only,
 * or with backward as well. Not collective. */
double gd_model_flops(const gd_model *model, bool training);

/* What lies between the layers while a tile of at most `rows` rows passes; all of it is allocated
 * here. */
typedef struct gd_workspace {
    int layer_count;
    real **output;  /* of each layer, [rows, outputs] */
    real **cache;   /* of each layer, [rows, cache]; NULL if that is 0 */
    real *delta[2]; /* gradients on their way back, [rows, the widest layer] */
} gd_workspace;

gd_status gd_workspace_new(const gd_model *model, int64_t rows, gd_workspace **workspace);
void gd_workspace_free(gd_workspace **workspace);
double gd_workspace_bytes(const gd_model *model, int64_t rows);

/* [rows, outputs] of the last batch that passed, until the next one does. */
static inline const real *gd_workspace_output(const gd_workspace *workspace) {
    return workspace->output[workspace->layer_count - 1];
}

/* Forward and backward of a batch: returns the sum of the loss over its rows, and replaces
 * `gradient` [tensors.size] by the gradient of that sum (or adds it, if pass->accumulate); the gaps
 * between tensors are not touched. `ready` may be NULL. Not collective. */
double gd_model_gradient(const gd_model *model, gd_workspace *workspace, const gd_pass *pass,
                         const gd_batch *batch, const real *parameters, real *gradient,
                         const gd_ready *ready);

/* Forward only, as gd_model_gradient goes: the sum of the loss over the batch's rows. Not
 * collective.
 */
double gd_model_loss(const gd_model *model, gd_workspace *workspace, const gd_pass *pass,
                     const gd_batch *batch, const real *parameters);

/* Forward only: the sum of the loss over the batch's rows, and its metric's sum added to *metric.
 * Not collective. */
double gd_model_evaluate(const gd_model *model, gd_workspace *workspace, const gd_batch *batch,
                         const real *parameters, double *metric);

/* Forward only: the outputs of the batch's rows, [rows, outputs], as gd_workspace_output has them.
 * Not collective. */
const real *gd_model_predict(const gd_model *model, gd_workspace *workspace, const gd_batch *batch,
                             const real *parameters);

#endif
