/* Protocol buffers: the wire format of messages (protobuf.dev, Encoding). */
#ifndef GDMPI_PROTOBUF_H
#define GDMPI_PROTOBUF_H

#include "gdmpi/files.h"
#include "gdmpi/type.h"

/* Where messages go; starts as {.draft = DRAFT}. Without a draft they are only measured. */
typedef struct gd_protobuf {
    gd_draft *draft;
    int64_t bytes;      /* so far */
    uint32_t *checksum; /* CRC-32C of these; NULL: none is kept */
} gd_protobuf;

/* Each adds a field of a message, by its number. */
void gd_protobuf_integer(gd_protobuf *out, int field, int64_t value); /* of any integer type */
void gd_protobuf_double(gd_protobuf *out, int field, double value);
void gd_protobuf_float(gd_protobuf *out, int field, float value);
void gd_protobuf_text(gd_protobuf *out, int field, const char *text);

/* Bytes: `count` numbers, little-endian. */
void gd_protobuf_numbers(gd_protobuf *out, int field, gd_type type, const void *numbers,
                         int64_t count);

/* A message within the message: what `write` adds. It is called twice, for the length stands before
 * the rest. */
void gd_protobuf_message(gd_protobuf *out, int field, void (*write)(gd_protobuf *, const void *),
                         const void *content);

#endif
