#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>
#include <hdf5.h>

#include "data/data_files.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"

enum { TYPES = GD_FLOAT64 + 1 };

static gd_store *create(const char *path) {
    gd_store *store;
    expect_ok(gd_store_create(path, &store));
    return store;
}

static gd_store *open_file(const char *path) {
    gd_store *store;
    expect_ok(gd_store_open(path, &store));
    return store;
}

/* Makes data set `name` with this content. */
static void put(gd_store *store, const char *name, gd_shape shape, gd_layout layout,
                const void *data) {
    expect_ok(gd_store_add(store, name, &shape, layout));
    expect_ok(
        gd_store_write(store, name, 0, shape.rank == 0 ? 1 : shape.dims[0], shape.type, data));
}

static void every_type_comes_back_as_it_was(void **state) {
    (void)state;
    /* Bytes chosen so that every type sees large and negative numbers, and floats no NaN. */
    unsigned char bytes[24 * 8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i % 8 == 7 || i % 4 == 3 ? 0xc0 + i / 8 : 17 * i);
    }
    for (int type = 0; type < TYPES; type++) {
        for (int layout = GD_CONTIGUOUS; layout <= GD_CHECKED; layout++) {
            gd_shape shape = {(gd_type)type, 3, {4, 2, 3}}, found;
            unsigned char back[sizeof bytes] = {0};
            gd_store *store = create("types.h5");
            put(store, "/a/x", shape, (gd_layout)layout, bytes);
            expect_ok(gd_store_close(&store));
            assert_null(store);
            store = open_file("types.h5");
            expect_ok(gd_store_shape(store, "/a/x", &found));
            assert_int_equal(found.type, type);
            assert_int_equal(found.rank, 3);
            assert_memory_equal(found.dims, shape.dims, sizeof shape.dims);
            expect_ok(gd_store_read(store, "/a/x", 0, 4, (gd_type)type, back));
            assert_memory_equal(back, bytes, 24 * gd_type_size((gd_type)type));
            expect_ok(gd_store_close(&store));
        }
    }
}

static void rows_are_read_and_written_singly_and_in_runs(void **state) {
    (void)state;
    enum { ROWS = 7, WIDTH = 3 };
    int32_t numbers[ROWS * WIDTH], back[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++) {
        numbers[i] = 100 - i;
    }
    gd_shape shape = {GD_INT32, 2, {ROWS, WIDTH}};
    gd_store *store = create("rows.h5");
    expect_ok(gd_store_add(store, "/x", &shape, GD_CHECKED));
    for (int row = ROWS - 1; row >= 0; row--) {
        expect_ok(gd_store_write(store, "/x", row, 1, GD_INT32, numbers + row * WIDTH));
    }
    expect_ok(gd_store_close(&store));
    store = open_file("rows.h5");
    for (int first = 0; first <= ROWS; first++) {
        for (int count = 0; first + count <= ROWS; count++) {
            memset(back, 0, sizeof back);
            expect_ok(gd_store_read(store, "/x", first, count, GD_INT32, back));
            assert_memory_equal(back, numbers + first * WIDTH, sizeof *back * count * WIDTH);
            assert_true(count == ROWS || back[count * WIDTH] == 0);
        }
    }
    expect_error(gd_store_read(store, "/x", 5, 3, GD_INT32, back), GD_FAILED,
                 "rows.h5: /x has 7 rows; 3 from row 5 on are not there");
    expect_error(gd_store_read(store, "/x", -1, 1, GD_INT32, back), GD_FAILED, "has 7 rows");
    expect_ok(gd_store_close(&store));
}

static void the_library_converts_between_types(void **state) {
    (void)state;
    const double numbers[] = {0, 1, 200, 17};
    uint8_t bytes[4];
    float floats[4];
    gd_store *store = create("convert.h5");
    gd_shape shape = {GD_INT16, 1, {4}};
    expect_ok(gd_store_add(store, "/x", &shape, GD_CONTIGUOUS));
    expect_ok(gd_store_write(store, "/x", 0, 4, GD_FLOAT64, numbers));
    expect_ok(gd_store_read(store, "/x", 0, 4, GD_UINT8, bytes));
    expect_ok(gd_store_read(store, "/x", 0, 4, GD_FLOAT32, floats));
    for (int i = 0; i < 4; i++) {
        assert_true(bytes[i] == numbers[i] && (double)floats[i] == numbers[i]);
    }
    expect_ok(gd_store_close(&store));
}

static void numbers_without_rows_and_sets_without_numbers_are_kept(void **state) {
    (void)state;
    const gd_shape shapes[] = {{GD_FLOAT64, 0, {0}},
                               {GD_FLOAT64, 1, {0}},
                               {GD_FLOAT64, 2, {0, 5}},
                               {GD_FLOAT64, 2, {3, 0}}};
    const double pi = 3.14159;
    double back = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int layout = GD_CONTIGUOUS; layout <= GD_CHECKED; layout++) {
            gd_shape found;
            gd_store *store = create("small.h5");
            put(store, "/x", shapes[i], (gd_layout)layout, &pi);
            expect_ok(gd_store_close(&store));
            store = open_file("small.h5");
            expect_ok(gd_store_shape(store, "/x", &found));
            assert_int_equal(found.rank, shapes[i].rank);
            assert_memory_equal(found.dims, shapes[i].dims, sizeof found.dims);
            if (found.rank == 0) {
                expect_ok(gd_store_read(store, "/x", 0, 1, GD_FLOAT64, &back));
                assert_true(back == pi);
            }
            expect_ok(gd_store_close(&store));
        }
    }
}

/* What the library says of a data set's chunks: 0 dimensions if it has none. */
static int chunks_of(const char *path, const char *name, hsize_t chunk[8]) {
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), properties = H5Dget_create_plist(set);
    assert_true(properties >= 0);
    int rank = 0;
    if (H5Pget_layout(properties) == H5D_CHUNKED) {
        rank = H5Pget_chunk(properties, 8, chunk);
        unsigned flags;
        size_t values = 0;
        assert_true(H5Pget_filter_by_id2(properties, H5Z_FILTER_FLETCHER32, &flags, &values, NULL,
                                         0, NULL, NULL) >= 0);
    }
    assert_true(H5Pclose(properties) >= 0 && H5Dclose(set) >= 0 && H5Fclose(file) >= 0);
    return rank;
}

static void a_chunk_is_whole_rows_of_at_most_a_mebibyte(void **state) {
    (void)state;
    const gd_shape shapes[] = {{GD_FLOAT32, 2, {512, 784}},
                               {GD_FLOAT32, 2, {2048, 784}},
                               {GD_UINT8, 1, {5}},
                               {GD_FLOAT64, 1, {1 << 20}},
                               {GD_FLOAT32, 2, {3, 1 << 20}},
                               {GD_UINT8, 3, {10, 3000, 1000}},
                               {GD_FLOAT64, 4, {9, 7, 500, 500}}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        gd_store *store = create("chunks.h5");
        expect_ok(gd_store_add(store, "/x", &shapes[i], GD_CHECKED));
        expect_ok(gd_store_close(&store));
        hsize_t chunk[8], bytes = gd_type_size(shapes[i].type);
        assert_int_equal(chunks_of("chunks.h5", "/x", chunk), shapes[i].rank);
        bool cut = false;
        for (int d = shapes[i].rank - 1; d >= 0; d--) {
            hsize_t dim = (hsize_t)shapes[i].dims[d];
            assert_true(chunk[d] >= 1 && chunk[d] <= dim);
            assert_true(!cut || chunk[d] == 1);
            cut = cut || chunk[d] < dim;
            bytes *= chunk[d];
        }
        assert_true(bytes <= 1 << 20);
        assert_true(!cut || bytes > 1 << 18);
    }
}

static void attributes_come_back_as_they_were(void **state) {
    (void)state;
    char *text = NULL, *empty = NULL;
    int64_t integer = 0;
    double number = 0;
    gd_store *store = create("attributes.h5");
    expect_ok(gd_store_group(store, "/a/b"));
    expect_ok(gd_store_set_text(store, "/a/b", "text", "na\xc3\xafve\n[model]\n"));
    expect_ok(gd_store_set_text(store, "/", "empty", ""));
    expect_ok(gd_store_set_integer(store, "/a", "integer", INT64_MIN));
    expect_ok(gd_store_set_number(store, "/a", "number", 0.1));
    expect_ok(gd_store_close(&store));
    store = open_file("attributes.h5");
    expect_ok(gd_store_get_text(store, "/a/b", "text", &text));
    assert_string_equal(text, "na\xc3\xafve\n[model]\n");
    expect_ok(gd_store_get_text(store, "/", "empty", &empty));
    assert_string_equal(empty, "");
    expect_ok(gd_store_get_integer(store, "/a", "integer", &integer));
    assert_true(integer == INT64_MIN);
    expect_ok(gd_store_get_number(store, "/a", "number", &number));
    assert_true(number == 0.1);
    gd_memory_free(&text);
    gd_memory_free(&empty);
    expect_ok(gd_store_close(&store));
}

static void a_wrong_attribute_is_named(void **state) {
    (void)state;
    char *text = NULL;
    int64_t integer;
    double number;
    gd_store *store = create("attributes.h5");
    expect_ok(gd_store_set_text(store, "/", "text", "12"));
    expect_ok(gd_store_set_number(store, "/", "number", 12));
    expect_error(gd_store_get_integer(store, "/", "text", &integer), GD_BAD_INPUT,
                 "attributes.h5: attribute text of / is not a whole number");
    expect_error(gd_store_get_integer(store, "/", "number", &integer), GD_BAD_INPUT,
                 "is not a whole number");
    expect_error(gd_store_get_number(store, "/", "text", &number), GD_BAD_INPUT, "is not a number");
    expect_error(gd_store_get_text(store, "/", "number", &text), GD_BAD_INPUT, "is not a text");
    expect_error(gd_store_get_text(store, "/", "lacking", &text), GD_BAD_INPUT,
                 "/ has no attribute lacking");
    expect_error(gd_store_get_text(store, "/nowhere", "text", &text), GD_BAD_INPUT,
                 "no object /nowhere; / is empty");
    assert_null(text);
    expect_ok(gd_store_close(&store));
}

static void a_text_too_long_for_a_checksum_is_refused(void **state) {
    (void)state;
    char *text, *back;
    expect_ok(gd_memory_new(&text, 64001, 1, "a text"));
    memset(text, 'a', 64000);
    gd_store *store = create("long.h5");
    expect_error(gd_store_set_text(store, "/", "text", text), GD_FAILED, "is too long");
    text[63999] = '\0';
    for (int i = 0; i < 12; i++) { /* more than a header usually keeps */
        char key[16];
        snprintf(key, sizeof key, "key%d", i);
        expect_ok(gd_store_set_text(store, "/", key, text));
    }
    expect_ok(gd_store_close(&store));
    store = open_file("long.h5");
    expect_ok(gd_store_get_text(store, "/", "key11", &back));
    assert_string_equal(back, text);
    expect_ok(gd_store_close(&store));
    gd_memory_free(&back);
    gd_memory_free(&text);
}

static void groups_are_made_with_those_above(void **state) {
    (void)state;
    float one = 1;
    gd_store *store = create("groups.h5");
    expect_ok(gd_store_group(store, "/a/b/c"));
    expect_ok(gd_store_group(store, "/a/b"));
    put(store, "/d/e/x", (gd_shape){GD_FLOAT32, 1, {1}}, GD_CONTIGUOUS, &one);
    const char *there[] = {"/", "/a", "/a/b", "/a/b/c", "/d", "/d/e", "/d/e/x"};
    bool found;
    for (size_t i = 0; i < sizeof there / sizeof *there; i++) {
        expect_ok(gd_store_has(store, there[i], &found));
        assert_true(found);
    }
    const char *lacking[] = {"/b", "/a/c", "/a/b/c/d", "/x/y/z"};
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++) {
        expect_ok(gd_store_has(store, lacking[i], &found));
        assert_false(found);
    }
    expect_error(gd_store_has(store, "/d/e/x/f", &found), GD_FAILED,
                 "groups.h5: cannot look for /d/e/x/f: ");
    expect_error(gd_store_group(store, "/d/e/x"), GD_FAILED, "cannot make group /d/e/x");
    expect_error(gd_store_add(store, "/d/e/x", &(gd_shape){GD_FLOAT32, 1, {1}}, GD_CHECKED),
                 GD_FAILED, "groups.h5: cannot make data set /d/e/x: ");
    expect_ok(gd_store_close(&store));
}

static void a_missing_data_set_is_named_with_what_is_there(void **state) {
    (void)state;
    gd_shape shape = {GD_UINT8, 1, {1}};
    gd_store *store = create("names.h5");
    expect_ok(gd_store_add(store, "/train/images", &shape, GD_CONTIGUOUS));
    expect_ok(gd_store_add(store, "/train/labels", &shape, GD_CONTIGUOUS));
    expect_error(gd_store_shape(store, "/train/x", &shape), GD_BAD_INPUT,
                 "names.h5: no data set /train/x; /train holds images, labels");
    expect_error(gd_store_shape(store, "/test/deep/x", &shape), GD_BAD_INPUT,
                 "no data set /test/deep/x; / holds train");
    expect_error(gd_store_read(store, "/train/x", 0, 1, GD_UINT8, &shape), GD_BAD_INPUT,
                 "no data set /train/x");
    expect_error(gd_store_shape(store, "/train", &shape), GD_BAD_INPUT,
                 "/train is a group; a data set is needed");
    expect_ok(gd_store_close(&store));
}

static void the_same_content_makes_the_same_bytes(void **state) {
    (void)state;
    char *bytes[2];
    size_t counts[2];
    double numbers[6] = {1, 2, 3, 4, 5, 6};
    for (int i = 0; i < 2; i++) {
        gd_store *store = create("same.h5");
        put(store, "/a/x", (gd_shape){GD_FLOAT64, 2, {2, 3}}, GD_CHECKED, numbers);
        expect_ok(gd_store_set_text(store, "/a", "text", "text"));
        expect_ok(gd_store_close(&store));
        expect_ok(gd_file_read("same.h5", &bytes[i], &counts[i]));
        assert_int_equal(sleep(i == 0 ? 1 : 0), 0); /* the resolution of HDF5's times */
    }
    assert_int_equal(counts[0], counts[1]);
    assert_memory_equal(bytes[0], bytes[1], counts[0]);
    gd_memory_free(&bytes[0]);
    gd_memory_free(&bytes[1]);
}

static void a_locked_file_is_read_all_the_same(void **state) {
    (void)state;
    float one = 1;
    gd_store *writer = create("shared.h5"), *first, *second;
    put(writer, "/x", (gd_shape){GD_FLOAT32, 1, {1}}, GD_CONTIGUOUS, &one);
    expect_ok(gd_store_close(&writer));
    int file = open("shared.h5", O_RDONLY);
    assert_true(file >= 0);
    assert_int_equal(flock(file, LOCK_EX | LOCK_NB), 0);
    first = open_file("shared.h5");
    second = open_file("shared.h5");
    expect_ok(gd_store_read(first, "/x", 0, 1, GD_FLOAT32, &one));
    expect_ok(gd_store_close(&first));
    expect_ok(gd_store_read(second, "/x", 0, 1, GD_FLOAT32, &one));
    expect_ok(gd_store_close(&second));
    assert_int_equal(close(file), 0);
}

static void closing_nothing_is_fine(void **state) {
    (void)state;
    gd_store *store = NULL;
    expect_ok(gd_store_close(&store));
}

static void the_version_is_that_of_the_library(void **state) {
    (void)state;
    unsigned major, minor, release;
    char version[64];
    assert_true(H5get_libversion(&major, &minor, &release) >= 0);
    snprintf(version, sizeof version, "%u.%u.%u", major, minor, release);
    assert_string_equal(gd_store_version(), version);
}

static void data_sets_are_listed_by_number(void **state) {
    (void)state;
    static const char *const sorted[] = {"/a/2.bias", "/a/10.bias", "/a/10.weight", "/b"};
    static const int order[] = {2, 0, 3, 1};
    const gd_shape shape = {.type = GD_FLOAT32, .rank = 1, .dims = {2}};
    gd_store *store;
    gd_folder names;
    expect_ok(gd_store_create("list.h5", &store));
    expect_ok(gd_store_sets(store, &names));
    assert_int_equal(names.count, 0);
    expect_ok(gd_store_group(store, "/a/empty"));
    for (int i = 0; i < 4; i++) {
        expect_ok(gd_store_add(store, sorted[order[i]], &shape, GD_CHECKED));
    }
    expect_ok(gd_store_sets(store, &names));
    assert_int_equal(names.count, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(names.name[i], sorted[i]);
    }
    gd_folder_free(&names);
    expect_ok(gd_store_close(&store));
}

static void what_is_before_the_hdf5_is_the_callers(void **state) {
    (void)state;
    enum { BEFORE = 512 };
    char *bytes;
    size_t count;
    double out = 0, in = 0.25;
    const gd_shape shape = {.type = GD_FLOAT64, .rank = 1, .dims = {1}};
    gd_store *store;
    expect_ok(gd_store_create_behind("behind.h5", BEFORE, &store));
    expect_ok(gd_store_add(store, "/x", &shape, GD_CHECKED));
    expect_ok(gd_store_write(store, "/x", 0, 1, GD_FLOAT64, &in));
    expect_ok(gd_store_close(&store));
    expect_ok(gd_file_read("behind.h5", &bytes, &count));
    assert_true(count > BEFORE);
    memset(bytes, 'a', BEFORE);
    expect_ok(gd_file_write("behind.h5", bytes, count));
    gd_memory_free(&bytes);
    expect_ok(gd_store_open("behind.h5", &store));
    expect_ok(gd_store_read(store, "/x", 0, 1, GD_FLOAT64, &out));
    assert_true(out == in);
    expect_ok(gd_store_close(&store));
}

static void chunks_are_told(void **state) {
    (void)state;
    const gd_shape shape = {GD_FLOAT32, 2, {7, 1 << 17}};
    gd_store *store = create("chunks.h5");
    gd_storage storage;
    expect_ok(gd_store_add(store, "/whole", &shape, GD_CONTIGUOUS));
    expect_ok(gd_store_add(store, "/parts", &shape, GD_CHECKED));
    expect_ok(gd_store_storage(store, "/whole", &storage));
    assert_int_equal(storage.chunk[0], 0);
    expect_ok(gd_store_storage(store, "/parts", &storage));
    assert_int_equal(storage.chunk[0], 2);
    assert_int_equal(storage.chunk[1], 1 << 17);
    expect_error(gd_store_storage(store, "/none", &storage), GD_BAD_INPUT, "none");
    expect_ok(gd_store_close(&store));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back_as_it_was),
        cmocka_unit_test(rows_are_read_and_written_singly_and_in_runs),
        cmocka_unit_test(the_library_converts_between_types),
        cmocka_unit_test(numbers_without_rows_and_sets_without_numbers_are_kept),
        cmocka_unit_test(a_chunk_is_whole_rows_of_at_most_a_mebibyte),
        cmocka_unit_test(attributes_come_back_as_they_were),
        cmocka_unit_test(a_wrong_attribute_is_named),
        cmocka_unit_test(a_text_too_long_for_a_checksum_is_refused),
        cmocka_unit_test(groups_are_made_with_those_above),
        cmocka_unit_test(a_missing_data_set_is_named_with_what_is_there),
        cmocka_unit_test(the_same_content_makes_the_same_bytes),
        cmocka_unit_test(a_locked_file_is_read_all_the_same),
        cmocka_unit_test(closing_nothing_is_fine),
        cmocka_unit_test(the_version_is_that_of_the_library),
        cmocka_unit_test(data_sets_are_listed_by_number),
        cmocka_unit_test(what_is_before_the_hdf5_is_the_callers),
        cmocka_unit_test(chunks_are_told),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
