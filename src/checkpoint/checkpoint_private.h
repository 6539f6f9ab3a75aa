/* What writing and reading a checkpoint share. */
#ifndef GDMPI_CHECKPOINT_PRIVATE_H
#define GDMPI_CHECKPOINT_PRIVATE_H

#include "gdmpi/checkpoint.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/seal.h"
#include "gdmpi/text.h"

#endif
