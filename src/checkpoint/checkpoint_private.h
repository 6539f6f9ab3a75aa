/* What writing and reading a checkpoint share. */
#ifndef GDMPI_CHECKPOINT_PRIVATE_H
#define GDMPI_CHECKPOINT_PRIVATE_H

#include <stdbool.h>

#include "gdmpi/checkpoint.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/seal.h"
#include "gdmpi/text.h"

#define GD_CHECKPOINT_CONFIG "/state/config"

/* One row per field of gd_progress: what is written is what is read. */
typedef struct gd_checkpoint_field {
    const char *key;
    bool whole; /* int64_t, else double */
    size_t offset;
} gd_checkpoint_field;

extern const gd_checkpoint_field gd_checkpoint_fields[]; /* ends with a NULL key */

#endif
