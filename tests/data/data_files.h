/* What tests of data share: a folder to work in, small data files, and checks of a status. */
#ifndef TESTS_DATA_FILES_H
#define TESTS_DATA_FILES_H

#include "gdmpi/data.h"

/* Group set-up and teardown: the tests between them run in a new folder, which is removed with all
 * it holds. */
int folder_enter(void **state);
int folder_leave(void **state);

/* A group with x [rows, features], y [rows] or, if outputs > 0, [rows, outputs], and w [rows] if it
 * is not NULL. */
typedef struct data_group {
    const char *name;
    int64_t rows, features, outputs;
    gd_type x_type, y_type;
    const void *x, *y;
    const double *w;
} data_group;

/* Makes the file, or replaces it. */
gd_status data_file_write(const char *path, int count, const data_group *groups);

/* Fails the test with the status' message, unless it is GD_OK. */
void expect_ok(gd_status status);

/* Fails the test unless the status has this code and its message has these words; frees it. */
void expect_error(gd_status status, gd_code code, const char *words);

/* Fails the test unless the folder holds these names, in ascending order, each followed by a space,
 * and others that begin with a dot at most. */
void expect_names(const char *folder, const char *wanted);

#endif
