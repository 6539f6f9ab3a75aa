/* HDF5 files. The only room that knows the HDF5 library. Each rank opens a file by itself, through
 * the serial interface and without file locking; nothing here is collective. A message names the
 * file and the object. */
#ifndef GDMPI_STORE_H
#define GDMPI_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "gdmpi/files.h"
#include "gdmpi/status.h"
#include "gdmpi/type.h"

typedef struct gd_store gd_store;

/* Silences the library's own error printing. Once, before any other call. */
void gd_store_start(void);

/* "1.10.8" of the library that is loaded; static. */
const char *gd_store_version(void);

/* Opens for reading. GD_BAD_INPUT if there is no such file, or it is not whole HDF5. */
gd_status gd_store_open(const char *path, gd_store **store);

/* Calls `reader` in a copy of this process, and returns what it returns; whatever else it does to
 * memory is lost. Where the copy crashes, or takes far more processor time or memory than a file of
 * this size can need, GD_BAD_INPUT says that `path` is damaged: there are files on which the HDF5
 * library does so. What was read in this way, this process can read again. The reader makes no call
 * of MPI and prints nothing. Without another process, it runs in this one. */
gd_status gd_store_guard(const char *path, gd_status (*reader)(void *context), void *context);

/* Makes a new file, replacing an old one; its metadata carry checksums. */
gd_status gd_store_create(const char *path, gd_store **store);

/* The same, with `bytes` (a power of two, at least 512) before the HDF5 that are the caller's to
 * fill once the file is closed; the library finds what is behind them. */
gd_status gd_store_create_behind(const char *path, int64_t bytes, gd_store **store);

/* The size of the file in bytes. */
gd_status gd_store_size(const gd_store *store, int64_t *bytes);

/* Flushes and closes *store, which may be NULL, and sets it to NULL; what could not be written is
 * an error. */
gd_status gd_store_close(gd_store **store);

/* Whether an object of this absolute name ("/train/x") is there. GD_FAILED if that cannot be told:
 * the file cannot be read, or what has to be a group is none. */
gd_status gd_store_has(const gd_store *store, const char *name, bool *there);

/* Whether a data set of this absolute name is there. */
bool gd_store_has_set(const gd_store *store, const char *name);

/* The absolute names of all data sets, 2.bias before 10.bias; freed with gd_folder_free. */
gd_status gd_store_sets(const gd_store *store, gd_folder *names);

/* Makes a group, and the groups above it that are missing. */
gd_status gd_store_group(gd_store *store, const char *name);

/* A data set's dimensions, and the native type nearest to the one it has in the file. GD_BAD_INPUT
 * if it is missing, is no data set, does not hold numbers, or cannot be read without something that
 * is not there: a filter, or the source of a virtual data set. */
gd_status gd_store_shape(const gd_store *store, const char *name, gd_shape *shape);

/* How a data set lies in its file. */
typedef struct gd_storage {
    const char *layout;         /* "contiguous", "compact", "chunks", "virtual"; static */
    int64_t chunk[GD_RANK_MAX]; /* the dimensions of a chunk; of other layouts 0 */
    char filters[64];           /* that its chunks go through: "shuffle, gzip"; "": none */
    int64_t bytes;              /* that it takes; of a virtual one 0 */
} gd_storage;

/* Of a data set that gd_store_shape has told of. */
gd_status gd_store_storage(const gd_store *store, const char *name, gd_storage *storage);

/* Rows first ... first + rows - 1 of a data set into `out`, as `type` (any; converted by the
 * library); `width` elements a row. GD_FAILED if they cannot be read, or a checksum is wrong. */
gd_status gd_store_read(const gd_store *store, const char *name, int64_t first, int64_t rows,
                        gd_type type, void *out);

typedef enum gd_layout {
    GD_CONTIGUOUS, /* fastest to read, no checksum */
    GD_CHECKED,    /* chunked, with the Fletcher-32 checksum */
    GD_COMPRESSED /* chunked, each with its bytes shuffled and deflated, which has a checksum too */
} gd_layout;

/* The rows of a chunk of a data set of this shape, if it has as many. */
int64_t gd_store_chunk_rows(const gd_shape *shape);

/* Makes a data set, with the groups above it. */
gd_status gd_store_add(gd_store *store, const char *name, const gd_shape *shape, gd_layout layout);

/* Writes rows first ... first + rows - 1 of a data set from `data` of this type. */
gd_status gd_store_write(gd_store *store, const char *name, int64_t first, int64_t rows,
                         gd_type type, const void *data);

/* Attributes of a group or data set. Texts that are read are freed with gd_memory_free; one that is
 * set has less than 64000 bytes, for more has no checksum. A missing or ill-typed attribute is
 * GD_BAD_INPUT. */
gd_status gd_store_set_text(gd_store *store, const char *object, const char *key,
                            const char *value);
/* A list that may be longer: one text, a line for each. */
gd_status gd_store_set_lines(gd_store *store, const char *object, const char *key,
                             const char *value);
gd_status gd_store_set_integer(gd_store *store, const char *object, const char *key, int64_t value);
gd_status gd_store_set_number(gd_store *store, const char *object, const char *key, double value);
gd_status gd_store_get_text(const gd_store *store, const char *object, const char *key,
                            char **value);
/* The list, made printable; NULL if the file has none, or not as a text. */
gd_status gd_store_get_lines(const gd_store *store, const char *object, const char *key,
                             char **lines);
gd_status gd_store_get_integer(const gd_store *store, const char *object, const char *key,
                               int64_t *value);
gd_status gd_store_get_number(const gd_store *store, const char *object, const char *key,
                              double *value);

#endif
