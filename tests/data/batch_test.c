#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/batch.h"
#include "gdmpi/memory.h"
#include "gdmpi/normalize.h"

enum { ROWS = 7, WIDTH = 5 };

static const gd_target classes = {.kind = GD_TARGET_CLASS, .outputs = 10};
static const gd_target values = {.kind = GD_TARGET_VALUE, .outputs = WIDTH};

static const gd_type every_type[] = {GD_INT8,   GD_UINT8, GD_INT16,  GD_UINT16,  GD_INT32,
                                     GD_UINT32, GD_INT64, GD_UINT64, GD_FLOAT32, GD_FLOAT64};
enum { TYPES = sizeof every_type / sizeof *every_type };

/* Random bytes are numbers of every integer type, of any size and sign. */
static void fill(gd_type type, void *array) {
    unsigned char *bytes = array;
    uint32_t state = 1;
    for (size_t i = 0; i < ROWS * WIDTH * gd_type_size(type); i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (unsigned char)(state >> 24);
    }
    for (int i = 0; i < ROWS * WIDTH && type >= GD_FLOAT32; i++) {
        state = state * 1664525 + 1013904223;
        double number = ((double)state - 0x1p31) / 1e5;
        if (type == GD_FLOAT32) {
            ((float *)array)[i] = (float)number;
        } else {
            ((double *)array)[i] = number;
        }
    }
}

static gd_rows rows_of(gd_type type, void *x, gd_type y_type, void *y, int64_t y_width) {
    return (gd_rows){
        .range = {100, ROWS},
        .x = {type, 2, {1000, WIDTH}},
        .y = {y_type, y_width == 1 ? 1 : 2, {1000, y_width}},
        .x_width = WIDTH,
        .y_width = y_width,
        .x_data = x,
        .y_data = y,
    };
}

static void every_type_is_converted_and_scaled(void **state) {
    (void)state;
    const double scale = 1.0 / 255;
    for (int t = 0; t < TYPES; t++) {
        double x[ROWS * WIDTH];
        fill(every_type[t], x);
        gd_rows rows = rows_of(every_type[t], x, every_type[t], x, WIDTH);
        gd_batch batch;
        assert_null(gd_batch_new(ROWS, WIDTH, &values, &batch));
        gd_batch_gather(&rows, 0, NULL, ROWS, scale, &batch);
        assert_int_equal(batch.rows, ROWS);
        for (int i = 0; i < ROWS * WIDTH; i++) {
            real number = (real)gd_type_get(every_type[t], x, i);
            assert_true(batch.x[i] == number * (real)scale);
            assert_true(batch.values[i] == number);
        }
        gd_batch_free(&batch);
    }
}

static void categories_are_not_scaled(void **state) {
    (void)state;
    static const gd_categories categories[] = {{{3, 2}, 9}, {{1, 1}, 9}, {{0, 0}, 0}};
    static const uint32_t order[] = {3, 5, 0};
    uint8_t x[ROWS * WIDTH];
    fill(GD_UINT8, x);
    gd_rows rows = rows_of(GD_UINT8, x, GD_UINT8, x, WIDTH);
    rows.categories = categories;
    gd_batch batch;
    assert_null(gd_batch_new(ROWS, WIDTH, &values, &batch));
    for (int ordered = 0; ordered < 2; ordered++) {
        gd_batch_gather(&rows, 1, ordered ? order : NULL, 3, 0.5, &batch);
        for (int i = 0; i < 3 * WIDTH; i++) {
            const int64_t row = 1 + (ordered ? (int64_t)order[i / WIDTH] : i / WIDTH);
            const bool scaled = i % WIDTH == 0 || i % WIDTH == 2;
            const real number = (real)x[row * WIDTH + i % WIDTH];
            assert_true(batch.x[i] == (scaled ? number / 2 : number));
        }
    }
    gd_batch_free(&batch);
}

static void an_order_picks_rows_from_the_first_on(void **state) {
    (void)state;
    static const uint32_t order[] = {4, 0, 4, 2};
    for (int t = 0; t < TYPES; t++) {
        double x[ROWS * WIDTH];
        int64_t y[ROWS];
        fill(every_type[t], x);
        for (int i = 0; i < ROWS; i++) {
            y[i] = i;
        }
        gd_rows rows = rows_of(every_type[t], x, GD_INT64, y, 1);
        gd_batch batch;
        assert_null(gd_batch_new(ROWS, WIDTH, &classes, &batch));
        gd_batch_gather(&rows, 2, order, 4, 1, &batch);
        assert_int_equal(batch.rows, 4);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(batch.labels[i], 2 + order[i]);
            for (int j = 0; j < WIDTH; j++) {
                int64_t place = (2 + (int64_t)order[i]) * WIDTH + j;
                assert_true(batch.x[i * WIDTH + j] == (real)gd_type_get(every_type[t], x, place));
            }
        }
        gd_batch_free(&batch);
    }
}

static void the_file_order_is_the_order_0_1_2(void **state) {
    (void)state;
    static const uint32_t order[] = {0, 1, 2};
    uint8_t x[ROWS * WIDTH];
    float y[ROWS] = {0, 1, 2, 3, 4, 5, 6};
    fill(GD_UINT8, x);
    gd_rows rows = rows_of(GD_UINT8, x, GD_FLOAT32, y, 1);
    gd_batch with, without;
    assert_null(gd_batch_new(3, WIDTH, &classes, &with));
    assert_null(gd_batch_new(3, WIDTH, &classes, &without));
    gd_batch_gather(&rows, 3, order, 3, 0.1, &with);
    gd_batch_gather(&rows, 3, NULL, 3, 0.1, &without);
    assert_memory_equal(with.x, without.x, 3 * WIDTH * sizeof(real));
    assert_memory_equal(with.labels, without.labels, 3 * sizeof(int32_t));
    gd_batch_free(&with);
    gd_batch_free(&without);
}

static void rows_of_every_type_are_normalized_in_double_precision(void **state) {
    (void)state;
    static const uint32_t order[] = {5, 0, 2};
    double shift[WIDTH] = {0, 1e6, -3, 0.1, 7}, factor[WIDTH] = {1, 1e-3, 2, 5, 0.3};
    const gd_normalizer normalizer = {"standardize", WIDTH, shift, factor};
    for (int t = 0; t < TYPES; t++) {
        double x[ROWS * WIDTH];
        uint8_t y[ROWS] = {0};
        fill(every_type[t], x);
        gd_rows rows = rows_of(every_type[t], x, GD_UINT8, y, 1);
        gd_batch batch;
        rows.normalizer = &normalizer;
        assert_null(gd_batch_new(3, WIDTH, &classes, &batch));
        gd_batch_gather(&rows, 1, order, 3, 1, &batch);
        for (int i = 0; i < 3 * WIDTH; i++) {
            const int64_t from = (1 + order[i / WIDTH]) * WIDTH + i % WIDTH;
            const double value = gd_type_get(every_type[t], x, from);
            assert_true(batch.x[i] == (real)((value - shift[i % WIDTH]) * factor[i % WIDTH]));
        }
        gd_batch_free(&batch);
    }
}

static void weights_are_there_if_the_rows_have_some(void **state) {
    (void)state;
    static const uint32_t order[] = {3, 0, 3};
    uint8_t x[ROWS * WIDTH] = {0}, y[ROWS] = {0};
    double weights[ROWS] = {0, 0.1, 2, 3, 4, 5, 6};
    gd_rows rows = rows_of(GD_UINT8, x, GD_UINT8, y, 1);
    gd_batch batch;
    assert_null(gd_batch_new(ROWS, WIDTH, &classes, &batch));
    gd_batch_gather(&rows, 1, order, 3, 1, &batch);
    assert_null(batch.weights);
    rows.weights = weights;
    gd_batch_gather(&rows, 1, order, 3, 1, &batch);
    assert_true(batch.weights[0] == 4 && batch.weights[1] == 0.1 && batch.weights[2] == 4);
    gd_batch_gather(&rows, 1, NULL, 3, 1, &batch);
    assert_memory_equal(batch.weights, weights + 1, 3 * sizeof *weights);
    gd_batch_free(&batch);
}

static void labels_of_every_type_become_int32(void **state) {
    (void)state;
    uint8_t x[ROWS * WIDTH] = {0};
    for (int t = 0; t < TYPES; t++) {
        double y[ROWS] = {0};
        /* On a little-endian machine the first byte of an integer is its lowest. */
        for (size_t i = 0; i < ROWS && every_type[t] < GD_FLOAT32; i++) {
            ((unsigned char *)y)[i * gd_type_size(every_type[t])] = (unsigned char)(9 * i);
        }
        for (int i = 0; i < ROWS && every_type[t] >= GD_FLOAT32; i++) {
            if (every_type[t] == GD_FLOAT32) {
                ((float *)y)[i] = (float)(9 * i);
            } else {
                y[i] = 9 * i;
            }
        }
        gd_rows rows = rows_of(GD_UINT8, x, every_type[t], y, 1);
        gd_batch batch;
        assert_null(gd_batch_new(ROWS, WIDTH, &classes, &batch));
        gd_batch_gather(&rows, 0, NULL, ROWS, 1, &batch);
        for (int i = 0; i < ROWS; i++) {
            assert_int_equal(batch.labels[i], 9 * i);
        }
        gd_batch_free(&batch);
    }
}

static void a_batch_of_no_rows_is_empty(void **state) {
    (void)state;
    uint8_t x[WIDTH] = {0}, y[1] = {0};
    gd_rows rows = rows_of(GD_UINT8, x, GD_UINT8, y, 1);
    gd_batch batch;
    assert_null(gd_batch_new(3, WIDTH, &classes, &batch));
    gd_batch_gather(&rows, 0, NULL, 0, 1, &batch);
    assert_int_equal(batch.rows, 0);
    gd_batch_free(&batch);
    assert_null(batch.x);
    gd_batch_free(&batch);
}

static void assert_bytes(const gd_target *target) {
    const int64_t room = 33;
    gd_batch batch;
    assert_null(gd_batch_new(room, WIDTH, target, &batch));
    size_t bytes =
        (size_t)room *
        (WIDTH * sizeof *batch.x + (batch.labels == NULL ? 0 : sizeof *batch.labels) +
         (batch.values == NULL ? 0 : WIDTH * sizeof *batch.values) + sizeof *batch.weight_room);
    size_t usable = malloc_usable_size(batch.x) + malloc_usable_size(batch.labels) +
                    malloc_usable_size(batch.values) + malloc_usable_size(batch.weight_room);
    double claimed = gd_batch_bytes(room, WIDTH, target);
    assert_true(claimed == (double)bytes);
    assert_true(claimed <= (double)usable && (double)usable < claimed + 4 * GD_CACHE_LINE);
    gd_batch_free(&batch);
}

static void its_bytes_are_what_it_allocates(void **state) {
    (void)state;
    assert_bytes(&classes);
    assert_bytes(&values);
}

static void a_batch_beyond_memory_is_an_error(void **state) {
    (void)state;
    gd_batch batch;
    gd_status status = gd_batch_new(INT64_MAX / 8, WIDTH, &classes, &batch);
    assert_int_equal(gd_status_code(status), GD_FAILED);
    assert_null(batch.x);
    gd_status_free(&status);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_converted_and_scaled),
        cmocka_unit_test(categories_are_not_scaled),
        cmocka_unit_test(an_order_picks_rows_from_the_first_on),
        cmocka_unit_test(the_file_order_is_the_order_0_1_2),
        cmocka_unit_test(rows_of_every_type_are_normalized_in_double_precision),
        cmocka_unit_test(weights_are_there_if_the_rows_have_some),
        cmocka_unit_test(labels_of_every_type_become_int32),
        cmocka_unit_test(a_batch_of_no_rows_is_empty),
        cmocka_unit_test(its_bytes_are_what_it_allocates),
        cmocka_unit_test(a_batch_beyond_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
