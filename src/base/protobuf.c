#include "gdmpi/protobuf.h"

#include <string.h>

#include "gdmpi/crc32c.h"

enum { VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 5 }; /* wire types */

static void add_bytes(gd_protobuf *out, const void *bytes, int64_t count) {
    out->bytes += count;
    if (out->draft != NULL) {
        gd_draft_add_bytes(out->draft, bytes, (size_t)count);
    }
    if (out->checksum != NULL) {
        *out->checksum = gd_crc32c(*out->checksum, bytes, (size_t)count);
    }
}

/* Seven bits a byte, the lowest first; a set eighth bit says that more follow. */
static void add_varint(gd_protobuf *out, uint64_t value) {
    uint8_t bytes[10];
    int count = 0;
    for (; value > 0x7f; value >>= 7) {
        bytes[count++] = (uint8_t)(value | 0x80);
    }
    bytes[count++] = (uint8_t)value;
    add_bytes(out, bytes, count);
}

static void add_key(gd_protobuf *out, int field, int wire_type) {
    add_varint(out, (uint64_t)field << 3 | (uint64_t)wire_type);
}

void gd_protobuf_integer(gd_protobuf *out, int field, int64_t value) {
    add_key(out, field, VARINT);
    add_varint(out, (uint64_t)value);
}

void gd_protobuf_text(gd_protobuf *out, int field, const char *text) {
    add_key(out, field, LENGTH);
    add_varint(out, strlen(text));
    add_bytes(out, text, (int64_t)strlen(text));
}

static void add_numbers(gd_protobuf *out, const void *numbers, int64_t count, int64_t size) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    add_bytes(out, numbers, count * size);
#else
    const unsigned char *end = numbers;
    for (int64_t i = 0; i < count; i++) {
        end += size;
        for (int64_t k = 1; k <= size; k++) {
            add_bytes(out, end - k, 1);
        }
    }
#endif
}

void gd_protobuf_numbers(gd_protobuf *out, int field, gd_type type, const void *numbers,
                         int64_t count) {
    const int64_t size = (int64_t)gd_type_size(type);
    add_key(out, field, LENGTH);
    add_varint(out, (uint64_t)(count * size));
    add_numbers(out, numbers, count, size);
}

void gd_protobuf_double(gd_protobuf *out, int field, double value) {
    add_key(out, field, EIGHT_BYTES);
    add_numbers(out, &value, 1, sizeof value);
}

void gd_protobuf_float(gd_protobuf *out, int field, float value) {
    add_key(out, field, FOUR_BYTES);
    add_numbers(out, &value, 1, sizeof value);
}

void gd_protobuf_message(gd_protobuf *out, int field, void (*write)(gd_protobuf *, const void *),
                         const void *content) {
    gd_protobuf measured = {0};
    write(&measured, content);
    add_key(out, field, LENGTH);
    add_varint(out, (uint64_t)measured.bytes);
    write(out, content);
}
