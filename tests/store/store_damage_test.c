/* Files that are missing, damaged, or cannot be written. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/data_files.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"

/* HDF5 itself loses memory when it meets damaged metadata; AddressSanitizer asks here what to
 * overlook. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libhdf5\n";
}

static void write_bytes(const char *path, const char *bytes, size_t count) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

enum { ROWS = 5, WIDTH = 7 };

/* All that the sample file holds. */
typedef struct content {
    double matrix[ROWS * WIDTH], scalar;
    uint8_t bytes[ROWS];
    int64_t integer;
    char text[16];
} content;

static content sample_content(void) {
    content all = {.scalar = 2.5, .integer = 42, .bytes = {1, 2, 3, 4, 5}, .text = "a = b"};
    for (int i = 0; i < ROWS * WIDTH; i++) {
        all.matrix[i] = 1.0 / (1 + i);
    }
    return all;
}

static gd_status add(gd_store *store, const char *name, gd_shape shape, const void *data) {
    gd_status status = gd_store_add(store, name, &shape, GD_CHECKED);
    return status != GD_OK ? status
                           : gd_store_write(store, name, 0, shape.rank == 0 ? 1 : shape.dims[0],
                                            shape.type, data);
}

static void write_sample(const char *path) {
    content all = sample_content();
    gd_store *store;
    expect_ok(gd_store_create(path, &store));
    expect_ok(add(store, "/a/matrix", (gd_shape){GD_FLOAT64, 2, {ROWS, WIDTH}}, all.matrix));
    expect_ok(add(store, "/a/bytes", (gd_shape){GD_UINT8, 1, {ROWS}}, all.bytes));
    expect_ok(add(store, "/scalar", (gd_shape){GD_FLOAT64, 0, {0}}, &all.scalar));
    expect_ok(gd_store_set_integer(store, "/a", "integer", all.integer));
    expect_ok(gd_store_set_text(store, "/", "text", all.text));
    expect_ok(gd_store_close(&store));
}

static gd_status read_shaped(gd_store *store, const char *name, gd_shape wanted, void *out) {
    gd_shape shape;
    gd_status status = gd_store_shape(store, name, &shape);
    if (status != GD_OK) {
        return status;
    }
    if (memcmp(&shape, &wanted, sizeof shape) != 0) {
        return gd_status_new(GD_DIVERGED, "%s has another shape, unnoticed", name);
    }
    return gd_store_read(store, name, 0, shape.rank == 0 ? 1 : shape.dims[0], shape.type, out);
}

static gd_status read_sample(const char *path, content *all) {
    char *text = NULL;
    gd_store *store;
    *all = (content){0};
    gd_status status = gd_store_open(path, &store);
    if (status == GD_OK) {
        status =
            read_shaped(store, "/a/matrix", (gd_shape){GD_FLOAT64, 2, {ROWS, WIDTH}}, all->matrix);
    }
    if (status == GD_OK) {
        status = read_shaped(store, "/a/bytes", (gd_shape){GD_UINT8, 1, {ROWS}}, all->bytes);
    }
    if (status == GD_OK) {
        status = read_shaped(store, "/scalar", (gd_shape){GD_FLOAT64, 0, {0}}, &all->scalar);
    }
    if (status == GD_OK) {
        status = gd_store_get_integer(store, "/a", "integer", &all->integer);
    }
    if (status == GD_OK) {
        status = gd_store_get_text(store, "/", "text", &text);
    }
    if (status == GD_OK) {
        snprintf(all->text, sizeof all->text, "%s", text);
    }
    gd_memory_free(&text);
    gd_status closed = gd_store_close(&store);
    gd_status_free(&closed);
    return status;
}

/* Whether a reader of the file either fails, with a message that names it, or gets all of the
 * sample. */
static bool failed_or_whole(const char *path, bool *failed) {
    content all, whole = sample_content();
    gd_status status = read_sample(path, &all);
    gd_code code = gd_status_code(status);
    *failed = status != GD_OK;
    bool fine = *failed ? (code == GD_FAILED || code == GD_BAD_INPUT) &&
                              strncmp(gd_status_message(status), path, strlen(path)) == 0
                        : memcmp(&all, &whole, sizeof all) == 0;
    gd_status_free(&status);
    return fine;
}

static void a_truncated_file_is_never_taken_for_whole(void **state) {
    (void)state;
    char *bytes;
    size_t count;
    bool failed;
    write_sample("whole.h5");
    assert_true(failed_or_whole("whole.h5", &failed) && !failed);
    expect_ok(gd_file_read("whole.h5", &bytes, &count));
    for (size_t length = 0; length < count; length += length < 100 ? 1 : 37) {
        write_bytes("cut.h5", bytes, length);
        assert_true(failed_or_whole("cut.h5", &failed) && failed);
    }
    write_bytes("cut.h5", bytes, count - 1);
    assert_true(failed_or_whole("cut.h5", &failed) && failed);
    gd_memory_free(&bytes);
}

static void no_flipped_bit_goes_unnoticed(void **state) {
    (void)state;
    char *bytes;
    size_t count, noticed = 0;
    bool failed;
    write_sample("whole.h5");
    expect_ok(gd_file_read("whole.h5", &bytes, &count));
    int file = open("whole.h5", O_RDWR);
    assert_true(file >= 0);
    for (size_t i = 0; i < count; i++) {
        char flipped = (char)(bytes[i] ^ 1 << i % 8);
        assert_int_equal(pwrite(file, &flipped, 1, (off_t)i), 1);
        if (!failed_or_whole("whole.h5", &failed)) {
            fail_msg("byte %zu of %zu", i, count);
        }
        noticed += failed ? 1 : 0;
        assert_int_equal(pwrite(file, &bytes[i], 1, (off_t)i), 1);
    }
    assert_int_equal(close(file), 0);
    /* The rest is unused space; the numbers alone are 300 bytes. */
    assert_true(noticed > 600);
    gd_memory_free(&bytes);
}

static void a_wrong_checksum_is_said_to_be_one(void **state) {
    (void)state;
    char *bytes;
    size_t count, place = 0;
    content all = sample_content();
    write_sample("whole.h5");
    expect_ok(gd_file_read("whole.h5", &bytes, &count));
    while (memcmp(bytes + place, all.matrix, sizeof all.matrix) != 0) {
        place++;
        assert_true(place + sizeof all.matrix <= count);
    }
    bytes[place + 100] ^= 4;
    write_bytes("flipped.h5", bytes, count);
    expect_error(read_sample("flipped.h5", &all), GD_FAILED,
                 "flipped.h5: cannot read /a/matrix: data error detected by Fletcher32 checksum");
    gd_memory_free(&bytes);
}

static void what_is_no_hdf5_file_is_told_apart(void **state) {
    (void)state;
    gd_store *store;
    char *bytes;
    size_t count;
    write_sample("whole.h5");
    expect_ok(gd_file_read("whole.h5", &bytes, &count));
    write_bytes("cut.h5", bytes, count / 2);
    write_bytes("head.h5", bytes, 20);
    write_bytes("empty.h5", bytes, 0);
    write_bytes("text.h5", "x,y\n1,2\n", 8);
    assert_int_equal(mkdir("folder.h5", 0777), 0);
    expect_error(gd_store_open("missing.h5", &store), GD_BAD_INPUT, "missing.h5: no such file");
    assert_null(store);
    expect_error(gd_store_open("text.h5/x", &store), GD_BAD_INPUT, "Not a directory");
    expect_error(gd_store_open("folder.h5", &store), GD_BAD_INPUT, "folder.h5: is a folder");
    expect_error(gd_store_open("text.h5", &store), GD_BAD_INPUT, "text.h5: is not an HDF5 file");
    expect_error(gd_store_open("empty.h5", &store), GD_BAD_INPUT, "is not an HDF5 file");
    expect_error(gd_store_open("head.h5", &store), GD_BAD_INPUT, "truncated or damaged");
    expect_error(gd_store_open("cut.h5", &store), GD_BAD_INPUT,
                 "truncated or damaged: truncated file: eof = ");
    gd_memory_free(&bytes);
}

static void a_file_that_cannot_be_made_is_told_with_the_reason(void **state) {
    (void)state;
    gd_store *store;
    assert_int_equal(mkdir("occupied", 0777), 0);
    expect_error(gd_store_create("nowhere/x.h5", &store), GD_FAILED,
                 "nowhere/x.h5: cannot make this file: No such file or directory");
    assert_null(store);
    expect_error(gd_store_create("occupied", &store), GD_FAILED, "Is a directory");
}

/* What a process sees that may write `most` bytes to a file: whether it is told what went wrong, or
 * else nothing did. */
static bool write_limited(const char *path, rlim_t most, gd_layout layout) {
    static const char zeros[1 << 18];
    const struct rlimit limit = {most, most};
    gd_shape shape = {GD_UINT8, 2, {4, 1 << 16}};
    gd_store *store;
    struct stat about;
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        return false;
    }
    gd_status status = gd_store_create(path, &store);
    if (status == GD_OK) {
        status = gd_store_add(store, "/a/x", &shape, layout);
    }
    for (int row = 0; row < 4 && status == GD_OK; row++) {
        status = gd_store_write(store, "/a/x", row, 1, GD_UINT8, zeros);
    }
    gd_status closed = gd_store_close(&store);
    gd_status first = status != GD_OK ? status : closed;
    bool whole = stat(path, &about) == 0 && about.st_size >= (off_t)sizeof zeros;
    bool told = first == GD_OK ? whole
                               : gd_status_code(first) == GD_FAILED &&
                                     strstr(gd_status_message(first), "File too large") != NULL;
    if (!told) {
        print_error("%zu: %s\n", (size_t)most, gd_status_message(first));
    }
    gd_status_free(&status);
    gd_status_free(&closed);
    return told;
}

static void a_full_disk_is_told_with_the_reason(void **state) {
    (void)state;
    static const rlim_t limits[] = {0,    40,     50,     500,    1000,   2000,
                                    4000, 100000, 262000, 263000, 1 << 20};
    for (size_t i = 0; i < 2 * sizeof limits / sizeof *limits; i++) {
        int how;
        gd_layout layout = i % 2 == 0 ? GD_CHECKED : GD_CONTIGUOUS;
        assert_int_equal(fflush(NULL), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            /* With all that the library does at the end of a process. */
            exit(write_limited("full.h5", limits[i / 2], layout) ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), 0);
    }
}

/* Ends as `context` says: by a signal, or with an error. */
static gd_status end_by(void *context) {
    int number = *(const int *)context;
    if (number > 0 && raise(number) != 0) {
        return gd_status_new(GD_FAILED, "no signal");
    }
    return number == 0 ? GD_OK : gd_status_new(GD_BAD_INPUT, "x.h5: no such thing");
}

static void a_reader_that_crashes_is_survived(void **state) {
    (void)state;
    int crash = SIGSEGV, loop = SIGXCPU, late = SIGALRM, killed = SIGKILL, fine = 0, error = -1;
    expect_error(gd_store_guard("x.h5", end_by, &crash), GD_BAD_INPUT,
                 "x.h5: is damaged: the HDF5 library crashes when it reads it (signal 11)");
    expect_error(gd_store_guard("x.h5", end_by, &loop), GD_BAD_INPUT,
                 "x.h5: is damaged: the HDF5 library reads it without coming to an end");
    expect_error(gd_store_guard("x.h5", end_by, &late), GD_FAILED,
                 "x.h5: to read it has taken too long");
    expect_error(gd_store_guard("x.h5", end_by, &killed), GD_FAILED, "has ended with signal 9");
    expect_error(gd_store_guard("x.h5", end_by, &error), GD_BAD_INPUT, "x.h5: no such thing");
    expect_ok(gd_store_guard("x.h5", end_by, &fine));
}

static void what_was_never_written_is_not_read(void **state) {
    (void)state;
    gd_shape shape = {GD_FLOAT32, 2, {1 << 20, 1 << 20}};
    gd_store *store;
    for (int i = 0; i < 2; i++) {
        expect_ok(gd_store_create("hollow.h5", &store));
        expect_ok(gd_store_add(store, "/x", &shape, i == 0 ? GD_CONTIGUOUS : GD_CHECKED));
        expect_ok(gd_store_close(&store));
        expect_ok(gd_store_open("hollow.h5", &store));
        expect_error(gd_store_shape(store, "/x", &shape), GD_BAD_INPUT,
                     "hollow.h5: /x was never written: the file holds none of it");
        expect_ok(gd_store_close(&store));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_truncated_file_is_never_taken_for_whole),
        cmocka_unit_test(no_flipped_bit_goes_unnoticed),
        cmocka_unit_test(a_wrong_checksum_is_said_to_be_one),
        cmocka_unit_test(what_is_no_hdf5_file_is_told_apart),
        cmocka_unit_test(a_file_that_cannot_be_made_is_told_with_the_reason),
        cmocka_unit_test(a_full_disk_is_told_with_the_reason),
        cmocka_unit_test(a_reader_that_crashes_is_survived),
        cmocka_unit_test(what_was_never_written_is_not_read),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
