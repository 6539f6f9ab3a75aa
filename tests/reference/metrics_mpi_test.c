/* Metrics of validation against those that another program came to, of the same outputs and
 * targets: tests/reference/metrics.txt, made by metrics.py. The outputs are the rows themselves, as
 * one dense layer passes them on whose weights are the unit matrix. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "reference/deviation.h"
#include "train/train_support.h"

enum { DATA_ROWS = 600, OUTPUTS = 10, LINE = 4096, VALUES = 100 };

static char path[PATH_MAX + 64];

/* The data of a case. */
typedef struct data {
    char loss[32], kind[32];
    int64_t modulus, outputs; /* modulus: of classes; else how many targets a row has */
    int weighted;
} data;

static double output(const data *data, int64_t row, int64_t j) {
    double offset = (double)j / 1024 - (j == 9 ? 8 : 0);
    offset += strcmp(data->kind, "numbers") == 0 && j == 0 ? 1024 : 0;
    return (double)((row * 7 + j * 13 + row * j) % 31 - 15) / 16 + offset;
}

static double target(const data *data, int64_t row, int64_t j) {
    if (strcmp(data->kind, "classes") == 0) {
        return (double)((row * row + row / 7) % data->modulus);
    }
    if (strcmp(data->kind, "flags") == 0) {
        return (row + row * j + j) % 5 < 2;
    }
    if (strcmp(data->kind, "counts") == 0) {
        return (double)((row * (j + 2)) % 7);
    }
    if (strcmp(data->kind, "equal") == 0) {
        return 0.125;
    }
    return (double)((row * 5 + j * 11 + row * j) % 23 - 11) / 16 + (j == 0 ? 1024 : 0);
}

static void write_data(const data *data) {
    static double x[DATA_ROWS * OUTPUTS], y[DATA_ROWS * OUTPUTS], w[DATA_ROWS];
    const int64_t width = strcmp(data->kind, "classes") == 0 ? 1 : data->modulus;
    static int64_t labels[DATA_ROWS];
    for (int64_t row = 0; row < DATA_ROWS; row++) {
        w[row] = (double)(row * 5 % 8) / 4;
        for (int64_t j = 0; j < data->outputs; j++) {
            x[row * data->outputs + j] = output(data, row, j);
        }
        for (int64_t j = 0; j < width; j++) {
            y[row * width + j] = target(data, row, j);
        }
        labels[row] = (int64_t)y[row * width];
    }
    const bool classes = strcmp(data->kind, "classes") == 0;
    const data_group val = {.name = "/val",
                            .rows = DATA_ROWS,
                            .features = data->outputs,
                            .outputs = width > 1 ? width : 0,
                            .x_type = GD_FLOAT64,
                            .y_type = classes ? GD_INT64 : GD_FLOAT64,
                            .x = x,
                            .y = classes ? (const void *)labels : y,
                            .w = data->weighted ? w : NULL};
    expect_ok(data_file_write("metrics.h5", 1, &val));
}

/* Collective. */
static void pass_on(const run *run) {
    const gd_tensors *tensors = &run->problem->model->tensors;
    gd_reducer *reducer = run->trainer->reducer;
    const gd_tensor *weight = &tensors->list[0], *bias = &tensors->list[1];
    if (gd_comm_rank(run->problem->comm) == 0) {
        for (int64_t i = 0; i < weight->count; i++) {
            reducer->parameters[weight->offset + i] = i % (weight->dims[1] + 1) == 0;
        }
        for (int64_t i = 0; i < bias->count; i++) {
            reducer->parameters[bias->offset + i] = 0;
        }
    }
    gd_reducer_spread(reducer);
}

/* The model that passes rows on, validated with every metric that `names` asks for. Collective. */
static gd_outcome validate(gd_comm *comm, const data *data, const char *names, run *run) {
    char layers[64], loss[64], metrics[256];
    if (gd_comm_rank(comm) == 0) {
        write_data(data);
    }
    gd_comm_barrier(comm);
    snprintf(layers, sizeof layers, "model.layers=dense %d", (int)data->outputs);
    snprintf(loss, sizeof loss, "model.loss=%s", data->loss);
    snprintf(metrics, sizeof metrics, "run.metrics=%s", names);
    run_open(comm,
             (const char *[]){"data.file=metrics.h5", "data.train=/val", "data.scale=1", layers,
                              loss, metrics, NULL},
             run);
    pass_on(run);
    gd_outcome outcome;
    gd_trainer_validate(run->trainer, &outcome);
    expect_ok(gd_trainer_agree(run->trainer));
    return outcome;
}

/* Those that validation always has are sums in its outcome. */
static const double *value_of(const run *run, const gd_outcome *outcome, const gd_score *score,
                              double *mean) {
    if (score->tally != NULL) {
        return gd_scoreboard_value(run->trainer->scoreboard, score);
    }
    *mean = (score == &gd_score_loss ? outcome->loss : outcome->metric) / (double)outcome->rows;
    *mean = strcmp(score->name, "rmse") == 0 ? sqrt(*mean) : *mean;
    return mean;
}

/* A line of the reference, "NAME NUMBER...". Deviations are relative to numbers above 1. */
static void check_line(const run *run, const gd_outcome *outcome, const char *of, char *line) {
    char *rest, *name = strtok_r(line, " ", &rest), title[128];
    const gd_score *score = gd_scores[gd_text_index(name, gd_score_name)];
    double mean, worst = 0;
    const double *value = value_of(run, outcome, score, &mean);
    int64_t count = 0;
    assert_non_null(value);
    for (char *word; (word = strtok_r(NULL, " ", &rest)) != NULL; count++) {
        const double right = strtod(word, NULL);
        const double off = fabs(value[count] - right) / fmax(1, fabs(right));
        worst = off <= worst ? worst : off;
    }
    assert_true(count > 0);
    note_words(name);
    snprintf(title, sizeof title, "%s, %s", name, of);
    expect_deviation("metrics", title, "scikit-learn's metrics", worst, 1e-12);
}

/* All that a file says of one case: its data, then a line for each metric. */
typedef struct reference {
    char name[64];
    data data;
    int lines;
    char line[GD_SCORES][LINE];
} reference;

static void check_case(gd_comm *comm, reference *reference) {
    char names[256] = "";
    for (int i = 0; i < reference->lines; i++) {
        const int length = (int)strcspn(reference->line[i], " ");
        snprintf(names + strlen(names), sizeof names - strlen(names), " %.*s", length,
                 reference->line[i]);
    }
    run run;
    const gd_outcome outcome = validate(comm, &reference->data, names, &run);
    for (int i = 0; i < reference->lines; i++) {
        check_line(&run, &outcome, reference->name, reference->line[i]);
    }
    run_close(&run);
}

static void read_line(const char *line, reference *reference) {
    data *data = &reference->data;
    long long modulus, outputs;
    if (strncmp(line, "value ", 6) == 0) {
        assert_true(reference->lines < GD_SCORES);
        snprintf(reference->line[reference->lines++], LINE, "%s", line + 6);
        return;
    }
    assert_int_equal(sscanf(line, "data %31s %31s %lld %lld %d", data->loss, data->kind, &modulus,
                            &outputs, &data->weighted),
                     5);
    data->modulus = modulus;
    data->outputs = outputs;
}

static void metrics_are_those_of_the_reference(void **state) {
    static reference reference;
    static char line[LINE];
    int cases = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "case ", 5) == 0) {
            if (cases++ > 0) {
                check_case(*state, &reference);
            }
            memset(&reference, 0, sizeof reference);
            snprintf(reference.name, sizeof reference.name, "%.60s", line + 5);
        } else {
            read_line(line, &reference);
        }
    }
    fclose(file);
    assert_true(cases > 0);
    check_case(*state, &reference);
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        expect_noted("", gd_scores[i]->name);
    }
}

static void a_class_without_rows_has_no_area(void **state) {
    const data data = {"cross_entropy", "classes", 3, 4, 0};
    run run;
    validate(*state, &data, "roc_auc", &run);
    assert_true(isnan(*gd_scoreboard_value(run.trainer->scoreboard, &gd_score_roc_auc)));
    run_close(&run);
}

static void all_metrics_that_fit_a_loss_are_found(void **state) {
    for (size_t l = 0; gd_losses[l] != NULL; l++) {
        const gd_loss *loss = gd_losses[l];
        const int outputs = loss->target == GD_TARGET_CLASS ? 7 : 3;
        const gd_scored scored = gd_score_of(loss, outputs);
        data data = {.modulus = outputs, .outputs = outputs};
        snprintf(data.loss, sizeof data.loss, "%s", loss->name);
        snprintf(data.kind, sizeof data.kind, "%s",
                 loss->target == GD_TARGET_CLASS ? "classes" : "flags");
        char names[256] = "";
        for (size_t i = 0; gd_scores[i] != NULL; i++) {
            if ((gd_scores[i]->tasks & scored.task) != 0) {
                snprintf(names + strlen(names), sizeof names - strlen(names), "%s,",
                         gd_scores[i]->name);
            }
        }
        run run;
        validate(*state, &data, names, &run);
        for (size_t i = 0; gd_scores[i] != NULL; i++) {
            const double *value = gd_scoreboard_value(run.trainer->scoreboard, gd_scores[i]);
            const bool wanted =
                (gd_scores[i]->tasks & scored.task) != 0 && gd_scores[i]->tally != NULL;
            assert_true(wanted == (value != NULL));
            assert_true(value == NULL || isfinite(*value));
        }
        run_close(&run);
    }
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const char *source = getenv("srcdir");
    char relative[PATH_MAX], folder[PATH_MAX];
    snprintf(relative, sizeof relative, "%s/tests/reference", source == NULL ? "." : source);
    if (realpath(relative, folder) == NULL) {
        perror(relative);
        return EXIT_FAILURE;
    }
    snprintf(path, sizeof path, "%s/metrics.txt", folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(metrics_are_those_of_the_reference, comm),
        cmocka_unit_test_prestate(a_class_without_rows_has_no_area, comm),
        cmocka_unit_test_prestate(all_metrics_that_fit_a_loss_are_found, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
