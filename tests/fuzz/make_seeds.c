/* Writes the files that fuzzing starts from, small and valid, of every kind that a reader may meet.
 *
 * make_seeds data|checkpoint|idx|import FOLDER */
#include <hdf5.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_tensors.h"

enum { ROWS = 9, WIDTH = 4 };

/* How the numbers of a data file are kept. */
typedef struct kind {
    const char *name;
    H5F_libver_t oldest, newest; /* of the file format */
    H5D_layout_t layout;
    bool grows; /* has no largest number of rows, so that its chunks have another index */
    bool chunk_of_all;
    H5Z_filter_t filter; /* 0: none */
} kind;

static const kind kinds[] = {
    {"contiguous", H5F_LIBVER_EARLIEST, H5F_LIBVER_V18, H5D_CONTIGUOUS, false, false, 0},
    {"contiguous-new", H5F_LIBVER_V110, H5F_LIBVER_V110, H5D_CONTIGUOUS, false, false, 0},
    {"compact", H5F_LIBVER_EARLIEST, H5F_LIBVER_V18, H5D_COMPACT, false, false, 0},
    {"compact-new", H5F_LIBVER_V110, H5F_LIBVER_V110, H5D_COMPACT, false, false, 0},
    {"chunks", H5F_LIBVER_EARLIEST, H5F_LIBVER_V18, H5D_CHUNKED, false, false, 0},
    {"chunks-gzip", H5F_LIBVER_EARLIEST, H5F_LIBVER_V18, H5D_CHUNKED, false, false,
     H5Z_FILTER_DEFLATE},
    {"chunks-shuffle", H5F_LIBVER_EARLIEST, H5F_LIBVER_V18, H5D_CHUNKED, true, false,
     H5Z_FILTER_SHUFFLE},
    {"chunks-checked", H5F_LIBVER_EARLIEST, H5F_LIBVER_V18, H5D_CHUNKED, false, false,
     H5Z_FILTER_FLETCHER32},
    {"chunks-nbit", H5F_LIBVER_EARLIEST, H5F_LIBVER_V18, H5D_CHUNKED, false, false,
     H5Z_FILTER_NBIT},
    {"chunks-offset", H5F_LIBVER_EARLIEST, H5F_LIBVER_V18, H5D_CHUNKED, false, false,
     H5Z_FILTER_SCALEOFFSET},
    {"chunks-new", H5F_LIBVER_V110, H5F_LIBVER_V110, H5D_CHUNKED, false, false,
     H5Z_FILTER_FLETCHER32},
    {"chunks-new-gzip", H5F_LIBVER_V110, H5F_LIBVER_V110, H5D_CHUNKED, false, false,
     H5Z_FILTER_DEFLATE},
    {"chunks-new-grows", H5F_LIBVER_V110, H5F_LIBVER_V110, H5D_CHUNKED, true, false,
     H5Z_FILTER_DEFLATE},
    {"chunk-new", H5F_LIBVER_V110, H5F_LIBVER_V110, H5D_CHUNKED, false, true, H5Z_FILTER_DEFLATE},
};

static void check(bool fine, const char *what) {
    if (!fine) {
        broken(what);
    }
}

static bool add_filter(hid_t properties, H5Z_filter_t filter) {
    switch (filter) {
    case H5Z_FILTER_DEFLATE:
        return H5Pset_shuffle(properties) >= 0 && H5Pset_deflate(properties, 6) >= 0;
    case H5Z_FILTER_SHUFFLE:
        return H5Pset_shuffle(properties) >= 0;
    case H5Z_FILTER_FLETCHER32:
        return H5Pset_fletcher32(properties) >= 0;
    case H5Z_FILTER_NBIT:
        return H5Pset_nbit(properties) >= 0;
    case H5Z_FILTER_SCALEOFFSET:
        return H5Pset_scaleoffset(properties, H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT) >= 0;
    default:
        return true;
    }
}

static void add_set(hid_t group, const char *name, const kind *kind, hid_t type, int rank) {
    const hsize_t dims[] = {ROWS, WIDTH}, chunk[] = {kind->chunk_of_all ? ROWS : 4, WIDTH};
    const hsize_t most[] = {kind->grows ? H5S_UNLIMITED : ROWS, WIDTH};
    double numbers[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++) {
        numbers[i] = i % 7;
    }
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(rank, dims, most);
    check(H5Pset_layout(properties, kind->layout) >= 0, "a layout");
    check(kind->layout != H5D_CHUNKED || H5Pset_chunk(properties, rank, chunk) >= 0, "chunks");
    check(add_filter(properties, kind->filter), "a filter");
    hid_t set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    check(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0, name);
    check(H5Dclose(set) >= 0 && H5Sclose(space) >= 0 && H5Pclose(properties) >= 0, name);
}

static hid_t new_file(const char *name, H5F_libver_t oldest, H5F_libver_t newest) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    check(H5Pset_libver_bounds(access, oldest, newest) >= 0, "a format");
    hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    check(file >= 0 && H5Pclose(access) >= 0, name);
    return file;
}

static hid_t add_group(hid_t file, const char *name) {
    hid_t group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    check(group >= 0, name);
    return group;
}

static void write_kind(const kind *kind) {
    char name[64];
    bool whole = kind->filter == H5Z_FILTER_SCALEOFFSET;
    snprintf(name, sizeof name, "%s.h5", kind->name);
    hid_t file = new_file(name, kind->oldest, kind->newest);
    hid_t group = add_group(file, "train");
    add_set(group, "x", kind, whole ? H5T_STD_I16LE : H5T_IEEE_F32LE, 2);
    add_set(group, "y", kind, H5T_STD_U8LE, 1);
    check(H5Gclose(group) >= 0 && H5Fclose(file) >= 0, name);
}

/* Numbers of other kinds than today's processors have: big-endian, enumerated, of odd widths. */
static void write_types(void) {
    const kind plain = {.layout = H5D_CONTIGUOUS};
    hid_t file = new_file("types.h5", H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
    hid_t train = add_group(file, "train"), val = add_group(file, "val");
    hid_t truth = H5Tenum_create(H5T_STD_I8LE), odd = H5Tcopy(H5T_STD_I32BE);
    const signed char values[] = {0, 1};
    check(H5Tenum_insert(truth, "FALSE", &values[0]) >= 0, "an enumeration");
    check(H5Tenum_insert(truth, "TRUE", &values[1]) >= 0, "an enumeration");
    check(H5Tset_precision(odd, 17) >= 0 && H5Tset_offset(odd, 3) >= 0, "17 bits");
    check(H5Tcommit2(file, "truth", truth, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT) >= 0, "a type");
    add_set(train, "x", &plain, H5T_IEEE_F64BE, 2);
    add_set(train, "y", &plain, odd, 1);
    add_set(val, "x", &plain, H5T_STD_I64BE, 2);
    hid_t set = H5Dcreate2(val, "y", truth, H5Screate_simple(1, (hsize_t[]){ROWS}, NULL),
                           H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    signed char all[ROWS] = {0, 1, 1};
    check(H5Dwrite(set, truth, H5S_ALL, H5S_ALL, H5P_DEFAULT, all) >= 0, "an enumeration");
    check(H5Dclose(set) >= 0 && H5Fclose(file) >= 0, "types.h5");
}

/* Links of every kind, in a circle too, and sets that lie elsewhere. */
static void write_links(void) {
    const kind plain = {.layout = H5D_CONTIGUOUS};
    const hsize_t dims[] = {ROWS, WIDTH};
    hid_t file = new_file("links.h5", H5F_LIBVER_V18, H5F_LIBVER_V110);
    hid_t group = add_group(file, "train"), val = add_group(file, "val");
    add_set(group, "rows", &plain, H5T_IEEE_F32LE, 2);
    check(H5Lcreate_soft("/val/back", group, "x", H5P_DEFAULT, H5P_DEFAULT) >= 0, "a link");
    check(H5Lcreate_soft("/train/rows", val, "back", H5P_DEFAULT, H5P_DEFAULT) >= 0, "a link");
    check(H5Lcreate_soft("y", group, "y", H5P_DEFAULT, H5P_DEFAULT) >= 0, "a circle");
    check(H5Lcreate_hard(file, "/", group, "up", H5P_DEFAULT, H5P_DEFAULT) >= 0, "a circle");
    check(H5Lcreate_external("chunks.h5", "/train/y", val, "y", H5P_DEFAULT, H5P_DEFAULT) >= 0,
          "a link out");
    hid_t space = H5Screate_simple(2, dims, NULL), properties = H5Pcreate(H5P_DATASET_CREATE);
    check(H5Pset_virtual(properties, space, "contiguous.h5", "/train/x", space) >= 0, "a source");
    check(H5Dcreate2(val, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT) >= 0,
          "a virtual set");
    check(H5Fclose(file) >= 0, "links.h5");

    file = new_file("elsewhere.h5", H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
    group = add_group(file, "train");
    properties = H5Pcreate(H5P_DATASET_CREATE);
    check(H5Pset_external(properties, "compact.h5", 0, sizeof(float) * ROWS * WIDTH) >= 0, "raw");
    check(H5Dcreate2(group, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT) >= 0,
          "a set elsewhere");
    add_set(group, "y", &plain, H5T_STD_I32LE, 1);
    check(H5Fclose(file) >= 0, "elsewhere.h5");
}

/* More names than a group keeps in one place, attributes, and types that are no numbers. */
static void write_names(void) {
    const kind plain = {.layout = H5D_CONTIGUOUS};
    char name[32];
    hid_t file = new_file("names.h5", H5F_LIBVER_V110, H5F_LIBVER_V110);
    hid_t group = add_group(file, "train"), text = H5Tcopy(H5T_C_S1);
    hid_t one = H5Screate(H5S_SCALAR), pair = H5Tcreate(H5T_COMPOUND, 12);
    check(H5Tset_size(text, H5T_VARIABLE) >= 0, "a text");
    check(H5Tinsert(pair, "a", 0, H5T_NATIVE_INT) >= 0, "a pair");
    check(H5Tinsert(pair, "b", 4, H5T_NATIVE_DOUBLE) >= 0, "a pair");
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "name %d", i);
        check(H5Gclose(add_group(group, name)) >= 0, name);
        check(H5Acreate2(group, name, i % 2 == 0 ? text : H5T_STD_I32LE, one, H5P_DEFAULT,
                         H5P_DEFAULT) >= 0,
              name);
    }
    add_set(group, "x", &plain, H5T_IEEE_F32LE, 2);
    check(H5Dcreate2(group, "y", pair, H5Screate_simple(1, (hsize_t[]){ROWS}, NULL), H5P_DEFAULT,
                     H5P_DEFAULT, H5P_DEFAULT) >= 0,
          "pairs");
    check(H5Fclose(file) >= 0, "names.h5");
}

static void add_text(hid_t set, const char *key, const char *value) {
    hid_t text = H5Tcopy(H5T_C_S1), one = H5Screate(H5S_SCALAR);
    check(H5Tset_size(text, strlen(value)) >= 0, "a text");
    hid_t attribute = H5Acreate2(set, key, text, one, H5P_DEFAULT, H5P_DEFAULT);
    check(H5Awrite(attribute, text, value) >= 0 && H5Aclose(attribute) >= 0, key);
}

/* What import says of columns and classes; one of another kind. */
static void write_attributes(void) {
    const kind plain = {.layout = H5D_CONTIGUOUS};
    hid_t file = new_file("attributes.h5", H5F_LIBVER_V110, H5F_LIBVER_V110);
    hid_t group = add_group(file, "train"), one = H5Screate(H5S_SCALAR);
    add_set(group, "x", &plain, H5T_IEEE_F32LE, 2);
    add_set(group, "y", &plain, H5T_STD_U8LE, 1);
    hid_t x = H5Dopen2(group, "x", H5P_DEFAULT), y = H5Dopen2(group, "y", H5P_DEFAULT);
    add_text(x, "columns", "a\nb\nc=d\ne");
    add_text(y, "classes", "no\nyes");
    add_text(file, "format", "something else");
    check(H5Acreate2(y, "columns", H5T_STD_I32LE, one, H5P_DEFAULT, H5P_DEFAULT) >= 0, "a number");
    check(H5Dclose(x) >= 0 && H5Dclose(y) >= 0 && H5Fclose(file) >= 0, "attributes.h5");
}

static void write_data(void) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        write_kind(&kinds[i]);
    }
    write_types();
    write_links();
    write_names();
    write_attributes();
}

static void write_checkpoint(void) {
    gd_status status = fuzz_checkpoint_write("checkpoint.h5");
    check(status == GD_OK, gd_status_message(status));
}

static void write_bytes(const char *name, size_t count, const uint8_t *bytes) {
    FILE *file = fopen(name, "wb");
    check(file != NULL && fwrite(bytes, 1, count, file) == count && fclose(file) == 0, name);
}

/* Labels and pictures behind each other, as fuzz_idx.c takes them apart. */
static void write_idx(void) {
    const uint8_t bytes[] = {12, 0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 2, 3, 0, 0, 13, 2, 0, 0, 0, 4,
                             0,  0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2,  3, 4, 5, 6};
    write_bytes("plain.idx", sizeof bytes, bytes);
}

static void write_text(const char *name, const char *text) {
    write_bytes(name, strlen(text), (const uint8_t *)text);
}

/* Adds an array of numpy.save: a header's text and behind it so many bytes of numbers. */
static size_t add_npy(uint8_t *bytes, size_t at, const char *text, size_t count, size_t numbers) {
    memcpy(bytes + at, "\x93NUMPY\1", 8);
    bytes[at + 8] = (uint8_t)(count - numbers);
    memcpy(bytes + at + 10, text, count);
    return at + 10 + count;
}

/* The first byte says which format and options, as fuzz_import.c takes it. */
static void write_import(void) {
    static const char x[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }12345678";
    static const char y[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\0\1";
    uint8_t pair[256] = {'7'};
    write_text("plain.csv", "0a,b,c\n1,2.5,x\n-3,4e1,\"y \"\"z\"\"\"\n");
    write_text("semicolons.csv", "1\xef\xbb\xbf"
                                 "a;b\r\n1;u\r\n;v\r\nNA;u\r\n3;v\r\n");
    write_text("numbers.csv", "21,2,3\n4,5,6.5\n\n7,8,?\n");
    write_text("categories.csv",
               "3color\tn\ty\nred\t1\t0\n\t2\t1\nblue\t3\t0\nred\t\t1\nred\t5\t0\n");
    write_text("classes.svm", "4+1 1:0.5 3:2 # one\n-1 2:1\n\n");
    write_text("values.svm", "51.5 0:1\n-2 2:3 8:1e-3\n7 \n");
    size_t count = add_npy(pair, 2, y, sizeof y - 1, 2);
    pair[1] = (uint8_t)(count - 2);
    count = add_npy(pair, count, x, sizeof x - 1, 8);
    write_bytes("pair.npy", count, pair);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*write)(void);
    } all[] = {{"data", write_data},
               {"checkpoint", write_checkpoint},
               {"idx", write_idx},
               {"import", write_import}};
    for (size_t i = 0; argc == 3 && i < sizeof all / sizeof *all; i++) {
        if (strcmp(argv[1], all[i].name) == 0) {
            check(chdir(argv[2]) == 0, argv[2]);
            all[i].write();
            return 0;
        }
    }
    fprintf(stderr, "usage: make_seeds data|checkpoint|idx|import FOLDER\n");
    return 2;
}
