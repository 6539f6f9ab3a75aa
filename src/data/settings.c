#include <float.h>

#include "gdmpi/data.h"
#include "gdmpi/normalize.h"

const gd_choice gd_shuffles[] = {
    {"shard", "a new order within every shard each epoch"},
    {"none", "the order of the file, within every shard"},
    {"global", "rows are dealt to shards anew each epoch"},
    {NULL, NULL},
};

static const char *shuffle_name(size_t index) {
    return gd_shuffles[index].name;
}

static const gd_setting rows[] = {
    {.key = "file", .kind = GD_SETTING_TEXT, .may_change = true, .help = "the HDF5 file"},
    {.key = "train",
     .kind = GD_SETTING_TEXT,
     .initial = "/train",
     .may_change = true,
     .help = "the training rows: a group in file, or OTHER.h5:/group"},
    {.key = "val",
     .kind = GD_SETTING_TEXT,
     .initial = GD_DATA_VAL,
     .may_change = true,
     .help = "the validation rows, likewise; the default may be missing, and nothing means none"},
    {.key = "val_fraction",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = 0.9,
     .help = "part of the training rows held out for validation, where there is no group for it"},
    {.key = "shards",
     .kind = GD_SETTING_INTEGER,
     .initial = "0",
     .min = 0,
     .max = 1e6,
     .may_change = true, /* 0 to what it came to; the shards themselves are compared */
     .help = "logical shards: the result depends on them, not on the ranks; 0 is one per rank"},
    {.key = "shuffle",
     .kind = GD_SETTING_CHOICE,
     .initial = "shard",
     .choices = shuffle_name,
     .help = "in which order training rows are worked"},
    {.key = "scale",
     .kind = GD_SETTING_NUMBER,
     .initial = "1",
     .min = -DBL_MAX,
     .max = DBL_MAX,
     .help = "multiplies x"},
    {.key = "normalize",
     .kind = GD_SETTING_CHOICE,
     .initial = "none",
     .choices = gd_normalizer_name,
     .help = "every feature of the training rows gets mean 0 and deviation 1, or goes from 0 to 1; "
             "the same is done to validation rows"},
    {.key = "class_weights",
     .kind = GD_SETTING_TEXT,
     .initial = "",
     .help =
         "how much the training rows of each class count: balanced, or a number for each class; "
         "empty: all the same; times w of the rows, if it is there, over the mean of all rows"},
    {0},
};

const gd_settings gd_data_settings = {.section = "data", .rows = rows};
