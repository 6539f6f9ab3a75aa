#include <float.h>

#include "gdmpi/memory.h"
#include "gdmpi/optimizer.h"

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
    {.key = "clip_norm",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = DBL_MAX,
     .help = "a gradient whose norm over all parameters is larger is scaled down to it; 0: off"},
    {.key = "clip_value",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = DBL_MAX,
     .help = "then no element of the gradient is farther from 0 than this; 0: off"},
    {.key = "ema",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = 1 - DBL_EPSILON / 2,
     .help = "average = ema average + (1 - ema) p after each step, for validation and model.h5; "
             "0: off"},
    {0},
};

const gd_settings gd_optimizer_settings = {.section = "optimizer", .rows = settings};

const gd_optimizer_kind *gd_optimizer_find(const char *name) {
    return gd_optimizer_kinds[gd_text_index(name, kind_name)];
}

static int slots_of(const gd_optimizer_kind *kind) {
    int count = 0;
    while (kind->slot[count] != NULL) {
        count++;
    }
    return count;
}

int gd_optimizer_slots(const gd_config *config) {
    const gd_optimizer_kind *kind = gd_optimizer_find(gd_config_text(config, "optimizer", "name"));
    return slots_of(kind) + (gd_config_number(config, "optimizer", "ema") > 0);
}

static void read_settings(const gd_config *config, gd_optimizer *optimizer) {
    const char *section = gd_optimizer_settings.section;
    const gd_setting *row = optimizer->kind->settings.rows;
    for (size_t i = 0; row[i].key != NULL; i++) {
        optimizer->options[i] = gd_config_number(config, section, row[i].key);
    }
    optimizer->clip_norm = gd_config_number(config, section, "clip_norm");
    optimizer->clip_value = gd_config_number(config, section, "clip_value");
    optimizer->factor = 1;
    optimizer->ema = gd_config_number(config, section, "ema");
}

gd_status gd_optimizer_new(const gd_config *config, int64_t count, gd_optimizer **optimizer) {
    gd_status status = gd_memory_new(optimizer, 1, sizeof **optimizer, "the optimizer");
    if (status != GD_OK) {
        return status;
    }
    gd_optimizer *new = *optimizer;
    new->kind = gd_optimizer_find(gd_config_text(config, "optimizer", "name"));
    new->count = count;
    read_settings(config, new);
    for (; status == GD_OK && new->slots < gd_optimizer_slots(config); new->slots++) {
        status = gd_memory_new(&new->slot[new->slots], (size_t)count, sizeof(real),
                               "the optimizer's state");
    }
    new->average = new->ema > 0 ? new->slot[slots_of(new->kind)] : NULL;
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
    for (int i = 0; i <= GD_OPTIMIZER_SLOTS; i++) {
        gd_memory_free(&old->slot[i]);
    }
    gd_memory_free(optimizer);
}

/* As torch.nn.utils.clip_grad_norm_. */
void gd_optimizer_measured(gd_optimizer *optimizer, double norm) {
    double factor = optimizer->clip_norm / (norm + 1e-6);
    optimizer->factor = optimizer->clip_norm > 0 && factor < 1 ? factor : 1;
}

GD_CLONES static void scale(int64_t count, real factor, real *gradient) {
    for (int64_t i = 0; i < count; i++) {
        gradient[i] *= factor;
    }
}

/* As torch.nn.utils.clip_grad_value_; what is not a number stays so. */
GD_CLONES static void clamp(int64_t count, real limit, real *gradient) {
    for (int64_t i = 0; i < count; i++) {
        real g = gradient[i];
        gradient[i] = g > limit ? limit : g < -limit ? -limit : g;
    }
}

GD_CLONES static void follow(int64_t count, real keep, real take, const real *restrict parameters,
                             real *restrict average) {
    for (int64_t i = 0; i < count; i++) {
        average[i] = keep * average[i] + take * parameters[i];
    }
}

void gd_optimizer_update(gd_optimizer *optimizer, const gd_update *update) {
    if (optimizer->factor < 1) {
        scale(update->count, (real)optimizer->factor, update->gradient);
    }
    if (optimizer->clip_value > 0) {
        clamp(update->count, (real)optimizer->clip_value, update->gradient);
    }
    optimizer->kind->update(optimizer, update);
    if (optimizer->average != NULL) {
        follow(update->count, (real)optimizer->ema, (real)(1 - optimizer->ema), update->parameters,
               optimizer->average + update->at);
    }
}
