/* What the model itself shows at the end of a run: units of its relu layers that never put anything
 * out, and how large a gradient is in each layer. */
#include <math.h>

#include "gdmpi/memory.h"
#include "train_private.h"

/* Rows that the units are shown, of all shards together, or one of each if these are more. */
enum { SAMPLE = 2048 };

/* How many of a shard's rows are in the sample. */
static int64_t sampled(const gd_problem *problem, int64_t shard) {
    const int64_t most = (SAMPLE + problem->shards.count - 1) / problem->shards.count;
    const int64_t rows = gd_shards_rows(&problem->shards, shard).count;
    return rows < most ? rows : most;
}

/* A tile of them, from number `first` on; `order` is room for a tile. They are spread evenly over
 * the shard, for a file may be sorted. */
static void gather(gd_trainer *trainer, int64_t shard, int64_t first, uint32_t *order) {
    const gd_problem *problem = trainer->problem;
    const gd_range rows = gd_shards_rows(&problem->shards, shard);
    const int64_t all = sampled(problem, shard), left = all - first;
    const int64_t count = left < problem->model->tile_rows ? left : problem->model->tile_rows;
    for (int64_t i = 0; i < count; i++) {
        order[i] = (uint32_t)gd_range_part(rows.count, all, first + i).first;
    }
    gd_batch_gather(&problem->train, rows.first - problem->train.range.first, order, count,
                    problem->scale, &trainer->batch);
}

static int64_t count_units(const gd_layer *layers, int count) {
    int64_t units = 0;
    for (int i = 0; i < count; i++) {
        units += layers[i].kind == &gd_layer_relu ? layers[i].outputs : 0;
        units += count_units(layers[i].inner, layers[i].inner_count);
    }
    return units;
}

/* Sets those of a layer's units [outputs] to 1 that a row of y [rows, outputs] has got something
 * out of, if it is relu, or those of its inner layers; returns where the next layer's begin. */
static double *mark(const gd_layer *layer, int64_t rows, const real *y, const real *cache,
                    double *alive) {
    if (layer->kind == &gd_layer_relu) {
        for (int64_t i = 0; i < rows * layer->outputs; i++) {
            alive[i % layer->outputs] = y[i] != 0 ? 1 : alive[i % layer->outputs];
        }
        return alive + layer->outputs;
    }
    for (int i = 0; i < layer->inner_count; i++) {
        const real *inner = gd_layer_inner(layer, rows, cache, i);
        alive = mark(&layer->inner[i], rows, inner, NULL, alive);
    }
    return alive;
}

static void mark_shard(gd_trainer *trainer, int64_t shard, uint32_t *order, double *alive) {
    const gd_model *model = trainer->problem->model;
    const gd_workspace *workspace = trainer->workspace;
    const int64_t all = sampled(trainer->problem, shard);
    for (int64_t done = 0; done < all; done += trainer->batch.rows) {
        double ignored = 0, *next = alive;
        gather(trainer, shard, done, order);
        gd_model_evaluate(model, trainer->workspace, &trainer->batch, trainer->reducer->parameters,
                          &ignored);
        for (int i = 0; i < model->layer_count; i++) {
            next = mark(&model->layers[i], trainer->batch.rows, workspace->output[i],
                        workspace->cache[i], next);
        }
    }
}

/* The relu layer with the largest part of dead units; returns where the next layer's begin. */
static const double *find_worst(const gd_layer *layers, int count, const double *alive,
                                int64_t *number, gd_symptoms *symptoms) {
    for (int i = 0; i < count; i++) {
        const gd_layer *layer = &layers[i];
        if (layer->kind == &gd_layer_relu) {
            int64_t dead = 0;
            ++*number;
            for (int64_t j = 0; j < layer->outputs; j++) {
                dead += *alive++ == 0;
            }
            if (symptoms->units == 0 || (double)dead / (double)layer->outputs >
                                            (double)symptoms->dead / (double)symptoms->units) {
                symptoms->relu = *number;
                symptoms->units = layer->outputs;
                symptoms->dead = dead;
            }
        }
        alive = find_worst(layer->inner, layer->inner_count, alive, number, symptoms);
    }
    return alive;
}

/* By the rows of all ranks. Collective. */
static void measure_units(gd_trainer *trainer, int64_t units, uint32_t *order, double *alive,
                          gd_symptoms *symptoms) {
    const gd_problem *problem = trainer->problem;
    int64_t number = 0;
    for (int64_t i = 0; i < problem->mine.count && units > 0; i++) {
        mark_shard(trainer, problem->mine.first + i, order, alive);
    }
    gd_comm_maximum(problem->comm, alive, (size_t)units);
    find_worst(problem->model->layers, problem->model->layer_count, alive, &number, symptoms);
    for (int64_t shard = 0; shard < problem->shards.count; shard++) {
        symptoms->rows += sampled(problem, shard);
    }
}

static double norm(const gd_tensor *tensor, const real *vector) {
    double squares = 0;
    for (int64_t i = 0; i < tensor->count; i++) {
        const double element = (double)vector[tensor->offset + i];
        squares += element * element;
    }
    return sqrt(squares);
}

/* Of a tile of the first shard, whose gradient goes where those of steps do; returns for how many
 * layers. Rank 0. */
static int measure_gradient(gd_trainer *trainer, uint32_t *order, gd_backflow *flow) {
    const gd_problem *problem = trainer->problem;
    const gd_tensors *tensors = &problem->model->tensors;
    const real *parameters = trainer->reducer->parameters;
    real *gradient = trainer->reducer->partial[0];
    int flows = 0;
    gather(trainer, 0, 0, order);
    const double rows = (double)trainer->batch.rows;
    const gd_pass pass = {.training = true,
                          .rows = trainer->batch.rows,
                          .seed = problem->seed,
                          .step = trainer->progress.step};
    gd_model_gradient(problem->model, trainer->workspace, &pass, &trainer->batch, parameters,
                      gradient, NULL);
    for (int t = 0; t < tensors->count; t++) {
        const gd_tensor *tensor = &tensors->list[t];
        if (tensor->rank == 2) {
            flow[flows++] = (gd_backflow){tensor->name, norm(tensor, gradient) / rows,
                                          norm(tensor, parameters)};
        }
    }
    return flows;
}

/* `flow` has room for all tensors. Collective. */
static gd_status measure(gd_trainer *trainer, gd_backflow *flow, gd_symptoms *symptoms) {
    const gd_model *model = trainer->problem->model;
    const int64_t units = count_units(model->layers, model->layer_count);
    uint32_t *order = NULL;
    double *alive = NULL;
    gd_status status =
        gd_memory_new(&order, (size_t)model->tile_rows, sizeof *order, "a sample of the rows");
    if (status == GD_OK) {
        status = gd_memory_new(&alive, (size_t)units, sizeof *alive, "the units of relu layers");
    }
    status = gd_comm_agree(trainer->problem->comm, status);
    if (status == GD_OK) {
        measure_units(trainer, units, order, alive, symptoms);
        if (gd_comm_rank(trainer->problem->comm) == 0) {
            symptoms->flow = flow;
            symptoms->flows = measure_gradient(trainer, order, flow);
        }
    }
    gd_memory_free(&order);
    gd_memory_free(&alive);
    return status;
}

gd_status gd_trainer_diagnose(gd_trainer *trainer, gd_text *sentence) {
    const gd_config *config = trainer->problem->config;
    const gd_progress *progress = &trainer->progress;
    gd_symptoms symptoms = {.curves = progress->curves,
                            .lr = gd_config_number(config, "optimizer", "lr"),
                            .keeps_best = trainer->best != NULL,
                            .best_epoch = progress->best_epoch};
    gd_phase before = gd_phases_enter(&trainer->phases, GD_VALIDATE);
    gd_backflow *flow = NULL;
    gd_status status = gd_comm_agree(
        trainer->problem->comm, gd_memory_new(&flow, (size_t)trainer->problem->model->tensors.count,
                                              sizeof *flow, "the gradients of layers"));
    if (status == GD_OK) {
        status = measure(trainer, flow, &symptoms);
    }
    gd_phases_enter(&trainer->phases, before);
    if (status == GD_OK && gd_comm_rank(trainer->problem->comm) == 0) {
        gd_diagnose(&symptoms, sentence);
        status = gd_text_status(sentence);
    }
    gd_memory_free(&flow);
    return gd_comm_agree(trainer->problem->comm, status);
}
