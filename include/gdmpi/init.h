/* Initial values of parameters. A method is one entry in the table of init.c. */
#ifndef GDMPI_INIT_H
#define GDMPI_INIT_H

#include "gdmpi/real.h"
#include "gdmpi/rng.h"
#include "gdmpi/tensor.h"

#define gd_inits GD_NAME(gd_inits)
#define gd_init_find GD_NAME(gd_init_find)
#define gd_init_name GD_NAME(gd_init_name)

typedef struct gd_init {
    const char *name;
    const char *help;
    /* Fills the tensor's elements; a weight has rank 2, a bias rank 1. */
    void (*fill)(const gd_tensor *tensor, const gd_rng *rng, real *values);
} gd_init;

extern const gd_init gd_inits[]; /* ends with a NULL name */

const gd_init *gd_init_find(const char *name); /* NULL: none */
const char *gd_init_name(size_t index);        /* a gd_names */

#endif
