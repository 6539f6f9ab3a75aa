#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import_private.h"
#include "stream.h"

gd_status gd_stream_open(const char *path, gd_stream *stream) {
    struct stat about;
    stream->path = path;
    stream->file = NULL;
    stream->failed = GD_OK;
    stream->line = 1;
    stream->at = stream->held = 0;
    /* zlib cannot tell a folder or a missing file from one that holds nothing. */
    if (access(path, R_OK) != 0) {
        return gd_status_new(GD_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    }
    if (stat(path, &about) != 0) {
        return gd_status_new(GD_FAILED, "%s: cannot be looked at: %s", path, strerror(errno));
    }
    stream->size = S_ISREG(about.st_mode) ? (int64_t)about.st_size : 0;
    stream->file = gzopen(path, "rb");
    if (stream->file == NULL) {
        return gd_status_new(GD_FAILED, "%s: cannot be opened: %s", path, strerror(errno));
    }
    if (gzbuffer(stream->file, GD_STREAM_BYTES) != 0) {
        return gd_status_no_memory("reading a file", GD_STREAM_BYTES);
    }
    return GD_OK;
}

void gd_stream_close(gd_stream *stream) {
    if (stream->file != NULL) {
        gzclose_r(stream->file);
        stream->file = NULL;
    }
    gd_status_free(&stream->failed);
}

gd_status gd_stream_check_file(const char *path) {
    struct stat about;
    if (stat(path, &about) != 0 || S_ISREG(about.st_mode) || S_ISDIR(about.st_mode)) {
        return GD_OK; /* or what opening it will tell */
    }
    return gd_status_new(GD_BAD_INPUT,
                         "%s: is no file but a pipe or device; it is read twice, so write it to a "
                         "file first",
                         path);
}

/* zlib has no words for some failures of the system. */
static gd_status unreadable(const gd_stream *stream, int error) {
    bool bad = error == Z_DATA_ERROR || errno == EISDIR;
    const char *why = error == Z_DATA_ERROR  ? "its compressed bytes are damaged"
                      : error == Z_MEM_ERROR ? strerror(ENOMEM)
                                             : strerror(errno);
    return gd_status_new(bad ? GD_BAD_INPUT : GD_FAILED, "%s: cannot be read: %s", stream->path,
                         why);
}

gd_status gd_stream_read(gd_stream *stream, void *out, size_t count, size_t *got) {
    *got = 0;
    while (*got < count) {
        unsigned most = GD_IMPORT_ROW_BYTES;
        unsigned part = count - *got < most ? (unsigned)(count - *got) : most;
        int read = gzread(stream->file, (char *)out + *got, part);
        int error = Z_OK;
        (void)gzerror(stream->file, &error);
        if (read < 0 || (error != Z_OK && error != Z_BUF_ERROR)) {
            return unreadable(stream, error);
        }
        if (read == 0) {
            break;
        }
        *got += (size_t)read;
    }
    return GD_OK;
}

gd_status gd_stream_check_end(gd_stream *stream) {
    int error = Z_OK;
    (void)gzerror(stream->file, &error);
    return error == Z_OK
               ? GD_OK
               : gd_status_new(GD_BAD_INPUT, "%s: is cut off: the checksum at its end is missing",
                               stream->path);
}

bool gd_stream_fill(gd_stream *stream) {
    if (stream->failed != GD_OK) {
        return false;
    }
    stream->at = 0;
    stream->failed = gd_stream_read(stream, stream->buffer, GD_STREAM_BYTES, &stream->held);
    if (stream->failed == GD_OK && stream->held == 0) {
        stream->failed = gd_stream_check_end(stream);
    }
    stream->held = stream->failed == GD_OK ? stream->held : 0;
    return stream->held > 0;
}

gd_status gd_stream_failure(gd_stream *stream) {
    gd_status status = stream->failed;
    stream->failed = GD_OK;
    return status;
}

double gd_stream_share(const gd_stream *stream) {
    z_off_t at = gzoffset(stream->file);
    return stream->size > 0 && at > 0 ? (double)at / (double)stream->size : 0;
}
