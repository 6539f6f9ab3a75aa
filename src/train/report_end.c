#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gdmpi/gemm_rate.h"
#include "gdmpi/memory.h"
#include "gdmpi/process.h"
#include "gdmpi/times.h"
#include "gdmpi/train.h"

/* What a run that has come to its end has to say about its speed and size, of all ranks. */
typedef struct account {
    gd_times times;
    double rows_per_second;
    double flops;         /* floating-point operations a second, of training */
    double machine;       /* those of matrix products alone; 0: not measured */
    double start;         /* seconds from launch to the first step, of the slowest rank */
    double resident;      /* bytes of the largest rank */
    double resident_here; /* bytes of the host that needs most, */
    char host[64];        /* whose name this is; rank 0 only */
} account;

/* What a rank has on its host. */
typedef struct resident {
    char host[64];
    double share;
} resident;

/* Adds up the ranks of each host, in the place of its first. */
static void find_largest(resident *all, int ranks, account *of) {
    for (int rank = 0; rank < ranks; rank++) {
        int first = 0;
        while (strcmp(all[first].host, all[rank].host) != 0) {
            first++;
        }
        all[first].share += first < rank ? all[rank].share : 0;
        if (all[first].share > of->resident_here) {
            of->resident_here = all[first].share;
            memcpy(of->host, all[first].host, sizeof of->host);
        }
    }
}

static gd_status measure_memory(gd_comm *comm, account *of) {
    int ranks = gd_comm_size(comm);
    resident *all = NULL;
    gd_range *parts = NULL;
    gd_resident here = gd_process_resident();
    gd_status status = gd_memory_new(&all, (size_t)ranks, sizeof *all, "the memory of the ranks");
    if (status == GD_OK) {
        status = gd_memory_new(&parts, (size_t)ranks, sizeof *parts, "the memory of the ranks");
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        resident mine = {.share = here.share};
        snprintf(mine.host, sizeof mine.host, "%s", gd_comm_host(comm));
        for (int rank = 0; rank < ranks; rank++) {
            parts[rank] = (gd_range){.first = rank, .count = 1};
        }
        gd_comm_gather(comm, sizeof mine, parts, &mine, all);
        find_largest(all, gd_comm_rank(comm) == 0 ? ranks : 0, of);
        of->resident = here.most;
        gd_comm_maximum(comm, &of->resident, 1);
    }
    gd_memory_free(&parts);
    gd_memory_free(&all);
    return status;
}

static gd_status measure_speed(gd_trainer *trainer, account *of) {
    const gd_problem *problem = trainer->problem;
    const gd_work *work = &trainer->work;
    int threads = (int)gd_config_integer(problem->config, "train", "threads");
    of->start = work->start;
    gd_comm_maximum(problem->comm, &of->start, 1);
    if (work->rows == 0) {
        return GD_OK;
    }
    of->rows_per_second = (double)work->rows / work->seconds;
    of->flops = of->rows_per_second * gd_model_flops(problem->model, true);
    gd_comm_barrier(problem->comm);
    gd_status status = gd_gemm_rate(threads, &of->machine);
    gd_comm_sum(problem->comm, &of->machine, 1);
    return gd_comm_agree(problem->comm, status);
}

static gd_status log_end(gd_trainer *trainer, const char *reason, const char *digest,
                         const account *of) {
    const gd_progress *progress = &trainer->progress;
    gd_metrics *metrics = trainer->metrics;
    bool worked = of->rows_per_second > 0;
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
    gd_metrics_text(metrics, "digest", digest);
    gd_metrics_number(metrics, "start_seconds", worked ? of->start : NAN);
    gd_metrics_number(metrics, "samples_per_second", worked ? of->rows_per_second : NAN);
    gd_metrics_number(metrics, "flop_per_second", worked ? of->flops : NAN);
    gd_metrics_number(metrics, "machine_flop_per_second", worked ? of->machine : NAN);
    gd_times_log(&of->times, metrics);
    return gd_metrics_end(metrics);
}

static void print_speed(const account *of) {
    char rate[32], amount[32], here[32];
    if (of->rows_per_second > 0) {
        printf("start     %.2f s from launch to the first step\n", of->start);
        printf("speed     %s samples/s, %.3g GFLOP/s, %.0f %% of this machine's GEMM rate\n",
               gd_text_grouped(llround(of->rows_per_second), rate), 1e-9 * of->flops,
               100 * of->flops / of->machine);
    }
    if (of->resident > 0) {
        printf("memory    %s a rank at most, %s on %s\n", gd_text_amount(of->resident, amount),
               gd_text_amount(of->resident_here, here), of->host);
    }
}

static void print_end(const gd_trainer *trainer, const char *reason, const char *digest,
                      const account *of) {
    const gd_progress *progress = &trainer->progress;
    const char *directory = trainer->rundir.path;
    char duration[32];
    printf("\ndone      %s: %lld epochs, %lld steps, %s of training\n",
           strcmp(reason, "epochs") == 0 ? "all epochs are trained" : "train.max_steps is reached",
           (long long)progress->epoch, (long long)progress->step,
           gd_text_duration(progress->seconds, duration));
    if (progress->best_epoch > 0) {
        printf("best      epoch %lld, val loss %.6g (%s/checkpoints/best)\n",
               (long long)progress->best_epoch, progress->best_loss, directory);
    }
    if (trainer->table.metric != NULL) {
        printf("last      val loss %.6g, %s %.6g\n", progress->val_loss, trainer->table.metric,
               progress->val_metric);
    }
    gd_times_print(&of->times);
    print_speed(of);
    printf("model     %s/model.h5, digest %s\n", directory, digest);
    fflush(stdout);
}

gd_status gd_report_end(gd_trainer *trainer, const char *reason, uint64_t digest) {
    gd_comm *comm = trainer->problem->comm;
    account of = {0};
    char hexadecimal[17];
    gd_checkpoint_digest_text(digest, hexadecimal);
    gd_phases_count(&trainer->phases);
    gd_status status = gd_times_gather(comm, &trainer->phases, &of.times);
    if (status == GD_OK) {
        status = measure_memory(comm, &of);
    }
    if (status == GD_OK) {
        status = measure_speed(trainer, &of);
    }
    if (status == GD_OK && gd_comm_rank(comm) == 0) {
        status = log_end(trainer, reason, hexadecimal, &of);
        if (status == GD_OK) {
            print_end(trainer, reason, hexadecimal, &of);
        }
    }
    return gd_comm_agree(comm, status);
}
