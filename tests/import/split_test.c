#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import_expect.h"

enum { ROWS = 1000, CLASSES = 3 };

static const char *const groups[] = {"/train", "/val", "/test"};

/* Class 0 has six rows of ten, and so on; sorted, as files often are. */
static int class_of(int row) {
    return row < 600 ? 0 : row < 900 ? 1 : 2;
}

static void write_table(const char *path) {
    gd_text text = {0};
    gd_text_add(&text, "row,color,kind\n");
    for (int i = 0; i < ROWS; i++) {
        gd_text_add(&text, "%d.5,%s,k%d\n", i, i % 7 == 0 ? "red" : "blue", class_of(i));
    }
    write_text(path, gd_text_bytes(&text));
    gd_text_free(&text);
}

/* Adds what a group of out.h5 has to `seen`, and checks each row and the share of each class. */
static void check_group(int group, double share, bool seen[ROWS]) {
    gd_store *store;
    gd_shape shape;
    char name[16];
    float x[ROWS][3];
    uint8_t y[ROWS];
    int counts[CLASSES] = {0}, all[CLASSES] = {600, 300, 100};
    expect_ok(gd_store_open("out.h5", &store));
    snprintf(name, sizeof name, "%s/x", groups[group]);
    expect_ok(gd_store_shape(store, name, &shape));
    expect_ok(gd_store_read(store, name, 0, shape.dims[0], GD_FLOAT32, x));
    snprintf(name, sizeof name, "%s/y", groups[group]);
    expect_ok(gd_store_read(store, name, 0, shape.dims[0], GD_UINT8, y));
    expect_ok(gd_store_close(&store));
    for (int64_t i = 0; i < shape.dims[0]; i++) {
        int row = (int)x[i][0];
        assert_true(x[i][0] == (float)row + 0.5F && !seen[row]);
        assert_true(x[i][2] == (row % 7 == 0 ? 1 : 0) && x[i][1] == 1 - x[i][2]);
        assert_int_equal(y[i], class_of(row));
        seen[row] = true;
        counts[y[i]]++;
    }
    for (int i = 0; i < CLASSES; i++) {
        assert_true(fabs((double)counts[i] - share * all[i]) <= 1);
    }
}

static void every_row_is_in_one_group_and_classes_are_divided(void **state) {
    (void)state;
    bool seen[ROWS] = {false};
    write_table("a.csv");
    expect_ok(import_line("csv a.csv -o out.h5 --split 0.65,0.25,0.1"));
    check_group(0, 0.65, seen);
    check_group(1, 0.25, seen);
    check_group(2, 0.1, seen);
    for (int i = 0; i < ROWS; i++) {
        assert_true(seen[i]);
    }
    remove_output();
}

static void rows_are_shuffled_unless_they_keep_their_order(void **state) {
    (void)state;
    float x[ROWS][3];
    int falls = 0;
    gd_store *store;
    write_table("a.csv");
    expect_ok(import_line("csv a.csv -o out.h5"));
    expect_ok(gd_store_open("out.h5", &store));
    expect_ok(gd_store_read(store, "/train/x", 0, ROWS, GD_FLOAT32, x));
    expect_ok(gd_store_close(&store));
    for (int i = 1; i < ROWS; i++) {
        falls += x[i][0] < x[i - 1][0] ? 1 : 0;
    }
    assert_true(falls > 400 && falls < 600);
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --split 0.9,0.1"));
    expect_ok(gd_store_open("out.h5", &store));
    expect_ok(gd_store_read(store, "/train/x", 0, 900, GD_FLOAT32, x));
    expect_ok(gd_store_read(store, "/val/x", 0, 100, GD_FLOAT32, x[900]));
    expect_ok(gd_store_close(&store));
    for (int i = 0; i < ROWS; i++) {
        assert_true(x[i][0] == (float)i + 0.5F);
    }
    remove_output();
}

static bool same_files(const char *a, const char *b) {
    char *bytes_a, *bytes_b;
    size_t count_a, count_b;
    expect_ok(gd_file_read(a, &bytes_a, &count_a));
    expect_ok(gd_file_read(b, &bytes_b, &count_b));
    bool same = count_a == count_b && memcmp(bytes_a, bytes_b, count_a) == 0;
    gd_memory_free(&bytes_a);
    gd_memory_free(&bytes_b);
    return same;
}

static void the_seed_makes_the_file(void **state) {
    (void)state;
    static const int64_t memories[] = {1, 100, 3000, 20000};
    write_table("a.csv");
    write_table("a.csv.gz");
    expect_ok(import_line("csv a.csv -o first.h5 --split 0.8,0.2 --seed 3"));
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
        expect_ok(import_with("csv a.csv -o out.h5 --split 0.8,0.2 --seed 3", memories[i]));
        assert_true(same_files("first.h5", "out.h5"));
    }
    expect_ok(import_line("csv a.csv.gz -o out.h5 --split 0.8,0.2 --seed 3"));
    assert_true(same_files("first.h5", "out.h5"));
    expect_ok(import_line("csv a.csv -o out.h5 --split 0.8,0.2 --seed 4"));
    assert_false(same_files("first.h5", "out.h5"));
    remove_output();
}

static void compressed_rows_are_the_same(void **state) {
    (void)state;
    static const int64_t memories[] = {1, 20000, 1 << 20};
    bool seen[ROWS] = {false};
    write_table("a.csv");
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
        memset(seen, 0, sizeof seen);
        expect_ok(
            import_with("csv a.csv -o out.h5 --split 0.65,0.25,0.1 --compress yes", memories[i]));
        check_group(0, 0.65, seen);
        check_group(1, 0.25, seen);
        check_group(2, 0.1, seen);
    }
    remove_output();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_in_one_group_and_classes_are_divided),
        cmocka_unit_test(rows_are_shuffled_unless_they_keep_their_order),
        cmocka_unit_test(the_seed_makes_the_file),
        cmocka_unit_test(compressed_rows_are_the_same),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
