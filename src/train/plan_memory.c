#include <stdio.h>

#include "gdmpi/memory.h"
#include "train_private.h"

enum {
    PROGRAM,
    ROWS,
    VALIDATION,
    PARAMETERS,
    GRADIENTS,
    NEIGHBOURS,
    STATE,
    TILE,
    SNAPSHOTS,
    KINDS
};

static const char *const names[KINDS] = {"program and libraries",
                                         "training rows and their order",
                                         "validation rows",
                                         "parameters",
                                         "gradients",
                                         "neighbours' gradients",
                                         "optimizer state",
                                         "a tile on its way",
                                         "snapshots for checkpoints"};

/* The bytes of one rank: all that it sees, and its part of what its host has, in which memory that
 * ranks share counts once. */
typedef struct needs {
    double seen[KINDS], part[KINDS];
} needs;

static double rows_bytes(const gd_rows *rows) {
    return (double)rows->range.count * (double)gd_rows_bytes(rows);
}

/* What the reducer shares with the other ranks of the host: the only place that knows. */
static void count_reducer(const gd_reducer *reducer, needs *mine) {
    double vector = (double)reducer->size * (double)sizeof(real);
    int here = reducer->kind->shared ? gd_comm_ranks_here(reducer->comm) : 1;
    mine->seen[PARAMETERS] = vector;
    mine->part[PARAMETERS] = vector / here;
    mine->seen[GRADIENTS] = mine->part[GRADIENTS] = gd_reducer_bytes(reducer);
    /* Of each neighbour's partials, the part that this rank adds up. */
    mine->seen[NEIGHBOURS] = reducer->cover_count * vector / here * (here - 1);
}

static void count_own(needs *mine, int kind, double bytes) {
    mine->seen[kind] = mine->part[kind] = bytes;
}

static void count(const gd_trainer *trainer, const gd_resident *program, needs *mine) {
    const gd_problem *problem = trainer->problem;
    const gd_reducer *reducer = trainer->reducer;
    gd_target target = gd_model_target(problem->model);
    double order =
        trainer->order == NULL ? 0.0 : (double)problem->train.range.count * sizeof *trainer->order;
    double dealer = trainer->dealer == NULL ? 0.0 : gd_dealer_bytes(trainer->dealer);
    int vectors = trainer->states + (trainer->optimizer->limited != NULL);
    double state = (double)reducer->owned * (double)sizeof(real) * vectors;
    mine->seen[PROGRAM] = program->now;
    mine->part[PROGRAM] = program->share;
    count_reducer(reducer, mine);
    count_own(mine, ROWS, rows_bytes(&problem->train) + order + dealer);
    count_own(mine, VALIDATION,
              rows_bytes(&problem->val) + gd_scoreboard_bytes(trainer->scoreboard));
    count_own(mine, STATE, state);
    count_own(mine, TILE,
              gd_workspace_bytes(problem->model, problem->model->tile_rows) +
                  gd_batch_bytes(problem->model->tile_rows, problem->model->inputs, &target));
    count_own(mine, SNAPSHOTS, trainer->writer == NULL ? 0.0 : gd_writer_bytes(trainer->writer));
}

static double total(const double bytes[KINDS]) {
    double sum = 0;
    for (int kind = 0; kind < KINDS; kind++) {
        sum += bytes[kind];
    }
    return sum;
}

static void print_amounts(const char *what, double rank, double host) {
    char first[32], second[32];
    printf("  %-30s %12s %14s\n", what, gd_text_amount(rank, first), gd_text_amount(host, second));
}

/* The largest rank and host, whose bytes are returned: the parts of each host's ranks are added up
 * in the place of its first.
 */
static double print_largest(const gd_comm *comm, needs *all) {
    const needs *rank = all, *host = all;
    for (int i = 0; i < gd_comm_hosts(comm); i++) {
        gd_range ranks = gd_comm_ranks_on(comm, i);
        needs *first = &all[ranks.first];
        for (int64_t j = 0; j < ranks.count; j++) {
            for (int kind = 0; kind < KINDS && j > 0; kind++) {
                first->part[kind] += first[j].part[kind];
            }
            rank = total(first[j].seen) > total(rank->seen) ? &first[j] : rank;
        }
        host = total(first->part) > total(host->part) ? first : host;
    }
    printf("  %-30s %12s %14s\n", "", "a rank", gd_comm_host_of(comm, (int)(host - all)));
    for (int kind = 0; kind < KINDS; kind++) {
        print_amounts(names[kind], rank->seen[kind], host->part[kind]);
    }
    print_amounts("in all", total(rank->seen), total(host->part));
    printf("  (resident; the host counts once what its ranks share: libraries, and with\n"
           "  reduce = window the parameters and neighbours' gradients)\n");
    return total(host->part);
}

gd_status gd_plan_memory(const gd_trainer *trainer, const gd_resident *program, double *most) {
    gd_comm *comm = trainer->problem->comm;
    needs mine = {.part = {0}}, *all;
    count(trainer, program, &mine);
    gd_status status = gd_comm_collect(comm, &mine, sizeof mine, &all, "the memory of the ranks");
    if (status == GD_OK && gd_comm_rank(comm) == 0) {
        printf("\nmemory (reduce = %s)\n", trainer->reducer->kind->name);
        gd_report_refused(trainer->reducer);
        *most = print_largest(comm, all);
    }
    gd_memory_free(&all);
    return status;
}
