#include "gdmpi/precision.h"
#include "gdmpi/inference.h"
#include "gdmpi/train.h"

#define gd_precision_here GD_NAME(gd_precision)

const gd_precision gd_precision_here = {
    .name = GD_REAL_NAME,
    .settings = gd_train_tables,
    .methods = gd_train_methods,
    .train = gd_train_run,
    .plan = gd_train_plan,
    .find_lr = gd_train_find_lr,
    .evaluate = gd_inference_evaluate,
    .predict = gd_inference_predict,
    .export = gd_inference_export,
    .inspect = gd_inference_inspect,
};
