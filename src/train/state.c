/* The vectors of a run's state: those of its optimizer, and those of [stop]. */
#include <stdio.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "train_private.h"

static bool stops_early(const gd_config *config) {
    return gd_config_integer(config, "stop", "patience") > 0;
}

static bool watches_parameters(const gd_config *config) {
    return gd_config_number(config, "stop", "param_change") > 0;
}

int gd_trainer_groups(const gd_config *config, char group[GD_TRAINER_STATES][64]) {
    const char *name[GD_OPTIMIZER_SLOTS + 1];
    int count = gd_optimizer_slots(config, name);
    for (int i = 0; i < count; i++) {
        if (name[i] == NULL) {
            snprintf(group[i], sizeof group[i], "/ema");
        } else {
            snprintf(group[i], sizeof group[i], "/optimizer/%s", name[i]);
        }
    }
    if (stops_early(config)) {
        snprintf(group[count++], sizeof group[0], "/best");
    }
    if (watches_parameters(config)) {
        snprintf(group[count++], sizeof group[0], "/epoch_start");
    }
    return count;
}

gd_status gd_trainer_compare_groups(const gd_config *config, const gd_config *old) {
    const char *key = NULL;
    if (stops_early(config) != stops_early(old)) {
        key = "patience";
    } else if (watches_parameters(config) != watches_parameters(old)) {
        key = "param_change";
    }
    return key == NULL ? GD_OK
                       : gd_config_fail(config, "stop", key,
                                        "a run that goes on may change it, but not to or from 0");
}

gd_status gd_trainer_allocate_state(gd_trainer *trainer) {
    const gd_config *config = trainer->problem->config;
    const gd_optimizer *optimizer = trainer->optimizer;
    const size_t owned = (size_t)trainer->reducer->owned;
    gd_status status = GD_OK;
    trainer->states = optimizer->slots;
    memcpy(trainer->state, optimizer->slot, (size_t)optimizer->slots * sizeof *trainer->state);
    if (stops_early(config)) {
        status = gd_memory_new(&trainer->best, owned, sizeof(real), "the best parameters");
        trainer->state[trainer->states++] = trainer->best;
    }
    if (status == GD_OK && watches_parameters(config)) {
        status =
            gd_memory_new(&trainer->before, owned, sizeof(real), "an epoch's first parameters");
        trainer->state[trainer->states++] = trainer->before;
    }
    return status;
}

void gd_trainer_take_model(gd_trainer *trainer) {
    if (trainer->best != NULL && trainer->progress.best_epoch > 0) {
        gd_reducer_swap(trainer->reducer, trainer->best);
    } else {
        gd_trainer_swap(trainer);
    }
}
