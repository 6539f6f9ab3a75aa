#include "gdmpi/find_lr.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "gdmpi/memory.h"

/* Losses are averaged over a fortieth of the steps: by default over a fifth of a power of ten, so
 * that the least is seen where it is. (fastai and Lightning average over half of a test.) With more
 * steps, that is over more of them. */
static const double window = 1.0 / 40;

/* An average counts from twice as many losses on. */
enum { FIRST_PART = 20 };

/* A fall or a rise is none if it is less than so many deviations of the average. */
static const double falls = 3, rises = 9;

/* A loss has exploded if it is so many times the least, as in fastai and Lightning. */
static const double exploded = 4;

/* Where the loss is least it is about to rise, and the rate is too high already. */
static const double tenth = 0.1;

double gd_find_lr_rate(const gd_find_lr *test, int64_t step) {
    return test->from * pow(test->to / test->from, (double)step / (double)(test->steps - 1));
}

gd_status gd_lr_curve_new(int64_t steps, gd_lr_curve *curve) {
    *curve = (gd_lr_curve){.keep = 1 - 1 / (window * (double)steps), .first = steps / FIRST_PART};
    curve->least = curve->first;
    gd_status status =
        gd_memory_new(&curve->loss, (size_t)steps, sizeof *curve->loss, "the losses");
    return status == GD_OK ? gd_memory_new(&curve->smooth, (size_t)steps, sizeof *curve->smooth,
                                           "the average of losses")
                           : status;
}

void gd_lr_curve_free(gd_lr_curve *curve) {
    gd_memory_free(&curve->loss);
    gd_memory_free(&curve->smooth);
}

/* As Kingma and Ba 2015, section 3, take the bias out of an average that starts at 0. */
static double average(const gd_lr_curve *curve, int64_t step) {
    const double before = step > 0 ? curve->smooth[step - 1] : 0;
    const double share = (1 - curve->keep) / (1 - pow(curve->keep, (double)step + 1));
    return before + share * (curve->loss[step] - before);
}

/* Of the average of independent losses that scatter around one number: of variance s, the average
 * has (1 - keep) / (1 + keep) s, and the next loss is off it by both. */
static double deviation(const gd_lr_curve *curve) {
    return sqrt(curve->squares / (double)(curve->count - 1) * (1 - curve->keep) / 2);
}

void gd_lr_curve_add(gd_lr_curve *curve, double loss) {
    const int64_t step = curve->count++;
    curve->loss[step] = loss;
    const double smooth = curve->smooth[step] = average(curve, step);
    const double off = step > 0 ? loss - curve->smooth[step - 1] : 0;
    curve->sum += loss;
    curve->squares += off * off;
    if (step < curve->first) {
        return;
    }
    if (smooth <= curve->smooth[curve->least]) {
        curve->least = step;
        curve->level = curve->sum / (double)curve->count;
        curve->noise = deviation(curve);
    }
    const double least = curve->smooth[curve->least];
    curve->exploded = smooth - least > (exploded - 1) * fabs(least) &&
                      smooth - curve->level > rises * deviation(curve);
}

static double two_digits(double number) {
    char text[32];
    snprintf(text, sizeof text, "%.1e", number);
    return strtod(text, NULL);
}

gd_status gd_lr_curve_suggest(const gd_lr_curve *curve, const gd_find_lr *test, double *lr) {
    const double least = curve->smooth[curve->least];
    if (curve->count > curve->first && least < curve->smooth[curve->first] &&
        curve->level - least > falls * curve->noise) {
        *lr = two_digits(tenth * gd_find_lr_rate(test, curve->least));
        return GD_OK;
    }
    return gd_status_new(GD_DIVERGED,
                         "no learning rate from %.2g to %.2g makes the loss fall by more than its "
                         "noise; try a %s, more --steps, or a larger train.batch_size",
                         test->from, gd_find_lr_rate(test, curve->count - 1),
                         curve->exploded ? "smaller --from" : "larger --to");
}

void gd_lr_curve_write(const gd_lr_curve *curve, const gd_find_lr *test, gd_text *out) {
    gd_text_add(out, "lr,loss,smooth\n");
    for (int64_t i = 0; i < curve->count; i++) {
        char lr[32], loss[32], smooth[32];
        gd_text_add(out, "%s,%s,%s\n", gd_text_number(gd_find_lr_rate(test, i), lr),
                    gd_text_number(curve->loss[i], loss), gd_text_number(curve->smooth[i], smooth));
    }
}
