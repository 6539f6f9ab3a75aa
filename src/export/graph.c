#include "gdmpi/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gdmpi/memory.h"

gd_status gd_graph_status(gd_graph *graph) {
    gd_status status = graph->status;
    graph->status = GD_OK;
    return status;
}

void gd_graph_free(gd_graph *graph) {
    for (int i = 0; i < graph->count; i++) {
        gd_memory_free(&graph->node[i].own);
    }
    gd_memory_free(&graph->node);
    gd_status_free(&graph->status);
    *graph = (gd_graph){0};
}

void gd_graph_fail(gd_graph *graph, gd_status status) {
    graph->status = gd_status_first(graph->status, status);
}

static void grow(gd_graph *graph) {
    enum { FIRST = 32 };
    const int room = graph->room == 0 ? FIRST : 2 * graph->room;
    gd_graph_node *node;
    gd_graph_fail(graph, gd_memory_new(&node, (size_t)room, sizeof *node, "the graph"));
    if (graph->status == GD_OK) {
        if (graph->count > 0) {
            memcpy(node, graph->node, (size_t)graph->count * sizeof *node);
        }
        gd_memory_free(&graph->node);
        graph->node = node;
        graph->room = room;
    }
}

/* After a failure, it returns a value that is not to be looked at. */
static gd_value add(gd_graph *graph, gd_graph_node node) {
    if (graph->status == GD_OK && graph->count == graph->room) {
        grow(graph);
    }
    if (graph->status != GD_OK) {
        return 0;
    }
    graph->node[graph->count] = node;
    return graph->count++;
}

static const gd_graph_node nothing;

static const gd_graph_node *node_at(const gd_graph *graph, gd_value value) {
    return graph->status == GD_OK ? &graph->node[value] : &nothing;
}

static gd_value add_constant(gd_graph *graph, const gd_graph_node *node) {
    for (int64_t i = 0; i < gd_graph_elements(node); i++) {
        if (!isfinite(gd_type_get(graph->type, node->data, i))) {
            gd_graph_fail(graph, gd_status_new(GD_BAD_INPUT,
                                               "%s: %s holds a number that is not finite; such a "
                                               "model predicts nothing",
                                               graph->model, node->name));
            break;
        }
    }
    return add(graph, *node);
}

int64_t gd_graph_elements(const gd_graph_node *node) {
    return node->rank == 2 ? node->dims[0] * node->dims[1] : node->dims[0];
}

gd_value gd_graph_input(gd_graph *graph, int64_t width) {
    return add(graph, (gd_graph_node){.operation = GD_INPUT, .width = width});
}

gd_value gd_graph_number(gd_graph *graph, double number) {
    return add(graph, (gd_graph_node){.operation = GD_NUMBER, .width = 1, .number = number});
}

gd_value gd_graph_tensor(gd_graph *graph, const gd_tensor *tensor) {
    const size_t size = gd_type_size(graph->type);
    gd_graph_node node = {
        .operation = GD_CONSTANT,
        .width = tensor->dims[tensor->rank - 1],
        .rank = tensor->rank,
        .dims = {tensor->dims[0], tensor->dims[1]},
        .data = (const char *)graph->parameters + (size_t)tensor->offset * size,
    };
    snprintf(node.name, sizeof node.name, "%s", tensor->name);
    return add_constant(graph, &node);
}

gd_value gd_graph_vector(gd_graph *graph, const char *name, int64_t width, const double *values) {
    gd_graph_node node = {.operation = GD_CONSTANT, .width = width, .rank = 1, .dims = {width}};
    gd_status status = gd_memory_new(&node.own, (size_t)width, gd_type_size(graph->type), name);
    if (status != GD_OK) {
        gd_graph_fail(graph, status);
        return 0;
    }
    for (int64_t i = 0; i < width; i++) {
        gd_type_set(graph->type, node.own, i, values[i]);
    }
    node.data = node.own;
    snprintf(node.name, sizeof node.name, "%s", name);
    const gd_value value = add_constant(graph, &node);
    if (graph->status != GD_OK) {
        gd_memory_free(&node.own);
    }
    return value;
}

gd_value gd_graph_unary(gd_graph *graph, gd_operation operation, gd_value a) {
    const int64_t width = operation == GD_MEAN ? 1 : node_at(graph, a)->width;
    return add(graph, (gd_graph_node){operation, .operands = 1, .operand = {a}, .width = width});
}

static int64_t wider(const gd_graph *graph, gd_value a, gd_value b) {
    const int64_t of_a = node_at(graph, a)->width, of_b = node_at(graph, b)->width;
    return of_a > of_b ? of_a : of_b;
}

gd_value gd_graph_binary(gd_graph *graph, gd_operation operation, gd_value a, gd_value b) {
    const int64_t width = operation == GD_JOIN ? node_at(graph, a)->width + node_at(graph, b)->width
                                               : wider(graph, a, b);
    return add(graph, (gd_graph_node){operation, .operands = 2, .operand = {a, b}, .width = width});
}

gd_value gd_graph_choose(gd_graph *graph, gd_value condition, gd_value yes, gd_value no) {
    return add(graph, (gd_graph_node){GD_CHOOSE, .operands = 3, .operand = {condition, yes, no},
                                      .width = wider(graph, yes, no)});
}

gd_value gd_graph_columns(gd_graph *graph, gd_value a, gd_range columns) {
    return add(graph, (gd_graph_node){GD_COLUMNS, .operands = 1, .operand = {a},
                                      .width = columns.count, .first = columns.first});
}

gd_value gd_graph_dense(gd_graph *graph, gd_value a, gd_value weight, gd_value bias) {
    return add(graph, (gd_graph_node){GD_DENSE, .operands = 3, .operand = {a, weight, bias},
                                      .width = node_at(graph, bias)->width});
}

gd_value gd_graph_lookup(gd_graph *graph, gd_value a, gd_value table) {
    return add(graph,
               (gd_graph_node){GD_LOOKUP, .operands = 2, .operand = {a, table},
                               .width = node_at(graph, a)->width * node_at(graph, table)->width});
}

gd_value gd_graph_standardize(gd_graph *graph, gd_value off, gd_value variance, double eps) {
    const gd_value sum = gd_graph_binary(graph, GD_ADD, variance, gd_graph_number(graph, eps));
    return gd_graph_binary(graph, GD_DIVIDE, off, gd_graph_unary(graph, GD_SQRT, sum));
}

gd_value gd_graph_affine(gd_graph *graph, gd_value a, const gd_tensor *weight,
                         const gd_tensor *bias) {
    const gd_value scaled = gd_graph_binary(graph, GD_MULTIPLY, a, gd_graph_tensor(graph, weight));
    return gd_graph_binary(graph, GD_ADD, scaled, gd_graph_tensor(graph, bias));
}
