/* What a checkpoint begins with: a block that holds one line of text, the seal, and then zeros. It
 * says the size of the file, and the gd_hash, from 0, of all that is behind the block:
 *
 *     gdmpi checkpoint 2, 123456 bytes, checksum 0123456789abcdef
 *
 * Nothing here is collective. */
#ifndef GDMPI_SEAL_H
#define GDMPI_SEAL_H

#include <stdbool.h>

#include "gdmpi/status.h"

#define GD_CHECKPOINT_FORMAT "gdmpi checkpoint"
enum { GD_CHECKPOINT_VERSION = 4, GD_SEAL_BYTES = 512 };

/* Fills the block of a file that is otherwise complete. */
gd_status gd_seal_write(const char *path);

/* GD_BAD_INPUT: it is no checkpoint, one of another version, or has a byte that is not as it was
 * written, wherever it is; found without believing any of them. */
gd_status gd_seal_check(const char *path);

/* Whether a file begins as a checkpoint does, whole or not; false too if it cannot be read. */
bool gd_seal_is_there(const char *path);

#endif
