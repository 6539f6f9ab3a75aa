/* The scores of validation that run.metrics asks for, over the rows of all ranks. */
#ifndef GDMPI_SCOREBOARD_H
#define GDMPI_SCOREBOARD_H

#include "gdmpi/metrics.h"
#include "gdmpi/problem.h"

#define gd_scoreboard_new GD_NAME(gd_scoreboard_new)
#define gd_scoreboard_free GD_NAME(gd_scoreboard_free)
#define gd_scoreboard_bytes GD_NAME(gd_scoreboard_bytes)
#define gd_scoreboard_count GD_NAME(gd_scoreboard_count)
#define gd_scoreboard_end GD_NAME(gd_scoreboard_end)
#define gd_scoreboard_known GD_NAME(gd_scoreboard_known)
#define gd_scoreboard_value GD_NAME(gd_scoreboard_value)
#define gd_scoreboard_log GD_NAME(gd_scoreboard_log)
#define gd_scoreboard_print GD_NAME(gd_scoreboard_print)
#define gd_scoreboard_print_matrix GD_NAME(gd_scoreboard_print_matrix)

typedef struct gd_scoreboard gd_scoreboard;

/* All of it is allocated here. Not collective. */
gd_status gd_scoreboard_new(const gd_problem *problem, gd_scoreboard **scoreboard);
void gd_scoreboard_free(gd_scoreboard **scoreboard);
double gd_scoreboard_bytes(const gd_scoreboard *scoreboard);

/* Takes in a tile of this rank's validation rows, the first of which is row `first` of all, and
 * what the model makes of it. Not collective. */
void gd_scoreboard_count(gd_scoreboard *scoreboard, int64_t first, const gd_batch *tile,
                         const real *output);

/* Once all tiles are in: brings them together on rank 0, and its scores to all. The status is this
 * rank's own. Collective. */
gd_status gd_scoreboard_end(gd_scoreboard *scoreboard);

/* Whether all that it asks for was found out by this process; so it is if nothing is asked for. The
 * same on all ranks. Not collective. */
bool gd_scoreboard_known(const gd_scoreboard *scoreboard);

/* The number, or the numbers of the matrix, of a score, the same on all ranks; NULL if it is not
 * asked for. Not collective. */
const double *gd_scoreboard_value(const gd_scoreboard *scoreboard, const gd_score *score);

/* Adds val_NAME of each score to the line of the log that was begun: numbers, and matrices too if
 * this is the `last`. Rank 0. */
void gd_scoreboard_log(const gd_scoreboard *scoreboard, bool last, gd_metrics *metrics);

/* For people, at the end of a run. Rank 0. */
void gd_scoreboard_print(const gd_scoreboard *scoreboard);

/* A score that is a matrix, for people; of many classes, only `where` it is to be found. Rank 0. */
void gd_scoreboard_print_matrix(const gd_scoreboard *scoreboard, const double *matrix,
                                const char *where);

#endif
