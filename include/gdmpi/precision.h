/* The numerics in one precision, as the rest of the program sees them. */
#ifndef GDMPI_PRECISION_H
#define GDMPI_PRECISION_H

#include "gdmpi/comm.h"
#include "gdmpi/config.h"

typedef struct gd_precision {
    const char *name;

    /* Every table of settings there is, ended by NULL: the same in each precision. */
    void (*settings)(const gd_settings *tables[]);

    /* Adds a line for each registered layer, loss, optimizer and so on: the same in each precision.
     */
    void (*methods)(gd_text *out);

    /* Trains as configured. GD_STOPPED and GD_DIVERGED are among the outcomes. Collective. */
    gd_status (*train)(gd_comm *comm, const gd_config *config);

    /* Checks all that training would, and prints the plan on rank 0; writes nothing. Collective. */
    gd_status (*plan)(gd_comm *comm, const gd_config *config);
} gd_precision;

#define GD_TABLES 64 /* more than there are */

extern const gd_precision gd_precision_single, gd_precision_double;

#endif
