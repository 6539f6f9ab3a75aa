#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gdmpi/bar.h"
#include "gdmpi/chart.h"
#include "gdmpi/files.h"
#include "gdmpi/train.h"
#include "train_private.h"

typedef struct search {
    const gd_find_lr *test;
    gd_lr_curve curve;
    const char *setting; /* that of the highest learning rate; static */
} search;

/* A loss that is not finite is what the test is after, but not in the first step. */
static gd_status explain(gd_status status, gd_lr_curve *curve) {
    if (gd_status_code(status) != GD_DIVERGED) {
        return status;
    }
    gd_status_free(&status);
    curve->exploded = true;
    return curve->count > 0
               ? GD_OK
               : gd_status_new(GD_DIVERGED, "the loss of the first step, or its gradient, is not "
                                            "finite; try another data.scale or model.init");
}

/* One step of the trainer's own, at the learning rate of the test. */
static gd_status take_step(gd_trainer *trainer, search *search) {
    gd_problem *problem = trainer->problem;
    gd_progress *progress = &trainer->progress;
    gd_lr_curve *curve = &search->curve;
    gd_outcome outcome;
    problem->schedule = (gd_schedule){.kind = gd_schedule_find("constant"),
                                      .lr = gd_find_lr_rate(search->test, curve->count)};
    gd_status status = gd_trainer_step(trainer, &outcome);
    if (status != GD_OK) {
        return explain(status, curve);
    }
    gd_lr_curve_add(curve, outcome.loss / (double)outcome.rows);
    if (progress->epoch_step == gd_shards_steps(&problem->shards)) {
        gd_progress_next_epoch(progress);
        gd_trainer_order(trainer);
    }
    return outcome.stop == NULL
               ? GD_OK
               : gd_status_new(GD_FAILED, "stopped by %s after %lld step%s", outcome.stop,
                               (long long)progress->step, gd_text_plural(progress->step));
}

/* On rank 0, as run.progress says. */
static gd_bar start_bar(const gd_problem *problem) {
    const char *progress = gd_config_text(problem->config, "run", "progress");
    const bool draws = gd_comm_rank(problem->comm) == 0 && strcmp(progress, "off") != 0;
    return draws ? gd_bar_start(stdout, strcmp(progress, "on") == 0) : (gd_bar){0};
}

static gd_status take_steps(gd_trainer *trainer, search *search) {
    const gd_problem *problem = trainer->problem;
    const gd_lr_curve *curve = &search->curve;
    const double steps = (double)search->test->steps;
    const double rows = steps * (double)gd_shards_step_rows(&problem->shards, 0);
    gd_bar bar = start_bar(problem);
    gd_status status = GD_OK;
    gd_trainer_order(trainer);
    while (status == GD_OK && !curve->exploded && curve->count < search->test->steps) {
        status = take_step(trainer, search);
        gd_bar_show(&bar, "find-lr", (double)curve->count / steps, rows, "rows/s");
    }
    gd_bar_clear(&bar);
    return status;
}

/* With what falls, and a bit of what explodes. */
static gd_status draw(const search *search, double lr) {
    const gd_lr_curve *curve = &search->curve;
    gd_chart chart = {.count = curve->count,
                      .y = curve->smooth,
                      .first = search->test->from,
                      .last = gd_find_lr_rate(search->test, curve->count - 1),
                      .top = -INFINITY,
                      .mark = lr};
    gd_text out = {0};
    for (int64_t i = 0; i <= curve->least && i < curve->count; i++) {
        chart.top = fmax(chart.top, curve->smooth[i]);
    }
    if (curve->least < curve->count) {
        chart.top += (chart.top - curve->smooth[curve->least]) / 4;
    }
    gd_chart_draw(&chart, &out);
    gd_status status = gd_text_status(&out);
    printf("\n%s\n", gd_text_bytes(&out));
    gd_text_free(&out);
    return status;
}

static void print_head(const gd_trainer *trainer, const search *search) {
    const gd_problem *problem = trainer->problem;
    int64_t count = gd_shards_step_rows(&problem->shards, 0);
    char rows[32];
    printf("find-lr   %s, %lld of %lld steps of %s row%s\n",
           gd_config_text(problem->config, "optimizer", "name"), (long long)search->curve.count,
           (long long)search->test->steps, gd_text_grouped(count, rows), gd_text_plural(count));
}

static void print_findings(const search *search, double lr) {
    const gd_lr_curve *curve = &search->curve;
    const gd_find_lr *test = search->test;
    char number[32];
    printf("least     a smoothed loss of %.4g, at a learning rate of %.2g\n",
           curve->smooth[curve->least], gd_find_lr_rate(test, curve->least));
    if (curve->exploded) {
        printf("explodes  at %.2g\n", gd_find_lr_rate(test, curve->count - 1));
    } else if (curve->least == curve->count - 1) {
        printf("          the loss still falls there: a larger --to would show more\n");
    }
    printf("suggested %s=%s\n"
           "          a tenth of the rate of the least loss, which is about to rise (^)\n",
           search->setting, gd_text_number(lr, number));
}

static gd_status write_curve(const search *search) {
    const char *path = search->test->output;
    gd_text out = {0};
    gd_lr_curve_write(&search->curve, search->test, &out);
    gd_status status = gd_text_status(&out);
    if (status == GD_OK) {
        status = gd_file_write(path, out.bytes, out.length);
    }
    if (status == GD_OK) {
        printf("curve     %s\n", path);
    }
    gd_text_free(&out);
    return status;
}

/* `lr` is 0 where nothing is suggested: the curve says more than that. Rank 0. */
static gd_status report(const gd_trainer *trainer, const search *search, double lr) {
    gd_status status = GD_OK;
    print_head(trainer, search);
    if (search->curve.count > 1) {
        status = draw(search, lr);
    }
    if (lr > 0) {
        print_findings(search, lr);
    }
    if (status == GD_OK && search->test->output != NULL) {
        status = write_curve(search);
    }
    fflush(stdout);
    return status;
}

/* Collective. */
static gd_status conclude(const gd_trainer *trainer, const search *search) {
    gd_comm *comm = trainer->problem->comm;
    double lr = 0;
    gd_status found = gd_lr_curve_suggest(&search->curve, search->test, &lr);
    gd_status told = gd_comm_rank(comm) == 0 ? report(trainer, search, lr) : GD_OK;
    return gd_status_first(gd_comm_agree(comm, told), found);
}

static gd_status find_lr(gd_trainer *trainer, void *context) {
    search *search = context;
    gd_comm *comm = trainer->problem->comm;
    double highest;
    search->setting = gd_schedule_setting(&trainer->problem->schedule, &highest);
    gd_status status = gd_comm_agree(comm, gd_lr_curve_new(search->test->steps, &search->curve));
    if (status == GD_OK) {
        status = gd_trainer_initialise(trainer);
    }
    if (status == GD_OK) {
        status = take_steps(trainer, search);
    }
    if (status == GD_OK) {
        status = conclude(trainer, search);
    }
    gd_lr_curve_free(&search->curve);
    return status;
}

gd_status gd_train_find_lr(gd_comm *comm, const gd_config *config, const gd_find_lr *test) {
    search search = {.test = test};
    gd_status status = GD_OK;
    if (test->output != NULL && gd_comm_rank(comm) == 0) {
        status = gd_file_check_new(test->output);
    }
    status = gd_comm_agree(comm, status);
    return status == GD_OK ? gd_train_try(comm, config, find_lr, &search) : status;
}
