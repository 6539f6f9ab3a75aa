/* Rules of thumb, which are to be silent about a run that is as it should be. They compare losses
 * with losses, and norms with norms, so that the scale of neither matters. */
#include "gdmpi/diagnosis.h"

#include <math.h>

/* A loss is far above another from a tenth of that on: the noise of mini-batches and dropout is
 * less over an epoch. Where it has become small, even a tenth is nothing beside a hundredth of what
 * it was at first. */
static const double far = 0.1, matters = 0.01;

/* A training loss that jumps up in every fourth epoch, by a tenth of what it was at first, has not
 * just been unlucky; in two of a few epochs it may be chance, and the noise of dropout or
 * batch_norm moves one that has become small by less. */
static const double jump = 0.1;
enum { RISES_LEAST = 3, RISES_SHARE = 4 };

/* Nor has one that in the end has lost half of all that was gained. */
static const double lost = 0.5;

/* Fewer epochs are no trend. */
enum { TREND = 3 };

/* A rate is too low if the loss has come down by less than this part in all epochs, while the last
 * one brought at least half of their mean: a run that has converged slows down. */
static const double hardly = 0.05, steady = 0.5;

/* Dead units are common, and do little harm as long as most of a layer is alive: of healthy small
 * networks, up to half is dead. */
static const double dead_share = 0.75;

/* In networks that learn, the gradients of all weights have a tenth to ten times the norm of the
 * last ones'. Four layers of sigmoid with PyTorch's initial weights learn nothing, and bring it
 * below a hundredth. Where a loss was halved, it does no harm. */
static const double vanished = 1e-2, learned = 0.5;

/* There, no gradient is much larger than its weights. One a hundred times as large as the first and
 * as the last weights throws them all over, whatever the rate; nor can one rate be right for
 * gradients that have grown a thousandfold on their way. */
static const double exploded = 100, grown = 1000;

/* Norms that are told one by one: so many from either end. */
enum { TOLD = 5 };

static bool is_far_above(double loss, double other, double first) {
    const double rise = loss - other;
    return rise > far * fabs(other) && rise > matters * fabs(first);
}

void gd_curves_observe(gd_curves *curves, double train_loss, double val_loss) {
    if (curves->epochs == 0) {
        *curves = (gd_curves){.first = train_loss,
                              .before = NAN,
                              .last = NAN,
                              .least = INFINITY,
                              .val_least = INFINITY};
    }
    curves->epochs++;
    curves->before = curves->last;
    curves->last = train_loss;
    curves->val_last = val_loss;
    curves->falls += train_loss < curves->before;
    curves->rises += train_loss - curves->before > jump * fabs(curves->first);
    if (train_loss < curves->least) {
        curves->least = train_loss;
        curves->least_epoch = curves->epochs;
    }
    if (val_loss < curves->val_least) {
        curves->val_least = val_loss;
        curves->val_least_epoch = curves->epochs;
        curves->train_then = train_loss;
    }
    const bool behind = is_far_above(val_loss, curves->val_least, curves->first);
    curves->val_behind = behind ? curves->val_behind + 1 : 0;
}

static void add_smaller_rate(const gd_symptoms *symptoms, gd_text *sentence) {
    gd_text_add(sentence,
                "optimizer.lr (%g) is probably too high; try a third of it, or "
                "schedule.warmup_steps, or optimizer.clip_norm",
                symptoms->lr);
}

static bool loss_oscillates(const gd_symptoms *symptoms, gd_text *sentence) {
    const gd_curves *curves = &symptoms->curves;
    const int64_t changes = curves->epochs - 1;
    if (curves->rises < RISES_LEAST || curves->falls < RISES_LEAST ||
        RISES_SHARE * curves->rises < changes) {
        return false;
    }
    gd_text_add(sentence,
                "training loss oscillates: in %lld of %lld epochs it rose, by more than a tenth of "
                "the first epoch's: ",
                (long long)curves->rises, (long long)changes);
    add_smaller_rate(symptoms, sentence);
    return true;
}

static bool loss_rose(const gd_symptoms *symptoms, gd_text *sentence) {
    const gd_curves *curves = &symptoms->curves;
    const double rise = curves->last - curves->least;
    if (!(is_far_above(curves->last, curves->least, curves->first) &&
          rise > lost * (curves->first - curves->least))) {
        return false;
    }
    gd_text_add(sentence,
                "training loss rose from %.3g (epoch %lld) to %.3g (epoch %lld): ", curves->least,
                (long long)curves->least_epoch, curves->last, (long long)curves->epochs);
    add_smaller_rate(symptoms, sentence);
    return true;
}

static bool units_are_dead(const gd_symptoms *symptoms, gd_text *sentence) {
    if (symptoms->dead == 0 || (double)symptoms->dead < dead_share * (double)symptoms->units) {
        return false;
    }
    gd_text_add(sentence,
                "%lld of the %lld units of relu number %lld in model.layers put out 0 for each of "
                "%lld training rows: they are dead, and learn no more; most often optimizer.lr "
                "(%g) is, or was at first, too high; try a third of it, "
                "schedule.warmup_steps, leaky_relu, or model.init = he_normal",
                (long long)symptoms->dead, (long long)symptoms->units, (long long)symptoms->relu,
                (long long)symptoms->rows, symptoms->lr);
    return true;
}

static bool is_too_large(const gd_backflow *flow) {
    return flow->size > 0 && flow->norm > exploded * flow->size;
}

/* The layer before the last whose gradient has the least norm, or the largest; NaN is neither. */
static const gd_backflow *extreme(const gd_symptoms *symptoms, bool largest) {
    const gd_backflow *found = &symptoms->flow[0];
    for (int i = 1; i < symptoms->flows - 1; i++) {
        const gd_backflow *flow = &symptoms->flow[i];
        found = (largest ? flow->norm > found->norm : flow->norm < found->norm) ? flow : found;
    }
    return found;
}

/* As they are met on the way back. */
static void add_norms(const gd_symptoms *symptoms, gd_text *sentence) {
    for (int i = symptoms->flows - 1; i >= 0; i--) {
        if (i < TOLD || i >= symptoms->flows - TOLD) {
            gd_text_add(sentence, "%s%.2g (%s)", i == symptoms->flows - 1 ? "" : ", ",
                        symptoms->flow[i].norm, symptoms->flow[i].weights);
        } else if (i == TOLD) {
            gd_text_add(sentence, ", ...");
        }
    }
}

static bool gradient_explodes(const gd_symptoms *symptoms, gd_text *sentence) {
    if (symptoms->flows < 2) {
        return false;
    }
    const gd_backflow *last = &symptoms->flow[symptoms->flows - 1];
    const bool grows = extreme(symptoms, true)->norm > grown * last->norm;
    if (!grows && !(is_too_large(&symptoms->flow[0]) && is_too_large(last))) {
        return false;
    }
    gd_text_add(sentence, "the gradient explodes: %s; its norms, from the last layer back, are ",
                grows ? "it grows on its way back a thousandfold and more"
                      : "it is more than 100 times as large as the weights");
    add_norms(symptoms, sentence);
    gd_text_add(sentence, "; try smaller initial values (model.init_gain), batch_norm, "
                          "optimizer.clip_norm, or data.normalize");
    return true;
}

static bool gradient_vanishes(const gd_symptoms *symptoms, gd_text *sentence) {
    const gd_curves *curves = &symptoms->curves;
    if (symptoms->flows < 2 || curves->first - curves->last > learned * fabs(curves->first) ||
        !(extreme(symptoms, false)->norm < vanished * symptoms->flow[symptoms->flows - 1].norm)) {
        return false;
    }
    gd_text_add(sentence,
                "the gradient vanishes on its way back: its norms, from the last layer, are ");
    add_norms(symptoms, sentence);
    gd_text_add(sentence,
                ", so that the first layers hardly learn; try relu instead of sigmoid or tanh, "
                "batch_norm, residual(...), or model.init = xavier_normal with model.init_gain = "
                "auto");
    return true;
}

static bool overfits(const gd_symptoms *symptoms, gd_text *sentence) {
    const gd_curves *curves = &symptoms->curves;
    if (curves->val_behind < TREND ||
        !is_far_above(curves->train_then, curves->last, curves->first)) {
        return false;
    }
    gd_text_add(sentence,
                "validation loss rose from %.3g (epoch %lld) to %.3g (epoch %lld) while training "
                "loss fell from %.3g to %.3g: overfitting from epoch %lld on; ",
                curves->val_least, (long long)curves->val_least_epoch, curves->val_last,
                (long long)curves->epochs, curves->train_then, curves->last,
                (long long)curves->val_least_epoch + 1);
    gd_text_add(sentence, symptoms->keeps_best ? "model.h5 is" : "checkpoints/best is");
    gd_text_add(sentence, " of epoch %lld; try more data, dropout, ",
                (long long)symptoms->best_epoch);
    gd_text_add(sentence, symptoms->keeps_best ? "or optimizer.weight_decay"
                                               : "optimizer.weight_decay, or stop.patience");
    return true;
}

static bool loss_hardly_falls(const gd_symptoms *symptoms, gd_text *sentence) {
    const gd_curves *curves = &symptoms->curves;
    const int64_t changes = curves->epochs - 1;
    const double fall = curves->first - curves->last;
    if (changes < TREND || curves->falls < changes || fall >= hardly * fabs(curves->first) ||
        curves->before - curves->last < steady * fall / (double)changes) {
        return false;
    }
    gd_text_add(sentence,
                "training loss fell only from %.6g (epoch 1) to %.6g (epoch %lld), and goes on "
                "falling: optimizer.lr (%g) is probably too low; try ten times as much",
                curves->first, curves->last, (long long)curves->epochs, symptoms->lr);
    return true;
}

/* The gravest first: what is not trained at all, then what is trained badly, or not yet. Dead units
 * and gradients that vanish come before a loss that hardly falls, which is their doing. */
static bool (*const rules[])(const gd_symptoms *symptoms, gd_text *sentence) = {
    loss_oscillates,   loss_rose, units_are_dead,    gradient_explodes,
    gradient_vanishes, overfits,  loss_hardly_falls,
};

void gd_diagnose(const gd_symptoms *symptoms, gd_text *sentence) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules && !rules[i](symptoms, sentence); i++) {
    }
}
