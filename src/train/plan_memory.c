#include <stdio.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/train.h"

enum { PROGRAM, ROWS, VALIDATION, PARAMETERS, GRADIENTS, NEIGHBOURS, STATE, TILE, WHOLE, KINDS };

static const char *const names[KINDS] = {"program and libraries",
                                         "training rows and their order",
                                         "validation rows",
                                         "parameters",
                                         "gradients",
                                         "neighbours' gradients",
                                         "optimizer state",
                                         "a tile on its way",
                                         "a vector for checkpoints"};

/* The bytes of one rank: all that it sees, and its part of what its host has, in which memory that
 * ranks share counts once. */
typedef struct needs {
    char host[64];
    double seen[KINDS], part[KINDS];
} needs;

static double rows_bytes(const gd_rows *rows) {
    return (double)rows->range.count * (double)((size_t)rows->x_width * gd_type_size(rows->x.type) +
                                                (size_t)rows->y_width * gd_type_size(rows->y.type));
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
    double state = (double)reducer->owned * (double)sizeof(real) * trainer->optimizer->slots;
    snprintf(mine->host, sizeof mine->host, "%s", gd_comm_host(problem->comm));
    mine->seen[PROGRAM] = program->now;
    mine->part[PROGRAM] = program->share;
    count_reducer(reducer, mine);
    count_own(mine, ROWS, rows_bytes(&problem->train) + order);
    count_own(mine, VALIDATION, rows_bytes(&problem->val));
    count_own(mine, STATE, state);
    count_own(mine, TILE,
              gd_workspace_bytes(problem->model, problem->model->tile_rows) +
                  gd_batch_bytes(problem->model->tile_rows, problem->model->inputs, &target));
    count_own(mine, WHOLE,
              trainer->whole == NULL ? 0.0 : (double)reducer->size * (double)sizeof(real));
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

/* Adds up the ranks of each host in the place of its first; prints the largest rank and host. */
static void print_largest(needs *all, int ranks) {
    const needs *rank = all, *host = all;
    for (int i = 0; i < ranks; i++) {
        int first = 0;
        while (strcmp(all[first].host, all[i].host) != 0) {
            first++;
        }
        for (int kind = 0; kind < KINDS && first < i; kind++) {
            all[first].part[kind] += all[i].part[kind];
        }
        rank = total(all[i].seen) > total(rank->seen) ? &all[i] : rank;
        host = total(all[first].part) > total(host->part) ? &all[first] : host;
    }
    printf("  %-30s %12s %14s\n", "", "a rank", host->host);
    for (int kind = 0; kind < KINDS; kind++) {
        print_amounts(names[kind], rank->seen[kind], host->part[kind]);
    }
    print_amounts("in all", total(rank->seen), total(host->part));
    printf("  (resident; the host counts once what its ranks share: libraries, and with\n"
           "  reduce = window the parameters and neighbours' gradients)\n");
}

gd_status gd_plan_memory(const gd_trainer *trainer, const gd_resident *program) {
    gd_comm *comm = trainer->problem->comm;
    int ranks = gd_comm_size(comm);
    needs *all = NULL;
    gd_range *parts = NULL;
    gd_status status = gd_memory_new(&all, (size_t)ranks, sizeof *all, "the memory of the ranks");
    if (status == GD_OK) {
        status = gd_memory_new(&parts, (size_t)ranks, sizeof *parts, "the memory of the ranks");
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        needs mine = {.part = {0}};
        for (int rank = 0; rank < ranks; rank++) {
            parts[rank] = (gd_range){.first = rank, .count = 1};
        }
        count(trainer, program, &mine);
        gd_comm_gather(comm, sizeof mine, parts, &mine, all);
    }
    if (status == GD_OK && gd_comm_rank(comm) == 0) {
        printf("\nmemory (reduce = %s)\n", trainer->reducer->kind->name);
        gd_report_refused(trainer->reducer);
        print_largest(all, ranks);
    }
    gd_memory_free(&parts);
    gd_memory_free(&all);
    return status;
}
