/* The numerics in one precision, as the rest of the program sees them. */
#ifndef GDMPI_PRECISION_H
#define GDMPI_PRECISION_H

#include "gdmpi/comm.h"
#include "gdmpi/config.h"
#include "gdmpi/find_lr.h"
#include "gdmpi/job.h"
#include "gdmpi/plan.h"

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
    gd_status (*plan)(gd_comm *comm, const gd_config *config, const gd_plan_options *options);

    /* A learning-rate range test of what is configured, on standard output, and in a file that is
     * asked for; nothing is looked for or written in the run directory. Collective. */
    gd_status (*find_lr)(gd_comm *comm, const gd_config *config, const gd_find_lr *test);

    /* What a trained model makes of rows that have y, on standard output, and of rows that may have
     * none, in the job's output. The model is of this precision. Collective. */
    gd_status (*evaluate)(gd_comm *comm, const gd_job *job);
    gd_status (*predict)(gd_comm *comm, const gd_job *job);

    /* Writes the job's output, in the format of its name. Collective. */
    gd_status (*export)(gd_comm *comm, const gd_job *job);
    /* Prints what a model, or a checkpoint, of this precision is. Collective. */
    gd_status (*inspect)(gd_comm *comm, const gd_job *job);
} gd_precision;

#define GD_TABLES 64 /* more than there are */

extern const gd_precision gd_precision_single, gd_precision_double;

static inline const gd_precision *gd_precision_of(gd_type type) {
    return type == GD_FLOAT64 ? &gd_precision_double : &gd_precision_single;
}

#endif
