#include <stdio.h>
#include <string.h>

#include "gdmpi/blas.h"
#include "gdmpi/gemm_rate.h"
#include "gdmpi/memory.h"
#include "gdmpi/train.h"
#include "train_private.h"

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
    printf(", the last of %s rows",
           gd_text_grouped(gd_shards_step_rows(shards, gd_shards_steps(shards) - 1), count));
    printf("\nsteps in all       %s\n", gd_text_grouped(gd_problem_steps(problem), count));
}

/* Of the rank that brings most. Collective. */
static void print_traffic(const gd_trainer *trainer) {
    const gd_reducer *reducer = trainer->reducer;
    char sums[32], small[32];
    double most = reducer->cover_count * (double)reducer->size * (double)sizeof(real);
    gd_comm_maximum(reducer->comm, &most, 1);
    if (gd_comm_rank(reducer->comm) != 0) {
        return;
    }
    printf("\na step brings together\n");
    printf("  %-30s %12s\n", "gradient sums of each rank", gd_text_amount(most, sums));
    printf("  %-30s %12s\n", "losses, norms and flags",
           gd_text_amount((double)trainer->shared_count * sizeof(double), small));
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
    if (status == GD_OK && path == NULL) {
        status = gd_trainer_initialise(trainer);
    }
    if (status == GD_OK && path != NULL && gd_comm_rank(problem->comm) == 0) {
        printf("\nwould continue from %s, after step %lld\n", path,
               (long long)header.progress.step);
    }
    gd_checkpoint_header_free(&header);
    gd_memory_free(&path);
    return status;
}

/* What this machine does, all ranks at once. BLAS has the memory that it works in from then on,
 * which counts as that of the program. Collective. */
static gd_status measure_machine(gd_comm *comm, const gd_config *config, double *rate,
                                 gd_resident *program) {
    gd_status status = gd_gemm_rate((int)gd_config_integer(config, "train", "threads"), rate);
    *program = gd_process_resident();
    gd_comm_sum(comm, rate, 1);
    return gd_comm_agree(comm, status);
}

gd_status gd_train_plan(gd_comm *comm, const gd_config *config) {
    gd_problem *problem = NULL;
    gd_trainer *trainer = NULL;
    gd_status status = gd_train_check_settings(comm, config);
    if (status == GD_OK) {
        status = gd_problem_open(comm, config, &problem);
    }
    gd_resident program;
    double rate = 0;
    if (status == GD_OK) {
        status =
            gd_comm_agree(comm, gd_blas_start((int)gd_config_integer(config, "train", "threads")));
    }
    if (status == GD_OK) {
        status = measure_machine(comm, config, &rate, &program);
    }
    if (status == GD_OK) {
        status = gd_report_header(problem);
    }
    if (status == GD_OK) {
        status = gd_problem_load(problem);
    }
    if (status == GD_OK) {
        status = gd_trainer_new(problem, &trainer);
    }
    if (status == GD_OK) {
        status =
            gd_comm_agree(comm, gd_comm_rank(comm) == 0 ? print_layers(problem->model) : GD_OK);
    }
    if (status == GD_OK) {
        if (gd_comm_rank(comm) == 0) {
            print_shards(problem);
            printf("\nGEMM rate          %.0f GFLOP/s, all ranks at once\n", 1e-9 * rate);
        }
        status = gd_plan_memory(trainer, &program);
    }
    if (status == GD_OK) {
        print_traffic(trainer);
        status = check_start(trainer);
    }
    if (status == GD_OK && gd_comm_rank(comm) == 0) {
        printf("\nall is well; nothing was trained or written\n");
    }
    gd_trainer_free(&trainer);
    gd_problem_close(&problem);
    return status;
}
