#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "gdmpi/files.h"
#include "gdmpi/import.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"
#include "gdmpi/text.h"

enum {
    PIECE_BYTES = 4 << 20,    /* read and written at once, if a row is not larger */
    ROW_BYTES_MOST = 1 << 30, /* a larger row is taken for damage */
    ZLIB_BUFFER = 1 << 17
};

/* An IDX file (Y. LeCun, C. Cortes, C. Burges: The MNIST database, "The IDX file format"): two zero
 * bytes, a type, the number of dimensions, the dimensions as 32-bit integers, and the numbers, all
 * big-endian. */
typedef struct idx {
    const char *path;
    gzFile stream;
    gd_shape shape;
    size_t row_bytes;
} idx;

/* zlib has no words for some failures of the system. */
static gd_status unreadable(const idx *file, int error) {
    bool bad = error == Z_DATA_ERROR || errno == EISDIR;
    const char *why = error == Z_DATA_ERROR  ? "its compressed bytes are damaged"
                      : error == Z_MEM_ERROR ? strerror(ENOMEM)
                                             : strerror(errno);
    return gd_status_new(bad ? GD_BAD_INPUT : GD_FAILED, "%s: cannot be read: %s", file->path, why);
}

/* Reads up to `count` bytes; *got is less only at the end of the file. */
static gd_status read_bytes(idx *file, void *out, size_t count, size_t *got) {
    *got = 0;
    while (*got < count) {
        unsigned part = count - *got < ROW_BYTES_MOST ? (unsigned)(count - *got) : ROW_BYTES_MOST;
        int read = gzread(file->stream, (char *)out + *got, part);
        int error = Z_OK;
        (void)gzerror(file->stream, &error);
        if (read < 0 || (error != Z_OK && error != Z_BUF_ERROR)) {
            return unreadable(file, error);
        }
        if (read == 0) {
            break;
        }
        *got += (size_t)read;
    }
    return GD_OK;
}

static bool idx_type(unsigned char code, gd_type *type) {
    static const struct {
        unsigned char code;
        gd_type type;
    } types[] = {{0x08, GD_UINT8}, {0x09, GD_INT8},    {0x0b, GD_INT16},
                 {0x0c, GD_INT32}, {0x0d, GD_FLOAT32}, {0x0e, GD_FLOAT64}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].code == code) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

static gd_status not_idx(const idx *file, const char *why) {
    return gd_status_new(GD_BAD_INPUT,
                         "%s: is not an IDX file: %s; it starts with 0, 0, a type (8, 9, 11 to 14) "
                         "and the number of dimensions (1 to %d)",
                         file->path, why, GD_RANK_MAX);
}

/* The dimensions, and that a row of them can be. */
static gd_status read_dims(idx *file) {
    unsigned char bytes[4 * GD_RANK_MAX];
    size_t count = 4 * (size_t)file->shape.rank, got;
    gd_status status = read_bytes(file, bytes, count, &got);
    if (status != GD_OK) {
        return status;
    }
    if (got < count) {
        return not_idx(file, "it ends within its dimensions");
    }
    file->row_bytes = gd_type_size(file->shape.type);
    for (int i = 0; i < file->shape.rank; i++) {
        const unsigned char *at = bytes + 4 * i;
        uint32_t dim =
            (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
        file->shape.dims[i] = dim;
        if (dim == 0) {
            return gd_status_new(GD_BAD_INPUT, "%s: holds no numbers: dimension %d is 0",
                                 file->path, i + 1);
        }
        file->row_bytes *= i == 0 ? 1 : dim;
        if (file->row_bytes > ROW_BYTES_MOST) {
            return not_idx(file, "by its dimensions, a row is larger than 1 GiB");
        }
    }
    return GD_OK;
}

static gd_status idx_open(const char *path, idx *file) {
    unsigned char magic[4];
    size_t got;
    *file = (idx){.path = path};
    /* zlib cannot tell a folder or a missing file from one that holds nothing. */
    if (access(path, R_OK) != 0) {
        return gd_status_new(GD_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    }
    file->stream = gzopen(path, "rb");
    if (file->stream == NULL) {
        return gd_status_new(GD_FAILED, "%s: cannot be opened: %s", path, strerror(errno));
    }
    if (gzbuffer(file->stream, ZLIB_BUFFER) != 0) {
        return gd_status_no_memory("reading IDX", ZLIB_BUFFER);
    }
    gd_status status = read_bytes(file, magic, sizeof magic, &got);
    if (status != GD_OK) {
        return status;
    }
    if (got < sizeof magic || magic[0] != 0 || magic[1] != 0) {
        return not_idx(file, "its first bytes are wrong");
    }
    if (!idx_type(magic[2], &file->shape.type)) {
        return not_idx(file, "its type is unknown");
    }
    if (magic[3] < 1 || magic[3] > GD_RANK_MAX) {
        return not_idx(file, "its number of dimensions is wrong");
    }
    file->shape.rank = magic[3];
    return read_dims(file);
}

static void idx_close(idx *file) {
    if (file->stream != NULL) {
        gzclose_r(file->stream);
        file->stream = NULL;
    }
}

static void from_big_endian(gd_type type, void *data, size_t count) {
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
        return;
    }
    switch (gd_type_size(type)) {
    case 2:
        for (uint16_t *at = data, *end = at + count; at < end; at++) {
            *at = __builtin_bswap16(*at);
        }
        break;
    case 4:
        for (uint32_t *at = data, *end = at + count; at < end; at++) {
            *at = __builtin_bswap32(*at);
        }
        break;
    case 8:
        for (uint64_t *at = data, *end = at + count; at < end; at++) {
            *at = __builtin_bswap64(*at);
        }
        break;
    }
}

/* Reads past the last number: only then zlib looks at the checksum. */
static gd_status check_end(idx *file) {
    char byte;
    size_t got;
    int error = Z_OK;
    gd_status status = read_bytes(file, &byte, 1, &got);
    if (status == GD_OK && got > 0) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: goes on after the %lld rows that its header tells of", file->path,
                             (long long)file->shape.dims[0]);
    }
    (void)gzerror(file->stream, &error);
    if (status == GD_OK && error != Z_OK) {
        return gd_status_new(GD_BAD_INPUT, "%s: is cut off: the checksum at its end is missing",
                             file->path);
    }
    return status;
}

static gd_status copy(idx *file, gd_store *store, const char *name) {
    char *piece = NULL;
    int64_t rows = file->shape.dims[0], most = PIECE_BYTES / (int64_t)file->row_bytes;
    most = most < 1 ? 1 : most > rows ? rows : most;
    size_t size = gd_type_size(file->shape.type);
    gd_status status = gd_memory_new(&piece, (size_t)most, file->row_bytes, file->path);
    if (status == GD_OK) {
        status = gd_store_add(store, name, &file->shape, GD_CONTIGUOUS);
    }
    for (int64_t row = 0; row < rows && status == GD_OK; row += most) {
        int64_t part = rows - row < most ? rows - row : most;
        size_t bytes = (size_t)part * file->row_bytes, got;
        status = read_bytes(file, piece, bytes, &got);
        if (status == GD_OK && got < bytes) {
            status = gd_status_new(
                GD_BAD_INPUT,
                "%s: is cut off: it holds %lld of the %lld rows that its header tells of",
                file->path, (long long)(row + (int64_t)(got / file->row_bytes)), (long long)rows);
        }
        if (status == GD_OK) {
            from_big_endian(file->shape.type, piece, bytes / size);
            status = gd_store_write(store, name, row, part, file->shape.type, piece);
        }
    }
    if (status == GD_OK) {
        status = check_end(file);
    }
    gd_memory_free(&piece);
    return status;
}

static gd_status check_pair(const idx *x, const idx *y) {
    if (x->shape.rank < 2) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: has 1 dimension; the samples come first, [rows, ...], "
                             "then their labels",
                             x->path);
    }
    if (y->shape.rank > 2) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: has %d dimensions; labels are [rows] or [rows, outputs]", y->path,
                             y->shape.rank);
    }
    if (x->shape.dims[0] != y->shape.dims[0]) {
        return gd_status_new(GD_BAD_INPUT, "%s has %lld rows, but %s has %lld", x->path,
                             (long long)x->shape.dims[0], y->path, (long long)y->shape.dims[0]);
    }
    return GD_OK;
}

/* Opens all files and checks that they fit together, before anything is written. */
static gd_status open_all(int count, char *const *inputs, idx *files) {
    for (int i = 0; i < count; i++) {
        gd_status status = idx_open(inputs[i], &files[i]);
        if (status == GD_OK && i % 2 == 1) {
            status = check_pair(&files[i - 1], &files[i]);
        }
        if (status != GD_OK) {
            return status;
        }
    }
    for (int i = 0; i + 2 < count; i++) {
        if (gd_shape_width(&files[i].shape) != gd_shape_width(&files[i + 2].shape)) {
            return gd_status_new(GD_BAD_INPUT, "%s has %lld numbers a row, but %s has %lld",
                                 files[i].path, (long long)gd_shape_width(&files[i].shape),
                                 files[i + 2].path, (long long)gd_shape_width(&files[i + 2].shape));
        }
    }
    return GD_OK;
}

static gd_status check_arguments(int count, char *const *inputs, const char *output,
                                 const char *temporary) {
    if (count != 2 && count != 4) {
        return gd_status_new(GD_BAD_INPUT,
                             "idx needs 2 or 4 files, not %d: IMAGES LABELS "
                             "[VALIDATION-IMAGES VALIDATION-LABELS]",
                             count);
    }
    for (int i = 0; i < count; i++) {
        if (gd_file_same(inputs[i], output) || gd_file_same(inputs[i], temporary)) {
            return gd_status_new(GD_BAD_INPUT, "%s: is an input, and would be overwritten by %s",
                                 inputs[i], output);
        }
    }
    return GD_OK;
}

static gd_status write_all(int count, idx *files, const char *temporary) {
    static const char *const names[] = {"/train/x", "/train/y", "/val/x", "/val/y"};
    gd_store *store;
    gd_status status = gd_store_create(temporary, &store);
    if (status != GD_OK) {
        return status;
    }
    for (int i = 0; i < count && status == GD_OK; i++) {
        status = copy(&files[i], store, names[i]);
    }
    return gd_status_first(status, gd_store_close(&store));
}

gd_status gd_import_idx(int count, char *const *inputs, const char *output) {
    idx files[4] = {0};
    char *temporary;
    gd_status status = gd_text_new(&temporary, "%s.tmp", output);
    if (status == GD_OK) {
        status = check_arguments(count, inputs, output, temporary);
    }
    if (status == GD_OK) {
        status = open_all(count, inputs, files);
    }
    if (status == GD_OK) {
        status = write_all(count, files, temporary);
        if (status == GD_OK) {
            status = gd_file_commit(temporary, output);
        }
        if (status != GD_OK) {
            unlink(temporary);
        }
    }
    for (int i = 0; i < 4; i++) {
        idx_close(&files[i]);
    }
    gd_memory_free(&temporary);
    return status;
}
