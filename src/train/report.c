#include <stdio.h>
#include <unistd.h>

#include "gdmpi/blas.h"
#include "gdmpi/paragraph.h"
#include "train_private.h"

static void print_places(const gd_problem *problem) {
    const gd_comm *comm = problem->comm;
    int64_t threads = gd_config_integer(problem->config, "train", "threads");
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t busy = threads * gd_comm_ranks_here(comm);
    char kernels[GD_BLAS_KERNELS];
    gd_say("gdmpi", "%s, %s precision, %s", PACKAGE_VERSION,
           gd_config_text(problem->config, "train", "precision"), gd_blas_kernels(kernels));
    gd_say("ranks", "%d on %d host%s (%s), %lld BLAS thread%s each", gd_comm_size(comm),
           gd_comm_hosts(comm), gd_text_plural(gd_comm_hosts(comm)), gd_comm_host(comm),
           (long long)threads, gd_text_plural(threads));
    if (busy > cores) {
        gd_say_warning("", "warning: %lld threads share %ld cores of %s; start fewer ranks",
                       (long long)busy, cores, gd_comm_host(comm));
    }
}

static void print_data(const gd_problem *problem) {
    char rows[32];
    const gd_split *split = &problem->val_split;
    gd_say("data", "%s:%s, %s training row%s of %lld %s", problem->train_source.file,
           problem->train_source.group, gd_text_grouped(problem->shards.rows, rows),
           gd_text_plural(problem->shards.rows), (long long)problem->train.x_width,
           gd_type_name(problem->train.x.type));
    if (!problem->validates) {
        printf("          no validation rows\n");
    } else if (split->held > 0) {
        printf("          %s row%s of these held out for validation\n",
               gd_text_grouped(problem->val_count, rows), gd_text_plural(problem->val_count));
    } else {
        gd_say("", "%s:%s, %s validation row%s", problem->val_source.file,
               problem->val_source.group, gd_text_grouped(problem->val_count, rows),
               gd_text_plural(problem->val_count));
    }
}

static void print_shards(const gd_problem *problem) {
    const gd_shards *shards = &problem->shards;
    char rows[32];
    const int64_t step = gd_shards_step_rows(shards, 0), steps = gd_shards_steps(shards);
    gd_say("batch", "%s row%s a step from %lld shard%s, %lld step%s an epoch",
           gd_text_grouped(step, rows), gd_text_plural(step), (long long)shards->count,
           gd_text_plural(shards->count), (long long)steps, gd_text_plural(steps));
    if (gd_config_integer(problem->config, "data", "shards") == 0) {
        printf("          data.shards = 0: the result depends on the number of ranks; with\n"
               "          data.shards=%lld it is this one on any number up to %lld\n",
               (long long)shards->count, (long long)shards->count);
    }
}

/* A loss of logits makes probabilities of them; outputs that are some already become others. */
static void warn_of_last_layer(const gd_model *model) {
    const gd_layer_kind *last = model->layers[model->layer_count - 1].kind;
    const gd_loss *loss = model->loss;
    if ((loss->link == GD_LINK_SOFTMAX && last == &gd_layer_softmax) ||
        (loss->link == GD_LINK_LOGIT && last == &gd_layer_sigmoid)) {
        gd_say_warning("",
                       "warning: %s takes the %s of the outputs itself; leave the last layer out",
                       loss->name, last->name);
    }
}

/* Rank 0. */
static void print_header(const gd_problem *problem, const char *schedule) {
    const gd_config *config = problem->config;
    char count[32];
    print_places(problem);
    print_data(problem);
    gd_say("model", "%s; %s", gd_config_text(config, "model", "layers"),
           problem->model->loss->name);
    warn_of_last_layer(problem->model);
    printf("          %s parameters\n", gd_text_grouped(problem->model->tensors.elements, count));
    printf("optimizer %s, lr %g\n", gd_config_text(config, "optimizer", "name"),
           gd_config_number(config, "optimizer", "lr"));
    gd_say("schedule", "%s", schedule);
    print_shards(problem);
    gd_say("run", "%s", gd_config_text(config, "run", "dir"));
    fflush(stdout);
}

gd_status gd_report_header(const gd_problem *problem) {
    gd_text schedule = {0};
    gd_schedule_describe(&problem->schedule, gd_problem_steps(problem), &schedule);
    gd_status status = gd_comm_agree(problem->comm, gd_text_status(&schedule));
    if (status == GD_OK && gd_comm_rank(problem->comm) == 0) {
        print_header(problem, gd_text_bytes(&schedule));
    }
    gd_text_free(&schedule);
    return status;
}

/* Nothing in it depends on the ranks: runs are compared by their logs. */
gd_status gd_report_start(gd_trainer *trainer) {
    const gd_problem *problem = trainer->problem;
    gd_metrics *metrics = trainer->metrics;
    char digest[17], kernels[GD_BLAS_KERNELS];
    gd_metrics_begin(metrics, "start");
    gd_metrics_text(metrics, "program", "gdmpi " PACKAGE_VERSION);
    gd_metrics_text(metrics, "blas", gd_blas_kernels(kernels));
    gd_metrics_text(metrics, "config", gd_config_name(problem->config));
    gd_metrics_text(metrics, "layers", gd_config_text(problem->config, "model", "layers"));
    gd_metrics_text(metrics, "loss", problem->model->loss->name);
    if (problem->classes != NULL) {
        gd_metrics_lines(metrics, "classes", problem->classes);
    }
    gd_metrics_integer(metrics, "parameters", problem->model->tensors.elements);
    gd_metrics_integer(metrics, "train_rows", problem->shards.rows);
    gd_metrics_integer(metrics, "val_rows", problem->val_count);
    gd_metrics_text(metrics, "train_digest",
                    gd_checkpoint_digest_text(problem->train_digest, digest));
    gd_metrics_text(metrics, "val_digest", gd_checkpoint_digest_text(problem->val_digest, digest));
    gd_metrics_integer(metrics, "shards", problem->shards.count);
    gd_metrics_integer(metrics, "steps_per_epoch", gd_shards_steps(&problem->shards));
    return gd_metrics_end(metrics);
}

const char *gd_report_metric_key(const gd_problem *problem) {
    return problem->model->loss->metric == GD_METRIC_ACCURACY ? "val_accuracy" : "val_rmse";
}

static const char *metric_title(const gd_problem *problem) {
    if (!problem->validates) {
        return NULL;
    }
    return problem->model->loss->metric == GD_METRIC_ACCURACY ? "val accuracy" : "val rmse";
}

void gd_report_refused(const gd_reducer *reducer) {
    if (reducer->refused != GD_OK) {
        gd_say("", "not %s: %s", gd_reducer_window.name, gd_status_message(reducer->refused));
    }
}

void gd_report_begin(gd_trainer *trainer, const char *path) {
    const gd_problem *problem = trainer->problem;
    const gd_reducer_kind *kind = trainer->reducer->kind;
    if (path != NULL) {
        const int64_t epochs = trainer->progress.epoch, steps = trainer->progress.step;
        gd_say("resuming", "%s: %lld epoch%s and %lld step%s are done", path, (long long)epochs,
               gd_text_plural(epochs), (long long)steps, gd_text_plural(steps));
    }
    if (gd_comm_size(problem->comm) > 1 || !kind->same_bits) { /* else there is nothing to send */
        gd_say("reduce", "%s: %s", kind->name, kind->help);
    }
    gd_report_refused(trainer->reducer);
    if (!kind->same_bits) {
        gd_say("", "the last bits of the result depend on the number of ranks");
    }
    trainer->table =
        gd_table_start(gd_config_text(problem->config, "run", "progress"), metric_title(problem));
    gd_table_head(&trainer->table);
}

gd_status gd_report_epoch(gd_trainer *trainer) {
    const gd_problem *problem = trainer->problem;
    const gd_progress *progress = &trainer->progress;
    gd_metrics *metrics = trainer->metrics;
    double rate = (double)progress->epoch_rows / progress->epoch_seconds;
    gd_table_line *line = &trainer->table.line;
    *line = (gd_table_line){
        .epoch = progress->epoch + 1,
        .step = progress->step,
        .lr = gd_schedule_lr(&problem->schedule, &progress->plateau, progress->step - 1),
        .train_loss = progress->train_loss,
        .val_loss = progress->val_loss,
        .val_metric = progress->val_metric,
        .samples_per_second = rate,
        .seconds = progress->epoch_seconds};
    gd_metrics_begin(metrics, "epoch");
    gd_metrics_integer(metrics, "epoch", line->epoch);
    gd_metrics_integer(metrics, "step", line->step);
    gd_metrics_number(metrics, "train_loss", line->train_loss);
    gd_metrics_number(metrics, "val_loss", line->val_loss);
    gd_metrics_number(metrics, gd_report_metric_key(problem), line->val_metric);
    gd_scoreboard_log(trainer->scoreboard, false, metrics);
    gd_metrics_number(metrics, "lr", line->lr);
    gd_metrics_number(metrics, "grad_norm", progress->grad_norm);
    gd_metrics_number(metrics, "param_norm", gd_trainer_norm(trainer));
    gd_metrics_number(metrics, "seconds", line->seconds);
    gd_metrics_number(metrics, "samples_per_second", rate);
    return gd_metrics_end(metrics);
}
