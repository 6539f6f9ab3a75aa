/* The door of the room that trains, in each precision: gdmpi/precision.h, by which the commands
 * come in, says what these do. */
#ifndef GDMPI_TRAIN_H
#define GDMPI_TRAIN_H

#include "gdmpi/precision.h"
#include "gdmpi/real.h"

#define gd_train_tables GD_NAME(gd_train_tables)
#define gd_train_methods GD_NAME(gd_train_methods)
#define gd_train_run GD_NAME(gd_train_run)
#define gd_train_plan GD_NAME(gd_train_plan)
#define gd_train_find_lr GD_NAME(gd_train_find_lr)

void gd_train_tables(const gd_settings *tables[]);
void gd_train_methods(gd_text *out);
gd_status gd_train_run(gd_comm *comm, const gd_config *config);
gd_status gd_train_plan(gd_comm *comm, const gd_config *config, const gd_plan_options *options);
gd_status gd_train_find_lr(gd_comm *comm, const gd_config *config, const gd_find_lr *test);

#endif
