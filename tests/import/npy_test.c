#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import_expect.h"

/* A file of numpy.save with this header's text and these bytes. */
static void write_npy(const char *path, int version, const char *header, const void *bytes,
                      size_t count) {
    unsigned char file[4096] = "\x93NUMPY";
    size_t length = strlen(header), start = version == 1 ? 10 : 12;
    file[6] = (unsigned char)version;
    file[8] = (unsigned char)length;
    memcpy(file + start, header, length);
    memcpy(file + start + length, bytes, count);
    write_file(path, file, start + length + count);
}

static const char x_header[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }   \n";
static const char y_header[] = "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }\n";
static const float x_values[] = {1, 2, 3, 4, 5, 6.5F};
static const int64_t y_values[] = {2, 0, 1};

static void write_pair(void) {
    write_npy("x.npy", 1, x_header, x_values, sizeof x_values);
    write_npy("y.npy", 1, y_header, y_values, sizeof y_values);
}

static void arrays_become_x_and_y(void **state) {
    (void)state;
    for (int version = 1; version <= 3; version++) {
        write_npy("x.npy", version, x_header, x_values, sizeof x_values);
        write_npy("y.npy", version, y_header, y_values, sizeof y_values);
        expect_ok(import_line("npy x.npy y.npy -o out.h5 --no-shuffle"));
        expect_set("/train/x", GD_FLOAT32, 3, 2, (const double[]){1, 2, 3, 4, 5, 6.5});
        expect_set("/train/y", GD_INT64, 3, 1, (const double[]){2, 0, 1});
    }
    remove_output();
}

static void types_and_byte_orders_are_kept(void **state) {
    (void)state;
    static const struct {
        const char *code;
        gd_type type;
        size_t size;
        const char *bytes;
    } cases[] = {{"|b1", GD_UINT8, 1, "\1"},
                 {"|u1", GD_UINT8, 1, "\1"},
                 {"|i1", GD_INT8, 1, "\1"},
                 {"<u2", GD_UINT16, 2, "\1\0"},
                 {">i2", GD_INT16, 2, "\0\1"},
                 {"<u4", GD_UINT32, 4, "\1\0\0\0"},
                 {">i4", GD_INT32, 4, "\0\0\0\1"},
                 {"<u8", GD_UINT64, 8, "\1\0\0\0\0\0\0\0"},
                 {">f4", GD_FLOAT32, 4, "\x3f\x80\0\0"},
                 {">f8", GD_FLOAT64, 8, "\x3f\xf0\0\0\0\0\0\0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[128];
        snprintf(header, sizeof header,
                 "{'shape': (1, 1, 1), 'fortran_order': False, 'descr': '%s'}", cases[i].code);
        write_npy("x.npy.gz", 1, header, cases[i].bytes, cases[i].size);
        write_npy("y.npy", 1, "{'descr': '|i1', 'fortran_order': False, 'shape': (1,), }", "\1", 1);
        expect_ok(import_line("npy x.npy.gz y.npy -o out.h5"));
        expect_set("/train/x", cases[i].type, 1, 1, (const double[]){1});
    }
    remove_output();
}

static void two_pairs_are_training_and_validation(void **state) {
    (void)state;
    write_pair();
    expect_ok(import_line("npy x.npy y.npy x.npy y.npy -o out.h5 --no-shuffle"));
    expect_set("/val/x", GD_FLOAT32, 3, 2, (const double[]){1, 2, 3, 4, 5, 6.5});
    expect_set("/train/y", GD_INT64, 3, 1, (const double[]){2, 0, 1});
    remove_output();
    expect_refused("npy x.npy y.npy x.npy y.npy -o out.h5 --split 0.5,0.5",
                   "--split: the files of /val are given");
}

static void rows_are_divided_by_class(void **state) {
    (void)state;
    unsigned char classes[600];
    float values[600];
    for (int i = 0; i < 600; i++) {
        classes[i] = (unsigned char)(i / 200);
        values[i] = (float)i;
    }
    write_npy("x.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (600, 1), }", values,
              sizeof values);
    write_npy("y.npy", 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (600,), }", classes,
              sizeof classes);
    expect_ok(import_with("npy x.npy y.npy -o out.h5 --split 0.7,0.2,0.1", 200));
    static const char *const groups[] = {"/train", "/val", "/test"};
    const int rows[] = {420, 120, 60};
    bool seen[600] = {false};
    gd_store *store;
    expect_ok(gd_store_open("out.h5", &store));
    for (int group = 0; group < 3; group++) {
        int counts[3] = {0};
        char name[16];
        snprintf(name, sizeof name, "%s/x", groups[group]);
        expect_ok(gd_store_read(store, name, 0, rows[group], GD_FLOAT32, values));
        snprintf(name, sizeof name, "%s/y", groups[group]);
        expect_ok(gd_store_read(store, name, 0, rows[group], GD_UINT8, classes));
        for (int i = 0; i < rows[group]; i++) {
            int row = (int)values[i];
            assert_int_equal(classes[i], row / 200);
            assert_false(seen[row]);
            seen[row] = true;
            counts[row / 200]++;
        }
        for (int i = 0; i < 3; i++) {
            assert_int_equal(counts[i], rows[group] / 3);
        }
    }
    expect_ok(gd_store_close(&store));
    remove_output();
}

static void what_is_wrong_is_told(void **state) {
    (void)state;
    static const struct {
        const char *header, *words;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }",
         "x.npy: has its columns one "},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (3, 2), }",
         "x.npy: its numbers have no"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (3, 2), }",
         "x.npy: its numbers have no"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (3, 2), }",
         "x.npy: its numbers have no"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }", "have no type"},
        {"{'descr': '<f4', 'shape': (3, 2), }", "its header does not tell the order"},
        {"{'descr': '<f4', 'fortran_order': False, }", "its header has no shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "holds a single number"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, -2), }", "has a wrong shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2", "has a wrong shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 0), }", "dimension 2 is 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "x.npy: has 1 dimension"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2), }", "x.npy has 4 rows, but y"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }", "it holds 2 of the 3 rows"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1), }", "goes on after the 3 rows"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 999999999), }",
         "larger than 1 GiB"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3000000000, 9), }",
         "is too small for"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }",
         "8 dimensions"},
    };
    write_pair();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_npy("x.npy", 1, cases[i].header, x_values, sizeof x_values);
        expect_refused("npy x.npy y.npy -o out.h5", cases[i].words);
    }
    static const struct {
        const char *bytes;
        size_t count;
        const char *words;
    } starts[] = {{"", 0, "its first bytes are wrong"},
                  {"PK\3\4............", 16, "its first bytes are wrong"},
                  {"\x93NUMPY\4\0....", 12, "its version is none of 1, 2 and 3"},
                  {"\x93NUMPY\1\0\x76\0{'descr'", 18, "it ends within its header"},
                  {"\x93NUMPY\2\0\xff\xff\xff\xff...", 15, "its header is longer than 64 KiB"}};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        write_file("x.npy", starts[i].bytes, starts[i].count);
        expect_refused("npy x.npy y.npy -o out.h5", starts[i].words);
    }
    write_pair();
    expect_refused("npy y.npy x.npy -o out.h5", "y.npy: has 1 dimension");
    expect_refused("npy x.npy -o out.h5", "npy needs 2 or 4 files, not 1: X.npy Y.npy");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_become_x_and_y),
        cmocka_unit_test(types_and_byte_orders_are_kept),
        cmocka_unit_test(two_pairs_are_training_and_validation),
        cmocka_unit_test(rows_are_divided_by_class),
        cmocka_unit_test(what_is_wrong_is_told),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
