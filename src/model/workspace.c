#include "gdmpi/memory.h"
#include "gdmpi/model.h"

static int64_t widest(const gd_model *model) {
    int64_t most = 0;
    for (int i = 0; i < model->layer_count; i++) {
        most = model->layers[i].outputs > most ? model->layers[i].outputs : most;
    }
    return most;
}

double gd_workspace_bytes(const gd_model *model, int64_t rows) {
    double width = 2 * (double)widest(model);
    for (int i = 0; i < model->layer_count; i++) {
        width += (double)model->layers[i].outputs + (double)model->layers[i].cache;
    }
    double pointers = 2 * (double)model->layer_count * (double)sizeof(real *);
    return (double)sizeof(gd_workspace) + pointers + (double)rows * width * (double)sizeof(real);
}

static gd_status new_rows(int64_t rows, int64_t width, real **matrix) {
    return gd_memory_new(matrix, (size_t)rows, (size_t)width * sizeof(real), "the workspace");
}

static gd_status fill(const gd_model *model, int64_t rows, gd_workspace *workspace) {
    const size_t count = (size_t)model->layer_count;
    gd_status status =
        gd_memory_new(&workspace->output, count, sizeof *workspace->output, "the workspace");
    if (status == GD_OK) {
        status = gd_memory_new(&workspace->cache, count, sizeof *workspace->cache, "the workspace");
    }
    for (size_t i = 0; i < count && status == GD_OK; i++) {
        const gd_layer *layer = &model->layers[i];
        status = new_rows(rows, layer->outputs, &workspace->output[i]);
        if (status == GD_OK && layer->cache > 0) {
            status = new_rows(rows, layer->cache, &workspace->cache[i]);
        }
    }
    for (int i = 0; i < 2 && status == GD_OK; i++) {
        status = new_rows(rows, widest(model), &workspace->delta[i]);
    }
    return status;
}

gd_status gd_workspace_new(const gd_model *model, int64_t rows, gd_workspace **workspace) {
    gd_status status = gd_memory_new(workspace, 1, sizeof **workspace, "the workspace");
    if (status == GD_OK) {
        (*workspace)->layer_count = model->layer_count;
        status = fill(model, rows, *workspace);
    }
    if (status != GD_OK) {
        gd_workspace_free(workspace);
    }
    return status;
}

static void free_matrices(int count, real ***matrices) {
    for (int i = 0; *matrices != NULL && i < count; i++) {
        gd_memory_free(&(*matrices)[i]);
    }
    gd_memory_free(matrices);
}

void gd_workspace_free(gd_workspace **workspace) {
    gd_workspace *old = *workspace;
    if (old != NULL) {
        free_matrices(old->layer_count, &old->output);
        free_matrices(old->layer_count, &old->cache);
        gd_memory_free(&old->delta[0]);
        gd_memory_free(&old->delta[1]);
        gd_memory_free(workspace);
    }
}
