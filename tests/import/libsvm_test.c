#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import_expect.h"

static void pairs_become_dense_rows(void **state) {
    (void)state;
    const double x[] = {0.5, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, -4}, y[] = {1, 0, 1, 0};
    write_text("a.svm", "+1 1:0.5 3:2  # a comment\n-1 2:1\r\n\n# nothing\n+1\n-1 3:-4 \n");
    expect_ok(import_line("libsvm a.svm -o out.h5 --no-shuffle"));
    expect_set("/train/x", GD_FLOAT32, 4, 3, x);
    expect_set("/train/y", GD_UINT8, 4, 1, y);
    expect_attribute("/train/y", "classes", "-1\n1");
    remove_output();
}

static void values_and_a_first_index_of_0_are_found(void **state) {
    (void)state;
    write_text("a.svm", "1.5 0:1\n-2 2:3");
    expect_ok(import_line("libsvm a.svm -o out.h5 --no-shuffle"));
    expect_set("/train/x", GD_UINT8, 2, 3, (const double[]){1, 0, 0, 0, 0, 3});
    expect_set("/train/y", GD_FLOAT64, 2, 1, (const double[]){1.5, -2});
    remove_output();
}

static void features_can_be_said_and_files_follow_each_other(void **state) {
    (void)state;
    write_text("a.svm.gz", "1 1:1\n");
    write_text("b.svm", "2 2:7\n");
    expect_ok(import_line("libsvm a.svm.gz b.svm -o out.h5 --no-shuffle --features 3"));
    expect_set("/train/x", GD_UINT8, 2, 3, (const double[]){1, 0, 0, 0, 7, 0});
    expect_attribute("/train/y", "classes", "1\n2");
    remove_output();
    expect_refused("libsvm a.svm.gz b.svm -o out.h5 --features 1",
                   "b.svm:1: index 2 is not among --features 1");
}

static void mostly_zeros_are_compressed(void **state) {
    (void)state;
    gd_text text = {0};
    for (int i = 0; i < 2000; i++) {
        gd_text_add(&text, "%d %d:1 2000:1\n", i % 2, i % 1999 + 1);
    }
    write_text("a.svm", gd_text_bytes(&text));
    gd_text_free(&text);
    expect_ok(import_line("libsvm a.svm -o out.h5 --no-shuffle"));
    char *bytes;
    size_t compressed, plain;
    expect_ok(gd_file_read("out.h5", &bytes, &compressed));
    gd_memory_free(&bytes);
    expect_ok(import_line("libsvm a.svm -o plain.h5 --no-shuffle --compress no"));
    expect_ok(gd_file_read("plain.h5", &bytes, &plain));
    gd_memory_free(&bytes);
    assert_true(plain > 2000 * 2000 && compressed < plain / 20);
    gd_store *store;
    uint8_t row[2000];
    expect_ok(gd_store_open("out.h5", &store));
    for (int i = 0; i < 2000; i += 123) {
        expect_ok(gd_store_read(store, "/train/x", i, 1, GD_UINT8, row));
        for (int j = 0; j < 2000; j++) {
            assert_int_equal(row[j], j == i % 1999 || j == 1999 ? 1 : 0);
        }
    }
    expect_ok(gd_store_close(&store));
    remove_output();
}

static void what_is_wrong_is_told_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "a.svm: has no rows"},
        {"# only this\n", "a.svm: has no rows"},
        {"1\n0\n", "a.svm: has no features"},
        {"1 1:1\n0 2\n", "a.svm:2: '2' is no INDEX:VALUE"},
        {"1 1:1\n0 qid:3 2:1\n", "a.svm:2: 'qid' is no index"},
        {"1 1:1\n0 -1:2\n", "a.svm:2: '-1' is no index"},
        {"1 1:1\n0 :2\n", "a.svm:2: '' is no index"},
        {"1 1:1\n0 3000000000:2\n", "a.svm:2: '3000000000' is no index"},
        {"1 1:1\n0 2:x\n", "a.svm:2: 'x' is no value"},
        {"1 1:1\n0 2:nan\n", "a.svm:2: 'nan' is no value"},
        {"1 1:1\n0 2:\n", "a.svm:2: '' is no value"},
        {"1 2:1 1:1\n", "a.svm:1: '1' is an index that is not larger than the one before"},
        {"1 2:1 2:1\n", "a.svm:1: '2' is an index that is not larger"},
        {"1,2 1:1\n", "a.svm:1: '1,2' is no label"},
        {"1:1 2:1\n", "a.svm:1: '1:1' is no label"},
        {"5.1,3.5,setosa\n", "a.svm:1: '5.1,3.5,setosa' is no label"},
        {"1 1:1\n1 1:1 2000000000:1\n",
         "a.svm:2: with the index 2000000000, the rows take 3.7 GiB"},
        {"1 90000000:1\n", "a.svm:1: with the index 90000000, the rows take 85.8 MiB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text("a.svm", cases[i].text);
        expect_refused("libsvm a.svm -o out.h5", cases[i].words);
    }
    write_file("a.svm", "1 1:1\n1 \0", 9);
    expect_refused("libsvm a.svm -o out.h5", "a.svm:2: '' holds a NUL byte");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_become_dense_rows),
        cmocka_unit_test(values_and_a_first_index_of_0_are_found),
        cmocka_unit_test(features_can_be_said_and_files_follow_each_other),
        cmocka_unit_test(mostly_zeros_are_compressed),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
