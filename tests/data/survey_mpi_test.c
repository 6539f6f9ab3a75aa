/* Every rank has a file of its own, with the same numbers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../mpi_support.h"
#include "data/data_files.h"
#include "gdmpi/memory.h"
#include "gdmpi/survey.h"

static gd_comm *comm;

/* Makes "numbers.h5" with data set /x of these numbers. */
static void write_numbers(const gd_shape *shape, gd_type type, const void *numbers) {
    gd_store *store;
    expect_ok(gd_store_create("numbers.h5", &store));
    expect_ok(gd_store_add(store, "/x", shape, GD_CONTIGUOUS));
    if (shape->rank == 0 || shape->dims[0] > 0) {
        expect_ok(
            gd_store_write(store, "/x", 0, shape->rank == 0 ? 1 : shape->dims[0], type, numbers));
    }
    expect_ok(gd_store_close(&store));
}

static gd_survey take(const gd_shape *shape, const gd_storage *storage) {
    gd_surveyor surveyor = {.comm = comm, .path = "numbers.h5", .all = 1};
    gd_survey survey;
    expect_ok(gd_survey_take(&surveyor, "/x", shape, storage, &survey));
    assert_true(surveyor.done == gd_survey_bytes(shape));
    return survey;
}

/* Rows of 4 MiB, so that there are several blocks, whatever the ranks. */
static void all_numbers_count_once(void **state) {
    (void)state;
    enum { ROWS = 11, WIDTH = 1 << 20 };
    const gd_shape shape = {GD_FLOAT32, 2, {ROWS, WIDTH}};
    float *numbers;
    double sum = 0;
    expect_ok(gd_memory_new(&numbers, (size_t)ROWS * WIDTH, sizeof *numbers, "numbers"));
    for (int64_t i = 0; i < (int64_t)ROWS * WIDTH; i++) {
        numbers[i] = (float)(i % 1001 - 300);
        sum += (double)numbers[i];
    }
    numbers[5 * WIDTH + 7] = -5000;
    numbers[8 * WIDTH + 7] = 6000;
    sum += -5000 + 6000 - (double)((5 * WIDTH + 7) % 1001 - 300) -
           (double)((8 * WIDTH + 7) % 1001 - 300);
    write_numbers(&shape, GD_FLOAT32, numbers);
    /* In chunks of any size, too, which say where blocks begin. */
    for (int64_t chunk = 0; chunk < 2 * ROWS; chunk = 2 * chunk + 1) {
        gd_survey survey = take(&shape, &(gd_storage){.chunk = {chunk}});
        assert_int_equal(survey.finite, (int64_t)ROWS * WIDTH);
        assert_true(survey.least == -5000 && survey.most == 6000);
        assert_true(survey.mean == sum / (double)survey.finite);
        assert_true(survey.nans == 0 && survey.infinite == 0 && survey.labels == NULL);
        assert_true(survey.nan_row == -1 && survey.infinite_row == -1);
        gd_survey_free(&survey);
    }
    numbers[9 * WIDTH] = numbers[10 * WIDTH + 3] = numbers[6 * WIDTH - 1] = NAN;
    numbers[8 * WIDTH + 7] = INFINITY;
    numbers[10 * WIDTH - 1] = -INFINITY;
    write_numbers(&shape, GD_FLOAT32, numbers);
    gd_survey survey = take(&shape, &(gd_storage){0});
    assert_int_equal(survey.finite, (int64_t)ROWS * WIDTH - 5);
    assert_true(survey.least == -5000 && survey.most == 700);
    assert_true(survey.nans == 3 && survey.nan_row == 5);
    assert_true(survey.infinite == 2 && survey.infinite_row == 8);
    gd_survey_free(&survey);
    gd_memory_free(&numbers);
}

static void what_is_a_label_in_each_row_is_counted(void **state) {
    (void)state;
    enum { ROWS = 3000 };
    static const double others[] = {-1, 0.5, GD_SURVEY_LABELS, NAN, INFINITY, -INFINITY};
    const gd_shape column = {GD_FLOAT64, 2, {ROWS, 1}}, shape = {GD_FLOAT64, 1, {ROWS}};
    double y[ROWS];
    for (int i = 0; i < ROWS; i++) {
        y[i] = i % 3 == 0 ? GD_SURVEY_LABELS - 1 : i % 2;
    }
    const gd_shape *const shapes[] = {&shape, &column};
    for (int i = 0; i < 2; i++) {
        write_numbers(shapes[i], GD_FLOAT64, y);
        gd_survey survey = take(shapes[i], &(gd_storage){0});
        assert_non_null(survey.labels);
        assert_true(survey.labels[0] == ROWS / 3 && survey.labels[1] == ROWS / 3);
        assert_true(survey.labels[GD_SURVEY_LABELS - 1] == ROWS / 3 && survey.labels[2] == 0);
        gd_survey_free(&survey);
        assert_null(survey.labels);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        y[ROWS - 2] = others[i];
        write_numbers(&shape, GD_FLOAT64, y);
        gd_survey survey = take(&shape, &(gd_storage){0});
        assert_null(survey.labels);
    }
}

static void a_single_number_and_none_at_all_have_a_survey(void **state) {
    (void)state;
    const gd_shape one = {GD_INT16, 0, {0}};
    const gd_shape none[] = {{GD_FLOAT32, 2, {0, 5}}, {GD_FLOAT32, 1, {0}}, {GD_INT8, 2, {5, 0}}};
    write_numbers(&one, GD_FLOAT64, (double[]){-7});
    gd_survey survey = take(&one, &(gd_storage){0});
    assert_true(survey.finite == 1 && survey.least == -7 && survey.most == -7);
    assert_true(survey.mean == -7 && survey.labels == NULL);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        write_numbers(&none[i], GD_FLOAT64, NULL);
        survey = take(&none[i], &(gd_storage){0});
        assert_true(survey.finite == 0 && survey.nans == 0 && survey.infinite == 0);
        assert_true(isnan(survey.least) && isnan(survey.most) && isnan(survey.mean));
        assert_null(survey.labels);
    }
}

static void numbers_whose_sum_is_too_large_are_finite(void **state) {
    (void)state;
    const gd_shape shape = {GD_FLOAT64, 1, {3}};
    write_numbers(&shape, GD_FLOAT64, (double[]){1.7e308, 1.7e308, -1.7e308});
    gd_survey survey = take(&shape, &(gd_storage){0});
    assert_true(survey.finite == 3 && survey.infinite == 0);
    assert_true(survey.least == -1.7e308 && survey.most == 1.7e308);
}

/* On one rank alone, too. */
static void what_cannot_be_read_is_told_to_all_ranks(void **state) {
    (void)state;
    const gd_shape shape = {GD_FLOAT64, 1, {3}};
    const bool last = gd_comm_rank(comm) == gd_comm_size(comm) - 1;
    gd_survey survey;
    write_numbers(&shape, GD_FLOAT64, (double[]){1, 2, 3});
    gd_surveyor surveyor = {.comm = comm, .path = last ? "absent.h5" : "numbers.h5", .all = 1};
    gd_status status = gd_survey_take(&surveyor, "/x", &shape, &(gd_storage){0}, &survey);
    expect_error(status, GD_BAD_INPUT, "absent.h5: no such file");
    gd_survey_free(&survey);
    surveyor.path = "numbers.h5";
    status = gd_survey_take(&surveyor, "/y", &shape, &(gd_storage){0}, &survey);
    expect_error(status, GD_BAD_INPUT, "no data set /y");
    gd_survey_free(&survey);
}

static void bad_chunks_are_told_and_what_is_better(void **state) {
    (void)state;
    static const struct {
        gd_shape shape;
        gd_storage storage;
        const char *advice;
    } cases[] = {
        {{GD_UINT8, 2, {60000, 784}}, {.chunk = {0}}, ""},
        {{GD_UINT8, 2, {60000, 784}}, {.chunk = {1337, 784}, .filters = "gzip"}, ""},
        {{GD_UINT8, 2, {60000, 784}}, {.chunk = {16, 784}}, ""},
        {{GD_UINT8, 2, {60000, 784}}, {.chunk = {60000, 784}}, ""},
        {{GD_UINT8, 2, {900, 784}}, {.chunk = {1, 784}}, ""},
        {{GD_UINT8, 2, {20000, 784}}, {.chunk = {20000, 784}, .filters = "gzip"}, ""},
        {{GD_UINT8, 2, {60000, 784}},
         {.chunk = {1, 784}},
         "chunks of 784 bytes are slow to read; better are chunks of [1337,\037784], or none"},
        {{GD_UINT8, 2, {60000, 784}},
         {.chunk = {60000, 784}, .filters = "gzip"},
         "chunks reach over 44.9 MiB of rows, and all of it is read for any row; better are "
         "chunks of [1337,\037784], or none"},
        {{GD_FLOAT32, 3, {1000, 100, 100}},
         {.chunk = {1000, 10, 10}},
         "chunks reach over 38.1 MiB of rows, and all of it is read for any row; better are "
         "chunks of [26,\037100,\037100], or none"},
        /* What no file has */
        {{GD_FLOAT64, 3, {1000, 100, 100}}, {.chunk = {INT64_MAX, INT64_MAX, INT64_MAX}}, ""},
        {{GD_FLOAT64, 2, {0, 5}}, {.chunk = {1, 1}}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gd_text advice = {0};
        gd_survey_advise(&cases[i].shape, &cases[i].storage, &advice);
        assert_string_equal(gd_text_bytes(&advice), cases[i].advice);
        gd_text_free(&advice);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_numbers_count_once),
        cmocka_unit_test(what_is_a_label_in_each_row_is_counted),
        cmocka_unit_test(a_single_number_and_none_at_all_have_a_survey),
        cmocka_unit_test(numbers_whose_sum_is_too_large_are_finite),
        cmocka_unit_test(what_cannot_be_read_is_told_to_all_ranks),
        cmocka_unit_test(bad_chunks_are_told_and_what_is_better),
    };
    comm = mpi_support_start(&argc, &argv);
    return mpi_support_stop(comm, cmocka_run_group_tests(tests, folder_enter, folder_leave));
}
