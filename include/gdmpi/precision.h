/* The numerics in one precision, as the rest of the program sees them. */
#ifndef GDMPI_PRECISION_H
#define GDMPI_PRECISION_H

#include "gdmpi/comm.h"
#include "gdmpi/config.h"

typedef struct gd_precision {
    const char *name;

    /* Every table of settings there is, ended by NULL: the same in each precision. Fails the
     * build's tests if there are more than GD_TABLES. */
    void (*settings)(const gd_settings *tables[]);

    /* Trains as configured. GD_STOPPED and GD_DIVERGED are among the outcomes. Collective. */
    gd_status (*train)(gd_comm *comm, const gd_config *config);

    /* Checks all that training would, and prints the plan on rank 0; writes nothing. Collective. */
    gd_status (*plan)(gd_comm *comm, const gd_config *config);
} gd_precision;

#define GD_TABLES 64

extern const gd_precision gd_precision_single, gd_precision_double;

/* The one that [train] precision names. Not collective. */
const gd_precision *gd_precision_find(const char *name);

#endif
