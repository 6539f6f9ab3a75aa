#include "gdmpi/memory.h"
#include "gdmpi/model.h"

/* As a model of this precision takes them. A shift is taken off in two parts, for the difference of
 * two numbers near each other is exact: x and the first. */
static gd_value normalize(const gd_normalizer *by, gd_graph *graph, gd_value x) {
    double *rest = NULL;
    gd_status status = gd_memory_new(&rest, (size_t)by->width, sizeof *rest, "the normalization");
    if (status != GD_OK) {
        gd_graph_fail(graph, status);
        return x;
    }
    bool exact = true;
    for (int64_t j = 0; j < by->width; j++) {
        rest[j] = by->shift[j] - (double)(real)by->shift[j];
        exact = exact && (real)rest[j] == 0;
    }
    const gd_value shift = gd_graph_vector(graph, "normalize.shift", by->width, by->shift);
    x = gd_graph_binary(graph, GD_SUBTRACT, x, shift);
    if (!exact) {
        const gd_value more = gd_graph_vector(graph, "normalize.shift_rest", by->width, rest);
        x = gd_graph_binary(graph, GD_SUBTRACT, x, more);
    }
    gd_memory_free(&rest);
    return gd_graph_binary(graph, GD_MULTIPLY, x,
                           gd_graph_vector(graph, "normalize.factor", by->width, by->factor));
}

/* Categories are no numbers that could be scaled. */
static gd_value scale_numbers(const gd_model *model, double scale, gd_graph *graph, gd_value x) {
    double *factor = NULL;
    if (model->categories[0].columns.count == 0) {
        return gd_graph_binary(graph, GD_MULTIPLY, x, gd_graph_number(graph, (double)(real)scale));
    }
    gd_status status = gd_memory_new(&factor, (size_t)model->inputs, sizeof *factor, "the scale");
    if (status != GD_OK) {
        gd_graph_fail(graph, status);
        return x;
    }
    for (int64_t j = 0; j < model->inputs; j++) {
        factor[j] = scale;
    }
    for (const gd_categories *of = model->categories; of->columns.count > 0; of++) {
        for (int64_t j = 0; j < of->columns.count; j++) {
            factor[of->columns.first + j] = 1;
        }
    }
    x = gd_graph_binary(graph, GD_MULTIPLY, x,
                        gd_graph_vector(graph, "scale", model->inputs, factor));
    gd_memory_free(&factor);
    return x;
}

static gd_value invert_link(gd_link link, gd_graph *graph, gd_value output) {
    static const gd_operation inverse[] = {
        [GD_LINK_LOGIT] = GD_SIGMOID,
        [GD_LINK_SOFTMAX] = GD_SOFTMAX,
        [GD_LINK_LOG] = GD_EXP,
    };
    return link == GD_LINK_IDENTITY ? output : gd_graph_unary(graph, inverse[link], output);
}

void gd_model_trace(const gd_model *model, const gd_normalizer *normalizer, double scale,
                    gd_graph *graph) {
    gd_value x = gd_graph_input(graph, model->inputs);
    if (normalizer->kind != NULL) {
        x = normalize(normalizer, graph, x);
    } else if (scale != 1) {
        x = scale_numbers(model, scale, graph, x);
    }
    for (int i = 0; i < model->layer_count; i++) {
        x = gd_layer_trace(&model->layers[i], graph, x);
    }
    graph->output = invert_link(model->loss->link, graph, x);
}
