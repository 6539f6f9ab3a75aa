/* What is in out.h5 after an import. Behind cmocka.h. */
#ifndef TESTS_IMPORT_EXPECT_H
#define TESTS_IMPORT_EXPECT_H

#include <zlib.h>

#include "data/data_files.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"
#include "import_support.h"

/* Compressed if the name says so. */
static inline void write_file(const char *path, const void *bytes, size_t count) {
    /* "wbT" writes without compression. */
    gzFile file = gzopen(path, strstr(path, ".gz") != NULL ? "wb" : "wbT");
    assert_non_null(file);
    assert_true(count == 0 || gzwrite(file, bytes, (unsigned)count) == (int)count);
    assert_int_equal(gzclose(file), Z_OK);
}

static inline void write_text(const char *path, const char *text) {
    write_file(path, text, strlen(text));
}

/* A data set of out.h5 has this type, these rows, and these numbers. */
static inline void expect_set(const char *name, gd_type type, int64_t rows, int64_t width,
                              const double *wanted) {
    gd_store *store;
    gd_shape shape;
    double *numbers;
    expect_ok(gd_store_open("out.h5", &store));
    expect_ok(gd_store_shape(store, name, &shape));
    assert_int_equal(shape.type, type);
    assert_int_equal(shape.dims[0], rows);
    assert_int_equal(gd_shape_width(&shape), width);
    expect_ok(gd_memory_new(&numbers, (size_t)(rows * width), sizeof *numbers, name));
    expect_ok(gd_store_read(store, name, 0, rows, GD_FLOAT64, numbers));
    for (int64_t i = 0; i < rows * width; i++) {
        assert_true(numbers[i] == wanted[i]);
    }
    gd_memory_free(&numbers);
    expect_ok(gd_store_close(&store));
}

/* A text attribute of out.h5. */
static inline void expect_attribute(const char *object, const char *key, const char *wanted) {
    gd_store *store;
    char *text;
    expect_ok(gd_store_open("out.h5", &store));
    expect_ok(gd_store_get_text(store, object, key, &text));
    assert_string_equal(text, wanted);
    gd_memory_free(&text);
    expect_ok(gd_store_close(&store));
}

/* An import that is refused, with these words, leaves nothing. */
static inline void expect_refused(const char *line, const char *words) {
    expect_error(import_line(line), GD_BAD_INPUT, words);
    assert_false(gd_file_exists("out.h5") || gd_file_exists("out.h5.tmp"));
}

static inline void remove_output(void) {
    assert_int_equal(remove("out.h5"), 0);
}

#endif
