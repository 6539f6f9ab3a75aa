#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"
#include "import_expect.h"

/* An IDX file of this type code and these dimensions, its bytes counting up. `extra` bytes more or
 * less than needed. */
static void write_idx(const char *path, unsigned code, size_t size, int rank, const uint32_t *dims,
                      int extra) {
    static unsigned char bytes[1 << 16];
    size_t count = size, head = 4 + 4 * (size_t)rank;
    const unsigned char magic[] = {0, 0, (unsigned char)code, (unsigned char)rank};
    memcpy(bytes, magic, sizeof magic);
    for (int i = 0; i < rank; i++) {
        for (int byte = 0; byte < 4; byte++) {
            bytes[4 + 4 * i + byte] = (unsigned char)(dims[i] >> (24 - 8 * byte));
        }
        count *= dims[i];
    }
    count += head + (size_t)extra;
    assert_true(count <= sizeof bytes);
    for (size_t i = head; i < count; i++) {
        bytes[i] = (unsigned char)((i - head) % 100);
    }
    write_file(path, bytes, count);
}

static char images[] = "images.idx", labels[] = "labels.idx";
static const uint32_t image_dims[] = {5, 4, 3}, label_dims[] = {5};

static void write_pair(void) {
    write_idx(images, 0x08, 1, 3, image_dims, 0);
    write_idx(labels, 0x08, 1, 1, label_dims, 0);
}

static gd_status import_pair(void) {
    return import_line("idx images.idx labels.idx -o out.h5");
}

static bool left_behind(void) {
    return gd_file_exists("out.h5") || gd_file_exists("out.h5.tmp");
}

/* A data set whose bytes, big-endian, count up, as write_idx makes them. */
static void expect_counted(const char *name, gd_type type, int rank, const uint32_t *dims) {
    gd_store *store;
    gd_shape shape;
    unsigned char data[4096];
    size_t size = gd_type_size(type), count = size;
    expect_ok(gd_store_open("out.h5", &store));
    expect_ok(gd_store_shape(store, name, &shape));
    assert_int_equal(shape.type, type);
    assert_int_equal(shape.rank, rank);
    for (int i = 0; i < rank; i++) {
        assert_int_equal(shape.dims[i], dims[i]);
        count *= dims[i];
    }
    assert_true(count <= sizeof data);
    expect_ok(gd_store_read(store, name, 0, dims[0], type, data));
    for (size_t i = 0; i < count; i++) {
        size_t place = i / size * size + (size - 1 - i % size); /* of this little-endian machine */
        assert_int_equal(data[place], i % 100);
    }
    expect_ok(gd_store_close(&store));
}

static void images_and_labels_become_x_and_y(void **state) {
    (void)state;
    write_pair();
    expect_ok(import_pair());
    expect_counted("/train/x", GD_UINT8, 3, image_dims);
    expect_counted("/train/y", GD_UINT8, 1, label_dims);
    assert_false(gd_file_exists("out.h5.tmp"));
    assert_int_equal(remove("out.h5"), 0);
}

static void compressed_files_and_a_validation_pair_are_read(void **state) {
    (void)state;
    const uint32_t many[] = {3000, 12}, pairs[] = {3000, 2};
    const uint32_t few[] = {5, 12}, few_pairs[] = {5, 2};
    write_idx("a.gz", 0x08, 1, 2, many, 0);
    write_idx("b.gz", 0x09, 1, 2, pairs, 0);
    write_idx("c.gz", 0x0d, 4, 2, few, 0);
    write_idx("d.idx", 0x0c, 4, 2, few_pairs, 0);
    expect_ok(import_line("idx a.gz b.gz c.gz d.idx -o out.h5"));
    expect_counted("/val/x", GD_FLOAT32, 2, few);
    expect_counted("/val/y", GD_INT32, 2, few_pairs);
    gd_rows rows;
    gd_source train;
    expect_ok(gd_source_parse("out.h5:/train", NULL, &train));
    expect_ok(gd_rows_describe(&train, &rows));
    assert_true(rows.x.dims[0] == 3000 && rows.y_width == 2 && rows.y.type == GD_INT8);
    gd_source_free(&train);
    assert_int_equal(remove("out.h5"), 0);
}

static void every_type_is_read(void **state) {
    (void)state;
    const struct {
        unsigned code;
        gd_type type;
    } types[] = {{0x08, GD_UINT8}, {0x09, GD_INT8},    {0x0b, GD_INT16},
                 {0x0c, GD_INT32}, {0x0d, GD_FLOAT32}, {0x0e, GD_FLOAT64}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        write_pair();
        write_idx(images, types[i].code, gd_type_size(types[i].type), 3, image_dims, 0);
        expect_ok(import_pair());
        expect_counted("/train/x", types[i].type, 3, image_dims);
        assert_int_equal(remove("out.h5"), 0);
    }
}

static void a_large_file_is_read_in_pieces(void **state) {
    (void)state;
    enum { ROWS = 11, WIDTH = 1 << 20 };
    unsigned char *bytes, *back;
    const unsigned char head[] = {0, 0, 8, 2, 0, 0, 0, ROWS, 0, 0x10, 0, 0};
    const uint32_t dims[] = {ROWS};
    expect_ok(gd_memory_new(&bytes, sizeof head + ROWS * WIDTH, 1, "an IDX file"));
    expect_ok(gd_memory_new(&back, ROWS * WIDTH, 1, "a data set"));
    memcpy(bytes, head, sizeof head);
    for (size_t i = 0; i < ROWS * WIDTH; i++) {
        bytes[sizeof head + i] = (unsigned char)(i * 31 >> 7);
    }
    write_file(images, bytes, sizeof head + ROWS * WIDTH);
    write_idx(labels, 8, 1, 1, dims, 0);
    expect_ok(import_pair());
    gd_store *store;
    expect_ok(gd_store_open("out.h5", &store));
    expect_ok(gd_store_read(store, "/train/x", 0, ROWS, GD_UINT8, back));
    assert_memory_equal(back, bytes + sizeof head, ROWS * WIDTH);
    expect_ok(gd_store_close(&store));
    gd_memory_free(&bytes);
    gd_memory_free(&back);
    assert_int_equal(remove("out.h5"), 0);
}

static void a_wrong_start_is_told(void **state) {
    (void)state;
    const struct {
        const char *bytes;
        size_t count;
        const char *words;
    } cases[] = {
        {"", 0, "images.idx: is not an IDX file: its first bytes are wrong"},
        {"\x89PNG....", 8, "its first bytes are wrong"},
        {"\0\0\x0a\2....", 8, "its type is unknown"},
        {"\0\0\x08\0....", 8, "its number of dimensions is wrong"},
        {"\0\0\x08\x09....", 8, "its number of dimensions is wrong"},
        {"\0\0\x08\2\0\0\0\1\0\0", 10, "it ends within its dimensions"},
        {"\0\0\x08\2\0\0\0\0\0\0\0\1", 12, "images.idx: holds no numbers: dimension 1 is 0"},
        {"\0\0\x08\3\0\0\0\1\x80\0\0\0\x80\0\0\0", 16, "a row is larger than 1 GiB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_pair();
        write_file(images, cases[i].bytes, cases[i].count);
        expect_error(import_pair(), GD_BAD_INPUT, cases[i].words);
        assert_false(left_behind());
    }
}

static void a_wrong_length_is_told(void **state) {
    (void)state;
    write_pair();
    write_idx(images, 0x08, 1, 3, image_dims, -1);
    expect_error(import_pair(), GD_BAD_INPUT,
                 "images.idx: is cut off: it holds 4 of the 5 rows that its header tells of");
    write_idx(images, 0x08, 1, 3, image_dims, -60);
    expect_error(import_pair(), GD_BAD_INPUT, "it holds 0 of the 5 rows");
    write_idx(images, 0x08, 1, 3, image_dims, 1);
    expect_error(import_pair(), GD_BAD_INPUT,
                 "images.idx: goes on after the 5 rows that its header tells of");
    assert_false(left_behind());
}

static void a_damaged_compressed_file_is_told(void **state) {
    (void)state;
    char *bytes;
    size_t count, found = 0;
    write_pair();
    write_idx("x.gz", 0x08, 1, 3, image_dims, 0);
    expect_ok(gd_file_read("x.gz", &bytes, &count));
    for (size_t length = 12; length < count; length++) {
        write_file("cut", bytes, length);
        assert_int_equal(rename("cut", "x.gz"), 0);
        expect_error(import_line("idx x.gz labels.idx -o out.h5"), GD_BAD_INPUT, "x.gz: ");
    }
    for (size_t place = 12; place < count; place++) {
        bytes[place] ^= 16;
        write_file("flipped", bytes, count);
        assert_int_equal(rename("flipped", "x.gz"), 0);
        gd_status status = import_line("idx x.gz labels.idx -o out.h5");
        if (status == GD_OK) { /* the bit was one of the unused ones behind the last code */
            expect_counted("/train/x", GD_UINT8, 3, image_dims);
            assert_int_equal(remove("out.h5"), 0);
        } else {
            found++;
            expect_error(status, GD_BAD_INPUT, "x.gz: ");
        }
        bytes[place] ^= 16;
    }
    assert_true(found + 1 >= count - 12);
    gd_memory_free(&bytes);
    assert_false(left_behind());
}

static void files_that_do_not_belong_together_are_told(void **state) {
    (void)state;
    const uint32_t six[] = {6}, wider[] = {5, 4, 4};
    write_pair();
    expect_error(import_line("idx labels.idx images.idx -o out.h5"), GD_BAD_INPUT,
                 "labels.idx: has 1 dimension; the samples come first");
    expect_error(import_line("idx images.idx images.idx -o out.h5"), GD_BAD_INPUT,
                 "images.idx: has 3 dimensions; labels are [rows] or [rows, outputs]");
    write_idx("val.idx", 0x08, 1, 3, wider, 0);
    expect_error(import_line("idx images.idx labels.idx val.idx labels.idx -o out.h5"),
                 GD_BAD_INPUT, "images.idx has 12 numbers a row, but val.idx has 16");
    write_idx(labels, 0x08, 1, 1, six, 0);
    expect_error(import_pair(), GD_BAD_INPUT, "images.idx has 5 rows, but labels.idx has 6");
    assert_false(left_behind());
}

static void wrong_arguments_are_told(void **state) {
    (void)state;
    write_pair();
    expect_error(import_line("idx images.idx labels.idx images.idx -o out.h5"), GD_BAD_INPUT,
                 "idx needs 2 or 4 files, not 3: IMAGES LABELS");
    expect_error(import_line("idx images.idx missing.idx -o out.h5"), GD_BAD_INPUT,
                 "missing.idx: cannot be read: No such file");
    expect_error(import_line("idx images.idx labels.idx -o ./labels.idx"), GD_BAD_INPUT,
                 "labels.idx: is an input, and would be overwritten by ./labels.idx");
    expect_error(import_line("idx images.idx labels.idx -o nowhere/out.h5"), GD_BAD_INPUT,
                 "nowhere/out.h5: cannot be written: there is no folder nowhere");
    assert_false(left_behind());
}

static void a_failed_import_keeps_the_output_of_an_earlier_one(void **state) {
    (void)state;
    write_pair();
    expect_ok(import_pair());
    write_idx(images, 0x08, 1, 3, image_dims, -1);
    expect_error(import_pair(), GD_BAD_INPUT, "is cut off");
    expect_counted("/train/x", GD_UINT8, 3, image_dims);
    assert_false(gd_file_exists("out.h5.tmp"));
    assert_int_equal(remove("out.h5"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_and_labels_become_x_and_y),
        cmocka_unit_test(compressed_files_and_a_validation_pair_are_read),
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(a_large_file_is_read_in_pieces),
        cmocka_unit_test(a_wrong_start_is_told),
        cmocka_unit_test(a_wrong_length_is_told),
        cmocka_unit_test(a_damaged_compressed_file_is_told),
        cmocka_unit_test(files_that_do_not_belong_together_are_told),
        cmocka_unit_test(wrong_arguments_are_told),
        cmocka_unit_test(a_failed_import_keeps_the_output_of_an_earlier_one),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
