#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "train_support.h"

enum { HIDDEN = 7 };

/* What the file holds, and the parameters of dense, tanh, dense. */
typedef struct network {
    const float *x;
    const int64_t *labels;
    const double *weight[2], *bias[2];
    double *weight_gradient[2], *bias_gradient[2];
} network;

/* Adds the gradient of one row's cross entropy, and returns the loss. */
static double add_row(const network *net, int64_t row) {
    double x[FEATURES], hidden[HIDDEN], back[HIDDEN] = {0}, output[CLASSES], sum = 0;
    for (int i = 0; i < FEATURES; i++) {
        x[i] = 0.5 * (double)net->x[row * FEATURES + i];
    }
    for (int j = 0; j < HIDDEN; j++) {
        hidden[j] = net->bias[0][j];
        for (int i = 0; i < FEATURES; i++) {
            hidden[j] += net->weight[0][j * FEATURES + i] * x[i];
        }
        hidden[j] = tanh(hidden[j]);
    }
    for (int k = 0; k < CLASSES; k++) {
        output[k] = net->bias[1][k];
        for (int j = 0; j < HIDDEN; j++) {
            output[k] += net->weight[1][k * HIDDEN + j] * hidden[j];
        }
        sum += exp(output[k]);
    }
    for (int k = 0; k < CLASSES; k++) {
        double error = exp(output[k]) / sum - (k == net->labels[row] ? 1 : 0);
        net->bias_gradient[1][k] += error;
        for (int j = 0; j < HIDDEN; j++) {
            net->weight_gradient[1][k * HIDDEN + j] += error * hidden[j];
            back[j] += error * net->weight[1][k * HIDDEN + j] * (1 - hidden[j] * hidden[j]);
        }
    }
    for (int j = 0; j < HIDDEN; j++) {
        net->bias_gradient[0][j] += back[j];
        for (int i = 0; i < FEATURES; i++) {
            net->weight_gradient[0][j * FEATURES + i] += back[j] * x[i];
        }
    }
    return log(sum) - output[net->labels[row]];
}

/* The sums over the rows of a step, in double precision, of parameters that are laid out as the
 * model's. */
static double sum_rows(const gd_problem *problem, const gd_rows *rows, const double *parameters,
                       double *gradient) {
    const gd_tensor *tensor = problem->model->tensors.list;
    network net = {.x = rows->x_data, .labels = rows->y_data};
    double loss = 0;
    for (int i = 0; i < 2; i++) {
        net.weight[i] = parameters + tensor[2 * i].offset;
        net.bias[i] = parameters + tensor[2 * i + 1].offset;
        net.weight_gradient[i] = gradient + tensor[2 * i].offset;
        net.bias_gradient[i] = gradient + tensor[2 * i + 1].offset;
    }
    for (int64_t shard = 0; shard < problem->shards.count; shard++) {
        gd_range of = gd_shards_rows(&problem->shards, shard);
        gd_range places = gd_shards_step(&problem->shards, shard, 0);
        for (int64_t i = 0; i < places.count; i++) {
            loss += add_row(&net, of.first + places.first + i);
        }
    }
    return loss;
}

static void check_gradient(gd_comm *comm, const char *reduce, const char *batch,
                           const char *accumulate) {
    run run;
    gd_outcome outcome;
    run_open(comm,
             (const char *[]){reduce, batch, accumulate, "data.shards=4", "data.shuffle=none",
                              "model.layers=dense 7, tanh, dense 3", "optimizer.name=sgd",
                              "optimizer.lr=1", NULL},
             &run);
    const gd_reducer *reducer = run.trainer->reducer;
    real *parameters = parameters_of(&run);
    double *exact = room(reducer->size, sizeof *exact);
    double *gradient = room(reducer->size, sizeof *gradient);
    gd_rows rows = all_rows(&run.problem->train_source, &run.problem->train_split, GD_TRAINING);
    for (int64_t i = 0; i < reducer->size; i++) {
        exact[i] = (double)parameters[i];
    }
    double loss = sum_rows(run.problem, &rows, exact, gradient);
    expect_ok(gd_trainer_step(run.trainer, &outcome));
    double epsilon = sizeof(real) == sizeof(float) ? FLT_EPSILON : DBL_EPSILON;
    near(outcome.loss, loss, 16 * epsilon * loss);
    for (int64_t i = 0; i < reducer->size; i++) {
        double moved = exact[i] - (double)reducer->parameters[i];
        near(moved, gradient[i] / (double)outcome.rows, 16 * epsilon);
    }
    gd_comm_barrier(comm);
    gd_rows_free(&rows);
    gd_memory_free(&parameters);
    gd_memory_free(&exact);
    gd_memory_free(&gradient);
    run_close(&run);
}

static void the_gradient_is_that_of_a_plain_loop_over_the_rows(void **state) {
    char reduce[64];
    for (size_t kind = 0; reduce_override(kind, reduce) != NULL; kind++) {
        check_gradient(*state, reduce, "train.batch_size=0", "train.accumulate=1");
        check_gradient(*state, reduce, "train.batch_size=333", "train.accumulate=1");
        check_gradient(*state, reduce, "train.batch_size=333", "train.accumulate=7");
        check_gradient(*state, reduce, "train.batch_size=333", "train.accumulate=84");
    }
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(the_gradient_is_that_of_a_plain_loop_over_the_rows, comm),
    };
    return tests_run(comm, tests, sizeof tests / sizeof *tests);
}
