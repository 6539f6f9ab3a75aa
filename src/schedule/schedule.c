#include <math.h>
#include <string.h>

#include "schedule_private.h"

const gd_schedule_kind *const gd_schedule_kinds[] = {
    &gd_schedule_constant,    &gd_schedule_step,     &gd_schedule_multistep,
    &gd_schedule_exponential, &gd_schedule_inverse,  &gd_schedule_polynomial,
    &gd_schedule_cosine,      &gd_schedule_restarts, &gd_schedule_cyclic,
    &gd_schedule_onecycle,    &gd_schedule_plateau,  NULL};

static const char *kind_name(size_t index) {
    const gd_schedule_kind *kind = gd_schedule_kinds[index];
    return kind == NULL ? NULL : kind->name;
}

static const gd_setting settings[] = {
    {.key = "name",
     .kind = GD_SETTING_CHOICE,
     .initial = "constant",
     .choices = kind_name,
     .help = "how the learning rate changes during the run"},
    {.key = "warmup_steps",
     .kind = GD_SETTING_INTERVAL,
     .initial = "0",
     .min = 0,
     .max = 1e12,
     .help = "so many steps, or epochs, lead up to optimizer.lr in a straight line; then the "
             "schedule begins"},
    {0},
};

const gd_settings gd_schedule_settings = {.section = "schedule", .rows = settings};

const gd_schedule_kind *gd_schedule_find(const char *name) {
    return gd_schedule_kinds[gd_text_index(name, kind_name)];
}

const char *gd_schedule_unit(size_t index) {
    static const char *const names[] = {"steps", "epochs"};
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

double gd_schedule_or_run(const gd_schedule *schedule, double length) {
    return length > 0 ? length : schedule->total;
}

double gd_schedule_wave(double from, double to, double part) {
    static const double pi = 3.14159265358979323846;
    return to + (from - to) * ((1 + cos(pi * part)) / 2);
}

/* The first length of a kind tells its unit, which others that are not 0 must have too. */
static gd_status read_length(const gd_config *config, const char *key, bool first,
                             gd_schedule *schedule, double *length) {
    const gd_interval interval = gd_config_interval(config, "schedule", key);
    if (!first && interval.count > 0 && interval.unit != schedule->unit) {
        return gd_config_fail(config, "schedule", key, "must be in %s, as the lengths before it",
                              gd_schedule_unit(schedule->unit));
    }
    if (first) {
        schedule->unit = interval.unit;
    }
    *length = interval.count;
    return GD_OK;
}

static gd_status read_options(const gd_config *config, gd_schedule *schedule) {
    const gd_setting *rows = schedule->kind->settings.rows;
    gd_status status = GD_OK;
    int lengths = 0;
    for (size_t i = 0; rows != NULL && rows[i].key != NULL && status == GD_OK; i++) {
        double *option = &schedule->option[i];
        switch (rows[i].kind) {
        case GD_SETTING_INTEGER:
            *option = (double)gd_config_integer(config, "schedule", rows[i].key);
            break;
        case GD_SETTING_NUMBER:
            *option = gd_config_number(config, "schedule", rows[i].key);
            break;
        case GD_SETTING_INTERVAL:
            status = read_length(config, rows[i].key, lengths++ == 0, schedule, option);
            break;
        case GD_SETTING_CHOICE:
            *option = (double)gd_text_index(gd_config_text(config, "schedule", rows[i].key),
                                            rows[i].choices);
            if (rows[i].choices == gd_schedule_unit) {
                schedule->unit = *option == GD_EPOCHS ? GD_EPOCHS : GD_STEPS;
            }
            break;
        case GD_SETTING_TEXT:
            break;
        }
    }
    return status;
}

gd_status gd_schedule_read(const gd_config *config, double lr, int64_t epoch_steps,
                           int64_t run_steps, gd_schedule *schedule) {
    *schedule = (gd_schedule){.kind = gd_schedule_find(gd_config_text(config, "schedule", "name")),
                              .lr = lr,
                              .epoch = (double)epoch_steps};
    const gd_interval warmup = gd_config_interval(config, "schedule", "warmup_steps");
    schedule->warmup = warmup.count * (warmup.unit == GD_EPOCHS ? schedule->epoch : 1);
    gd_status status = read_options(config, schedule);
    if (status == GD_OK && schedule->kind->read != NULL) {
        status = schedule->kind->read(config, schedule);
    }
    double steps = fmax(1, (double)run_steps - schedule->warmup);
    schedule->total = schedule->unit == GD_EPOCHS ? ceil(steps / schedule->epoch) : steps;
    return status;
}

double gd_schedule_lr(const gd_schedule *schedule, const gd_plateau *plateau, int64_t step) {
    double t = (double)step - schedule->warmup;
    if (t < 0) {
        return schedule->lr * ((double)(step + 1) / schedule->warmup);
    }
    if (schedule->kind->observe != NULL) {
        return schedule->kind->rate(schedule, (double)plateau->reductions);
    }
    return schedule->kind->rate(schedule,
                                schedule->unit == GD_EPOCHS ? floor(t / schedule->epoch) : t);
}

void gd_schedule_observe(const gd_schedule *schedule, int64_t steps, double loss,
                         gd_plateau *plateau) {
    if (schedule->kind->observe != NULL && (double)steps > schedule->warmup) {
        schedule->kind->observe(schedule, loss, plateau);
    }
}

gd_schedule gd_schedule_still(void) {
    return (gd_schedule){.kind = &gd_schedule_constant, .epoch = 1, .total = 1};
}

const char *gd_schedule_setting(const gd_schedule *schedule, double *value) {
    const gd_setting *rows = schedule->kind->settings.rows;
    for (int i = 0; rows != NULL && rows[i].key != NULL; i++) {
        if (strcmp(rows[i].key, GD_SCHEDULE_MAX_LR) == 0 && schedule->option[i] > 0) {
            *value = schedule->option[i];
            return "schedule." GD_SCHEDULE_MAX_LR;
        }
    }
    *value = schedule->lr;
    return "optimizer.lr";
}

void gd_schedule_describe(const gd_schedule *schedule, int64_t run_steps, gd_text *out) {
    const gd_plateau start = GD_PLATEAU_START;
    int64_t last = run_steps > 1 ? run_steps - 1 : 0;
    gd_text_add(out, "%s", schedule->kind->name);
    if (schedule->warmup > 0) {
        gd_text_add(out, ", after %.0f steps of warm-up", schedule->warmup);
        if (schedule->warmup >= (double)run_steps) {
            gd_text_add(out, ", of which the run has %lld", (long long)run_steps);
        }
    }
    if (schedule->kind != &gd_schedule_constant && schedule->kind->observe == NULL) {
        gd_text_add(out, ": lr %.3g in the first step, %.3g halfway, %.3g in the last",
                    gd_schedule_lr(schedule, &start, 0), gd_schedule_lr(schedule, &start, last / 2),
                    gd_schedule_lr(schedule, &start, last));
    }
}
