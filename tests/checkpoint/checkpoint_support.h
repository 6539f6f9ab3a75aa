/* What tests of checkpoints share: a small model's tensors, with gaps between them. */
#ifndef TESTS_CHECKPOINT_SUPPORT_H
#define TESTS_CHECKPOINT_SUPPORT_H

#include "data/data_files.h"
#include "gdmpi/tensor.h"

enum { SIZE = 48 };

static const gd_tensors tensors = {
    .list = (gd_tensor[]){{.name = "0.weight", .rank = 2, .dims = {3, 7}, .count = 21},
                          {.name = "0.bias", .rank = 1, .dims = {3}, .count = 3, .offset = 32}},
    .count = 2,
    .size = SIZE,
    .elements = 24};

#endif
