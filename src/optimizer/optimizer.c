#include <float.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "optimizer_private.h"

const gd_optimizer_kind *const gd_optimizer_kinds[] = {&gd_optimizer_sgd,
                                                       &gd_optimizer_momentum,
                                                       &gd_optimizer_nesterov,
                                                       &gd_optimizer_adagrad,
                                                       &gd_optimizer_rmsprop,
                                                       &gd_optimizer_adam,
                                                       &gd_optimizer_adamw,
                                                       &gd_optimizer_nadam,
                                                       &gd_optimizer_lars,
                                                       &gd_optimizer_lamb,
                                                       NULL};

static const char *kind_name(size_t index) {
    const gd_optimizer_kind *kind = gd_optimizer_kinds[index];
    return kind == NULL ? NULL : kind->name;
}

const char *gd_optimizer_no_or_yes(size_t index) {
    static const char *const names[] = {"no", "yes"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
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
    {.key = "l2",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = 1000,
     .help = "after clipping, l2 w is added to the gradient of weights, biases are left alone: a "
             "penalty of l2 / 2 |w|^2"},
    {.key = "l1",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = 1000,
     .help =
         "after each step weights come nearer to 0 by lr l1, and stop there; biases do not: with "
         "sgd, a penalty of l1 |w|"},
    {.key = "max_norm",
     .kind = GD_SETTING_NUMBER,
     .initial = "0",
     .min = 0,
     .max = DBL_MAX,
     .help = "then the weights of a unit whose norm is larger are scaled down to it; 0: off"},
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

static const gd_optimizer_kind *configured(const gd_config *config) {
    return gd_optimizer_find(gd_config_text(config, "optimizer", "name"));
}

static double number(const gd_config *config, const char *key) {
    return gd_config_number(config, "optimizer", key);
}

static void read_options(const gd_config *config, double options[GD_OPTIMIZER_OPTIONS]) {
    const gd_setting *row = configured(config)->settings.rows;
    for (size_t i = 0; row[i].key != NULL; i++) {
        if (row[i].kind == GD_SETTING_CHOICE) {
            const char *chosen = gd_config_text(config, "optimizer", row[i].key);
            options[i] = (double)gd_text_index(chosen, row[i].choices);
        } else {
            options[i] = number(config, row[i].key);
        }
    }
}

static bool uses(const gd_optimizer_kind *kind, const double *options, int slot) {
    return kind->uses == NULL || kind->uses(options, slot);
}

int gd_optimizer_slots(const gd_config *config, const char *name[GD_OPTIMIZER_SLOTS + 1]) {
    const gd_optimizer_kind *kind = configured(config);
    double options[GD_OPTIMIZER_OPTIONS];
    int count = 0;
    read_options(config, options);
    for (int i = 0; kind->slot[i] != NULL; i++) {
        if (uses(kind, options, i)) {
            name[count++] = kind->slot[i];
        }
    }
    if (number(config, "ema") > 0) {
        name[count++] = NULL;
    }
    return count;
}

static void read_settings(const gd_config *config, gd_optimizer *optimizer) {
    optimizer->kind = configured(config);
    read_options(config, optimizer->options);
    optimizer->clip_norm = number(config, "clip_norm");
    optimizer->clip_value = number(config, "clip_value");
    optimizer->factor = 1;
    optimizer->weight_decay = number(config, "weight_decay");
    optimizer->l2 = number(config, "l2");
    optimizer->l1 = number(config, "l1");
    optimizer->max_norm = number(config, "max_norm");
    optimizer->ema = number(config, "ema");
    optimizer->product = 1;
}

/* The same vectors by their kind's numbers. */
static void name_slots(gd_optimizer *optimizer) {
    const gd_optimizer_kind *kind = optimizer->kind;
    int next = 0;
    for (int i = 0; kind->slot[i] != NULL; i++) {
        if (uses(kind, optimizer->options, i)) {
            optimizer->state[i] = optimizer->slot[next++];
        }
    }
    optimizer->average = optimizer->ema > 0 ? optimizer->slot[next] : NULL;
}

gd_status gd_optimizer_new(const gd_config *config, const gd_tensors *tensors, int64_t count,
                           gd_optimizer **optimizer) {
    gd_status status = gd_memory_new(optimizer, 1, sizeof **optimizer, "the optimizer");
    if (status != GD_OK) {
        return status;
    }
    gd_optimizer *new = *optimizer;
    new->tensors = tensors;
    new->count = count;
    read_settings(config, new);
    new->slots = gd_optimizer_slots(config, new->name);
    for (int i = 0; status == GD_OK && i < new->slots; i++) {
        status = gd_memory_new(&new->slot[i], (size_t)count, sizeof(real), "the optimizer's state");
    }
    name_slots(new);
    if (status == GD_OK && new->max_norm > 0) {
        status = gd_memory_new(&new->limited, (size_t)count, sizeof(real), "limited rows");
    }
    if (status == GD_OK && new->kind->trust != NULL) {
        status =
            gd_memory_new(&new->ratio, (size_t)tensors->count, sizeof *new->ratio, "trust ratios");
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
    for (int i = 0; i <= GD_OPTIMIZER_SLOTS; i++) {
        gd_memory_free(&old->slot[i]);
    }
    gd_memory_free(&old->ratio);
    gd_memory_free(&old->limited);
    gd_memory_free(optimizer);
}
