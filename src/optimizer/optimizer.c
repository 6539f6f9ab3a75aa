#include "gdmpi/optimizer.h"
#include "gdmpi/memory.h"

const gd_optimizer_kind *const gd_optimizer_kinds[] = {&gd_optimizer_sgd, &gd_optimizer_momentum,
                                                       &gd_optimizer_adam, NULL};

static const char *kind_name(size_t index) {
    const gd_optimizer_kind *kind = gd_optimizer_kinds[index];
    return kind == NULL ? NULL : kind->name;
}

static const gd_setting settings[] = {
    {.key = "name",
     .kind = GD_SETTING_CHOICE,
     .initial = "sgd",
     .choices = kind_name,
     .help = "how parameters follow their gradient"},
    {0},
};

const gd_settings gd_optimizer_settings = {.section = "optimizer", .rows = settings};

const gd_optimizer_kind *gd_optimizer_find(const char *name) {
    return gd_optimizer_kinds[gd_text_index(name, kind_name)];
}

gd_status gd_optimizer_new(const gd_config *config, int64_t count, gd_optimizer **optimizer) {
    gd_status status = gd_memory_new(optimizer, 1, sizeof **optimizer, "the optimizer");
    if (status != GD_OK) {
        return status;
    }
    gd_optimizer *new = *optimizer;
    new->kind = gd_optimizer_find(gd_config_text(config, "optimizer", "name"));
    new->count = count;
    const gd_setting *row = new->kind->settings.rows;
    for (size_t i = 0; row[i].key != NULL; i++) {
        new->options[i] = gd_config_number(config, "optimizer", row[i].key);
    }
    for (; status == GD_OK && new->kind->slot[new->slots] != NULL; new->slots++) {
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

void gd_optimizer_update(gd_optimizer *optimizer, const gd_update *update) {
    optimizer->kind->update(optimizer, update);
}
