#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/optimizer.h"

const gd_optimizer_kind *const gd_optimizer_kinds[] = {&gd_optimizer_sgd, &gd_optimizer_momentum,
                                                       &gd_optimizer_adam, NULL};

const char *gd_optimizer_name(size_t index) {
    const gd_optimizer_kind *kind = gd_optimizer_kinds[index];
    return kind == NULL ? NULL : kind->name;
}

static const gd_setting settings[] = {
    {.key = "name",
     .kind = GD_SETTING_CHOICE,
     .initial = "sgd",
     .choices = gd_optimizer_name,
     .help = "how parameters follow their gradient"},
    {0},
};

const gd_settings gd_optimizer_settings = {.section = "optimizer", .rows = settings};

const gd_optimizer_kind *gd_optimizer_find(const char *name) {
    for (size_t i = 0; gd_optimizer_kinds[i] != NULL; i++) {
        if (strcmp(gd_optimizer_kinds[i]->name, name) == 0) {
            return gd_optimizer_kinds[i];
        }
    }
    return NULL;
}

gd_status gd_optimizer_new(const gd_config *config, int64_t count, gd_optimizer **optimizer) {
    gd_status status = gd_memory_new(optimizer, 1, sizeof **optimizer, "the optimizer");
    if (status != GD_OK) {
        return status;
    }
    gd_optimizer *new = *optimizer;
    new->kind = gd_optimizer_find(gd_config_text(config, "optimizer", "name"));
    new->count = count;
    if (new->kind->configure != NULL) {
        new->kind->configure(config, new->options);
    }
    for (; new->kind->slot[new->slots] != NULL &&status == GD_OK; new->slots++) {
        status = gd_memory_new(&new->slot[new->slots], (size_t)count, sizeof(real),
                               new->kind->slot[new->slots]);
    }
    if (status != GD_OK) {
        gd_optimizer_free(optimizer);
    }
    return status;
}

void gd_optimizer_free(gd_optimizer **optimizer) {
    gd_optimizer *old = *optimizer;
    if (old == NULL) {
        return;
    }
    for (int i = 0; i < GD_OPTIMIZER_SLOTS; i++) {
        gd_memory_free(&old->slot[i]);
    }
    gd_memory_free(optimizer);
}

void gd_optimizer_update(gd_optimizer *optimizer, int64_t step, double lr, const real *gradient,
                         real *parameters) {
    gd_update update = {.step = step,
                        .lr = lr,
                        .count = optimizer->count,
                        .gradient = gradient,
                        .parameters = parameters};
    memcpy(update.slot, optimizer->slot, sizeof update.slot);
    optimizer->kind->update(optimizer->options, &update);
}
