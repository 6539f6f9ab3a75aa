#include <float.h>

#include "gdmpi/files.h"
#include "gdmpi/train.h"
#include "train_private.h"

static const char *precision_name(size_t index) {
    static const char *const names[] = {"single", "double"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static const char *yes_or_no(size_t index) {
    static const char *const names[] = {"yes", "no"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static const gd_setting train_rows[] = {
    {.key = "epochs",
     .kind = GD_SETTING_INTEGER,
     .initial = "10",
     .min = 1,
     .max = 1e9,
     .may_change = true,
     .help = "how often every training row is used"},
    {.key = "max_steps",
     .kind = GD_SETTING_INTEGER,
     .initial = "0",
     .min = 0,
     .max = 4e9,
     .may_change = true,
     .help = "stop after this many optimizer steps; 0: no limit"},
    {.key = "max_seconds",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = 1e9,
     .may_change = true,
     .help = "write a checkpoint and exit with 75 before the run has taken so long; 0: no limit"},
    {.key = "batch_size",
     .kind = GD_SETTING_INTEGER,
     .initial = "256",
     .min = 0,
     .max = 1e15,
     .help = "rows of one optimizer step over all ranks together; 0: all training rows"},
    {.key = "accumulate",
     .kind = GD_SETTING_INTEGER,
     .initial = "1",
     .min = 1,
     .max = 1e9,
     .help = "a shard's rows of a step are worked in so many parts, to save memory"},
    {.key = "seed",
     .kind = GD_SETTING_INTEGER,
     .initial = "1",
     .min = 0,
     .max = 0x1p53,
     .help = "of initial parameters, shuffling, dropout and held-out rows"},
    {.key = "precision",
     .kind = GD_SETTING_CHOICE,
     .initial = "single",
     .choices = precision_name,
     .help = "of parameters and arithmetic"},
    {.key = "threads",
     .kind = GD_SETTING_INTEGER,
     .initial = "1",
     .min = 1,
     .max = 1024,
     .help = "BLAS threads of a rank"},
    {.key = "reduce",
     .kind = GD_SETTING_CHOICE,
     .initial = "auto",
     .choices = gd_reducer_name,
     .may_change = true,
     .help = "how gradients are summed; auto: window, or message where no ranks share memory"},
    {.key = "overlap",
     .kind = GD_SETTING_CHOICE,
     .initial = "yes",
     .choices = yes_or_no,
     .may_change = true,
     .help = "sums travel between hosts while gradients are still computed"},
    {0},
};

static const gd_settings train_settings = {.section = "train", .rows = train_rows};

static const char *progress_name(size_t index) {
    static const char *const names[] = {"auto", "on", "off"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static const gd_setting run_rows[] = {
    {.key = "dir",
     .kind = GD_SETTING_TEXT,
     .initial = "",
     .may_change = true,
     .help = "the run directory; empty: runs/NAME of the config"},
    {.key = "resume",
     .kind = GD_SETTING_TEXT,
     .initial = "auto",
     .may_change = true,
     .help = "auto: go on from the latest checkpoint, if any; never: replace an earlier run; "
             "or a checkpoint's path"},
    {.key = "checkpoint_every",
     .kind = GD_SETTING_INTERVAL,
     .initial = "1 epoch",
     .min = 1,
     .max = 1e9,
     .timed = true,
     .may_change = true,
     .help = "how often to write a checkpoint, besides at each best epoch and at the end"},
    {.key = "keep",
     .kind = GD_SETTING_INTEGER,
     .initial = "3",
     .min = 1,
     .max = 1e6,
     .may_change = true,
     .help = "how many of the last checkpoints to keep; the best is kept as well"},
    {.key = "log_every",
     .kind = GD_SETTING_INTERVAL,
     .initial = "50 steps",
     .min = 1,
     .max = 1e9,
     .may_change = true,
     .help = "how often metrics.jsonl gets a step line"},
    {.key = "verify_every",
     .kind = GD_SETTING_INTERVAL,
     .initial = "0 steps",
     .min = 0,
     .max = 1e9,
     .may_change = true,
     .help = "how often all ranks compare a digest of their parameters, besides at checkpoints; 0: "
             "never"},
    {.key = "metrics",
     .kind = GD_SETTING_TEXT,
     .initial = "",
     .may_change = true,
     .help = "what validation reports besides the loss and the accuracy or rmse: names of metrics, "
             "between commas, as gdmpi --help lists them"},
    {.key = "progress",
     .kind = GD_SETTING_CHOICE,
     .initial = "auto",
     .choices = progress_name,
     .may_change = true,
     .help = "a progress bar; auto: on a terminal"},
    {.key = "timeout",
     .kind = GD_SETTING_INTEGER,
     .initial = "300",
     .min = 0,
     .max = 1e6,
     .may_change = true,
     .help = "end the job when a rank has stood still for this many seconds; 0: never"},
    {.key = "tensorboard",
     .kind = GD_SETTING_CHOICE,
     .initial = "no",
     .choices = yes_or_no,
     .may_change = true,
     .help = "an event file in the run directory, which TensorBoard reads"},
    {.key = "timeline",
     .kind = GD_SETTING_TEXT,
     .initial = "",
     .may_change = true,
     .help = "a file for what each rank did when, as chrome://tracing and Perfetto show it; empty: "
             "none"},
    {0},
};

static const gd_settings run_settings = {.section = "run", .rows = run_rows};

void gd_train_tables(const gd_settings *tables[]) {
    size_t count = 0;
    tables[count++] = &gd_data_settings;
    tables[count++] = &gd_model_settings;
    for (size_t i = 0; gd_losses[i] != NULL; i++) {
        if (gd_losses[i]->settings.rows != NULL) {
            tables[count++] = &gd_losses[i]->settings;
        }
    }
    tables[count++] = &gd_optimizer_settings;
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL && count < GD_TABLES - 5; i++) {
        tables[count++] = &gd_optimizer_kinds[i]->settings;
    }
    tables[count++] = &gd_schedule_settings;
    for (size_t i = 0; gd_schedule_kinds[i] != NULL && count < GD_TABLES - 4; i++) {
        if (gd_schedule_kinds[i]->settings.rows != NULL) {
            tables[count++] = &gd_schedule_kinds[i]->settings;
        }
    }
    tables[count++] = &train_settings;
    tables[count++] = &gd_criteria_settings;
    tables[count++] = &run_settings;
    tables[count] = NULL;
}

static gd_status check_timeline(const gd_config *config) {
    const char *path = gd_config_text(config, "run", "timeline");
    if (path[0] == '\0') {
        return GD_OK;
    }
    return gd_config_blame(config, "run", "timeline",
                           gd_file_check(path, gd_config_text(config, "run", "dir")));
}

gd_status gd_train_check_settings(gd_comm *comm, const gd_config *config) {
    return gd_comm_agree(comm, gd_comm_rank(comm) == 0 ? check_timeline(config) : GD_OK);
}
