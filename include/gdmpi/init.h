/* Initial values of parameters. A method is one entry in the table of init.c. */
#ifndef GDMPI_INIT_H
#define GDMPI_INIT_H

#include "gdmpi/real.h"
#include "gdmpi/rng.h"
#include "gdmpi/status.h"
#include "gdmpi/tensor.h"

#define gd_inits GD_NAME(gd_inits)
#define gd_init_find GD_NAME(gd_init_find)
#define gd_init_name GD_NAME(gd_init_name)
#define gd_init_orthogonal GD_NAME(gd_init_orthogonal)

typedef struct gd_init {
    const char *name;
    const char *help;
    /* The gain for an activation that is in the method itself, 1 if none is; 0: the method knows
     * no gains, and leaves `factor` alone. */
    double gain;
    /* Fills the tensor's elements, those of a weight times `factor`; a weight has rank 2, a bias
     * rank 1. Fails where memory runs out. */
    gd_status (*fill)(const gd_tensor *tensor, const gd_rng *rng, double factor, real *values);
} gd_init;

extern const gd_init gd_inits[]; /* ends with a NULL name */

const gd_init *gd_init_find(const char *name); /* NULL: none */
const char *gd_init_name(size_t index);        /* a gd_names */

/* The fill of "orthogonal". */
gd_status gd_init_orthogonal(const gd_tensor *tensor, const gd_rng *rng, double factor,
                             real *values);

#endif
