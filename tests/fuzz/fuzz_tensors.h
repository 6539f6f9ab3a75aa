/* The model that the checkpoints of fuzzing are of. */
#ifndef TESTS_FUZZ_TENSORS_H
#define TESTS_FUZZ_TENSORS_H

#include "gdmpi/checkpoint.h"

enum { FUZZ_SIZE = 48 };

extern const gd_tensors fuzz_tensors;

gd_status fuzz_checkpoint_write(const char *path);

#endif
