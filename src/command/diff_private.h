/* What the files of gdmpi diff share. */
#ifndef GDMPI_DIFF_PRIVATE_H
#define GDMPI_DIFF_PRIVATE_H

#include "gdmpi/checkpoint.h"

/* Prints the settings that differ in two resolved configurations. */
void gd_diff_config(const char *a, const char *b);

/* How many data sets were compared, and how many of them differ. */
typedef struct gd_diff_count {
    int64_t all, different;
} gd_diff_count;

/* Compares all data sets of two checkpoints, and prints those that differ. */
gd_status gd_diff_tensors(const char *a, const char *b, gd_diff_count *count);

#endif
