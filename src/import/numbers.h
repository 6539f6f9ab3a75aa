/* Numbers as texts, and the type that holds them. */
#ifndef GDMPI_IMPORT_NUMBERS_H
#define GDMPI_IMPORT_NUMBERS_H

#include "import_private.h"

/* Reads the whole of `text` as a finite number, to the nearest double; fast if it is short. */
bool gd_number_read(const char *text, double *value);

/* What is known of some numbers. */
typedef struct gd_numbers {
    int64_t count, zeros;
    bool fractions;     /* some are not whole */
    double least, most; /* 0 if there are none */
} gd_numbers;

void gd_numbers_add(gd_numbers *numbers, double number);

/* Whether they are whole, but too large for float32 to tell them apart. */
bool gd_numbers_large(const gd_numbers *numbers);

/* The smallest type for whole numbers in a range; float64 if no integer of 32 bits will do. */
gd_type gd_numbers_whole_type(double least, double most);

/* The type for x: the one that was asked for, or the smallest of integers, or float32, or, where
 * that would lose too much or something in it is `large`, float64. GD_BAD_INPUT if they do not fit.
 */
gd_status gd_numbers_type(const gd_numbers *numbers, bool large, const gd_import_options *options,
                          const char *path, gd_type *type);

#endif
