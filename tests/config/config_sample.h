/* Tables of settings as rooms declare them, and configs of them, for the tests. */
#ifndef GDMPI_CONFIG_SAMPLE_H
#define GDMPI_CONFIG_SAMPLE_H

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/config.h"

static const char *optimizer_name(size_t index) {
    static const char *const names[] = {"sgd", "momentum", "adam", "adamw", NULL};
    return names[index];
}

static const char *schedule_name(size_t index) {
    static const char *const names[] = {"constant", "step", NULL};
    return names[index];
}

static const gd_setting data_rows[] = {
    {.key = "file", .kind = GD_SETTING_TEXT, .help = "the data file"},
    {.key = "val_fraction",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = 0x1.fffffffffffffp-1,
     .help = "rows held out"},
    {.key = "shards",
     .kind = GD_SETTING_INTEGER,
     .initial = "0",
     .min = 0,
     .max = (double)INT64_MAX,
     .help = "logical shards"},
    {.key = NULL}};
static const gd_settings data_table = {.section = "data", .rows = data_rows};

static const gd_setting optimizer_rows[] = {{.key = "lr",
                                             .kind = GD_SETTING_NUMBER,
                                             .initial = "0.01",
                                             .min = 0,
                                             .max = 1e30,
                                             .help = "the learning rate"},
                                            {.key = "name",
                                             .kind = GD_SETTING_CHOICE,
                                             .initial = "momentum",
                                             .choices = optimizer_name,
                                             .help = "the method"},
                                            {.key = NULL}};
static const gd_settings optimizer_table = {.section = "optimizer", .rows = optimizer_rows};

#define FRACTION(name, value)                                                                      \
    {                                                                                              \
        .key = name, .kind = GD_SETTING_NUMBER, .initial = value, .min = 0,                        \
        .max = 0x1.fffffffffffffp-1, .help = "a decay"                                             \
    }

static const gd_setting momentum_rows[] = {FRACTION("momentum", "0.9"), {.key = NULL}};
static const gd_settings momentum_table = {
    .section = "optimizer", .owner = "momentum", .rows = momentum_rows};

static const gd_setting adam_rows[] = {FRACTION("beta1", "0.9"),
                                       {.key = "eps",
                                        .kind = GD_SETTING_NUMBER,
                                        .initial = "1e-8",
                                        .min = 0x1p-1074,
                                        .max = DBL_MAX,
                                        .help = "outside the root"},
                                       {.key = NULL}};
static const gd_settings adam_table = {.section = "optimizer", .owner = "adam", .rows = adam_rows};

static const gd_setting adamw_rows[] = {FRACTION("beta1", "0.8"), {.key = NULL}};
static const gd_settings adamw_table = {
    .section = "optimizer", .owner = "adamw", .rows = adamw_rows};

static const gd_setting schedule_rows[] = {{.key = "name",
                                            .kind = GD_SETTING_CHOICE,
                                            .initial = "constant",
                                            .choices = schedule_name,
                                            .may_change = true,
                                            .help = "the schedule"},
                                           {.key = NULL}};
static const gd_settings schedule_table = {.section = "schedule", .rows = schedule_rows};

static const gd_setting step_rows[] = {{.key = "step_size",
                                        .kind = GD_SETTING_INTERVAL,
                                        .min = 1,
                                        .max = 0x1p53,
                                        .help = "between two drops"},
                                       {.key = NULL}};
static const gd_settings step_table = {.section = "schedule", .owner = "step", .rows = step_rows};

static const gd_setting run_rows[] = {{.key = "dir",
                                       .kind = GD_SETTING_TEXT,
                                       .initial = "",
                                       .may_change = true,
                                       .help = "the run's folder"},
                                      {.key = "learning_seed",
                                       .kind = GD_SETTING_INTEGER,
                                       .initial = "1",
                                       .min = -(double)INT64_MAX,
                                       .max = (double)INT64_MAX,
                                       .help = "any whole number"},
                                      {.key = "checkpoint_every",
                                       .kind = GD_SETTING_INTERVAL,
                                       .initial = "1 epoch",
                                       .min = 1,
                                       .max = 1000,
                                       .timed = true,
                                       .help = "between two checkpoints"},
                                      {.key = NULL}};
static const gd_settings run_table = {.section = "run", .rows = run_rows};

static const gd_settings *const tables[] = {&data_table, &optimizer_table, &momentum_table,
                                            &adam_table, &adamw_table,     &schedule_table,
                                            &step_table, &run_table,       NULL};

static int overrides_count(char *const *overrides) {
    int count = 0;
    while (overrides != NULL && overrides[count] != NULL) {
        count++;
    }
    return count;
}

/* The config of a text that must be right. */
static gd_config *parsed(const char *text, char *const *overrides) {
    gd_config *config;
    gd_status status =
        gd_config_parse("t.ini", text, overrides_count(overrides), overrides, tables, &config);
    if (status != GD_OK) {
        fail_msg("%s", gd_status_message(status));
    }
    return config;
}

static void same_config(const gd_config *a, const gd_config *b) {
    gd_text first = {0}, second = {0};
    gd_config_write(a, &first);
    gd_config_write(b, &second);
    assert_string_equal(gd_text_bytes(&first), gd_text_bytes(&second));
    gd_text_free(&first);
    gd_text_free(&second);
}

/* Writes a config, parses what was written, and expects the same config. */
static void comes_back(const gd_config *config) {
    gd_text written = {0};
    gd_config_write(config, &written);
    gd_config *again = parsed(gd_text_bytes(&written), NULL);
    same_config(config, again);
    gd_status status = gd_config_compare(config, again);
    assert_string_equal(gd_status_message(status), "");
    gd_config_free(&again);
    gd_text_free(&written);
}

#endif
