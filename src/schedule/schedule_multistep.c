#include <math.h>
#include <stdio.h>
#include <string.h>

#include "schedule_private.h"

enum { MILESTONES, GAMMA };

static const gd_setting settings[] = {
    [MILESTONES] = {.key = "milestones",
                    .kind = GD_SETTING_TEXT,
                    .help = "when the learning rate falls: rising numbers of steps or epochs, such "
                            "as '30, 60, 80 epochs'"},
    [GAMMA] = {.key = "gamma",
               .kind = GD_SETTING_NUMBER,
               .initial = "0.1",
               .min = 0,
               .max = 1,
               .help = "what it is multiplied by then"},
    {0},
};

/* Whether `text` is "30" or "30 epochs"; the unit, and a comma, are left in *rest. */
static bool parse_count(const char *text, double *count, const char **rest) {
    char digits[32];
    int64_t number;
    text += strspn(text, " \t");
    size_t length = strcspn(text, " \t,");
    if (length >= sizeof digits) {
        return false;
    }
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    bool whole = gd_text_to_integer(digits, &number) && number > 0 && (double)number <= 1e12;
    if (whole) {
        *count = (double)number;
        *rest = text + length + strspn(text + length, " \t");
    }
    return whole;
}

/* Numbers that rise, with commas between; behind the last, "steps", "epochs" or nothing. */
static gd_status read(const gd_config *config, gd_schedule *schedule) {
    const char *rest = gd_config_text(config, "schedule", "milestones");
    double last = 0;
    bool right = true, more = true;
    while (right && more) {
        if (schedule->milestones == GD_SCHEDULE_MILESTONES) {
            return gd_config_fail(config, "schedule", "milestones", "has more than %d numbers",
                                  GD_SCHEDULE_MILESTONES);
        }
        double *next = &schedule->milestone[schedule->milestones++];
        right = parse_count(rest, next, &rest) && *next > last;
        last = *next;
        more = right && *rest == ',';
        rest += more;
    }
    schedule->unit = right && strcmp(rest, "epochs") == 0 ? GD_EPOCHS : GD_STEPS;
    if (!right || (*rest != '\0' && strcmp(rest, gd_schedule_unit(schedule->unit)) != 0)) {
        return gd_config_fail(config, "schedule", "milestones",
                              "is not a list of whole numbers from 1 to 1e12 that rise, then "
                              "'steps' or 'epochs', such as '30, 60, 80 epochs'");
    }
    return GD_OK;
}

/* As torch.optim.lr_scheduler.MultiStepLR. */
static double rate(const gd_schedule *schedule, double t) {
    int passed = 0;
    while (passed < schedule->milestones && schedule->milestone[passed] <= t) {
        passed++;
    }
    return schedule->lr * pow(schedule->option[GAMMA], passed);
}

const gd_schedule_kind gd_schedule_multistep = {
    .name = "multistep",
    .help = "lr gamma^(milestones that t has reached)",
    .settings = {.section = "schedule", .owner = "multistep", .rows = settings},
    .read = read,
    .rate = rate,
};
