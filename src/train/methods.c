#include <stdio.h>
#include <string.h>

#include "gdmpi/init.h"
#include "gdmpi/layer.h"
#include "gdmpi/loss.h"
#include "gdmpi/normalize.h"
#include "gdmpi/optimizer.h"
#include "gdmpi/reduce.h"
#include "gdmpi/schedule.h"
#include "gdmpi/score.h"
#include "gdmpi/train.h"
#include "train_private.h"

enum { INDENT = 24 };

static void add_method(gd_text *out, const char *call, const char *help) {
    gd_text_add(out, "  %-*s  %s\n", INDENT - 4, call, help);
}

/* On a line of their own, each as it would be written; one without a default by its key alone. */
static void add_options(gd_text *out, const gd_setting *rows) {
    if (rows == NULL) {
        return;
    }
    gd_text_add(out, "%*s", INDENT, "");
    for (size_t i = 0; rows[i].key != NULL; i++) {
        gd_text_add(out, "%s%s", i == 0 ? "" : ", ", rows[i].key);
        if (rows[i].initial != NULL) {
            gd_text_add(out, " = %s", rows[i].initial);
        }
    }
    gd_text_add(out, "\n");
}

static void add_layers(gd_text *out) {
    gd_text_add(out, "Layers (model.layers):\n");
    for (size_t i = 0; gd_layer_kinds[i] != NULL; i++) {
        const gd_layer_kind *kind = gd_layer_kinds[i];
        const char *argument = kind->block ? "(layers)" : kind->argument;
        char call[64], number[32];
        snprintf(call, sizeof call, "%s %s", kind->name, argument == NULL ? "" : argument);
        add_method(out, call, kind->help);
        if (kind->argument != NULL && !kind->needed && kind->options == NULL) {
            gd_text_add(out, "%*s%s = %s\n", INDENT, "", kind->argument,
                        gd_text_number(kind->initial, number));
        }
    }
}

static void add_choices(gd_text *out, const char *title, const gd_choice *choices) {
    gd_text_add(out, "\n%s:\n", title);
    for (size_t i = 0; choices[i].name != NULL; i++) {
        add_method(out, choices[i].name, choices[i].help);
    }
}

/* Those of a section that do not depend on what it chooses. */
static void add_settings(gd_text *out, const char *title, const gd_settings *settings) {
    gd_text_add(out, "\n%s ([%s]):\n", title, settings->section);
    for (const gd_setting *row = settings->rows; row->key != NULL; row++) {
        char call[64];
        snprintf(call, sizeof call, "%s = %s", row->key, row->initial);
        if (strcmp(row->key, "name") != 0) {
            add_method(out, call, row->help);
        }
    }
}

static void add_model(gd_text *out) {
    add_layers(out);
    gd_text_add(out, "\nInitial parameters (model.init):\n");
    for (size_t i = 0; gd_inits[i].name != NULL; i++) {
        add_method(out, gd_inits[i].name, gd_inits[i].help);
    }
    gd_text_add(out, "\nLosses (model.loss):\n");
    for (size_t i = 0; gd_losses[i] != NULL; i++) {
        add_method(out, gd_losses[i]->name, gd_losses[i]->help);
        add_options(out, gd_losses[i]->settings.rows);
    }
    gd_text_add(out, "\nMetrics (run.metrics):\n");
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        add_method(out, gd_scores[i]->name, gd_scores[i]->help);
    }
}

static void add_training(gd_text *out) {
    gd_text_add(out, "\nOptimizers (optimizer.name):\n");
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        add_method(out, gd_optimizer_kinds[i]->name, gd_optimizer_kinds[i]->help);
        add_options(out, gd_optimizer_kinds[i]->settings.rows);
    }
    add_settings(out, "With any optimizer", &gd_optimizer_settings);
    gd_text_add(out, "\nSchedules (schedule.name):\n");
    for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
        add_method(out, gd_schedule_kinds[i]->name, gd_schedule_kinds[i]->help);
        add_options(out, gd_schedule_kinds[i]->settings.rows);
    }
    add_settings(out, "With any schedule", &gd_schedule_settings);
    add_settings(out, "When to stop", &gd_criteria_settings);
}

void gd_train_methods(gd_text *out) {
    add_model(out);
    add_training(out);
    add_choices(out, "Normalization of features (data.normalize)", gd_normalizers);
    add_choices(out, "Orders of rows (data.shuffle)", gd_shuffles);
    gd_text_add(out, "\nSums over ranks (train.reduce):\n");
    for (size_t i = 0; gd_reducer_kinds[i] != NULL; i++) {
        add_method(out, gd_reducer_kinds[i]->name, gd_reducer_kinds[i]->help);
    }
}
