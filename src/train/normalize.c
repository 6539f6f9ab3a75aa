#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/problem.h"

/* The first training row, so that offsets of the features do not cost digits. Collective. */
static gd_status choose_pivot(gd_problem *problem, double **pivot) {
    const gd_rows *rows = &problem->train;
    const size_t width = (size_t)rows->x_width;
    gd_status status = gd_memory_new(pivot, width, sizeof **pivot, "the first row");
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        if (gd_comm_rank(problem->comm) == 0) {
            gd_type_widen(rows->x.type, rows->x_data, 0, rows->x_width, *pivot);
        }
        gd_comm_broadcast(problem->comm, *pivot, width * sizeof **pivot);
    }
    return status;
}

/* Those of this rank's shards, one by one. Not collective. */
static gd_status measure_shards(const gd_problem *problem, const double *pivot,
                                gd_moments **shards) {
    gd_status status =
        gd_memory_new(shards, (size_t)problem->mine.count, sizeof **shards, "moments of shards");
    for (int64_t i = 0; i < problem->mine.count && status == GD_OK; i++) {
        const gd_range part = gd_shards_rows(&problem->shards, problem->mine.first + i);
        status = gd_moments_new(problem->train.x_width, &(*shards)[i]);
        if (status == GD_OK) {
            status = gd_moments_add(&problem->train, part, pivot, &(*shards)[i]);
        }
    }
    return status;
}

/* All ranks add the shards in the order of their numbers. Collective. */
static void merge_shards(const gd_problem *problem, const gd_moments *mine, gd_moments *shard,
                         gd_moments *all) {
    const size_t count = GD_MOMENTS * (size_t)shard->width;
    for (int64_t i = 0; i < problem->shards.count; i++) {
        const int64_t own = i - problem->mine.first;
        shard->rows = gd_shards_rows(&problem->shards, i).count;
        memset(shard->mean, 0, count * sizeof *shard->mean);
        if (own >= 0 && own < problem->mine.count) {
            memcpy(shard->mean, mine[own].mean, count * sizeof *shard->mean);
        }
        gd_comm_sum(problem->comm, shard->mean, count);
        gd_moments_merge(shard, all);
    }
}

static gd_status measure(gd_problem *problem, const double *pivot, gd_moments *all) {
    gd_moments *mine = NULL, shard = {0};
    gd_status status = measure_shards(problem, pivot, &mine);
    if (status == GD_OK) {
        status = gd_moments_new(problem->train.x_width, &shard);
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        merge_shards(problem, mine, &shard, all);
    }
    for (int64_t i = 0; i < problem->mine.count && mine != NULL; i++) {
        gd_moments_free(&mine[i]);
    }
    gd_memory_free(&mine);
    gd_moments_free(&shard);
    return status;
}

static void skip_categories(gd_problem *problem) {
    for (const gd_categories *of = problem->train.categories; of->columns.count > 0; of++) {
        gd_normalizer_skip(of->columns, &problem->normalizer);
    }
}

static gd_status find_normalizer(gd_problem *problem, const char *kind) {
    gd_normalizer *normalizer = &problem->normalizer;
    gd_moments all = {0};
    double *pivot = NULL;
    gd_status status = gd_normalizer_new(kind, problem->train.x_width, normalizer);
    if (status == GD_OK) {
        status = gd_moments_new(normalizer->width, &all);
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        status = choose_pivot(problem, &pivot);
    }
    if (status == GD_OK) {
        status = measure(problem, pivot, &all);
    }
    if (status == GD_OK) {
        status = gd_normalizer_set(&problem->train_source, &all, pivot, normalizer);
        skip_categories(problem);
        status = gd_comm_agree(problem->comm, status);
    }
    gd_memory_free(&pivot);
    gd_moments_free(&all);
    return status;
}

gd_status gd_problem_normalize(gd_problem *problem) {
    const char *kind = gd_config_text(problem->config, "data", "normalize");
    if (strcmp(kind, "none") == 0) {
        return GD_OK;
    }
    problem->train.normalizer = problem->val.normalizer = &problem->normalizer;
    return find_normalizer(problem, kind);
}
