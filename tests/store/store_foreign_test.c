/* Files that other programs made: written here with the library itself. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <hdf5.h>

#include "data/data_files.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"

/* Makes a file with data set "x" of `count` numbers of `type`, converted from doubles. */
static void write_numbers(hid_t type, hsize_t count, const double *numbers) {
    hid_t file = H5Fcreate("foreign.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t set = H5Dcreate2(file, "x", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(set >= 0);
    assert_true(numbers == NULL ||
                H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0);
    assert_true(H5Dclose(set) >= 0 && H5Sclose(space) >= 0 && H5Fclose(file) >= 0);
}

/* Reads "x" as the type that the store says is nearest, which must be `type`, and compares. */
static void expect_numbers(gd_type type, int64_t count, const double *numbers) {
    gd_store *store;
    gd_shape shape;
    char data[64 * 8];
    expect_ok(gd_store_open("foreign.h5", &store));
    expect_ok(gd_store_shape(store, "/x", &shape));
    assert_int_equal(shape.type, type);
    assert_int_equal(shape.dims[0], count);
    expect_ok(gd_store_read(store, "/x", 0, count, type, data));
    for (int64_t i = 0; i < count; i++) {
        double got = gd_type_get(type, data, i);
        assert_true(got == numbers[i] || (isnan(got) && isnan(numbers[i])));
    }
    expect_ok(gd_store_close(&store));
}

static void big_endian_numbers_are_read(void **state) {
    (void)state;
    const double numbers[] = {0, 1, 100, 127, 3};
    const struct {
        hid_t file;
        gd_type memory;
    } types[] = {{H5T_STD_I8BE, GD_INT8},      {H5T_STD_U8BE, GD_UINT8},
                 {H5T_STD_I16BE, GD_INT16},    {H5T_STD_U16BE, GD_UINT16},
                 {H5T_STD_I32BE, GD_INT32},    {H5T_STD_U32BE, GD_UINT32},
                 {H5T_STD_I64BE, GD_INT64},    {H5T_STD_U64BE, GD_UINT64},
                 {H5T_IEEE_F32BE, GD_FLOAT32}, {H5T_IEEE_F64BE, GD_FLOAT64}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        write_numbers(types[i].file, 5, numbers);
        expect_numbers(types[i].memory, 5, numbers);
    }
}

/* A floating-point type of IEEE's kind with these bits, sign included. */
static hid_t float_type(size_t exponent, size_t mantissa) {
    size_t bits = 1 + exponent + mantissa;
    hid_t type = H5Tcopy(H5T_IEEE_F64LE);
    assert_true(type >= 0);
    assert_true(H5Tset_fields(type, bits - 1, mantissa, exponent, 0, mantissa) >= 0);
    assert_true(H5Tset_precision(type, bits) >= 0 && H5Tset_size(type, (bits + 7) / 8) >= 0);
    assert_true(H5Tset_ebias(type, ((size_t)1 << (exponent - 1)) - 1) >= 0);
    return type;
}

static void sixteen_bit_floats_are_read_as_float32(void **state) {
    (void)state;
    const double half[] = {0, 1, -2.5, 65504, 0x1p-14, 0x1p-24, INFINITY, NAN};
    const double brain[] = {0, 1, -2.5, 0x1.fep127, 0x1p-126};
    const hid_t types[] = {float_type(5, 10), float_type(8, 7)};
    write_numbers(types[0], 8, half);
    expect_numbers(GD_FLOAT32, 8, half);
    write_numbers(types[1], 5, brain);
    expect_numbers(GD_FLOAT32, 5, brain);
    assert_true(H5Tclose(types[0]) >= 0 && H5Tclose(types[1]) >= 0);
}

static void odd_sizes_are_read_as_the_next_larger_type(void **state) {
    (void)state;
    const double numbers[] = {0, 1, 3000000, 8388607}, small[] = {0, 1, -7, 7};
    hid_t three = H5Tcopy(H5T_STD_I32LE), nibble = H5Tcopy(H5T_STD_I32LE);
    assert_true(H5Tset_precision(three, 24) >= 0 && H5Tset_size(three, 3) >= 0);
    assert_true(H5Tset_precision(nibble, 4) >= 0);
    write_numbers(three, 4, numbers);
    expect_numbers(GD_INT32, 4, numbers);
    write_numbers(nibble, 4, small);
    expect_numbers(GD_INT8, 4, small);
    write_numbers(H5T_NATIVE_LDOUBLE, 4, numbers);
    expect_numbers(GD_FLOAT64, 4, numbers);
    assert_true(H5Tclose(three) >= 0 && H5Tclose(nibble) >= 0);
}

static void numpy_bools_are_read_as_numbers(void **state) {
    (void)state;
    const int8_t written[] = {0, 1, 1, 0};
    const double numbers[] = {0, 1, 1, 0};
    hsize_t count = 4;
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    assert_true(H5Tenum_insert(type, "FALSE", &written[0]) >= 0 &&
                H5Tenum_insert(type, "TRUE", &written[1]) >= 0);
    hid_t file = H5Fcreate("foreign.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t set = H5Dcreate2(file, "x", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, written) >= 0);
    assert_true(H5Dclose(set) >= 0 && H5Sclose(space) >= 0 && H5Fclose(file) >= 0 &&
                H5Tclose(type) >= 0);
    expect_numbers(GD_INT8, 4, numbers);
}

static void what_is_no_number_is_refused(void **state) {
    (void)state;
    hsize_t three = 3;
    hid_t text = H5Tcopy(H5T_C_S1), compound = H5Tcreate(H5T_COMPOUND, 8), wide;
    assert_true(H5Tset_size(text, 5) >= 0 && H5Tinsert(compound, "a", 0, H5T_STD_I32LE) >= 0);
    hid_t array = H5Tarray_create2(H5T_IEEE_F32LE, 1, &three), list = H5Tvlen_create(H5T_STD_I8LE);
    wide = H5Tcopy(H5T_STD_I64LE);
    assert_true(H5Tset_size(wide, 16) >= 0 && H5Tset_precision(wide, 128) >= 0);
    const struct {
        hid_t type;
        const char *words;
    } cases[] = {{text, "foreign.h5: /x holds strings; integers"},
                 {compound, "/x holds compounds"},
                 {array, "/x holds arrays"},
                 {list, "/x holds lists of varying length"},
                 {wide, "/x holds integers of more than 64 bits"},
                 {H5T_STD_REF_OBJ, "/x holds references"},
                 {H5T_STD_B8LE, "/x holds raw bits"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gd_store *store;
        gd_shape shape;
        write_numbers(cases[i].type, 2, NULL);
        expect_ok(gd_store_open("foreign.h5", &store));
        expect_error(gd_store_shape(store, "/x", &shape), GD_BAD_INPUT, cases[i].words);
        expect_ok(gd_store_close(&store));
    }
    assert_true(H5Tclose(text) >= 0 && H5Tclose(compound) >= 0 && H5Tclose(array) >= 0 &&
                H5Tclose(list) >= 0 && H5Tclose(wide) >= 0);
}

static void write_space(hid_t space) {
    hid_t file = H5Fcreate("foreign.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    int rank = H5Sget_simple_extent_ndims(space);
    assert_true(rank == 0 || H5Pset_chunk(properties, rank, chunk) >= 0);
    hid_t set = H5Dcreate2(file, "x", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    assert_true(H5Dclose(set) >= 0 && H5Sclose(space) >= 0 && H5Pclose(properties) >= 0 &&
                H5Fclose(file) >= 0);
}

static void shapes_that_no_array_here_has_are_refused(void **state) {
    (void)state;
    const hsize_t nine[] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, huge[] = {1ull << 31, 1ull << 31, 8};
    const struct {
        hid_t space;
        const char *words;
    } cases[] = {{H5Screate(H5S_NULL), "/x has 0 dimensions and no data"},
                 {H5Screate_simple(9, nine, NULL), "/x has 9 dimensions; 0 to 8 are possible"},
                 {H5Screate_simple(3, huge, NULL), "/x is larger than any memory"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gd_store *store;
        gd_shape shape;
        write_space(cases[i].space);
        expect_ok(gd_store_open("foreign.h5", &store));
        expect_error(gd_store_shape(store, "/x", &shape), GD_BAD_INPUT, cases[i].words);
        expect_ok(gd_store_close(&store));
    }
}

static void compressed_chunks_that_may_grow_are_read(void **state) {
    (void)state;
    enum { ROWS = 50, WIDTH = 6 };
    int16_t numbers[ROWS * WIDTH], back[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++) {
        numbers[i] = (int16_t)(i / 5);
    }
    const hsize_t dims[] = {ROWS, WIDTH}, most[] = {H5S_UNLIMITED, WIDTH}, chunk[] = {7, 4};
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_chunk(properties, 2, chunk) >= 0 && H5Pset_shuffle(properties) >= 0 &&
                H5Pset_deflate(properties, 6) >= 0);
    hid_t file = H5Fcreate("foreign.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, dims, most);
    hid_t set = H5Dcreate2(file, "x", H5T_STD_I16BE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_INT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0);
    assert_true(H5Dclose(set) >= 0 && H5Sclose(space) >= 0 && H5Fclose(file) >= 0 &&
                H5Pclose(properties) >= 0);
    gd_store *store;
    expect_ok(gd_store_open("foreign.h5", &store));
    for (int first = 0; first < ROWS; first += 3) {
        expect_ok(gd_store_read(store, "/x", first, ROWS - first, GD_INT16, back));
        assert_memory_equal(back, numbers + first * WIDTH, sizeof *back * (ROWS - first) * WIDTH);
    }
    expect_ok(gd_store_close(&store));
}

static void expect_storage(const char *layout, int64_t chunk_rows, const char *filters) {
    gd_store *store;
    gd_storage storage;
    expect_ok(gd_store_open("foreign.h5", &store));
    expect_ok(gd_store_storage(store, "/x", &storage));
    assert_string_equal(storage.layout, layout);
    assert_int_equal(storage.chunk[0], chunk_rows);
    assert_string_equal(storage.filters, filters);
    assert_true(storage.bytes > 0);
    expect_ok(gd_store_close(&store));
}

static void the_storage_of_a_data_set_is_told(void **state) {
    (void)state;
    compressed_chunks_that_may_grow_are_read(state);
    expect_storage("chunks", 7, "shuffle, gzip");
    write_numbers(H5T_NATIVE_INT, 3, (double[]){1, 2, 3});
    expect_storage("contiguous", 0, "");
    gd_store *store;
    gd_storage storage;
    expect_ok(gd_store_open("foreign.h5", &store));
    expect_ok(gd_store_storage(store, "/x", &storage));
    assert_int_equal(storage.bytes, 3 * sizeof(int));
    expect_error(gd_store_storage(store, "/y", &storage), GD_BAD_INPUT, "no data set /y");
    expect_ok(gd_store_close(&store));
}

static void expect_refused(const char *words) {
    gd_store *store;
    gd_shape shape;
    expect_ok(gd_store_open("foreign.h5", &store));
    expect_error(gd_store_shape(store, "/x", &shape), GD_BAD_INPUT, words);
    expect_ok(gd_store_close(&store));
}

static size_t keep(unsigned flags, size_t count, const unsigned values[], size_t bytes,
                   size_t *size, void **block) {
    (void)flags;
    (void)count;
    (void)values;
    (void)size;
    (void)block;
    return bytes;
}

/* The library writes with a filter that is taken away before the file is read. */
static void a_filter_that_is_not_installed_is_named(void **state) {
    (void)state;
    enum { FILTER = 511 }; /* of those for tests, which no one registers */
    const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, FILTER, 1, 1, "packed", NULL, NULL, keep};
    const hsize_t count = 4;
    const double numbers[] = {1, 2, 3, 4};
    for (int named = 0; named < 2; named++) {
        hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
        assert_true(!named || H5Zregister(&filter) >= 0);
        assert_true(H5Pset_chunk(properties, 1, &count) >= 0 &&
                    H5Pset_filter(properties, FILTER, H5Z_FLAG_OPTIONAL, 0, NULL) >= 0);
        hid_t file = H5Fcreate("foreign.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        hid_t space = H5Screate_simple(1, &count, NULL);
        hid_t set =
            H5Dcreate2(file, "x", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
        assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0);
        assert_true(H5Dclose(set) >= 0 && H5Sclose(space) >= 0 && H5Fclose(file) >= 0 &&
                    H5Pclose(properties) >= 0);
        if (named) {
            expect_numbers(GD_FLOAT64, 4, numbers);
            assert_true(H5Zunregister(FILTER) >= 0);
        }
        expect_refused(named ? "foreign.h5: /x needs the HDF5 filter 511 (packed), which is not "
                               "installed; rewrite it with gzip"
                             : "foreign.h5: /x needs the HDF5 filter 511, which");
    }
}

/* Makes "x" of `file` the data set "x" of `source`. */
static void write_virtual(const char *file_name, const char *source) {
    const hsize_t count = 4;
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &count, NULL);
    assert_true(H5Pset_virtual(properties, space, source, "x", space) >= 0);
    hid_t file = H5Fcreate(file_name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t set = H5Dcreate2(file, "x", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    assert_true(H5Dclose(set) >= 0 && H5Sclose(space) >= 0 && H5Fclose(file) >= 0 &&
                H5Pclose(properties) >= 0);
}

static void the_missing_source_of_a_virtual_data_set_is_named(void **state) {
    (void)state;
    write_virtual("foreign.h5", "missing.h5");
    expect_refused("foreign.h5: /x is a virtual data set, and its source missing.h5 is not there");
    write_virtual("foreign.h5", "/missing/source.h5");
    expect_refused("its source /missing/source.h5 is not there");
}

/* The library and the check look for a source in the same places. */
static void a_virtual_data_set_is_read_where_its_source_is_found(void **state) {
    (void)state;
    const double numbers[] = {1, 2, 3, 4};
    const char *const sources[] = {"source.h5", "/missing/source.h5"};
    write_numbers(H5T_IEEE_F64LE, 4, numbers);
    expect_ok(gd_folder_make("beside"));
    assert_int_equal(rename("foreign.h5", "beside/source.h5"), 0);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        gd_store *store;
        gd_shape shape;
        double got[4];
        write_virtual("beside/virtual.h5", sources[i]);
        expect_ok(gd_file_link("beside/virtual.h5", "foreign.h5"));
        const char *const names[] = {"beside/virtual.h5", "foreign.h5"};
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            expect_ok(gd_store_open(names[j], &store));
            expect_ok(gd_store_shape(store, "/x", &shape));
            expect_ok(gd_store_read(store, "/x", 0, 4, GD_FLOAT64, got));
            assert_memory_equal(got, numbers, sizeof got);
            expect_ok(gd_store_close(&store));
        }
    }
    assert_int_equal(remove("foreign.h5"), 0);
}

static void attributes_of_other_programs_are_read(void **state) {
    (void)state;
    char *text;
    gd_store *store;
    hid_t file = H5Fcreate("other.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate(H5S_SCALAR), varying = H5Tcopy(H5T_C_S1), padded = H5Tcopy(H5T_C_S1);
    assert_true(H5Tset_size(varying, H5T_VARIABLE) >= 0 && H5Tset_size(padded, 6) >= 0);
    assert_true(H5Tset_strpad(padded, H5T_STR_SPACEPAD) >= 0);
    const char *value = "of any length";
    hid_t first = H5Acreate2(file, "varying", varying, space, H5P_DEFAULT, H5P_DEFAULT);
    hid_t second = H5Acreate2(file, "padded", padded, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(first, varying, &value) >= 0 && H5Awrite(second, padded, "abc   ") >= 0);
    assert_true(H5Aclose(first) >= 0 && H5Aclose(second) >= 0 && H5Tclose(varying) >= 0 &&
                H5Tclose(padded) >= 0 && H5Sclose(space) >= 0 && H5Fclose(file) >= 0);
    expect_ok(gd_store_open("other.h5", &store));
    expect_ok(gd_store_get_text(store, "/", "varying", &text));
    assert_string_equal(text, "of any length");
    gd_memory_free(&text);
    expect_ok(gd_store_get_text(store, "/", "padded", &text));
    assert_string_equal(text, "abc");
    gd_memory_free(&text);
    expect_ok(gd_store_close(&store));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(big_endian_numbers_are_read),
        cmocka_unit_test(sixteen_bit_floats_are_read_as_float32),
        cmocka_unit_test(odd_sizes_are_read_as_the_next_larger_type),
        cmocka_unit_test(numpy_bools_are_read_as_numbers),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(shapes_that_no_array_here_has_are_refused),
        cmocka_unit_test(compressed_chunks_that_may_grow_are_read),
        cmocka_unit_test(the_storage_of_a_data_set_is_told),
        cmocka_unit_test(a_filter_that_is_not_installed_is_named),
        cmocka_unit_test(the_missing_source_of_a_virtual_data_set_is_named),
        cmocka_unit_test(a_virtual_data_set_is_read_where_its_source_is_found),
        cmocka_unit_test(attributes_of_other_programs_are_read),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
