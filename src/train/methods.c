#include <stdio.h>

#include "gdmpi/init.h"
#include "gdmpi/layer.h"
#include "gdmpi/loss.h"
#include "gdmpi/optimizer.h"
#include "gdmpi/reduce.h"
#include "gdmpi/schedule.h"
#include "gdmpi/score.h"
#include "gdmpi/train.h"

static void add_method(gd_text *out, const char *name, const char *argument, const char *help) {
    char call[32];
    snprintf(call, sizeof call, argument == NULL ? "%s" : "%s %s", name, argument);
    gd_text_add(out, "  %-18s %s\n", call, help);
}

void gd_train_methods(gd_text *out) {
    gd_text_add(out, "Layers (model.layers):\n");
    for (size_t i = 0; gd_layer_kinds[i] != NULL; i++) {
        const gd_layer_kind *kind = gd_layer_kinds[i];
        add_method(out, kind->name, kind->block ? "(layers)" : kind->argument, kind->help);
    }
    gd_text_add(out, "\nLosses (model.loss):\n");
    for (size_t i = 0; gd_losses[i] != NULL; i++) {
        add_method(out, gd_losses[i]->name, NULL, gd_losses[i]->help);
    }
    gd_text_add(out, "\nMetrics (run.metrics):\n");
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        add_method(out, gd_scores[i]->name, NULL, gd_scores[i]->help);
    }
    gd_text_add(out, "\nInitial parameters (model.init):\n");
    for (size_t i = 0; gd_inits[i].name != NULL; i++) {
        add_method(out, gd_inits[i].name, NULL, gd_inits[i].help);
    }
    gd_text_add(out, "\nOptimizers (optimizer.name):\n");
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        add_method(out, gd_optimizer_kinds[i]->name, NULL, gd_optimizer_kinds[i]->help);
    }
    gd_text_add(out, "\nSchedules (schedule.name):\n");
    for (size_t i = 0; gd_schedule_kinds[i] != NULL; i++) {
        add_method(out, gd_schedule_kinds[i]->name, NULL, gd_schedule_kinds[i]->help);
    }
    gd_text_add(out, "\nSums over ranks (train.reduce):\n");
    for (size_t i = 0; gd_reducer_kinds[i] != NULL; i++) {
        add_method(out, gd_reducer_kinds[i]->name, NULL, gd_reducer_kinds[i]->help);
    }
}
