#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gdmpi/memory.h"
#include "gdmpi/text.h"
#include "import_private.h"

/* A run of rows of a group, that fit into memory together. Its records arrive in any order, each
 * with its row; those that have no room in the buffer go to the bucket's part of the file. */
typedef struct bucket {
    int group;
    int64_t first, rows;
    int64_t written, held; /* records in the file, and in the buffer */
    int64_t offset;        /* in the file, in entries */
    char *buffer;
} bucket;

struct gd_spool {
    const char *path;
    int file; /* -1: not needed so far */
    size_t x_bytes, y_bytes, entry_bytes;
    int64_t bucket_rows, buffer_entries, piece_entries;
    int64_t buckets, first_bucket[GD_IMPORT_GROUPS], next;
    bucket *bucket;
    char *x, *y, *piece;
};

enum { PIECE_BYTES = 1 << 20 };

static int64_t at_least_one(int64_t number) {
    return number > 0 ? number : 1;
}

static void cut(gd_spool *spool, const int64_t rows[GD_IMPORT_GROUPS]) {
    int64_t count = 0, offset = 0;
    for (int group = 0; group < GD_IMPORT_GROUPS; group++) {
        for (int64_t row = 0; row < rows[group]; row += spool->bucket_rows) {
            int64_t left = rows[group] - row;
            int64_t most = left < spool->bucket_rows ? left : spool->bucket_rows;
            spool->bucket[count++] =
                (bucket){.group = group, .first = row, .rows = most, .offset = offset};
            offset += most;
        }
    }
}

gd_status gd_spool_new(gd_spool **spool, const int64_t rows[GD_IMPORT_GROUPS], size_t x_bytes,
                       size_t y_bytes, int64_t memory, int64_t multiple, const char *path) {
    gd_spool *new;
    gd_status status = gd_memory_new(&new, 1, sizeof *new, "rows on their way");
    *spool = new;
    if (status != GD_OK) {
        return status;
    }
    new->path = path;
    new->file = -1;
    new->x_bytes = x_bytes;
    new->y_bytes = y_bytes;
    new->entry_bytes = sizeof(int64_t) + x_bytes + y_bytes;
    int64_t whole = memory / (int64_t) new->entry_bytes;
    new->bucket_rows = at_least_one(whole / multiple) * multiple;
    for (int group = 0; group < GD_IMPORT_GROUPS; group++) {
        new->first_bucket[group] = new->buckets;
        new->buckets += (rows[group] + new->bucket_rows - 1) / new->bucket_rows;
    }
    new->buffer_entries = whole / new->buckets;
    new->piece_entries = at_least_one(PIECE_BYTES / (int64_t) new->entry_bytes);
    status = gd_memory_new(&new->bucket, (size_t) new->buckets, sizeof *new->bucket,
                           "rows on their way");
    if (status == GD_OK) {
        cut(new, rows);
    }
    return status;
}

static gd_status failed(const gd_spool *spool, const char *verb) {
    return gd_status_new(GD_FAILED, "%s: cannot %s the file in which its rows are sorted: %s",
                         spool->path, verb, strerror(errno));
}

/* It has no name from the start, so that it goes with the process, however that ends. */
static gd_status open_file(gd_spool *spool) {
    char *name;
    gd_status status = gd_text_new(&name, "%s.rows.tmp", spool->path);
    if (status != GD_OK) {
        return status;
    }
    spool->file = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (spool->file < 0) {
        status = failed(spool, "make");
    } else if (unlink(name) != 0) {
        status = failed(spool, "remove");
    }
    gd_memory_free(&name);
    return status;
}

/* Writes `count` entries behind those that the bucket has in the file. */
static gd_status write_entries(gd_spool *spool, bucket *to, const char *entries, int64_t count) {
    gd_status status = spool->file < 0 ? open_file(spool) : GD_OK;
    size_t left = (size_t)count * spool->entry_bytes;
    off_t at = (off_t)(to->offset + to->written) * (off_t)spool->entry_bytes;
    while (left > 0 && status == GD_OK) {
        ssize_t put = pwrite(spool->file, entries, left, at);
        if (put < 0 && errno != EINTR) {
            status = failed(spool, "write");
        }
        put = put > 0 ? put : 0;
        entries += put;
        at += put;
        left -= (size_t)put;
    }
    to->written += count;
    return status;
}

static void set_entry(const gd_spool *spool, char *entry, int64_t row, const void *x,
                      const void *y) {
    memcpy(entry, &row, sizeof row);
    memcpy(entry + sizeof row, x, spool->x_bytes);
    memcpy(entry + sizeof row + spool->x_bytes, y, spool->y_bytes);
}

gd_status gd_spool_put(gd_spool *spool, const gd_place *place, const void *x, const void *y) {
    bucket *to =
        &spool->bucket[spool->first_bucket[place->group] + place->row / spool->bucket_rows];
    int64_t most = spool->buffer_entries < to->rows ? spool->buffer_entries : to->rows;
    gd_status status = GD_OK;
    most = at_least_one(most);
    if (to->buffer == NULL) {
        status = gd_memory_new(&to->buffer, (size_t)most, spool->entry_bytes, "rows on their way");
    }
    if (status == GD_OK) {
        set_entry(spool, to->buffer + (size_t)to->held * spool->entry_bytes, place->row - to->first,
                  x, y);
        to->held++;
    }
    if (status == GD_OK && to->held == most && most < to->rows) {
        status = write_entries(spool, to, to->buffer, to->held);
        to->held = 0;
        if (spool->buffer_entries == 0) { /* there are more buckets than there is memory */
            gd_memory_free(&to->buffer);
        }
    }
    return status;
}

static void place_entries(gd_spool *spool, const char *entries, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const char *entry = entries + (size_t)i * spool->entry_bytes;
        int64_t row;
        memcpy(&row, entry, sizeof row);
        memcpy(spool->x + (size_t)row * spool->x_bytes, entry + sizeof row, spool->x_bytes);
        memcpy(spool->y + (size_t)row * spool->y_bytes, entry + sizeof row + spool->x_bytes,
               spool->y_bytes);
    }
}

static gd_status read_piece(gd_spool *spool, off_t at, size_t bytes) {
    for (size_t got = 0; got < bytes;) {
        ssize_t part = pread(spool->file, spool->piece + got, bytes - got, at + (off_t)got);
        if (part == 0) {
            errno = EIO; /* somebody has shortened it */
        }
        if (part == 0 || (part < 0 && errno != EINTR)) {
            return failed(spool, "read");
        }
        got += part > 0 ? (size_t)part : 0;
    }
    return GD_OK;
}

static gd_status read_entries(gd_spool *spool, const bucket *from) {
    gd_status status = GD_OK;
    for (int64_t done = 0; done < from->written && status == GD_OK;) {
        int64_t left = from->written - done;
        int64_t count = left < spool->piece_entries ? left : spool->piece_entries;
        status = read_piece(spool, (off_t)(from->offset + done) * (off_t)spool->entry_bytes,
                            (size_t)count * spool->entry_bytes);
        if (status == GD_OK) {
            place_entries(spool, spool->piece, count);
            done += count;
        }
    }
    return status;
}

static gd_status new_run(gd_spool *spool, const bucket *from) {
    gd_memory_free(&spool->x);
    gd_memory_free(&spool->y);
    gd_status status =
        gd_memory_new(&spool->x, (size_t)from->rows, spool->x_bytes, "a run of rows");
    if (status == GD_OK) {
        status = gd_memory_new(&spool->y, (size_t)from->rows, spool->y_bytes, "a run of rows");
    }
    if (status == GD_OK && from->written > 0 && spool->piece == NULL) {
        status = gd_memory_new(&spool->piece, (size_t)spool->piece_entries, spool->entry_bytes,
                               "rows on their way");
    }
    return status;
}

gd_status gd_spool_take(gd_spool *spool, gd_run *run) {
    *run = (gd_run){0};
    if (spool->next == spool->buckets) {
        return GD_OK;
    }
    bucket *from = &spool->bucket[spool->next++];
    gd_status status = new_run(spool, from);
    if (status == GD_OK) {
        status = read_entries(spool, from);
    }
    if (status == GD_OK) {
        place_entries(spool, from->buffer, from->held);
        *run = (gd_run){from->group, from->first, from->rows, spool->x, spool->y};
    }
    gd_memory_free(&from->buffer);
    return status;
}

void gd_spool_free(gd_spool **spool) {
    if (*spool == NULL) {
        return;
    }
    for (int64_t i = 0; (*spool)->bucket != NULL && i < (*spool)->buckets; i++) {
        gd_memory_free(&(*spool)->bucket[i].buffer);
    }
    if ((*spool)->file >= 0) {
        close((*spool)->file);
    }
    gd_memory_free(&(*spool)->bucket);
    gd_memory_free(&(*spool)->x);
    gd_memory_free(&(*spool)->y);
    gd_memory_free(&(*spool)->piece);
    gd_memory_free(spool);
}

gd_status gd_grow(void *pointer, size_t used, size_t *room, size_t element, const char *what) {
    if (used < *room) {
        return GD_OK;
    }
    char *now, *larger;
    size_t wanted = *room < 16 ? 16 : 2 * *room;
    memcpy(&now, pointer, sizeof now);
    gd_status status = gd_memory_new(&larger, wanted, element, what);
    if (status == GD_OK) {
        if (used > 0) {
            memcpy(larger, now, used * element);
        }
        gd_memory_free(&now);
        memcpy(pointer, &larger, sizeof larger);
        *room = wanted;
    }
    return status;
}
