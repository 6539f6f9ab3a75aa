#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gdmpi/gemm_rate.h"
#include "gdmpi/memory.h"
#include "gdmpi/paragraph.h"
#include "gdmpi/process.h"
#include "gdmpi/times.h"
#include "train_private.h"

/* What a run that has come to its end has to say about its speed and size, of all ranks. */
typedef struct account {
    gd_times times;
    gd_writer_account saving; /* rank 0 */
    double rows_per_second;
    double flops;         /* floating-point operations a second, of training */
    double machine;       /* those of matrix products alone; 0: not measured */
    double start;         /* seconds from launch to the first step, of the slowest rank */
    double resident;      /* bytes of the largest rank */
    double resident_here; /* bytes of the host that needs most, */
    const char *host;     /* whose name this is */
} account;

static gd_status measure_memory(gd_comm *comm, account *account) {
    const gd_resident mine = gd_process_resident();
    gd_resident *all;
    gd_status status = gd_comm_collect(comm, &mine, sizeof mine, &all, "the memory of the ranks");
    for (int host = 0; host < gd_comm_hosts(comm) && status == GD_OK; host++) {
        gd_range ranks = gd_comm_ranks_on(comm, host);
        double here = 0;
        for (int64_t rank = ranks.first; rank < ranks.first + ranks.count; rank++) {
            account->resident = fmax(account->resident, all[rank].most);
            here += all[rank].share;
        }
        if (here > account->resident_here) {
            account->resident_here = here;
            account->host = gd_comm_host_of(comm, (int)ranks.first);
        }
    }
    gd_memory_free(&all);
    return status;
}

static gd_status measure_speed(gd_trainer *trainer, account *account) {
    const gd_problem *problem = trainer->problem;
    const gd_work *work = &trainer->work;
    int threads = (int)gd_config_integer(problem->config, "train", "threads");
    account->start = work->start;
    gd_comm_maximum(problem->comm, &account->start, 1);
    if (work->rows == 0) {
        return GD_OK;
    }
    account->rows_per_second = (double)work->rows / work->seconds;
    account->flops = account->rows_per_second * gd_model_flops(problem->model, true);
    gd_comm_barrier(problem->comm);
    gd_status status = gd_gemm_rate(threads, &account->machine);
    gd_comm_sum(problem->comm, &account->machine, 1);
    return gd_comm_agree(problem->comm, status);
}

/* Begins the line. */
static void log_progress(gd_trainer *trainer, const char *reason) {
    const gd_progress *progress = &trainer->progress;
    gd_metrics *metrics = trainer->metrics;
    gd_metrics_begin(metrics, "end");
    gd_metrics_text(metrics, "reason", reason);
    gd_metrics_integer(metrics, "epochs", progress->epoch);
    gd_metrics_integer(metrics, "steps", progress->step);
    gd_metrics_number(metrics, "seconds", progress->seconds);
    gd_metrics_number(metrics, "best_epoch",
                      progress->best_epoch > 0 ? (double)progress->best_epoch : NAN);
    gd_metrics_number(metrics, "train_loss", progress->train_loss);
    gd_metrics_number(metrics, "val_loss", progress->val_loss);
    gd_metrics_number(metrics, gd_report_metric_key(trainer->problem), progress->val_metric);
}

gd_status gd_report_stop(gd_trainer *trainer, const char *why) {
    log_progress(trainer, why);
    return gd_metrics_end(trainer->metrics);
}

static gd_status log_end(gd_trainer *trainer, const char *reason, const char *diagnosis,
                         const char *digest, const account *account) {
    gd_metrics *metrics = trainer->metrics;
    bool worked = account->rows_per_second > 0;
    log_progress(trainer, reason);
    gd_scoreboard_log(trainer->scoreboard, true, metrics);
    if (diagnosis[0] != '\0') {
        gd_metrics_text(metrics, "diagnosis", diagnosis);
    }
    gd_metrics_text(metrics, "digest", digest);
    gd_metrics_number(metrics, "start_seconds", worked ? account->start : NAN);
    gd_metrics_number(metrics, "samples_per_second", worked ? account->rows_per_second : NAN);
    gd_metrics_number(metrics, "flop_per_second", worked ? account->flops : NAN);
    gd_metrics_number(metrics, "machine_flop_per_second", worked ? account->machine : NAN);
    gd_metrics_number(metrics, "resident_bytes", account->resident);
    gd_metrics_number(metrics, "host_resident_bytes", account->resident_here);
    gd_metrics_number(metrics, "saving_seconds", account->saving.seconds);
    gd_metrics_number(metrics, "saving_processor_seconds", account->saving.processor);
    gd_times_log(&account->times, metrics);
    gd_status status = gd_metrics_end(metrics);
    if (status == GD_OK && trainer->events != NULL && diagnosis[0] != '\0') {
        status = gd_events_text(trainer->events, trainer->progress.step, "diagnosis", diagnosis);
    }
    return status;
}

/* The thread may have to share a core with a rank: then all that it computes is training's loss. */
static void print_saving(const account *account) {
    const gd_writer_account *saving = &account->saving;
    double waited = account->times.mean[GD_CHECKPOINT], run = 0;
    for (int phase = 0; phase < GD_PHASES; phase++) {
        run += account->times.mean[phase];
    }
    double share = fmin(100, 100 * (waited + (saving->thread ? saving->processor : 0)) / run);
    if (saving->thread) {
        gd_say("saving",
               "%lld checkpoint%s: %.3f s of training, %.3f s of processor beside it; at most "
               "%.1f %% of the run",
               (long long)saving->count, gd_text_plural(saving->count), waited, saving->processor,
               share);
    } else {
        gd_say("saving",
               "%lld checkpoint%s: %.3f s of training, for no thread could be started; %.1f %% of "
               "the run",
               (long long)saving->count, gd_text_plural(saving->count), waited, share);
    }
}

static void print_speed(const account *account) {
    char rate[32], amount[32], here[32];
    if (account->rows_per_second > 0) {
        printf("start     %.2f s from launch to the first step\n", account->start);
        gd_say("speed", "%s samples/s, %.3g GFLOP/s, %.0f %% of this machine's GEMM rate",
               gd_text_grouped(llround(account->rows_per_second), rate), 1e-9 * account->flops,
               100 * account->flops / account->machine);
    }
    if (account->resident > 0) {
        gd_say("memory", "%s a rank at most, %s on %s", gd_text_amount(account->resident, amount),
               gd_text_amount(account->resident_here, here), account->host);
    }
}

/* Why the run has ended, in words. */
static void print_done(const gd_progress *progress, const char *reason) {
    char duration[32], why[64] = "all epochs are trained";
    if (strcmp(reason, "epochs") != 0) {
        const char *section = strcmp(reason, "max_steps") == 0 ? "train" : "stop";
        snprintf(why, sizeof why, "%s.%s is reached", section, reason);
    }
    printf("\n");
    gd_say("done", "%s: %lld epoch%s, %lld step%s, %s of training", why, (long long)progress->epoch,
           gd_text_plural(progress->epoch), (long long)progress->step,
           gd_text_plural(progress->step), gd_text_duration(progress->seconds, duration));
}

/* The metric as people say it: val loss. */
static void print_best(const gd_trainer *trainer) {
    const gd_progress *progress = &trainer->progress;
    char metric[32];
    snprintf(metric, sizeof metric, "%s",
             gd_config_text(trainer->problem->config, "stop", "metric"));
    for (char *c = metric; (c = strchr(c, '_')) != NULL;) {
        *c = ' ';
    }
    gd_say("best", "epoch %lld, %s %.6g (%s/checkpoints/best)", (long long)progress->best_epoch,
           metric, progress->best_value, trainer->rundir.path);
}

static void print_end(const gd_trainer *trainer, const char *reason, const char *diagnosis,
                      const account *account) {
    const gd_progress *progress = &trainer->progress;
    print_done(progress, reason);
    if (progress->best_epoch > 0) {
        print_best(trainer);
    }
    if (trainer->table.metric != NULL) {
        printf("last      val loss %.6g, %s %.6g\n", progress->val_loss, trainer->table.metric,
               progress->val_metric);
    }
    gd_scoreboard_print(trainer->scoreboard);
    if (diagnosis[0] != '\0') {
        gd_say_warning("diagnosis", "%s", diagnosis);
    }
    gd_times_print(&account->times);
    print_saving(account);
    print_speed(account);
    fflush(stdout);
}

gd_status gd_report_end(gd_trainer *trainer, const char *reason, const char *diagnosis,
                        uint64_t digest) {
    gd_comm *comm = trainer->problem->comm;
    account account = {0};
    char hexadecimal[17];
    gd_checkpoint_digest_text(digest, hexadecimal);
    gd_phases_count(&trainer->phases);
    gd_status status = gd_times_gather(comm, &trainer->phases, &account.times);
    if (status == GD_OK) {
        status = measure_memory(comm, &account);
    }
    if (status == GD_OK) {
        status = measure_speed(trainer, &account);
    }
    if (status == GD_OK && gd_comm_rank(comm) == 0) {
        account.saving = gd_writer_count(trainer->writer);
        status = log_end(trainer, reason, diagnosis, hexadecimal, &account);
        if (status == GD_OK) {
            print_end(trainer, reason, diagnosis, &account);
        }
    }
    return gd_comm_agree(comm, status);
}

void gd_report_model(const gd_trainer *trainer, uint64_t digest) {
    const bool best = trainer->best != NULL && trainer->progress.best_epoch > 0;
    char hexadecimal[17], of[48] = "";
    snprintf(of, sizeof of, ", of epoch %lld", (long long)trainer->progress.best_epoch);
    gd_say("model", "%s/model.h5, digest %s%s", trainer->rundir.path,
           gd_checkpoint_digest_text(digest, hexadecimal), best ? of : "");
    fflush(stdout);
}
