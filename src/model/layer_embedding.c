#include <limits.h>
#include <string.h>

#include "gdmpi/layer.h"

enum { SIZE, DIM, COLUMNS };
enum { WEIGHT };

static const gd_layer_option options[] = {
    [SIZE] = {.name = "size", .needed = true, .min = 1, .max = 1 << 24, .example = "1000"},
    [DIM] = {.name = "dim", .needed = true, .min = 1, .max = INT_MAX, .example = "16"},
    [COLUMNS] = {.name = "columns", .range = true, .max = INT_MAX, .example = "0-2"},
    {.name = NULL},
};

/* Where an index stands in the tile. Those of a tile are sorted in the cache, which has room for
 * them twice. */
typedef struct place {
    uint32_t row, column;
} place;

static void shape(gd_layer *layer) {
    const int64_t size = layer->option[SIZE].first, dim = layer->option[DIM].first;
    const gd_range given = layer->option[COLUMNS], all = {0, layer->inputs};
    const gd_range columns = given.count > 0 ? given : all;
    layer->categories = (gd_categories){.columns = columns, .size = size};
    layer->first = columns.first;
    layer->outputs = layer->inputs + columns.count * (dim - 1);
    layer->cache = columns.count * 2 * (int64_t)(sizeof(place) / sizeof(real));
    layer->tensor_count = 1;
    layer->tensor[WEIGHT] = (gd_tensor){
        .rank = 2,
        .dims = {size, dim},
        .count = size * dim,
        .fan_in = dim,
        .fan_out = size,
        .table = true,
    };
}

static void copy(int64_t count, const real *from, real *to) {
    memcpy(to, from, (size_t)count * sizeof *to);
}

/* How many columns stand behind those that are looked up. */
static int64_t columns_behind(const gd_layer *layer) {
    return layer->inputs - layer->first - layer->categories.columns.count;
}

static void forward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const real *table = flow->parameters + layer->tensor[WEIGHT].offset;
    const int64_t dim = layer->option[DIM].first, behind = columns_behind(layer);
    for (int64_t i = 0; i < pass->rows; i++) {
        const real *x = flow->x + i * layer->inputs;
        real *y = flow->y + i * layer->outputs;
        copy(layer->first, x, y);
        for (int64_t j = 0; j < layer->categories.columns.count; j++) {
            copy(dim, table + (int64_t)x[layer->first + j] * dim, y + layer->first + j * dim);
        }
        copy(behind, x + layer->inputs - behind, y + layer->outputs - behind);
    }
}

/* What does not come from the table goes through; an index has no gradient. */
static void pass_through(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const int64_t count = layer->categories.columns.count, behind = columns_behind(layer);
    for (int64_t i = 0; i < pass->rows; i++) {
        const real *dy = flow->dy + i * layer->outputs;
        real *dx = flow->dx + i * layer->inputs;
        copy(layer->first, dy, dx);
        memset(dx + layer->first, 0, (size_t)count * sizeof *dx);
        copy(behind, dy + layer->outputs - behind, dx + layer->inputs - behind);
    }
}

static int64_t index_at(const gd_layer *layer, const real *x, place place) {
    return (int64_t)x[place.row * layer->inputs + layer->first + place.column];
}

enum { DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS };

/* Places whose indices have the same digit stay in their order. */
static void sort_by_digit(const gd_layer *layer, const real *x, int shift, int64_t count,
                          const place *from, place *to) {
    int64_t start[DIGITS + 1] = {0};
    for (int64_t i = 0; i < count; i++) {
        start[1 + (index_at(layer, x, from[i]) >> shift & (DIGITS - 1))]++;
    }
    for (int d = 1; d < DIGITS; d++) {
        start[d] += start[d - 1];
    }
    for (int64_t i = 0; i < count; i++) {
        to[start[index_at(layer, x, from[i]) >> shift & (DIGITS - 1)]++] = from[i];
    }
}

/* The places of a tile by their index, those of the same index by row and column. */
static const place *sort_places(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const int64_t columns = layer->categories.columns.count, count = pass->rows * columns;
    place *sorted = (place *)flow->cache, *other = sorted + count;
    for (int64_t i = 0; i < pass->rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            sorted[i * columns + j] = (place){(uint32_t)i, (uint32_t)j};
        }
    }
    for (int shift = 0; (layer->categories.size - 1) >> shift > 0; shift += DIGIT_BITS) {
        sort_by_digit(layer, flow->x, shift, count, sorted, other);
        place *before = sorted;
        sorted = other;
        other = before;
    }
    return sorted;
}

enum { STRIP = 128 };

/* `width` <= STRIP columns of one row of the table. As in gd_columns_sum, the sum is taken apart
 * from what the gradient held before; it is no negative zero, so that rows which do not occur may
 * be left out. */
GD_CLONES static void sum_strip(const gd_layer *layer, const place *places, int64_t count,
                                int64_t width, bool accumulate, const real *restrict dy,
                                real *restrict sum) {
    const int64_t dim = layer->option[DIM].first;
    real strip[STRIP] = {0};
    for (int64_t i = 0; i < count; i++) {
        const real *row = dy + places[i].row * layer->outputs + places[i].column * dim;
        for (int64_t k = 0; k < width; k++) {
            strip[k] += row[k];
        }
    }
    for (int64_t k = 0; k < width; k++) {
        sum[k] = (accumulate ? sum[k] : 0) + strip[k];
    }
}

/* Of the table's row `index`, which occurs at these places. */
static void sum_row(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow, int64_t index,
                    const place *places, int64_t count) {
    const int64_t dim = layer->option[DIM].first;
    real *sum = flow->gradient + layer->tensor[WEIGHT].offset + index * dim;
    for (int64_t k = 0; k < dim; k += STRIP) {
        sum_strip(layer, places, count, dim - k < STRIP ? dim - k : STRIP, pass->accumulate,
                  flow->dy + layer->first + k, sum + k);
    }
}

static void backward(const gd_layer *layer, const gd_pass *pass, const gd_flow *flow) {
    const gd_tensor *weight = &layer->tensor[WEIGHT];
    const int64_t count = pass->rows * layer->categories.columns.count;
    const place *places = sort_places(layer, pass, flow);
    if (flow->dx != NULL) {
        pass_through(layer, pass, flow);
    }
    if (!pass->accumulate) {
        memset(flow->gradient + weight->offset, 0, (size_t)weight->count * sizeof(real));
    }
    for (int64_t i = 0, next; i < count; i = next) {
        const int64_t index = index_at(layer, flow->x, places[i]);
        for (next = i + 1; next < count && index_at(layer, flow->x, places[next]) == index;) {
            next++;
        }
        sum_row(layer, pass, flow, index, places + i, next - i);
    }
    gd_ready_from(flow->ready, weight->offset);
}

static gd_value trace(const gd_layer *layer, gd_graph *graph, gd_value x) {
    const gd_range before = {0, layer->first},
                   looked_up = {layer->first, layer->categories.columns.count},
                   behind = {layer->inputs - columns_behind(layer), columns_behind(layer)};
    const gd_value table = gd_graph_tensor(graph, &layer->tensor[WEIGHT]);
    gd_value y = gd_graph_lookup(graph, gd_graph_columns(graph, x, looked_up), table);
    if (before.count > 0) {
        y = gd_graph_binary(graph, GD_JOIN, gd_graph_columns(graph, x, before), y);
    }
    if (behind.count > 0) {
        y = gd_graph_binary(graph, GD_JOIN, y, gd_graph_columns(graph, x, behind));
    }
    return y;
}

const gd_layer_kind gd_layer_embedding = {
    .name = "embedding",
    .help = "columns of x that hold whole numbers below size, each replaced by a row of a table; "
            "without columns= all",
    .argument = "size= dim= columns=",
    .options = options,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .trace = trace,
};
