/* What tests of training share: a small problem in a folder of its own, and its trainer. Numerics:
 * compiled with each test, in its precision. */
#ifndef TESTS_TRAIN_SUPPORT_H
#define TESTS_TRAIN_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/data_files.h"
#include "gdmpi/train.h"
#include "gdmpi/trainer.h"
#include "mpi_support.h"

/* data.h5 has training and validation rows of some features [float32], and classes [int64]: more
 * than a tile of training rows in each of 4 shards, and a few tiles of validation rows. */
enum { ROWS = 1100, VAL_ROWS = 600, FEATURES = 6, CLASSES = 3 };

/* Runs a program's tests, on all ranks, in a new folder that has data.h5; returns the exit code. */
int tests_run(gd_comm *comm, const struct CMUnitTest *tests, size_t count);

/* A problem and its trainer, with parameters as they are at the start. By default, it has 5 shards,
 * a scale of 0.5, two dense layers of 7 and 3 units with tanh and dropout between, adam, 3 steps an
 * epoch, and the reducer message. */
typedef struct run {
    const gd_settings *tables[GD_TABLES];
    gd_config *config;
    gd_problem *problem;
    gd_trainer *trainer;
} run;

/* The config alone; `overrides` ends with NULL. Not collective. */
void run_config(run *run, const char *const *overrides);

/* All of it, begun. Collective. */
void run_open(gd_comm *comm, const char *const *overrides, run *run);
void run_close(run *run); /* collective */

/* One step, and the turn of the epoch where it comes. Collective. */
gd_status run_step(run *run, gd_outcome *outcome);
void run_steps(run *run, int count); /* that are to succeed */

/* "train.reduce=NAME" of the index-th reducer; NULL past the last. */
const char *reduce_override(size_t index, char out[64]);

/* Memory for elements of this size, freed with gd_memory_free. */
void *room(int64_t count, size_t size);

/* All rows of a role, on every rank. */
gd_rows all_rows(const gd_source *source, const gd_split *split, gd_role role);

/* A copy of the parameters as this rank sees them. Collective: afterwards they may change. */
real *parameters_of(const run *run);

/* Fails the test unless the parameters have these bits. Collective. */
void same_bits(const run *run, const real *wanted);

/* Fails the test unless |value - wanted| <= tolerance. */
void near(double value, double wanted, double tolerance);

/* Fails the test unless the status is this one, with the same message on all ranks. Collective. */
void expect_agreed(gd_comm *comm, gd_status status, gd_code code, const char *words);

#endif
