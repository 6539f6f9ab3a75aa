#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data_files.h"
#include "gdmpi/text.h"

static char data_file[] = "data.h5", train_group[] = "/train";
static const gd_source train = {data_file, train_group};

enum { ROWS = 40, WIDTH = 3 };

/* What a file may hold. */
typedef struct content {
    float x[ROWS * WIDTH];
    int64_t y[ROWS];
    double w[ROWS];
} content;

static content sample(void) {
    content all;
    for (int i = 0; i < ROWS * WIDTH; i++) {
        all.x[i] = (float)i;
    }
    for (int i = 0; i < ROWS; i++) {
        all.y[i] = i % 4;
        all.w[i] = i % 5;
    }
    return all;
}

static void write_content(const content *all, int64_t rows) {
    data_group one = {"/train", rows, WIDTH, 0, GD_FLOAT32, GD_INT64, all->x, all->y, all->w};
    expect_ok(data_file_write(data_file, 1, &one));
}

static uint64_t digest_of(gd_role role, int64_t held, gd_range range) {
    gd_split split = {ROWS, held, 5};
    gd_rows rows;
    expect_ok(gd_rows_describe(&train, &rows));
    expect_ok(gd_rows_load(&train, &split, role, range, &rows));
    uint64_t digest = gd_rows_digest(&rows);
    gd_rows_free(&rows);
    return digest;
}

static uint64_t whole_digest(const content *all) {
    write_content(all, ROWS);
    return digest_of(GD_TRAINING, 0, (gd_range){0, ROWS});
}

static void it_is_the_sum_over_any_parts(void **state) {
    (void)state;
    content all = sample();
    uint64_t whole = whole_digest(&all);
    for (int64_t cut = 0; cut <= ROWS; cut++) {
        assert_true(digest_of(GD_TRAINING, 0, (gd_range){0, cut}) +
                        digest_of(GD_TRAINING, 0, (gd_range){cut, ROWS - cut}) ==
                    whole);
    }
    assert_true(digest_of(GD_TRAINING, 9, (gd_range){0, 20}) +
                    digest_of(GD_TRAINING, 9, (gd_range){20, ROWS - 9 - 20}) ==
                digest_of(GD_TRAINING, 9, (gd_range){0, ROWS - 9}));
}

static void every_number_and_its_place_count(void **state) {
    (void)state;
    content all = sample();
    uint64_t whole = whole_digest(&all);
    for (int i = 0; i < ROWS * WIDTH; i += 7) {
        content other = all;
        other.x[i] = -1;
        assert_true(whole_digest(&other) != whole);
    }
    for (int i = 0; i + 1 < ROWS; i += 5) {
        content other = all;
        other.y[i] = 9;
        assert_true(whole_digest(&other) != whole);
        other = all;
        other.w[i] = 9;
        assert_true(whole_digest(&other) != whole);
        other = all; /* two rows change places */
        memcpy(other.x + (ptrdiff_t)i * WIDTH, all.x + (ptrdiff_t)(i + 1) * WIDTH,
               WIDTH * sizeof *all.x);
        memcpy(other.x + (ptrdiff_t)(i + 1) * WIDTH, all.x + (ptrdiff_t)i * WIDTH,
               WIDTH * sizeof *all.x);
        other.y[i] = all.y[i + 1];
        other.y[i + 1] = all.y[i];
        assert_true(whole_digest(&other) != whole);
    }
    assert_true(whole_digest(&all) == whole);
}

static char *fingerprint(const content *all, int64_t rows) {
    gd_rows about;
    gd_text text = {0};
    write_content(all, rows);
    expect_ok(gd_rows_describe(&train, &about));
    expect_ok(gd_rows_fingerprint(&train, &about, &text));
    return text.bytes;
}

static void a_fingerprint_tells_shapes_and_sampled_rows(void **state) {
    (void)state;
    content all = sample();
    for (int64_t rows = 1; rows <= ROWS; rows++) {
        content first = all, last = all;
        first.x[0] = -1;
        last.y[rows - 1] = 9;
        char *text = fingerprint(&all, rows), *again = fingerprint(&all, rows);
        char *other = fingerprint(&first, rows), *another = fingerprint(&last, rows);
        char shape[32];
        snprintf(shape, sizeof shape, "x = [%d, 3] float32\n", (int)rows);
        assert_int_equal(strncmp(text, "[data.h5:/train]\nbytes = ", 25), 0);
        assert_non_null(strstr(text, shape));
        assert_string_equal(text, again);
        assert_string_not_equal(text, other);
        assert_string_not_equal(text, another);
        char *texts[] = {text, again, other, another};
        for (int i = 0; i < 4; i++) {
            gd_text as_text = {.bytes = texts[i]};
            gd_text_free(&as_text);
        }
    }
}

static void a_file_that_is_gone_is_told(void **state) {
    (void)state;
    content all = sample();
    gd_rows about;
    gd_text text = {0};
    write_content(&all, ROWS);
    expect_ok(gd_rows_describe(&train, &about));
    assert_int_equal(remove(data_file), 0);
    expect_error(gd_rows_fingerprint(&train, &about, &text), GD_BAD_INPUT, "data.h5: ");
    gd_text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_sum_over_any_parts),
        cmocka_unit_test(every_number_and_its_place_count),
        cmocka_unit_test(a_fingerprint_tells_shapes_and_sampled_rows),
        cmocka_unit_test(a_file_that_is_gone_is_told),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
