/* A config from elsewhere: its text, and overrides behind it, each after a NUL, as far as a run
 * goes without its data. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "gdmpi/data.h"
#include "gdmpi/memory.h"
#include "gdmpi/model.h"
#include "gdmpi/optimizer.h"
#include "gdmpi/precision.h"

enum { OVERRIDES = 4, ELEMENTS = 1 << 12 };

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    return 0;
}

/* What was understood is written so that it is understood in the same way. */
static void expect_same_again(const gd_config *config, const gd_settings *const *tables) {
    gd_text first = {0}, second = {0};
    gd_config *again = NULL;
    gd_config_write(config, &first);
    gd_status status = gd_config_parse("again.ini", gd_text_bytes(&first), 0, NULL, tables, &again);
    if (status != GD_OK) {
        broken(gd_status_message(status));
    }
    gd_config_write(again, &second);
    status = gd_config_compare(config, again);
    if (status != GD_OK || strcmp(gd_text_bytes(&first), gd_text_bytes(&second)) != 0) {
        broken("a config that is written reads differently");
    }
    gd_config_free(&again);
    gd_text_free(&first);
    gd_text_free(&second);
}

/* A small model is brought to life. */
static void try_model(const gd_config *config, int64_t inputs) {
    gd_model *model = NULL;
    gd_workspace *workspace = NULL;
    gd_optimizer *optimizer = NULL;
    real *parameters = NULL;
    gd_status status = gd_model_new(config, inputs, &model);
    if (status == GD_OK && model->tensors.size < ELEMENTS) {
        (void)gd_workspace_bytes(model, model->tile_rows);
        status = gd_memory_new(&parameters, (size_t)model->tensors.size, sizeof *parameters, "");
        if (status == GD_OK) {
            status = gd_model_initialise(model, 1, parameters);
        }
        if (status == GD_OK) {
            status = gd_optimizer_new(config, model->tensors.size, &optimizer);
        }
        if (status == GD_OK && model->layer_count < 100) {
            status = gd_workspace_new(model, 1, &workspace);
        }
    }
    expect_told(status);
    gd_workspace_free(&workspace);
    gd_optimizer_free(&optimizer);
    gd_memory_free(&parameters);
    gd_model_free(&model);
}

/* How many steps there are, of few rows and of many. */
static void try_shards(const gd_config *config, int64_t rows) {
    int64_t count = gd_config_integer(config, "data", "shards");
    int64_t batch = gd_config_integer(config, "train", "batch_size");
    if (count == 0 || count > rows || (batch > 0 && batch < count)) {
        return;
    }
    gd_shards shards = {.rows = rows, .count = count, .batch = batch};
    int64_t steps = gd_shards_steps(&shards);
    if (steps < 1 || gd_shards_step_rows(&shards, steps - 1) < 1 ||
        gd_shards_step_rows(&shards, steps) != 0 || gd_shards_step_most(&shards) < 1) {
        broken("steps without rows");
    }
}

static void try_source(const gd_config *config, const char *key) {
    gd_source source;
    gd_status status = gd_source_parse(gd_config_text(config, "data", key),
                                       gd_config_text(config, "data", "file"), &source);
    if (status == GD_OK && (source.file[0] == '\0' || source.group[0] != '/')) {
        broken("a source without a file or a group");
    }
    gd_source_free(&source);
    expect_told(status);
}

static void go_on(const gd_config *config) {
    try_model(config, 1);
    try_model(config, 784);
    try_model(config, INT_MAX);
    try_shards(config, 10);
    try_shards(config, (int64_t)1 << 40);
    try_source(config, "train");
    try_source(config, "val");
    (void)gd_config_interval(config, "run", "checkpoint_every");
    (void)gd_config_interval(config, "run", "log_every");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    const gd_settings *tables[GD_TABLES];
    char *text, *override[OVERRIDES];
    int overrides = 0;
    gd_config *config = NULL;
    gd_status status = gd_memory_new(&text, count + 1, 1, "the input");
    if (status != GD_OK) {
        broken("no memory");
    }
    memcpy(text, bytes, count);
    for (char *at = text + strlen(text); at < text + count && overrides < OVERRIDES;
         at += strlen(at)) {
        override[overrides++] = ++at;
    }
    gd_precision_single.settings(tables);
    status = gd_config_parse("fuzz.ini", text, overrides, override, tables, &config);
    if (status == GD_OK) {
        expect_same_again(config, tables);
        go_on(config);
    }
    gd_config_free(&config);
    gd_memory_free(&text);
    expect_told(status);
    return 0;
}
