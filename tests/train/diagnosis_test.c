#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/diagnosis.h"
#include "gdmpi/rng.h"

enum { EPOCHS_MAX = 1000 };

/* The losses of some epochs; without validation, val is NaN. */
typedef struct course {
    int64_t epochs;
    double train[EPOCHS_MAX], val[EPOCHS_MAX];
} course;

/* Those that are given, in the order of epochs. */
static course course_of(int64_t epochs, const double *train, const double *val) {
    course course = {.epochs = epochs};
    for (int64_t i = 0; i < epochs; i++) {
        course.train[i] = train[i];
        course.val[i] = val == NULL ? NAN : val[i];
    }
    return course;
}

static gd_symptoms symptoms_of(const course *course, double scale) {
    gd_symptoms symptoms = {.lr = 0.1};
    for (int64_t i = 0; i < course->epochs; i++) {
        gd_curves_observe(&symptoms.curves, scale * course->train[i], scale * course->val[i]);
    }
    return symptoms;
}

/* Fails the test unless the diagnosis has these words, or is empty if they are NULL. */
static void says(const gd_symptoms *symptoms, const char *words) {
    gd_text sentence = {0};
    gd_diagnose(symptoms, &sentence);
    if (words == NULL) {
        assert_string_equal(gd_text_bytes(&sentence), "");
    } else if (strstr(gd_text_bytes(&sentence), words) == NULL) {
        fail_msg("no '%s' in '%s'", words, gd_text_bytes(&sentence));
    }
    gd_text_free(&sentence);
}

static void says_of(const course *course, const char *words) {
    const gd_symptoms symptoms = symptoms_of(course, 1);
    says(&symptoms, words);
}

/* From `first` towards `least`, by e in `pace` epochs, with noise of this part of the loss; that of
 * validation is a tenth larger. */
static course learning(int64_t epochs, double first, double least, double pace, double noise) {
    const gd_rng rng = gd_rng_stream(5, GD_RNG_INIT, epochs, 0, 0);
    course course = {.epochs = epochs};
    for (int64_t i = 0; i < epochs; i++) {
        const double loss = least + (first - least) * exp(-(double)i / pace);
        const double train_noise = 2 * gd_rng_uniform(&rng, 2 * (uint64_t)i) - 1;
        const double val_noise = 2 * gd_rng_uniform(&rng, 2 * (uint64_t)i + 1) - 1;
        course.train[i] = loss * (1 + noise * train_noise);
        course.val[i] = 1.1 * loss * (1 + noise * val_noise);
    }
    return course;
}

static void nothing_is_said_of_a_run_that_learns(void **state) {
    (void)state;
    const course courses[] = {
        learning(1, 2.3, 0.3, 3, 0),          learning(2, 2.3, 0.3, 3, 0),
        learning(15, 2.3, 0.3, 3, 0.04),      learning(1000, 2.3, 0.3, 30, 0.04),
        learning(40, 2.3, 1e-9, 2, 0.4),      learning(20, 2.1, 0.0097, 0.1, 0.04),
        learning(1000, 0.31, 0.3, 0.1, 0.04), learning(30, 0.8, 0.3, 100, 0.01),
        learning(30, -1, -2, 5, 0.02),        learning(10, 1e9, 1e-9, 1, 0),
        learning(40, 0.75, 0.25, 2, 0.15),
    };
    const gd_symptoms none = {.lr = 0.1};
    says(&none, NULL);
    for (size_t i = 0; i < sizeof courses / sizeof *courses; i++) {
        says_of(&courses[i], NULL);
    }
}

/* Up by a tenth and a little, and down again, so many times; then only down. */
static course zigzag(int64_t rises, int64_t epochs) {
    course course = {.epochs = epochs};
    double loss = 1;
    for (int64_t i = 0; i < epochs; i++) {
        course.train[i] = loss;
        course.val[i] = NAN;
        loss *= i % 2 == 0 && i < 2 * rises ? 1.101 : 1 / 1.101;
    }
    return course;
}

static void a_loss_that_often_rises_oscillates(void **state) {
    (void)state;
    course course = zigzag(3, 13);
    says_of(&course, "training loss oscillates: in 3 of 12 epochs it rose, by more than a tenth of "
                     "the first epoch's: "
                     "optimizer.lr (0.1) is probably too high");
    course = zigzag(3, 14);
    says_of(&course, NULL);
    course = zigzag(2, 5);
    says_of(&course, NULL);
    course = zigzag(250, 1000);
    says_of(&course, "in 250 of 999 epochs");
    course = zigzag(249, 1000);
    says_of(&course, NULL);
}

static void a_loss_that_ends_far_above_its_least_has_risen(void **state) {
    (void)state;
    course course = course_of(3, (double[]){1, 0.6, 0.81}, NULL);
    says_of(&course, "training loss rose from 0.6 (epoch 2) to 0.81 (epoch 3): optimizer.lr (0.1) "
                     "is probably too high; try a third of it");
    course = course_of(3, (double[]){1, 0.6, 0.79}, NULL);
    says_of(&course, NULL);
    course = course_of(2, (double[]){1, 1.11}, NULL);
    says_of(&course, "rose from 1 (epoch 1) to 1.11 (epoch 2)");
    course = course_of(2, (double[]){1, 1.09}, NULL);
    says_of(&course, NULL);
    course = course_of(6, (double[]){0.5, 1, 2, 4, 8, 1e30}, NULL);
    says_of(&course, "rose from 0.5 (epoch 1) to 1e+30 (epoch 6)");
    course = course_of(3, (double[]){-1, -2, -1.4}, NULL);
    says_of(&course, "rose from -2 (epoch 2) to -1.4 (epoch 3)");
    course = course_of(4, (double[]){1, 0.2, 3, 0.25}, NULL);
    says_of(&course, NULL);
}

static const double train[] = {1, 0.7, 0.5, 0.4, 0.3, 0.25};

static void validation_that_rises_while_training_falls_is_overfitting(void **state) {
    (void)state;
    course course = course_of(6, train, (double[]){1, 0.8, 0.7, 0.78, 0.79, 0.8});
    gd_symptoms symptoms = symptoms_of(&course, 1);
    symptoms.best_epoch = 3;
    says(&symptoms, "validation loss rose from 0.7 (epoch 3) to 0.8 (epoch 6) while training loss "
                    "fell from 0.5 to 0.25: overfitting from epoch 4 on; checkpoints/best is of "
                    "epoch 3; try more data, dropout, optimizer.weight_decay, or stop.patience");
    symptoms.keeps_best = true;
    says(&symptoms, "model.h5 is of epoch 3; try more data, dropout, or optimizer.weight_decay");
}

static void it_must_have_been_so_for_three_epochs(void **state) {
    (void)state;
    course course = course_of(6, train, (double[]){1, 0.8, 0.7, 0.76, 0.79, 0.8});
    says_of(&course, NULL);
    course = course_of(6, train, (double[]){1, 0.8, 0.7, 0.9, 0.75, 0.9});
    says_of(&course, NULL);
    course = course_of(6, train, (double[]){0.7, 0.9, 0.9, 0.9, 0.9, 0.71});
    says_of(&course, NULL);
    course = course_of(6, train, (double[]){0.7, 0.9, 0.9, 0.9, 0.9, 0.9});
    says_of(&course, "overfitting from epoch 2 on");
}

static void it_is_not_if_training_does_not_fall_or_the_losses_are_tiny(void **state) {
    (void)state;
    const double val[] = {1, 0.8, 0.7, 0.9, 0.9, 0.9};
    course course = course_of(6, (double[]){1, 0.7, 0.5, 0.46, 0.47, 0.46}, val);
    says_of(&course, NULL);
    course = course_of(6, (double[]){1, 0.1, 0.009, 0.008, 0.007, 0.001},
                       (double[]){1, 0.1, 0.001, 0.01, 0.01, 0.01});
    says_of(&course, NULL);
    course = course_of(6, train, NULL);
    says_of(&course, NULL);
}

static void a_loss_that_falls_little_but_steadily_needs_a_higher_rate(void **state) {
    (void)state;
    course course = course_of(4, (double[]){2.3, 2.299, 2.298, 2.297}, NULL);
    says_of(&course, "training loss fell only from 2.3 (epoch 1) to 2.297 (epoch 4), and goes on "
                     "falling: optimizer.lr (0.1) is probably too low; try ten times as much");
    course.epochs = 3;
    says_of(&course, NULL);
    course = course_of(4, (double[]){1, 0.984, 0.967, 0.951}, NULL);
    says_of(&course, "too low");
    course = course_of(4, (double[]){1, 0.984, 0.967, 0.949}, NULL);
    says_of(&course, NULL);
    course = course_of(4, (double[]){-1, -1.01, -1.02, -1.03}, NULL);
    says_of(&course, "too low");
}

static void one_that_has_come_to_its_end_does_not(void **state) {
    (void)state;
    course course = course_of(4, (double[]){2.3, 2.28, 2.27, 2.269}, NULL);
    says_of(&course, NULL);
    course = course_of(5, (double[]){2.3, 2.299, 2.298, 2.2985, 2.297}, NULL);
    says_of(&course, NULL);
    course = course_of(4, (double[]){2, 2, 2, 2}, NULL);
    says_of(&course, NULL);
}

static void the_scale_of_the_loss_does_not_matter(void **state) {
    (void)state;
    const double val[] = {1, 0.8, 0.7, 0.9, 0.9, 0.9};
    const struct {
        course course;
        const char *words;
    } cases[] = {{zigzag(3, 13), "oscillates"},
                 {course_of(2, (double[]){1, 2}, NULL), "rose"},
                 {course_of(6, train, val), "overfitting"},
                 {course_of(4, (double[]){2.3, 2.299, 2.298, 2.297}, NULL), "too low"},
                 {learning(15, 2.3, 0.3, 3, 0.04), NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (double scale = 0x1p-40; scale < 0x1p50; scale *= 0x1p20) {
            const gd_symptoms symptoms = symptoms_of(&cases[i].course, scale);
            says(&symptoms, cases[i].words);
        }
    }
}

static void a_layer_of_which_three_quarters_are_dead_is_named(void **state) {
    (void)state;
    gd_symptoms symptoms = {.lr = 0.1, .relu = 2, .units = 64, .dead = 48, .rows = 2048};
    says(&symptoms, "48 of the 64 units of relu number 2 in model.layers put out 0 for each of "
                    "2048 training rows: they are dead");
    symptoms.dead = 47;
    says(&symptoms, NULL);
    symptoms.dead = symptoms.units = 1;
    says(&symptoms, "1 of the 1 units");
}

static void a_gradient_far_larger_than_all_weights_explodes(void **state) {
    (void)state;
    gd_backflow flow[] = {{"0.weight", 101, 1}, {"2.weight", 300, 1}, {"4.weight", 2499, 25}};
    const gd_symptoms symptoms = {.flow = flow, .flows = 3};
    says(&symptoms, NULL);
    flow[2].norm = 5000;
    says(&symptoms,
         "the gradient explodes: it is more than 100 times as large as the weights; its "
         "norms, from the last layer back, are 5e+03 (4.weight), 3e+02 (2.weight), 1e+02 "
         "(0.weight); try");
    flow[0].norm = INFINITY;
    says(&symptoms, "inf (0.weight)");
    flow[0].norm = NAN;
    says(&symptoms, NULL);
    flow[0] = (gd_backflow){"0.weight", 200, 0};
    says(&symptoms, NULL);
}

static void a_gradient_that_grows_on_its_way_back_explodes(void **state) {
    (void)state;
    gd_backflow flow[] = {{"0.weight", 1, 1}, {"2.weight", 11, 1}, {"4.weight", 0.01, 1}};
    const gd_symptoms symptoms = {.flow = flow, .flows = 3};
    says(&symptoms, "the gradient explodes: it grows on its way back a thousandfold and more");
    flow[1].norm = 9;
    says(&symptoms, NULL);
    flow[2].norm = NAN;
    says(&symptoms, NULL);
}

static void a_gradient_far_smaller_in_an_earlier_layer_vanishes(void **state) {
    (void)state;
    gd_backflow flow[] = {{"0.weight", 9e-4, 1}, {"2.weight", 1, 1}, {"4.weight", 0.1, 1}};
    gd_symptoms symptoms = {.flow = flow, .flows = 3};
    says(&symptoms, "the gradient vanishes on its way back: its norms, from the last layer, are "
                    "0.1 (4.weight), 1 (2.weight), 0.0009 (0.weight), so that");
    flow[0].norm = 1.1e-3;
    says(&symptoms, NULL);
    flow[1].norm = 0;
    says(&symptoms, "0 (2.weight)");
    flow[2].norm = NAN;
    says(&symptoms, NULL);
    symptoms.flows = 1;
    says(&symptoms, NULL);
}

static void it_does_no_harm_where_the_loss_was_halved(void **state) {
    (void)state;
    const gd_backflow flow[] = {{"0.weight", 1e-9, 1}, {"4.weight", 0.1, 1}};
    course course = course_of(3, (double[]){1, 0.6, 0.51}, NULL);
    gd_symptoms symptoms = symptoms_of(&course, 1);
    symptoms.flow = flow;
    symptoms.flows = 2;
    says(&symptoms, "vanishes");
    course = course_of(3, (double[]){1, 0.6, 0.49}, NULL);
    symptoms.curves = symptoms_of(&course, 1).curves;
    says(&symptoms, NULL);
}

static void of_many_layers_those_at_either_end_are_told(void **state) {
    (void)state;
    gd_backflow flow[12];
    const gd_symptoms symptoms = {.flow = flow, .flows = 12};
    for (int i = 0; i < 12; i++) {
        flow[i] = (gd_backflow){"w", pow(10, i - 12), 1};
    }
    says(&symptoms, "1e-05 (w), ..., 1e-08 (w)");
}

/* A loss that hardly falls has many causes. */
static void of_several_findings_the_gravest_is_told(void **state) {
    (void)state;
    const course slow = course_of(4, (double[]){2.3, 2.299, 2.298, 2.297}, NULL);
    gd_symptoms symptoms = symptoms_of(&slow, 1);
    says(&symptoms, "too low");
    symptoms.flow = (gd_backflow[]){{"0.weight", 1e-9, 1}, {"4.weight", 0.1, 1}};
    symptoms.flows = 2;
    says(&symptoms, "vanishes");
    symptoms.units = symptoms.dead = 64;
    says(&symptoms, "dead");
    const course high = course_of(2, (double[]){1, 3}, NULL);
    symptoms.curves = symptoms_of(&high, 1).curves;
    says(&symptoms, "rose");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_of_a_run_that_learns),
        cmocka_unit_test(a_loss_that_often_rises_oscillates),
        cmocka_unit_test(a_loss_that_ends_far_above_its_least_has_risen),
        cmocka_unit_test(validation_that_rises_while_training_falls_is_overfitting),
        cmocka_unit_test(it_must_have_been_so_for_three_epochs),
        cmocka_unit_test(it_is_not_if_training_does_not_fall_or_the_losses_are_tiny),
        cmocka_unit_test(a_loss_that_falls_little_but_steadily_needs_a_higher_rate),
        cmocka_unit_test(one_that_has_come_to_its_end_does_not),
        cmocka_unit_test(the_scale_of_the_loss_does_not_matter),
        cmocka_unit_test(a_layer_of_which_three_quarters_are_dead_is_named),
        cmocka_unit_test(a_gradient_far_larger_than_all_weights_explodes),
        cmocka_unit_test(a_gradient_that_grows_on_its_way_back_explodes),
        cmocka_unit_test(a_gradient_far_smaller_in_an_earlier_layer_vanishes),
        cmocka_unit_test(it_does_no_harm_where_the_loss_was_halved),
        cmocka_unit_test(of_many_layers_those_at_either_end_are_told),
        cmocka_unit_test(of_several_findings_the_gravest_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
