#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gdmpi/checkpoint.h"
#include "gdmpi/hash.h"
#include "gdmpi/memory.h"
#include "gdmpi/seal.h"

/* What is read at once: large enough for few calls, small enough for the cache. */
enum { PART_BYTES = 1 << 18 };

static const char mark[] = GD_CHECKPOINT_FORMAT " ";

/* What the disk cannot read any more is as good as damaged. */
static gd_status failed(const char *path, const char *what) {
    return gd_status_new(errno == EIO ? GD_BAD_INPUT : GD_FAILED, "%s: cannot be %s: %s", path,
                         what, strerror(errno));
}

/* Reads until `bytes` are there, or the end; -1 on failure. */
static ssize_t read_part(int file, char *part, size_t bytes) {
    size_t count = 0;
    for (ssize_t got = 1; got != 0 && count < bytes;) {
        got = read(file, part + count, bytes - count);
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        count += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)count;
}

/* Of all that is behind the block. */
static gd_status hash_rest(const char *path, int file, uint64_t *hash) {
    char *part;
    ssize_t got = PART_BYTES;
    gd_hasher hasher = gd_hash_start(0);
    gd_status status = gd_memory_new(&part, PART_BYTES, 1, "reading a checkpoint");
    if (status == GD_OK && lseek(file, GD_SEAL_BYTES, SEEK_SET) < 0) {
        status = failed(path, "read");
    }
    while (status == GD_OK && got == PART_BYTES) {
        got = read_part(file, part, PART_BYTES);
        if (got < 0) {
            status = failed(path, "read");
        } else if (got == PART_BYTES) {
            gd_hash_add(&hasher, part, PART_BYTES);
        } else {
            *hash = gd_hash_end(&hasher, part, (size_t)got);
        }
    }
    gd_memory_free(&part);
    return status;
}

/* The block of a file of so many bytes with this hash. */
static void write_block(int64_t bytes, uint64_t hash, char block[GD_SEAL_BYTES]) {
    char text[17];
    memset(block, 0, GD_SEAL_BYTES);
    snprintf(block, GD_SEAL_BYTES, "%s%d, %lld bytes, checksum %s\n", mark, GD_CHECKPOINT_VERSION,
             (long long)bytes, gd_checkpoint_digest_text(hash, text));
}

gd_status gd_seal_write(const char *path) {
    uint64_t hash;
    struct stat about;
    char block[GD_SEAL_BYTES];
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return failed(path, "opened");
    }
    gd_status status =
        fstat(file, &about) == 0 ? hash_rest(path, file, &hash) : failed(path, "read");
    if (status == GD_OK) {
        write_block(about.st_size, hash, block);
        if (pwrite(file, block, sizeof block, 0) != (ssize_t)sizeof block) {
            status = failed(path, "written");
        }
    }
    if (close(file) != 0 && status == GD_OK) {
        status = failed(path, "written");
    }
    return status;
}

/* Of a file that does not begin as a checkpoint does. */
static gd_status foreign(const char *path, const char block[GD_SEAL_BYTES]) {
    static const char hdf5[] = "\211HDF\r\n\032\n";
    if (memcmp(block, hdf5, strlen(hdf5)) == 0) {
        return gd_status_new(
            GD_BAD_INPUT,
            "%s: is not a gdmpi checkpoint but another HDF5 file; a run's model.h5 or "
            "one of its checkpoints is needed",
            path);
    }
    return gd_status_new(GD_BAD_INPUT,
                         "%s: is not a gdmpi checkpoint, or its first line is damaged", path);
}

/* Takes the line apart; `block` ends with a NUL. */
static gd_status read_line(const char *path, const char *block, int64_t *bytes, uint64_t *hash) {
    char *at;
    if (strncmp(block, mark, strlen(mark)) != 0) {
        return foreign(path, block);
    }
    long long version = strtoll(block + strlen(mark), &at, 10);
    if (*at == ',' && version > 0 && version != GD_CHECKPOINT_VERSION) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: is a checkpoint of format version %lld; this program reads %d",
                             path, version, GD_CHECKPOINT_VERSION);
    }
    long long size;
    if (sscanf(at, ", %lld bytes, checksum %" SCNx64, &size, hash) != 2) {
        return gd_status_new(GD_BAD_INPUT, "%s: is damaged: its first line says no checksum", path);
    }
    *bytes = size;
    return GD_OK;
}

static gd_status check_hash(const char *path, int file, uint64_t wanted) {
    uint64_t hash;
    char is[17], says[17];
    gd_status status = hash_rest(path, file, &hash);
    if (status == GD_OK && hash != wanted) {
        status = gd_status_new(GD_BAD_INPUT, "%s: is damaged: its checksum is %s, but it says %s",
                               path, gd_checkpoint_digest_text(hash, is),
                               gd_checkpoint_digest_text(wanted, says));
    }
    return status;
}

static gd_status check(const char *path, int file, int64_t bytes) {
    char block[GD_SEAL_BYTES + 1] = "", whole[GD_SEAL_BYTES];
    int64_t wanted = 0;
    uint64_t hash = 0;
    gd_status status = read_part(file, block, GD_SEAL_BYTES) < 0 ? failed(path, "read") : GD_OK;
    if (status == GD_OK) {
        status = read_line(path, block, &wanted, &hash);
    }
    if (status == GD_OK && bytes != wanted) {
        status = gd_status_new(GD_BAD_INPUT, "%s: is damaged: it has %lld bytes, but says %lld",
                               path, (long long)bytes, (long long)wanted);
    }
    if (status == GD_OK) {
        status = check_hash(path, file, hash);
    }
    if (status == GD_OK) {
        write_block(bytes, hash, whole);
        if (memcmp(block, whole, sizeof whole) != 0) {
            status = gd_status_new(GD_BAD_INPUT,
                                   "%s: is damaged: its first line is not as it was written", path);
        }
    }
    return status;
}

gd_status gd_seal_check(const char *path) {
    struct stat about;
    gd_status status = GD_OK;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* or it would wait at a pipe */
    if (file < 0) {
        return gd_status_new(GD_BAD_INPUT, "%s: %s", path,
                             errno == ENOENT ? "no such file" : strerror(errno));
    }
    if (fstat(file, &about) != 0) {
        status = failed(path, "read");
    } else if (!S_ISREG(about.st_mode)) {
        status = gd_status_new(GD_BAD_INPUT, "%s: is not a file", path);
    } else {
        status = check(path, file, about.st_size);
    }
    close(file);
    return status;
}

bool gd_seal_is_there(const char *path) {
    char block[sizeof mark] = "";
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool there = file >= 0 && fstat(file, &about) == 0 && S_ISREG(about.st_mode) &&
                 read_part(file, block, strlen(mark)) > 0 && strcmp(block, mark) == 0;
    if (file >= 0) {
        close(file);
    }
    return there;
}
