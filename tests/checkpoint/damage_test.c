#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "checkpoint_support.h"
#include "gdmpi/checkpoint.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/seal.h"

/* HDF5 itself loses memory when it meets damaged metadata; AddressSanitizer asks here what to
 * overlook. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libhdf5\n";
}

enum { LEAST = 16 };

/* A small checkpoint; those of two units are of the same layout. */
static void write_sample(const char *path, double unit) {
    double vector[SIZE];
    gd_checkpoint *checkpoint;
    gd_checkpoint_header header = {
        .type = GD_FLOAT64, .config = "[model]\nlayers = dense 3\n", .progress = {.step = 1}};
    for (int i = 0; i < SIZE; i++) {
        vector[i] = unit / (1 + i);
    }
    expect_ok(gd_checkpoint_create(path, &header, &checkpoint));
    expect_ok(gd_checkpoint_add(checkpoint, "/params", &tensors, GD_FLOAT64, vector));
    expect_ok(gd_checkpoint_commit(&checkpoint));
}

/* A whole file in memory, and its copy on disk that is to be damaged. */
typedef struct sample {
    char *bytes;
    size_t count;
    int file;
} sample;

static void open_sample(sample *sample) {
    write_sample("whole.h5", 1);
    expect_ok(gd_file_read("whole.h5", &sample->bytes, &sample->count));
    expect_ok(gd_seal_check("whole.h5"));
    sample->file = open("whole.h5", O_RDWR);
    assert_true(sample->file >= 0);
}

static void close_sample(sample *sample) {
    assert_int_equal(close(sample->file), 0);
    gd_memory_free(&sample->bytes);
}

static void put(const sample *sample, const char *bytes, size_t at, size_t count) {
    assert_int_equal(pwrite(sample->file, bytes, count, (off_t)at), count);
}

/* Whether a reader is told, by a message that names the file. */
static bool is_told(void) {
    gd_checkpoint_header header;
    gd_status status = gd_checkpoint_read_header("whole.h5", &header);
    bool told = gd_status_code(status) == GD_BAD_INPUT &&
                strncmp(gd_status_message(status), "whole.h5: is ", 13) == 0;
    gd_status_free(&status);
    gd_checkpoint_header_free(&header);
    return told;
}

/* Other bytes at this place must be told, and the right ones again be whole. */
static void check_bytes(const sample *sample, const char *bytes, size_t at, size_t count) {
    if (memcmp(sample->bytes + at, bytes, count) == 0) {
        return;
    }
    put(sample, bytes, at, count);
    if (!is_told()) {
        fail_msg("%zu bytes from %zu of %zu", count, at, sample->count);
    }
    put(sample, sample->bytes + at, at, count);
}

/* In the block, whose text is read, in all ways; behind it, where only a checksum is made of the
 * bytes, in one of them. */
static void every_flipped_byte_is_told(void **state) {
    (void)state;
    static const unsigned char masks[] = {0x01, 0x80, 0x10, 0xff};
    sample sample;
    open_sample(&sample);
    for (size_t i = 0; i < sample.count; i++) {
        for (size_t j = 0; j < (i < GD_SEAL_BYTES ? sizeof masks : 1); j++) {
            char flipped = (char)(sample.bytes[i] ^ masks[(i + j) % sizeof masks]);
            check_bytes(&sample, &flipped, i, 1);
        }
    }
    expect_ok(gd_seal_check("whole.h5"));
    close_sample(&sample);
}

static void every_other_length_is_told(void **state) {
    (void)state;
    sample sample;
    open_sample(&sample);
    for (size_t length = 0; length < sample.count + 600; length += length % 29 + 1) {
        assert_int_equal(ftruncate(sample.file, (off_t)length), 0);
        if (length > sample.count) {
            put(&sample, sample.bytes, 0, sample.count);
        }
        assert_true(length == sample.count || is_told());
    }
    close_sample(&sample);
}

/* Parts of the file: zeroed, as another run has them, and as the next part is. Not so large that
 * all in which the other run differs were in one. */
static void every_part_that_is_not_as_it_was_is_told(void **state) {
    (void)state;
    sample sample;
    char *other, zeros[1024] = {0};
    size_t count;
    open_sample(&sample);
    write_sample("other.h5", 2);
    expect_ok(gd_file_read("other.h5", &other, &count));
    assert_int_equal(count, sample.count);
    for (size_t size = LEAST; size <= sizeof zeros && size < count; size *= 2) {
        for (size_t at = 0; at + size <= count; at += size) {
            check_bytes(&sample, zeros, at, size);
            check_bytes(&sample, other + at, at, size);
            check_bytes(&sample, sample.bytes + (at + size < count - size ? at + size : 0), at,
                        size);
        }
    }
    gd_memory_free(&other);
    close_sample(&sample);
}

/* Two parts that change places have the same bytes, and so any plain sum. */
static void parts_that_change_places_are_told(void **state) {
    (void)state;
    sample sample;
    open_sample(&sample);
    for (size_t size = 8; size <= 512; size *= 4) {
        for (size_t at = 0; at + 2 * size <= sample.count; at += size) {
            char swapped[1024];
            memcpy(swapped, sample.bytes + at + size, size);
            memcpy(swapped + size, sample.bytes + at, size);
            check_bytes(&sample, swapped, at, 2 * size);
        }
    }
    close_sample(&sample);
}

/* So many zeros around a byte are space that HDF5 has not used. */
static bool is_unused(const sample *sample, size_t at) {
    static const char zeros[64] = {0};
    size_t first = at - sizeof zeros / 2;
    return first + sizeof zeros <= sample->count &&
           memcmp(sample->bytes + first, zeros, sizeof zeros) == 0;
}

/* Of unused space, every 17th byte, so that all bits have their turn. */
static void a_damaged_file_that_is_sealed_again_does_no_harm(void **state) {
    (void)state;
    sample sample;
    open_sample(&sample);
    for (size_t i = GD_SEAL_BYTES; i < sample.count; i++) {
        if (i % 17 != 0 && is_unused(&sample, i)) {
            continue;
        }
        gd_checkpoint_header header;
        double vector[SIZE];
        char flipped = (char)(sample.bytes[i] ^ 1 << i % 8);
        put(&sample, &flipped, i, 1);
        expect_ok(gd_seal_write("whole.h5"));
        gd_status status = gd_checkpoint_read_header("whole.h5", &header);
        if (status == GD_OK) {
            status = gd_checkpoint_read("whole.h5", "/params", &tensors, GD_FLOAT64, vector);
        }
        gd_checkpoint_header_free(&header);
        gd_status_free(&status);
        put(&sample, &sample.bytes[i], i, 1);
    }
    close_sample(&sample);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flipped_byte_is_told),
        cmocka_unit_test(every_other_length_is_told),
        cmocka_unit_test(every_part_that_is_not_as_it_was_is_told),
        cmocka_unit_test(parts_that_change_places_are_told),
        cmocka_unit_test(a_damaged_file_that_is_sealed_again_does_no_harm),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
