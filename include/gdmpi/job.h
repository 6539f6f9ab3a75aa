/* A model that was trained, and rows for it, as a command line names them. */
#ifndef GDMPI_JOB_H
#define GDMPI_JOB_H

#include "gdmpi/checkpoint.h"
#include "gdmpi/comm.h"
#include "gdmpi/config.h"
#include "gdmpi/data.h"

typedef struct gd_job {
    const char *model;           /* the path of a checkpoint, not owned; */
    gd_checkpoint_header header; /* what it says of itself, */
    gd_config *config;           /* and the configuration of its run */
    const gd_settings **tables;  /* of the config */
    gd_source data;              /* without a file: there are no rows */
    bool chosen;                 /* nobody has named the group */
    const char *output;          /* the file to make; not owned */
    bool json;
    int64_t block_bytes; /* of rows, and of what is made of them, that a rank has at once */
} gd_job;

/* Reads what the checkpoint `model` says of itself, and finds the rows: `data` is FILE.h5:/GROUP,
 * or FILE.h5, then they are in /test if that is there, else /val, else in the root group; NULL:
 * there are none. The same on all ranks; the files are opened by rank 0. Freed by gd_job_close,
 * whatever comes of it. Collective. */
gd_status gd_job_open(gd_comm *comm, const char *model, const char *data, gd_job *job);
void gd_job_close(gd_job *job);

/* GD_BAD_INPUT if the job's output is there already, or cannot be. Not collective. */
gd_status gd_job_check_output(const gd_job *job);

#endif
