/* The bytes are those of the examples of protobuf.dev, Encoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/crc32c.h"
#include "gdmpi/protobuf.h"

static void one_integer(gd_protobuf *out, const void *content) {
    gd_protobuf_integer(out, 1, *(const int64_t *)content);
}

static void one_message(gd_protobuf *out, const void *content) {
    gd_protobuf_message(out, 3, one_integer, content);
}

static void one_text(gd_protobuf *out, const void *content) {
    gd_protobuf_text(out, 2, content);
}

static void one_double(gd_protobuf *out, const void *content) {
    gd_protobuf_double(out, 1, *(const double *)content);
}

static void one_float(gd_protobuf *out, const void *content) {
    gd_protobuf_float(out, 2, *(const float *)content);
}

static void some_numbers(gd_protobuf *out, const void *content) {
    gd_protobuf_numbers(out, 9, GD_FLOAT32, content, 2);
}

/* Also that measuring comes to the same length, and the checksum is that of all bytes. */
static void expect_bytes(void (*write)(gd_protobuf *, const void *), const void *content,
                         const char *bytes, size_t count) {
    char *written = NULL;
    size_t size = 0;
    gd_draft draft = {open_memstream(&written, &size), 0};
    uint32_t checksum = 0;
    gd_protobuf measured = {0}, out = {.draft = &draft, .checksum = &checksum};
    assert_non_null(draft.file);
    write(&out, content);
    write(&measured, content);
    assert_int_equal(fclose(draft.file), 0);
    assert_int_equal(size, count);
    assert_int_equal(out.bytes, count);
    assert_int_equal(measured.bytes, count);
    assert_memory_equal(written, bytes, count);
    assert_int_equal(checksum, gd_crc32c(0, bytes, count));
    free(written);
}

#define BYTES(text) text, sizeof text - 1

static void integers_take_seven_bits_a_byte(void **state) {
    (void)state;
    const int64_t zero = 0, small = 1, large = 150, negative = -2;
    expect_bytes(one_integer, &zero, BYTES("\x08\x00"));
    expect_bytes(one_integer, &small, BYTES("\x08\x01"));
    expect_bytes(one_integer, &large, BYTES("\x08\x96\x01"));
    expect_bytes(one_integer, &negative, BYTES("\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
}

static void texts_have_their_length_before_them(void **state) {
    (void)state;
    expect_bytes(one_text, "testing", BYTES("\x12\x07testing"));
    expect_bytes(one_text, "", BYTES("\x12\x00"));
}

static void messages_have_their_length_before_them(void **state) {
    (void)state;
    const int64_t large = 150;
    expect_bytes(one_message, &large, BYTES("\x1a\x03\x08\x96\x01"));
}

static void numbers_are_little_endian(void **state) {
    (void)state;
    const float numbers[] = {1, -2.5F};
    expect_bytes(some_numbers, numbers, BYTES("\x4a\x08\x00\x00\x80\x3f\x00\x00\x20\xc0"));
}

/* Their keys are 8 x field + wire type: 1 for eight bytes, 5 for four. */
static void single_numbers_have_no_length(void **state) {
    (void)state;
    const double wide = -2.5;
    const float narrow = -2.5F;
    expect_bytes(one_double, &wide, BYTES("\x09\x00\x00\x00\x00\x00\x00\x04\xc0"));
    expect_bytes(one_float, &narrow, BYTES("\x15\x00\x00\x20\xc0"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_take_seven_bits_a_byte),
        cmocka_unit_test(texts_have_their_length_before_them),
        cmocka_unit_test(messages_have_their_length_before_them),
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(single_numbers_have_no_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
