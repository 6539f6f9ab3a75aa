#include "gdmpi/precision.h"
#include "gdmpi/train.h"

#define gd_precision_here GD_NAME(gd_precision)

#if defined GD_DOUBLE
#define PRECISION_NAME "double"
#else
#define PRECISION_NAME "single"
#endif

const gd_precision gd_precision_here = {
    .name = PRECISION_NAME,
    .settings = gd_train_tables,
    .methods = gd_train_methods,
    .train = gd_train_run,
    .plan = gd_train_plan,
};
