/* The bytes of a file, compressed with gzip or not. */
#ifndef GDMPI_IMPORT_STREAM_H
#define GDMPI_IMPORT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

#include "gdmpi/status.h"

enum { GD_STREAM_BYTES = 1 << 17 };

typedef struct gd_stream {
    const char *path;
    gzFile file;
    int64_t size;     /* of the file; 0: a pipe */
    int64_t line;     /* that is being read, from 1 */
    gd_status failed; /* of gd_stream_get */
    size_t at, held;
    unsigned char buffer[GD_STREAM_BYTES];
} gd_stream;

/* Opens a file, which must be readable; closed by gd_stream_close also if that fails. */
gd_status gd_stream_open(const char *path, gd_stream *stream);
void gd_stream_close(gd_stream *stream);

/* Before it is opened: GD_BAD_INPUT if this cannot be read a second time. */
gd_status gd_stream_check_file(const char *path);

/* Reads up to `count` bytes; *got is less only at the end of the file. Not to be mixed with
 * gd_stream_get. */
gd_status gd_stream_read(gd_stream *stream, void *out, size_t count, size_t *got);

/* After the last byte: whether what was compressed is whole. */
gd_status gd_stream_check_end(gd_stream *stream);

/* How much of the file has been read, from 0 to 1. */
double gd_stream_share(const gd_stream *stream);

/* Fills the buffer anew; false at the end, or after a failure, which is kept in `failed`. */
bool gd_stream_fill(gd_stream *stream);

/* The next byte, or EOF at the end or after a failure. Counts lines. */
static inline int gd_stream_get(gd_stream *stream) {
    if (stream->at == stream->held && !gd_stream_fill(stream)) {
        return EOF;
    }
    int byte = stream->buffer[stream->at++];
    stream->line += byte == '\n';
    return byte;
}

/* The byte after the last one that was got. */
static inline int gd_stream_peek(gd_stream *stream) {
    return stream->at == stream->held && !gd_stream_fill(stream) ? EOF : stream->buffer[stream->at];
}

/* The failure, once; the caller's to return. */
gd_status gd_stream_failure(gd_stream *stream);

#endif
