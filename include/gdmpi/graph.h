/* A trained model as a graph of operations on one row: what files for other programs are written
 * from. Layers add to it what they compute, by their `trace`; formats know the operations, and
 * nothing of layers. Nothing here is collective. */
#ifndef GDMPI_GRAPH_H
#define GDMPI_GRAPH_H

#include <stdbool.h>

#include "gdmpi/shards.h"
#include "gdmpi/status.h"
#include "gdmpi/tensor.h"
#include "gdmpi/type.h"

typedef enum gd_operation {
    /* Without operands: */
    GD_INPUT,    /* the row, x */
    GD_CONSTANT, /* a tensor */
    GD_NUMBER,   /* one number */

    /* Element by element, where an operand of width 1 goes with all elements of the others: */
    GD_ADD,
    GD_SUBTRACT,
    GD_MULTIPLY,
    GD_DIVIDE,
    GD_GREATER, /* whether the first is, for GD_CHOOSE alone */
    GD_CHOOSE,  /* the second operand where the first says so, else the third */
    GD_ERFC,    /* 1 - erf(a) */
    GD_EXP,
    GD_EXPM1, /* e^a - 1 */
    GD_LOG1P, /* log(1 + a) */
    GD_RELU,
    GD_SIGMOID,
    GD_SQRT,
    GD_TANH,

    /* Of whole rows: */
    GD_COLUMNS, /* `count` elements from `first` on */
    GD_DENSE,   /* a W^T + b, of row a, W [outputs, inputs] and b [outputs] */
    GD_JOIN,    /* the elements of the first operand, then those of the second */
    GD_LOOKUP,  /* the rows of table W [size, dim] that the numbers in a name, one after another */
    GD_MEAN,    /* of the elements */
    GD_SOFTMAX,
    GD_OPERATIONS /* so many there are */
} gd_operation;

/* A value is what an operation makes, and is named by the operation's place in the graph. */
typedef int gd_value;

enum { GD_OPERANDS = 3 };

typedef struct gd_graph_node {
    gd_operation operation;
    int operands;
    gd_value operand[GD_OPERANDS]; /* all of them come before it */
    int64_t width;                 /* elements of the value; of a constant, of one of its rows */
    int64_t first;                 /* GD_COLUMNS */
    double number;                 /* GD_NUMBER */
    char name[32];                 /* GD_CONSTANT, as the others: "0.weight", */
    int rank;
    int64_t dims[2];
    const void *data; /* of the graph's type */
    void *own;        /* the data, if they are the graph's own */
} gd_graph_node;

typedef struct gd_graph {
    gd_type type;           /* of all numbers */
    const void *parameters; /* the model's flat vector, which tensors are views into; not owned */
    int count, room;
    gd_graph_node *node;
    gd_value output;

    /* What the file says of the model; texts are not owned. */
    const char *model, *layers, *loss;
    const char *output_name; /* "probability" */
    const char *classes;     /* their names, a line for each; NULL: not known */
    uint64_t digest;         /* of the parameters */

    gd_status status; /* the first failure; what was added after it counts for nothing */
} gd_graph;

/* The failure that was remembered, or GD_OK; it is then the caller's. */
gd_status gd_graph_status(gd_graph *graph);
void gd_graph_free(gd_graph *graph);

/* Remembers a failure. */
void gd_graph_fail(gd_graph *graph, gd_status status);

/* Each adds an operation and returns its value. A constant with a number that is not finite is
 * GD_BAD_INPUT. */
gd_value gd_graph_input(gd_graph *graph, int64_t width);
gd_value gd_graph_number(gd_graph *graph, double number);
gd_value gd_graph_tensor(gd_graph *graph, const gd_tensor *tensor);
gd_value gd_graph_vector(gd_graph *graph, const char *name, int64_t width, const double *values);
gd_value gd_graph_unary(gd_graph *graph, gd_operation operation, gd_value a);
gd_value gd_graph_binary(gd_graph *graph, gd_operation operation, gd_value a, gd_value b);
gd_value gd_graph_choose(gd_graph *graph, gd_value condition, gd_value yes, gd_value no);
gd_value gd_graph_columns(gd_graph *graph, gd_value a, gd_range columns);
gd_value gd_graph_dense(gd_graph *graph, gd_value a, gd_value weight, gd_value bias);
gd_value gd_graph_lookup(gd_graph *graph, gd_value a, gd_value table);

/* off / sqrt(variance + eps), and a * weight + bias, which are built of the others. */
gd_value gd_graph_standardize(gd_graph *graph, gd_value off, gd_value variance, double eps);
gd_value gd_graph_affine(gd_graph *graph, gd_value a, const gd_tensor *weight,
                         const gd_tensor *bias);

/* Whether it works element by element. */
static inline bool gd_operation_by_element(gd_operation operation) {
    return operation >= GD_ADD && operation <= GD_TANH;
}

/* Elements of a constant. */
int64_t gd_graph_elements(const gd_graph_node *node);

#endif
