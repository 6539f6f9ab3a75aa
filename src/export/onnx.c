#include <string.h>

#include "export_private.h"
#include "gdmpi/checkpoint.h"
#include "gdmpi/protobuf.h"

/* ONNX, by onnx.proto of its IR version 7 and the operators of set 13: all that is needed here, and
 * what runtimes have known since 2021. Numbers stand in tensors, since those in attributes are of
 * single precision. */
enum { IR_VERSION = 7, OPERATORS = 13 };

/* The fields of messages. */
enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER, MODEL_PRODUCER_VERSION };
enum { MODEL_GRAPH = 7, MODEL_OPERATORS = 8, MODEL_METADATA = 14 };
enum { OPERATORS_VERSION = 2 };
enum { ENTRY_KEY = 1, ENTRY_VALUE };
enum { GRAPH_NODE = 1, GRAPH_NAME, GRAPH_TENSOR = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT };
enum { NODE_INPUT = 1, NODE_OUTPUT, NODE_OP_TYPE = 4, NODE_ATTRIBUTE };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_INTEGER = 3, ATTRIBUTE_INTEGERS = 8, ATTRIBUTE_TYPE = 20 };
enum { TENSOR_DIMS = 1, TENSOR_TYPE, TENSOR_NAME = 8, TENSOR_RAW_DATA };
enum { VALUE_NAME = 1, VALUE_TYPE };
enum { TYPE_TENSOR = 1 };
enum { ARRAY_ELEMENT = 1, ARRAY_SHAPE };
enum { SHAPE_DIM = 1 };
enum { DIM_VALUE = 1, DIM_PARAMETER };

/* AttributeProto.AttributeType and TensorProto.DataType. */
enum { INTEGER = 2, INTEGERS = 7 };
enum { FLOAT = 1, INT64 = 7, DOUBLE = 11 };

static int64_t data_type(gd_type type) {
    return type == GD_FLOAT32 ? FLOAT : type == GD_FLOAT64 ? DOUBLE : INT64;
}

typedef struct name {
    char text[48];
} name;

typedef struct attribute {
    const char *name; /* NULL: none */
    int64_t value;
    bool list; /* of this value alone */
} attribute;

typedef struct node {
    const char *op_type;
    attribute attribute;
    name output;
    int inputs;
    name input[4];
} node;

static void write_attribute(gd_protobuf *out, const void *content) {
    const attribute *attribute = content;
    gd_protobuf_text(out, ATTRIBUTE_NAME, attribute->name);
    gd_protobuf_integer(out, ATTRIBUTE_TYPE, attribute->list ? INTEGERS : INTEGER);
    gd_protobuf_integer(out, attribute->list ? ATTRIBUTE_INTEGERS : ATTRIBUTE_INTEGER,
                        attribute->value);
}

static void write_node(gd_protobuf *out, const void *content) {
    const node *node = content;
    for (int k = 0; k < node->inputs; k++) {
        gd_protobuf_text(out, NODE_INPUT, node->input[k].text);
    }
    gd_protobuf_text(out, NODE_OUTPUT, node->output.text);
    gd_protobuf_text(out, NODE_OP_TYPE, node->op_type);
    if (node->attribute.name != NULL) {
        gd_protobuf_message(out, NODE_ATTRIBUTE, write_attribute, &node->attribute);
    }
}

/* Returns the name of its output. */
static name add_node(gd_protobuf *out, const node *node) {
    gd_protobuf_message(out, GRAPH_NODE, write_node, node);
    return node->output;
}

typedef struct tensor {
    name name;
    gd_type type;
    int rank;
    int64_t dims[2];
    const void *data;
} tensor;

static void write_tensor(gd_protobuf *out, const void *content) {
    const tensor *tensor = content;
    int64_t count = 1;
    for (int k = 0; k < tensor->rank; k++) {
        gd_protobuf_integer(out, TENSOR_DIMS, tensor->dims[k]);
        count *= tensor->dims[k];
    }
    gd_protobuf_integer(out, TENSOR_TYPE, data_type(tensor->type));
    gd_protobuf_text(out, TENSOR_NAME, tensor->name.text);
    gd_protobuf_numbers(out, TENSOR_RAW_DATA, tensor->type, tensor->data, count);
}

static name add_tensor(gd_protobuf *out, const tensor *tensor) {
    gd_protobuf_message(out, GRAPH_TENSOR, write_tensor, tensor);
    return tensor->name;
}

/* A single number, of the graph's type. */
static name add_number(gd_protobuf *out, const gd_graph *graph, name name, double number) {
    double room;
    gd_type_set(graph->type, &room, 0, number);
    return add_tensor(out, &(tensor){.name = name, .type = graph->type, .data = &room});
}

static name add_place(gd_protobuf *out, name name, int64_t place) {
    return add_tensor(
        out, &(tensor){.name = name, .type = GD_INT64, .rank = 1, .dims = {1}, .data = &place});
}

static name name_of(const gd_graph *graph, gd_value value) {
    const gd_graph_node *node = &graph->node[value];
    name out;
    if (node->operation == GD_CONSTANT) {
        snprintf(out.text, sizeof out.text, "%s", node->name);
    } else if (node->operation == GD_INPUT || value == graph->output) {
        snprintf(out.text, sizeof out.text, "%s",
                 node->operation == GD_INPUT ? "x" : graph->output_name);
    } else {
        snprintf(out.text, sizeof out.text, "v%d", value);
    }
    return out;
}

static name operand_of(const gd_graph *graph, gd_value value, int k) {
    return name_of(graph, graph->node[value].operand[k]);
}

/* Of what stands between the operands and the value. */
static name part_of(gd_value value, const char *part) {
    name out;
    snprintf(out.text, sizeof out.text, "v%d.%s", value, part);
    return out;
}

static void add_erfc(gd_protobuf *out, const gd_graph *graph, gd_value value) {
    const name one = add_number(out, graph, part_of(value, "one"), 1);
    const name a = operand_of(graph, value, 0);
    const name part = add_node(out, &(node){"Erf", {0}, part_of(value, "erf"), 1, {a}});
    add_node(out, &(node){"Sub", {0}, name_of(graph, value), 2, {one, part}});
}

static void add_expm1(gd_protobuf *out, const gd_graph *graph, gd_value value) {
    const name one = add_number(out, graph, part_of(value, "one"), 1);
    const name a = operand_of(graph, value, 0);
    const name part = add_node(out, &(node){"Exp", {0}, part_of(value, "exp"), 1, {a}});
    add_node(out, &(node){"Sub", {0}, name_of(graph, value), 2, {part, one}});
}

static void add_log1p(gd_protobuf *out, const gd_graph *graph, gd_value value) {
    const name one = add_number(out, graph, part_of(value, "one"), 1);
    const name a = operand_of(graph, value, 0);
    const name part = add_node(out, &(node){"Add", {0}, part_of(value, "sum"), 2, {a, one}});
    add_node(out, &(node){"Log", {0}, name_of(graph, value), 1, {part}});
}

static void add_columns(gd_protobuf *out, const gd_graph *graph, gd_value value) {
    const gd_graph_node *of = &graph->node[value];
    const name start = add_place(out, part_of(value, "start"), of->first);
    const name end = add_place(out, part_of(value, "end"), of->first + of->width);
    const name axis = add_place(out, part_of(value, "axis"), 1);
    const name a = operand_of(graph, value, 0);
    add_node(out, &(node){"Slice", {0}, name_of(graph, value), 4, {a, start, end, axis}});
}

static void add_lookup(gd_protobuf *out, const gd_graph *graph, gd_value value) {
    const name a = operand_of(graph, value, 0), table = operand_of(graph, value, 1);
    const name index =
        add_node(out, &(node){"Cast", {"to", INT64, false}, part_of(value, "index"), 1, {a}});
    const name rows =
        add_node(out, &(node){"Gather", {0}, part_of(value, "rows"), 2, {table, index}});
    add_node(out, &(node){"Flatten", {0}, name_of(graph, value), 1, {rows}});
}

/* One operator of the same operands, or several. */
static const struct {
    const char *op_type;
    attribute attribute;
    void (*add)(gd_protobuf *out, const gd_graph *graph, gd_value value);
} operations[GD_OPERATIONS] = {
    [GD_ADD] = {"Add", {0}, NULL},
    [GD_SUBTRACT] = {"Sub", {0}, NULL},
    [GD_MULTIPLY] = {"Mul", {0}, NULL},
    [GD_DIVIDE] = {"Div", {0}, NULL},
    [GD_GREATER] = {"Greater", {0}, NULL},
    [GD_CHOOSE] = {"Where", {0}, NULL},
    [GD_ERFC] = {NULL, {0}, add_erfc},
    [GD_EXP] = {"Exp", {0}, NULL},
    [GD_EXPM1] = {NULL, {0}, add_expm1},
    [GD_LOG1P] = {NULL, {0}, add_log1p},
    [GD_RELU] = {"Relu", {0}, NULL},
    [GD_SIGMOID] = {"Sigmoid", {0}, NULL},
    [GD_SQRT] = {"Sqrt", {0}, NULL},
    [GD_TANH] = {"Tanh", {0}, NULL},
    [GD_COLUMNS] = {NULL, {0}, add_columns},
    [GD_DENSE] = {"Gemm", {"transB", 1, false}, NULL},
    [GD_JOIN] = {"Concat", {"axis", 1, false}, NULL},
    [GD_LOOKUP] = {NULL, {0}, add_lookup},
    [GD_MEAN] = {"ReduceMean", {"axes", 1, true}, NULL},
    [GD_SOFTMAX] = {"Softmax", {0}, NULL},
};

static void add_operation(gd_protobuf *out, const gd_graph *graph, gd_value value) {
    const gd_graph_node *of = &graph->node[value];
    node node = {operations[of->operation].op_type,
                 operations[of->operation].attribute,
                 name_of(graph, value),
                 of->operands,
                 {{""}}};
    for (int k = 0; k < of->operands; k++) {
        node.input[k] = operand_of(graph, value, k);
    }
    add_node(out, &node);
}

static void add_value(gd_protobuf *out, const gd_graph *graph, gd_value value) {
    const gd_graph_node *of = &graph->node[value];
    if (of->operation == GD_CONSTANT) {
        add_tensor(out, &(tensor){.name = name_of(graph, value),
                                  .type = graph->type,
                                  .rank = of->rank,
                                  .dims = {of->dims[0], of->dims[1]},
                                  .data = of->data});
    } else if (of->operation == GD_NUMBER) {
        add_number(out, graph, name_of(graph, value), of->number);
    } else if (operations[of->operation].add != NULL) {
        operations[of->operation].add(out, graph, value);
    } else if (of->operation != GD_INPUT) {
        add_operation(out, graph, value);
    }
}

/* What comes in or goes out: [rows, width], of any number of rows. */
typedef struct port {
    const char *name;
    int64_t type, width;
} port;

static void write_rows(gd_protobuf *out, const void *content) {
    (void)content;
    gd_protobuf_text(out, DIM_PARAMETER, "rows");
}

static void write_width(gd_protobuf *out, const void *content) {
    gd_protobuf_integer(out, DIM_VALUE, ((const port *)content)->width);
}

static void write_shape(gd_protobuf *out, const void *content) {
    gd_protobuf_message(out, SHAPE_DIM, write_rows, content);
    gd_protobuf_message(out, SHAPE_DIM, write_width, content);
}

static void write_array(gd_protobuf *out, const void *content) {
    gd_protobuf_integer(out, ARRAY_ELEMENT, ((const port *)content)->type);
    gd_protobuf_message(out, ARRAY_SHAPE, write_shape, content);
}

static void write_type(gd_protobuf *out, const void *content) {
    gd_protobuf_message(out, TYPE_TENSOR, write_array, content);
}

static void write_port(gd_protobuf *out, const void *content) {
    gd_protobuf_text(out, VALUE_NAME, ((const port *)content)->name);
    gd_protobuf_message(out, VALUE_TYPE, write_type, content);
}

static void add_port(gd_protobuf *out, int field, const gd_graph *graph, gd_value value) {
    const name name = name_of(graph, value);
    const port port = {name.text, data_type(graph->type), graph->node[value].width};
    gd_protobuf_message(out, field, write_port, &port);
}

static void write_graph(gd_protobuf *out, const void *content) {
    const gd_graph *graph = content;
    for (gd_value v = 0; v < graph->count; v++) {
        add_value(out, graph, v);
    }
    gd_protobuf_text(out, GRAPH_NAME, "gdmpi");
    add_port(out, GRAPH_INPUT, graph, 0);
    add_port(out, GRAPH_OUTPUT, graph, graph->output);
}

static void write_operators(gd_protobuf *out, const void *content) {
    (void)content;
    gd_protobuf_integer(out, OPERATORS_VERSION, OPERATORS);
}

typedef struct entry {
    const char *key, *value;
} entry;

static void write_entry(gd_protobuf *out, const void *content) {
    const entry *entry = content;
    gd_protobuf_text(out, ENTRY_KEY, entry->key);
    gd_protobuf_text(out, ENTRY_VALUE, entry->value);
}

static void write_model(gd_protobuf *out, const gd_graph *graph) {
    char digest[17];
    const entry entries[] = {{"model", graph->model},
                             {"digest", gd_checkpoint_digest_text(graph->digest, digest)},
                             {"layers", graph->layers},
                             {"loss", graph->loss},
                             {"classes", graph->classes}};
    gd_protobuf_integer(out, MODEL_IR_VERSION, IR_VERSION);
    gd_protobuf_text(out, MODEL_PRODUCER, "gdmpi");
    gd_protobuf_text(out, MODEL_PRODUCER_VERSION, PACKAGE_VERSION);
    gd_protobuf_message(out, MODEL_OPERATORS, write_operators, NULL);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        if (entries[i].value != NULL) {
            gd_protobuf_message(out, MODEL_METADATA, write_entry, &entries[i]);
        }
    }
    gd_protobuf_message(out, MODEL_GRAPH, write_graph, graph);
}

static gd_status write_onnx(const gd_graph *graph, gd_draft *draft) {
    gd_protobuf measured = {0}, out = {.draft = draft};
    char size[32];
    write_model(&measured, graph);
    if (measured.bytes > INT32_MAX) {
        return gd_status_new(GD_BAD_INPUT, "%s: would take %s in ONNX, whose files end at 2 GiB",
                             graph->model, gd_text_amount((double)measured.bytes, size));
    }
    write_model(&out, graph);
    return GD_OK;
}

const gd_export_format gd_export_onnx = {
    .ending = ".onnx",
    .help = "ONNX, of operator set 13: x [rows, features] in, the predictions out",
    .write = write_onnx,
};
