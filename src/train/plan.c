#include <stdio.h>
#include <string.h>

#include "gdmpi/blas.h"
#include "gdmpi/files.h"
#include "gdmpi/gemm_rate.h"
#include "gdmpi/memory.h"
#include "gdmpi/train.h"
#include "train_private.h"

/* What is found out on the way. */
typedef struct plan {
    gd_resident program; /* before it allocates anything large */
    gd_machine machine;
    gd_plan_facts facts;
} plan;

static gd_status print_layers(const gd_model *model) {
    gd_text page = {0};
    gd_model_describe(model, &page);
    gd_status status = gd_text_status(&page);
    printf("\n%s", gd_text_bytes(&page));
    gd_text_free(&page);
    return status;
}

static void print_shards(const gd_problem *problem) {
    const gd_shards *shards = &problem->shards;
    int64_t first = gd_shards_rows(shards, 0).count;
    int64_t last = gd_shards_rows(shards, shards->count - 1).count;
    char count[32];
    printf("\nrows a shard       %s", gd_text_grouped(first, count));
    if (last != first) {
        printf(" or %s", gd_text_grouped(last, count));
    }
    printf("\nrows a step        %s", gd_text_grouped(gd_shards_step_rows(shards, 0), count));
    printf(", at most %s of a shard", gd_text_grouped(gd_shards_step_most(shards), count));
    printf("\nsteps an epoch     %s", gd_text_grouped(gd_shards_steps(shards), count));
    const int64_t rows = gd_shards_step_rows(shards, gd_shards_steps(shards) - 1);
    printf(", the last of %s row%s", gd_text_grouped(rows, count), gd_text_plural(rows));
    printf("\nsteps in all       %s\n", gd_text_grouped(gd_problem_steps(problem), count));
}

static void print_bytes(const char *what, double bytes) {
    char amount[32];
    printf("  %-30s %12s\n", what, gd_text_amount(bytes, amount));
}

/* Of the rank that has most. Collective. */
static void print_traffic(const gd_trainer *trainer) {
    const gd_problem *problem = trainer->problem;
    const gd_reducer *reducer = trainer->reducer;
    const double vector = (double)reducer->size * (double)sizeof(real);
    const double row = (double)gd_rows_bytes(&problem->train);
    double most[2] = {0, reducer->cover_count * vector};
    for (int64_t i = 0; i < problem->mine.count; i++) {
        most[0] += row * (double)gd_shards_step(&problem->shards, problem->mine.first + i, 0).count;
    }
    gd_comm_maximum(reducer->comm, most, 2);
    if (gd_comm_rank(reducer->comm) == 0) {
        printf("\na step moves                           a rank\n");
        print_bytes("rows into its batch", most[0]);
        print_bytes("gradient sums of each rank", most[1]);
        print_bytes("new parameters, for all", vector);
        print_bytes("losses, norms and flags", (double)trainer->shared_count * sizeof(double));
    }
}

/* Where a run would start: in its directory, or from its initial parameters. */
static gd_status check_start(gd_trainer *trainer) {
    gd_problem *problem = trainer->problem;
    gd_checkpoint_header header = {0};
    char *path = NULL;
    gd_status status =
        gd_rundir_new(gd_config_text(problem->config, "run", "dir"), &trainer->rundir);
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        status = gd_resume_find(trainer, &path, &header);
    }
    if (status == GD_OK && path != NULL && gd_comm_rank(problem->comm) == 0) {
        printf("\nwould continue from %s, after step %lld\n", path,
               (long long)header.progress.step);
    }
    if (status == GD_OK) {
        status = path == NULL ? gd_trainer_initialise(trainer)
                              : gd_trainer_resume(trainer, path, &header);
    }
    gd_checkpoint_header_free(&header);
    gd_memory_free(&path);
    return status;
}

/* The rate of matrix products, all ranks at once. BLAS has the memory that it works in from then
 * on, which counts as that of the program. Collective. */
static gd_status measure_products(gd_comm *comm, const gd_config *config, plan *plan) {
    const int threads = (int)gd_config_integer(config, "train", "threads");
    gd_status status = gd_comm_agree(comm, gd_blas_start(threads));
    if (status != GD_OK) {
        return status;
    }
    gd_comm_barrier(comm);
    status = gd_gemm_rate(threads, &plan->machine.flops);
    plan->program = gd_process_resident();
    gd_comm_sum(comm, &plan->machine.flops, 1);
    return gd_comm_agree(comm, status);
}

/* What a run would begin with, in *problem and *trainer; and how long it took to read the data. */
static gd_status open_all(gd_comm *comm, const gd_config *config, gd_problem **problem,
                          gd_trainer **trainer, plan *plan) {
    double start = gd_clock_seconds();
    gd_status status = gd_problem_open(comm, config, problem);
    plan->facts.reading = gd_clock_seconds() - start;
    if (status == GD_OK) {
        status = measure_products(comm, config, plan);
    }
    if (status == GD_OK) {
        status = gd_report_header(*problem);
    }
    start = gd_clock_seconds();
    if (status == GD_OK) {
        status = gd_problem_load(*problem);
    }
    plan->facts.reading += gd_clock_seconds() - start;
    return status == GD_OK ? gd_trainer_new(*problem, trainer) : status;
}

/* What the plan says by arithmetic alone. */
static gd_status print_size(const gd_trainer *trainer, plan *plan) {
    const gd_problem *problem = trainer->problem;
    const bool root = gd_comm_rank(problem->comm) == 0;
    gd_status status = gd_comm_agree(problem->comm, root ? print_layers(problem->model) : GD_OK);
    if (status != GD_OK) {
        return status;
    }
    if (root) {
        print_shards(problem);
    }
    status = gd_plan_memory(trainer, &plan->program, &plan->facts.needed);
    if (status == GD_OK) {
        print_traffic(trainer);
    }
    return status;
}

/* What a run would begin with, and end by. */
static gd_status diverged(gd_status status) {
    if (gd_status_code(status) != GD_DIVERGED) {
        return status;
    }
    gd_status_free(&status);
    return gd_status_new(GD_DIVERGED,
                         "the loss of the first step, or its gradient, is not finite: training "
                         "would end there; look at data.scale, data.normalize and model.init");
}

static gd_status print_time(gd_trainer *trainer, const gd_plan_options *options, plan *plan) {
    gd_process_flush_tiny();
    gd_phases_start(&trainer->phases, GD_OTHER);
    gd_status status = gd_plan_measure(trainer, options, &plan->machine);
    if (status == GD_OK && gd_comm_rank(trainer->problem->comm) == 0) {
        gd_plan_print_machine(trainer, &plan->machine);
    }
    return status == GD_OK ? gd_plan_time(trainer, options, &plan->facts, &plan->machine) : status;
}

gd_status gd_train_plan(gd_comm *comm, const gd_config *config, const gd_plan_options *options) {
    gd_problem *problem = NULL;
    gd_trainer *trainer = NULL;
    plan plan = {.facts = {0}};
    gd_status status = gd_train_check_settings(comm, config);
    if (status == GD_OK) {
        status = open_all(comm, config, &problem, &trainer, &plan);
    }
    if (status == GD_OK) {
        status = print_size(trainer, &plan);
    }
    if (status == GD_OK) {
        status = check_start(trainer);
    }
    if (status == GD_OK) {
        status = diverged(print_time(trainer, options, &plan));
    }
    if (status == GD_OK && gd_comm_rank(comm) == 0) {
        printf("\nall is well; nothing was trained or left behind\n");
    }
    gd_trainer_free(&trainer);
    gd_problem_close(&problem);
    return status;
}
