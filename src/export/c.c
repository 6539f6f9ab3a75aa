#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "c_operations.h"
#include "export_private.h"
#include "gdmpi/checkpoint.h"
#include "gdmpi/lines.h"
#include "gdmpi/memory.h"

/* How a value is had in C. */
typedef struct place {
    int uses;
    gd_value user; /* the last of them */
    bool stored;   /* it has memory of its own; else it is part of an expression */
    gd_value last; /* the last stored value that is computed from it */
    int slot;      /* of its memory */
} place;

/* An array of the function, which values share that are not needed at the same time. */
typedef struct slot {
    int64_t width;
    gd_value until;
} slot;

typedef struct writer {
    const gd_graph *graph;
    gd_draft *out;
    place *place; /* of each value */
    slot *slot;
    int slots;
    bool single;
    const char *real, *suffix; /* of the names of its functions, and of literals */
} writer;

static bool is_made(const gd_graph_node *node) {
    return node->operation != GD_INPUT && node->operation != GD_CONSTANT &&
           node->operation != GD_NUMBER;
}

static void choose_stored(writer *self) {
    const gd_graph *graph = self->graph;
    for (gd_value v = 0; v < graph->count; v++) {
        for (int k = 0; k < graph->node[v].operands; k++) {
            place *of = &self->place[graph->node[v].operand[k]];
            of->uses++;
            of->user = v;
        }
    }
    for (gd_value v = 0; v < graph->count; v++) {
        const gd_graph_node *node = &graph->node[v];
        place *of = &self->place[v];
        of->stored = is_made(node) && (v == graph->output || of->uses > 1 ||
                                       !gd_operation_by_element(node->operation) ||
                                       !gd_operation_by_element(graph->node[of->user].operation));
    }
}

/* What is stored and `value` is computed from, is needed for the stored value `reader`. */
static void need_operands(writer *self, gd_value value, gd_value reader) {
    const gd_graph_node *node = &self->graph->node[value];
    for (int k = 0; k < node->operands; k++) {
        place *of = &self->place[node->operand[k]];
        if (of->stored) {
            of->last = reader;
        } else {
            need_operands(self, node->operand[k], reader);
        }
    }
}

static int find_slot(writer *self, gd_value value) {
    int found = 0;
    while (found < self->slots && self->slot[found].until >= value) {
        found++;
    }
    self->slots += found == self->slots;
    return found;
}

static void share_slots(writer *self) {
    const gd_graph *graph = self->graph;
    for (gd_value v = 0; v < graph->count; v++) {
        if (self->place[v].stored) {
            need_operands(self, v, v);
        }
    }
    for (gd_value v = 0; v < graph->count; v++) {
        const int64_t width = graph->node[v].width;
        if (self->place[v].stored && v != graph->output) {
            self->place[v].slot = find_slot(self, v);
            slot *slot = &self->slot[self->place[v].slot];
            slot->until = self->place[v].last;
            slot->width = slot->width > width ? slot->width : width;
        }
    }
}

static double stack_bytes(const writer *self) {
    double bytes = 0;
    for (int s = 0; s < self->slots; s++) {
        bytes += (double)self->slot[s].width * (double)gd_type_size(self->graph->type);
    }
    return bytes;
}

/* The shortest decimal number that a compiler reads as this one. */
static void write_number(const writer *self, double number) {
    char text[32];
    for (int digits = self->single ? FLT_DIG : DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (self->single ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number) {
            break;
        }
    }
    gd_draft_add(self->out, "%s%s%s", text, strpbrk(text, ".e") == NULL ? ".0" : "", self->suffix);
}

/* "0.weight" is layer_0_weight. */
static void write_name(const writer *self, const gd_graph_node *node) {
    gd_draft_add(self->out, "%s", node->name[0] >= '0' && node->name[0] <= '9' ? "layer_" : "");
    for (const char *c = node->name; *c != '\0'; c++) {
        gd_draft_add(self->out, "%c", *c == '.' ? '_' : *c);
    }
}

/* The array that has a value. */
static void write_array(const writer *self, gd_value value) {
    const gd_graph_node *node = &self->graph->node[value];
    if (node->operation == GD_CONSTANT) {
        write_name(self, node);
    } else if (node->operation == GD_INPUT || value == self->graph->output) {
        gd_draft_add(self->out, "%s", node->operation == GD_INPUT ? "x" : "y");
    } else {
        gd_draft_add(self->out, "t%d", self->place[value].slot);
    }
}

static void write_text(const writer *self, gd_value value, const char *text);

/* Element i of operand `k` of an operation by element. */
static void write_element(const writer *self, gd_value parent, int k) {
    const gd_graph_node *above = &self->graph->node[parent];
    const gd_value value = above->operand[k];
    const gd_graph_node *node = &self->graph->node[value];
    if (node->operation == GD_NUMBER) {
        write_number(self, node->number);
    } else if (!is_made(node) || self->place[value].stored) {
        write_array(self, value);
        gd_draft_add(self->out, "%s", node->width == 1 ? "[0]" : "[i]");
    } else {
        const int level = gd_c_operations[node->operation].level;
        const int outer = gd_c_operations[above->operation].level;
        const bool apart = outer < GD_C_CALL && (level < outer || (level == outer && k > 0));
        gd_draft_add(self->out, "%s", apart ? "(" : "");
        write_text(self, value, gd_c_operations[node->operation].text);
        gd_draft_add(self->out, "%s", apart ? ")" : "");
    }
}

static void write_operand(const writer *self, gd_value value, int k) {
    const gd_graph_node *node = &self->graph->node[value];
    if (gd_operation_by_element(node->operation)) {
        write_element(self, value, k);
    } else {
        write_array(self, node->operand[k]);
    }
}

static int64_t number_of(const writer *self, const gd_graph_node *node, char code) {
    const gd_graph_node *operands = self->graph->node;
    switch (code) {
    case 'n':
        return operands[node->operand[0]].width;
    case 'k':
        return operands[node->operand[1]].width;
    case 's':
        return operands[node->operand[1]].dims[0];
    case 'c':
        return node->first;
    default:
        return node->width;
    }
}

/* With its codes replaced: see c_operations.h. */
static void write_text(const writer *self, gd_value value, const char *text) {
    for (const char *c = text; *c != '\0'; c++) {
        if (*c != '$') {
            gd_draft_add(self->out, "%c", *c);
            continue;
        }
        switch (*++c) {
        case 'r':
            gd_draft_add(self->out, "%s", self->real);
            break;
        case 'f':
            gd_draft_add(self->out, "%s", self->suffix);
            break;
        case 'y':
            write_array(self, value);
            break;
        case '1':
        case '2':
        case '3':
            write_operand(self, value, *c - '1');
            break;
        default:
            gd_draft_add(self->out, "%" PRId64, number_of(self, &self->graph->node[value], *c));
        }
    }
}

/* One after the other, in so many digits that a compiler reads the same bits. */
static void write_constant(const writer *self, const gd_graph_node *node) {
    enum { A_LINE = 4 };
    const int64_t count = gd_graph_elements(node);
    gd_draft_add(self->out, "static const %s ", self->real);
    write_name(self, node);
    gd_draft_add(self->out, "[%" PRId64 "] = {", count);
    for (int64_t i = 0; i < count; i++) {
        gd_draft_add(self->out, "%s%.*e%s,", i % A_LINE == 0 ? "\n    " : " ",
                     (self->single ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG) - 1,
                     gd_type_get(self->graph->type, node->data, i), self->suffix);
    }
    gd_draft_add(self->out, "\n};\n\n");
}

static void write_functions(const writer *self) {
    bool used[GD_OPERATIONS] = {false};
    for (gd_value v = 0; v < self->graph->count; v++) {
        used[self->graph->node[v].operation] = true;
    }
    for (int o = 0; o < GD_OPERATIONS; o++) {
        if (used[o] && gd_c_operations[o].function != NULL) {
            write_text(self, 0, gd_c_operations[o].function);
            gd_draft_add(self->out, "\n");
        }
    }
}

static void write_statement(const writer *self, gd_value value) {
    const gd_graph_node *node = &self->graph->node[value];
    if (gd_operation_by_element(node->operation)) {
        gd_draft_add(self->out, "    for (long i = 0; i < %" PRId64 "; i++) {\n        ",
                     node->width);
        write_array(self, value);
        gd_draft_add(self->out, "[i] = ");
        write_text(self, value, gd_c_operations[node->operation].text);
        gd_draft_add(self->out, ";\n    }\n");
    } else {
        gd_draft_add(self->out, "    ");
        write_text(self, value, gd_c_operations[node->operation].text);
        gd_draft_add(self->out, ";\n");
    }
}

static void write_predict(const writer *self) {
    gd_draft_add(self->out, "void predict(const %s *x, %s *y) {\n", self->real, self->real);
    for (int s = 0; s < self->slots; s++) {
        gd_draft_add(self->out, "    %s t%d[%" PRId64 "];\n", self->real, s, self->slot[s].width);
    }
    gd_draft_add(self->out, "%s", self->slots > 0 ? "\n" : "");
    for (gd_value v = 0; v < self->graph->count; v++) {
        if (self->place[v].stored) {
            write_statement(self, v);
        }
    }
    gd_draft_add(self->out, "}\n");
}

/* Names come from data: nothing in them may end the comment. */
static void write_classes(const writer *self) {
    const char *name, *rest = self->graph->classes;
    int64_t number = 0;
    for (size_t length; (length = gd_lines_next(&rest, &name)) > 0; number++) {
        gd_draft_add(self->out, " *   class %" PRId64 " ", number);
        for (size_t i = 0; i < length; i++) {
            gd_draft_add(self->out, "%c", gd_export_plain(name[i]));
        }
        gd_draft_add(self->out, "\n");
    }
}

static void write_comment(const writer *self) {
    const gd_graph *graph = self->graph;
    char digest[17], stack[32];
    gd_draft_add(self->out,
                 "/* A model that gdmpi %s has trained and exported, without any dependency.\n"
                 " *\n"
                 " *   model   %s\n"
                 " *   digest  %s, of its parameters\n"
                 " *   layers  %s\n"
                 " *   loss    %s\n",
                 PACKAGE_VERSION, graph->model, gd_checkpoint_digest_text(graph->digest, digest),
                 graph->layers, graph->loss);
    write_classes(self);
    gd_draft_add(
        self->out,
        " *\n"
        " * predict computes of a row what `gdmpi predict` does:\n"
        " *   x [%" PRId64 "]  its features as they are in the data; to scale and to normalize "
        "them is part of it\n"
        " *   y [%" PRId64 "]  %s, as in the data set of this name; y must not overlap x\n"
        " * It allocates nothing, takes %s of stack for numbers, and may be called by several\n"
        " * threads at once. Compile it as C99, with -O3; -Dpredict=NAME renames it. Link with "
        "-lm. */\n"
        "#include <math.h>\n\nvoid predict(const %s *x, %s *y);\n\n",
        graph->node[0].width, graph->node[graph->output].width, graph->output_name,
        gd_text_amount(stack_bytes(self), stack), self->real, self->real);
}

static void write_all(const writer *self) {
    write_comment(self);
    write_functions(self);
    for (gd_value v = 0; v < self->graph->count; v++) {
        if (self->graph->node[v].operation == GD_CONSTANT) {
            write_constant(self, &self->graph->node[v]);
        }
    }
    write_predict(self);
}

/* Half of what a thread has by default on Linux. */
static const double most_stack = 4 << 20;

static gd_status write_c(const gd_graph *graph, gd_draft *out) {
    writer self = {.graph = graph, .out = out, .single = graph->type == GD_FLOAT32};
    self.real = self.single ? "float" : "double";
    self.suffix = self.single ? "f" : "";
    const size_t count = (size_t)graph->count;
    char stack[32];
    gd_status status = gd_memory_new(&self.place, count, sizeof *self.place, "the export");
    if (status == GD_OK) {
        status = gd_memory_new(&self.slot, count, sizeof *self.slot, "the export");
    }
    if (status == GD_OK) {
        choose_stored(&self);
        share_slots(&self);
        if (stack_bytes(&self) > most_stack) {
            status = gd_status_new(GD_BAD_INPUT,
                                   "%s: its rows are too wide for C: predict would take %s of "
                                   "stack; ONNX can hold it",
                                   graph->model, gd_text_amount(stack_bytes(&self), stack));
        } else {
            write_all(&self);
        }
    }
    gd_memory_free(&self.place);
    gd_memory_free(&self.slot);
    return status;
}

const gd_export_format gd_export_c = {
    .ending = ".c",
    .help = "a file of C99 that needs nothing but math.h, with one function, predict",
    .write = write_c,
};
