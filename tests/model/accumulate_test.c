#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/layer.h"
#include "gdmpi/memory.h"
#include "gdmpi/rng.h"

/* Adding a shard's gradient to its sibling's within the products saves writing it out, and is
 * allowed only as long as it gives the bits of computing it apart and adding. That is so on the
 * kernels of OpenBLAS for which this test passes. */
static const int64_t widths[] = {1,  2,  3,  5,   7,   10,  16,  17,  20,
                                 31, 64, 65, 100, 255, 256, 512, 784, 1000};
static const int64_t row_counts[] = {1,  2,  3,  7,  8,   15,  16,  31,  32,  33,  48,
                                     63, 64, 65, 96, 100, 127, 128, 129, 192, 255, 256};
enum {
    WIDTHS = sizeof widths / sizeof *widths,
    ROW_COUNTS = sizeof row_counts / sizeof *row_counts,
    WIDEST = 1000,
    MOST_ROWS = 256,
    LOOKED_UP = 3,
    MOST_OPTION = 131,
    MOST_DY = WIDEST + LOOKED_UP * MOST_OPTION,
    MOST = WIDEST * WIDEST + WIDEST + 2 * GD_TENSOR_ALIGN
};

/* Numbers in +-1 with all digits that their type has. */
static real *random_numbers(int64_t count, int64_t stream) {
    real *numbers = NULL;
    assert_null(gd_memory_new(&numbers, (size_t)count, sizeof *numbers, "random numbers"));
    gd_rng rng = gd_rng_stream(3, GD_RNG_INIT, stream, 0, 0);
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = (real)(2 * gd_rng_uniform(&rng, (uint64_t)i) - 1);
    }
    return numbers;
}

typedef struct vectors {
    real *x, *whole, *dy, *cache, *used, *sibling, *apart, *together;
} vectors;

static int make_vectors(void **state) {
    static vectors made;
    made.x = random_numbers(MOST_ROWS * WIDEST, 1);
    made.whole = random_numbers(MOST_ROWS * WIDEST, 1);
    made.dy = random_numbers(MOST_ROWS * MOST_DY, 2);
    made.cache = random_numbers(MOST_ROWS * (WIDEST + 1), 6);
    made.used = random_numbers(MOST_ROWS * (WIDEST + 1), 6);
    made.sibling = random_numbers(MOST, 3);
    made.apart = random_numbers(MOST, 4);
    made.together = random_numbers(MOST, 5);
    *state = &made;
    return 0;
}

static int free_vectors(void **state) {
    vectors *made = *state;
    gd_memory_free(&made->x);
    gd_memory_free(&made->whole);
    gd_memory_free(&made->dy);
    gd_memory_free(&made->cache);
    gd_memory_free(&made->used);
    gd_memory_free(&made->sibling);
    gd_memory_free(&made->apart);
    gd_memory_free(&made->together);
    return 0;
}

/* The first columns are looked up, in a table of up to 131 rows of as many numbers. */
static void set_options(gd_layer *layer, int64_t outputs) {
    const gd_layer_option *option = layer->kind->options;
    for (int i = 0; option != NULL && option[i].name != NULL; i++) {
        const int64_t columns = layer->inputs < LOOKED_UP ? layer->inputs : LOOKED_UP;
        layer->option[i] =
            option[i].range ? (gd_range){0, columns} : (gd_range){1 + outputs % MOST_OPTION, 1};
    }
}

/* Some of the categories there are. */
static void set_categories(const gd_layer *layer, int64_t rows, real *x) {
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < layer->categories.columns.count; j++) {
            x[i * layer->inputs + j] = (real)((i * i + 5 * j) % layer->categories.size);
        }
    }
}

/* `outputs` is the layer's argument, where it takes one that is whole. */
static gd_layer layer_of(const gd_layer_kind *kind, int64_t inputs, int64_t outputs) {
    gd_layer layer = {.kind = kind, .inputs = inputs, .outputs = inputs};
    layer.argument = kind->whole ? (double)outputs : kind->initial;
    set_options(&layer, outputs);
    if (kind->shape != NULL) {
        kind->shape(&layer);
    }
    int64_t offset = 0;
    for (int t = 0; t < layer.tensor_count; t++) {
        layer.tensor[t].offset = offset;
        offset += (layer.tensor[t].count + GD_TENSOR_ALIGN - 1) / GD_TENSOR_ALIGN * GD_TENSOR_ALIGN;
    }
    assert_true(offset <= MOST);
    return layer;
}

static void backward(const gd_layer *layer, int64_t rows, bool accumulate, const vectors *v,
                     real *gradient) {
    const gd_pass pass = {.training = true, .accumulate = accumulate, .rows = rows};
    const gd_flow flow = {.x = layer->categories.columns.count > 0 ? v->whole : v->x,
                          .cache = v->used,
                          .dy = v->dy,
                          .gradient = gradient};
    memcpy(v->used, v->cache, (size_t)(rows * layer->cache) * sizeof(real));
    layer->kind->backward(layer, &pass, &flow);
}

static void expect_same_bits(const gd_layer *layer, int64_t rows, const vectors *v) {
    set_categories(layer, rows, v->whole);
    for (int t = 0; t < layer->tensor_count; t++) {
        const gd_tensor *tensor = &layer->tensor[t];
        memcpy(v->together + tensor->offset, v->sibling + tensor->offset,
               (size_t)tensor->count * sizeof(real));
    }
    backward(layer, rows, true, v, v->together);
    backward(layer, rows, false, v, v->apart);
    for (int t = 0; t < layer->tensor_count; t++) {
        const gd_tensor *tensor = &layer->tensor[t];
        for (int64_t i = tensor->offset; i < tensor->offset + tensor->count && !tensor->statistic;
             i++) {
            if (v->together[i] != v->sibling[i] + v->apart[i]) {
                fail_msg("%s, %lld to %lld, %lld rows: tensor %d differs in element %lld",
                         layer->kind->name, (long long)layer->inputs, (long long)layer->outputs,
                         (long long)rows, t, (long long)(i - tensor->offset));
            }
        }
    }
}

static void adding_to_a_siblings_gradient_gives_the_bits_of_adding_afterwards(void **state) {
    int checked = 0;
    for (int k = 0; gd_layer_kinds[k] != NULL; k++) {
        for (int i = 0; i < WIDTHS * WIDTHS; i++) {
            const gd_layer layer =
                layer_of(gd_layer_kinds[k], widths[i / WIDTHS], widths[i % WIDTHS]);
            const bool same = i % WIDTHS > 0 && layer.kind->options == NULL && !layer.kind->whole;
            for (int r = 0; layer.tensor_count > 0 && !same && r < ROW_COUNTS; r++) {
                expect_same_bits(&layer, row_counts[r], *state);
                checked++;
            }
        }
    }
    assert_true(checked >= WIDTHS * WIDTHS * ROW_COUNTS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            adding_to_a_siblings_gradient_gives_the_bits_of_adding_afterwards, make_vectors,
            free_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
