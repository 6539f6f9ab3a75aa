/* Batch gradient descent comes to the optima that another program found, of the same objectives on
 * the same data: tests/reference/optima.txt and the files of optima/, made by optima.py. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "reference/deviation.h"
#include "train/train_support.h"

enum { SETTINGS = 12, LINE = 256 };

static char folder[PATH_MAX];

/* A case: the settings that lead to an optimum, and what is known of that. */
typedef struct reference {
    char name[LINE], by[LINE], data[LINE];
    char setting[SETTINGS][LINE];
    int settings;
    double objective;
    char score[LINE]; /* of the training rows: its name and its number */
    int64_t zeros;    /* among the weights; counts with l1 alone */
} reference;

static FILE *open_file(const char *format, const char *name) {
    char path[PATH_MAX + LINE];
    snprintf(path, sizeof path, "%s/", folder);
    snprintf(path + strlen(path), sizeof path - strlen(path), format, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("%s cannot be opened", path);
    }
    return file;
}

/* Of a line for each row: y, then x. */
static void read_rows(FILE *file, int64_t rows, int64_t features, double *x, int64_t *y) {
    for (int64_t row = 0; row < rows; row++) {
        assert_int_equal(fscanf(file, "%" SCNd64, &y[row]), 1);
        for (int64_t i = 0; i < features; i++) {
            assert_int_equal(fscanf(file, "%lf", &x[row * features + i]), 1);
        }
    }
}

static void write_data(const char *name) {
    int64_t rows, features;
    FILE *file = open_file("optima/%s.txt", name);
    assert_int_equal(fscanf(file, "#%*[^\n] %" SCNd64 "%" SCNd64, &rows, &features), 2);
    double *x = room(rows * features, sizeof *x);
    int64_t *y = room(rows, sizeof *y);
    read_rows(file, rows, features, x, y);
    const data_group group = {"/train", rows, features, 0, GD_FLOAT64, GD_INT64, x, y, NULL};
    expect_ok(data_file_write("optima.h5", 1, &group));
    gd_memory_free(&x);
    gd_memory_free(&y);
    fclose(file);
}

/* Trained to the end; the training rows are the validation rows, too. Collective. */
static void train(gd_comm *comm, const reference *case_, run *run) {
    const char *overrides[SETTINGS + 10] = {"data.file=optima.h5", "data.val=/train",
                                            "data.scale=1",        "data.normalize=standardize",
                                            "data.shards=4",       "data.shuffle=none",
                                            "train.batch_size=0",  "train.reduce=window"};
    int count = 8;
    for (int i = 0; i < case_->settings; i++) {
        overrides[count++] = case_->setting[i];
    }
    gd_comm_barrier(comm); /* until no rank has the last case's data open */
    if (gd_comm_rank(comm) == 0) {
        write_data(case_->data);
    }
    gd_comm_barrier(comm);
    run_open(comm, overrides, run);
    run_steps(run, (int)gd_problem_steps(run->problem));
}

/* The penalties of the parameters as they are, and how many weights are 0. Collective. */
static double penalty(const run *run, int64_t *zeros) {
    const gd_optimizer *optimizer = run->trainer->optimizer;
    const gd_tensor *weight = &run->problem->model->tensors.list[0];
    real *parameters = parameters_of(run);
    double squares = 0, sizes = 0;
    *zeros = 0;
    for (int64_t i = 0; i < weight->count; i++) {
        const double w = (double)parameters[weight->offset + i];
        squares += w * w;
        sizes += fabs(w);
        *zeros += w == 0;
    }
    gd_memory_free(&parameters);
    return (optimizer->l2 + optimizer->weight_decay) / 2 * squares + optimizer->l1 * sizes;
}

/* "accuracy NUMBER" or "r2 NUMBER". */
static void check_score(const reference *case_, const run *run, double accuracy) {
    const char *number = strchr(case_->score, ' ');
    assert_non_null(number);
    if (strncmp(case_->score, "r2 ", 3) == 0) {
        near(*gd_scoreboard_value(run->trainer->scoreboard, &gd_score_r2), strtod(number, NULL),
             1e-6);
    } else {
        near(accuracy, strtod(number, NULL), 1e-12);
    }
}

/* Collective. */
static void check_case(gd_comm *comm, const reference *case_) {
    run run;
    gd_outcome outcome;
    int64_t zeros;
    train(comm, case_, &run);
    gd_trainer_validate(run.trainer, &outcome);
    expect_ok(gd_trainer_agree(run.trainer));
    const double rows = (double)outcome.rows;
    const double objective = outcome.loss / rows + penalty(&run, &zeros);
    expect_deviation("optima", case_->name, case_->by,
                     relative_deviation(objective, case_->objective), 1e-6);
    if (run.trainer->optimizer->l1 > 0) {
        assert_int_equal(zeros, case_->zeros);
    }
    check_score(case_, &run, outcome.metric / rows);
    run_close(&run);
}

static void read_line(char *line, reference *case_) {
    char *value = strchr(line, ' ');
    assert_non_null(value);
    *value++ = '\0';
    if (strcmp(line, "set") == 0) {
        assert_true(case_->settings < SETTINGS);
        snprintf(case_->setting[case_->settings++], LINE, "%s", value);
    } else if (strcmp(line, "by") == 0) {
        snprintf(case_->by, LINE, "%s", value);
    } else if (strcmp(line, "data") == 0) {
        snprintf(case_->data, LINE, "%s", value);
    } else if (strcmp(line, "score") == 0) {
        snprintf(case_->score, LINE, "%s", value);
    } else if (strcmp(line, "zeros") == 0) {
        case_->zeros = strtoll(value, NULL, 10);
    } else {
        assert_string_equal(line, "objective");
        case_->objective = strtod(value, NULL);
    }
}

static void descent_reaches_the_optima_of_the_reference(void **state) {
    static reference case_;
    char line[LINE];
    int cases = 0;
    FILE *file = open_file("%s", "optima.txt");
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "case ", 5) != 0) {
            read_line(line, &case_);
            continue;
        }
        if (cases++ > 0) {
            check_case(*state, &case_);
        }
        memset(&case_, 0, sizeof case_);
        snprintf(case_.name, LINE, "%s", line + 5);
    }
    fclose(file);
    assert_true(cases > 0);
    check_case(*state, &case_);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const char *source = getenv("srcdir");
    char relative[PATH_MAX];
    snprintf(relative, sizeof relative, "%s/tests/reference", source == NULL ? "." : source);
    if (realpath(relative, folder) == NULL) {
        perror(relative);
        return EXIT_FAILURE;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(descent_reaches_the_optima_of_the_reference, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
