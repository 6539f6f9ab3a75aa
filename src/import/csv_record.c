#include <string.h>

#include "csv_record.h"
#include "gdmpi/memory.h"

enum { RECORD_MOST = 256 << 20, FIELDS_MOST = 1 << 20 };

static bool has(const gd_csv *csv, char wanted) {
    bool quoted = false;
    for (size_t i = csv->stream.at; i < csv->stream.held; i++) {
        char byte = (char)csv->stream.buffer[i];
        if (!quoted && (byte == '\n' || byte == '\r')) {
            break;
        }
        quoted = quoted != (byte == '"');
        if (!quoted && byte == wanted) {
            return true;
        }
    }
    return false;
}

/* The marks that some programs put before text. */
static gd_status skip_mark(gd_csv *csv) {
    gd_stream *stream = &csv->stream;
    (void)gd_stream_peek(stream);
    const unsigned char *bytes = stream->buffer;
    if (stream->held >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        stream->at = 3;
    } else if (stream->held >= 2 &&
               (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
        return gd_status_new(
            GD_BAD_INPUT, "%s: is text in UTF-16; UTF-8 is needed (iconv makes it)", stream->path);
    }
    return gd_stream_failure(stream);
}

gd_status gd_csv_open(gd_csv *csv, const char *path, char separator) {
    gd_status status = gd_stream_check_file(path);
    if (status == GD_OK) {
        status = gd_stream_open(path, &csv->stream);
    }
    if (status == GD_OK) {
        status = skip_mark(csv);
    }
    if (status == GD_OK) {
        csv->separator = separator != 0   ? separator
                         : has(csv, '\t') ? '\t'
                         : has(csv, ';')  ? ';'
                                          : ',';
    }
    return status;
}

static gd_status wrong(const gd_csv *csv, int64_t line, const char *what) {
    return gd_status_new(GD_BAD_INPUT, "%s:%lld: %s", csv->stream.path, (long long)line, what);
}

static gd_status put(gd_csv *csv, int byte) {
    if (byte == '\0') {
        return wrong(csv, csv->stream.line, "holds a NUL byte; is this text?");
    }
    if (csv->length >= RECORD_MOST) {
        return wrong(csv, csv->line, "goes on for 256 MiB; is a quote not closed?");
    }
    gd_status status = csv->length < csv->room
                           ? GD_OK
                           : gd_grow(&csv->bytes, csv->length, &csv->room, 1, "a record");
    if (status == GD_OK) {
        csv->bytes[csv->length++] = (char)byte;
    }
    return status;
}

static bool is_blank(const gd_csv *csv, int byte) {
    return byte == ' ' || (byte == '\t' && csv->separator != '\t');
}

static void skip_blanks(gd_csv *csv) {
    while (is_blank(csv, gd_stream_peek(&csv->stream))) {
        (void)gd_stream_get(&csv->stream);
    }
}

/* After the first quote. */
static gd_status read_quoted(gd_csv *csv) {
    gd_stream *stream = &csv->stream;
    int64_t line = stream->line;
    gd_status status = GD_OK;
    while (status == GD_OK) {
        int byte = gd_stream_get(stream);
        if (byte == EOF) {
            status = gd_stream_failure(stream);
            return status != GD_OK ? status : wrong(csv, line, "a quote is never closed");
        }
        if (byte == '"' && gd_stream_peek(stream) != '"') {
            break;
        }
        if (byte == '"') {
            byte = gd_stream_get(stream);
        }
        status = put(csv, byte == '\n' || byte == '\r' ? ' ' : byte);
    }
    skip_blanks(csv);
    int next = gd_stream_peek(stream);
    if (status == GD_OK && next != EOF && next != csv->separator && next != '\n' && next != '\r') {
        status =
            wrong(csv, stream->line, "text after a closing quote; a quote within quotes is two");
    }
    return status;
}

static gd_status read_plain(gd_csv *csv) {
    gd_stream *stream = &csv->stream;
    size_t first = csv->length;
    gd_status status = GD_OK;
    for (int byte = gd_stream_peek(stream);
         status == GD_OK && byte != EOF && byte != csv->separator && byte != '\n' && byte != '\r';
         byte = gd_stream_peek(stream)) {
        status = put(csv, gd_stream_get(stream));
    }
    while (csv->length > first && is_blank(csv, csv->bytes[csv->length - 1])) {
        csv->length--;
    }
    return status;
}

static gd_status read_field(gd_csv *csv) {
    if (csv->count == FIELDS_MOST) {
        return wrong(csv, csv->line, "has more than 1048576 columns");
    }
    gd_status status =
        gd_grow(&csv->start, csv->count, &csv->start_room, sizeof *csv->start, "a record");
    if (status != GD_OK) {
        return status;
    }
    csv->start[csv->count++] = csv->length;
    skip_blanks(csv);
    if (gd_stream_peek(&csv->stream) == '"') {
        (void)gd_stream_get(&csv->stream);
        status = read_quoted(csv);
    } else {
        status = read_plain(csv);
    }
    if (status == GD_OK) {
        status = gd_grow(&csv->bytes, csv->length, &csv->room, 1, "a record");
    }
    if (status == GD_OK) {
        csv->bytes[csv->length++] = '\0';
    }
    return status;
}

/* Whether there is the end of a line, which is passed over. */
static bool skip_line_end(gd_csv *csv) {
    gd_stream *stream = &csv->stream;
    int byte = gd_stream_peek(stream);
    if (byte != '\n' && byte != '\r') {
        return false;
    }
    (void)gd_stream_get(stream);
    if (byte == '\r' && gd_stream_peek(stream) == '\n') {
        (void)gd_stream_get(stream);
    } else if (byte == '\r') {
        stream->line++;
    }
    return true;
}

gd_status gd_csv_next(gd_csv *csv, bool *there) {
    gd_stream *stream = &csv->stream;
    csv->count = csv->length = 0;
    while (skip_line_end(csv)) {
    }
    csv->line = stream->line;
    *there = gd_stream_peek(stream) != EOF;
    gd_status status = *there ? read_field(csv) : GD_OK;
    while (status == GD_OK && gd_stream_peek(stream) == (unsigned char)csv->separator) {
        (void)gd_stream_get(stream);
        status = read_field(csv);
    }
    (void)skip_line_end(csv);
    return status == GD_OK ? gd_stream_failure(stream) : status;
}

void gd_csv_close(gd_csv *csv) {
    gd_stream_close(&csv->stream);
    gd_memory_free(&csv->start);
    gd_memory_free(&csv->bytes);
    csv->room = csv->start_room = 0;
}
