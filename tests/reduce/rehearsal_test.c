#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "gdmpi/rehearsal.h"

enum { SIZE = 5 * 4096 + 48, VALUES = 16, STEPS = 3, RANKS_MAX = 5, SHARDS_MAX = 9 };

/* What a thread plays. */
typedef struct player {
    gd_reducer *reducer;
    gd_phases phases;
    double squares[VALUES], values[VALUES];
    double norm; /* NaN: not told */
    int steps;
} player;

static real element(int64_t shard, int64_t i) {
    uint64_t word = (uint64_t)(i * 16 + shard + 1) * 0x9e3779b97f4a7c15u;
    word = (word ^ word >> 29) * 0xbf58476d1ce4e5b9u;
    return (real)((double)(word >> 11) * 0x1p-53 - 0.5);
}

static void gradient(void *context, int64_t shard, bool add, real *gradient,
                     const gd_ready *ready) {
    (void)context;
    for (int64_t i = 0; i < SIZE; i++) {
        gradient[i] = (add ? gradient[i] : 0) + element(shard, i);
    }
    ready->call(ready->context, 0);
}

static void measured(void *context, double norm) {
    player *player = context;
    player->norm = norm;
}

static void update(void *context, int64_t at, int64_t count, real *mean, real *parameters) {
    (void)context;
    (void)at;
    for (int64_t i = 0; i < count; i++) {
        parameters[i] = mean[i];
    }
}

static void *play(void *context) {
    player *player = context;
    gd_reducer *reducer = player->reducer;
    const gd_reduction reduction = {.divisor = 2,
                                    .squares = player->squares,
                                    .context = player,
                                    .gradient = gradient,
                                    .measured = isnan(player->norm) ? NULL : measured,
                                    .update = update};
    for (int step = 0; step < player->steps; step++) {
        gd_reducer_step(reducer, &reduction);
        for (int i = 0; i < VALUES; i++) {
            player->values[i] = i + reducer->rank * 100 + step;
        }
        gd_reducer_publish(reducer, player->values, VALUES);
        gd_rehearsal_meet(reducer);
    }
    return NULL;
}

/* The mean over a node of the tree, by recursion. */
static real sum_of(gd_node node, int64_t i) {
    if (node.end - node.first == 1) {
        return element(node.first, i);
    }
    return sum_of(gd_tree_left(node), i) + sum_of(gd_tree_right(node), i);
}

/* Plays `players` of the ranks of a run, all at once. */
static void run(int ranks, gd_range players, int64_t shards, bool measures, real *parameters,
                player *all) {
    const gd_rehearsal_plan plan = {.ranks = ranks,
                                    .per_host = 2,
                                    .players = players,
                                    .sums = {.adds = true, .size = SIZE, .shards = shards},
                                    .values = VALUES,
                                    .parameters = parameters};
    gd_rehearsal *rehearsal;
    pthread_t thread[RANKS_MAX];
    assert_true(gd_rehearsal_new(&plan, &rehearsal) == GD_OK);
    for (int i = 0; i < players.count; i++) {
        all[i] = (player){.reducer = gd_rehearsal_reducer(rehearsal, i),
                          .norm = measures ? 0 : NAN,
                          .steps = STEPS};
        all[i].reducer->phases = &all[i].phases;
        assert_int_equal(all[i].reducer->rank, players.first + i);
        assert_int_equal(pthread_create(&thread[i], NULL, play, &all[i]), 0);
    }
    for (int i = 0; i < players.count; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    }
    gd_rehearsal_free(&rehearsal);
}

static void same_as_the_tree(const real *parameters, int64_t shards) {
    const gd_node root = {.first = 0, .end = shards};
    for (int64_t i = 0; i < SIZE; i++) {
        const real wanted = sum_of(root, i) / 2;
        if (memcmp(&parameters[i], &wanted, sizeof wanted) != 0) {
            fail_msg("element %lld is %.17g, not %.17g", (long long)i, (double)parameters[i],
                     (double)wanted);
        }
    }
}

static void all_ranks_of_a_run_sum_as_its_tree_does(void **state) {
    (void)state;
    real *parameters;
    player all[RANKS_MAX];
    assert_true(gd_memory_new(&parameters, SIZE, sizeof *parameters, "parameters") == GD_OK);
    for (int64_t shards = 1; shards <= SHARDS_MAX; shards++) {
        for (int ranks = 1; ranks <= RANKS_MAX && ranks <= shards; ranks++) {
            for (int measures = 0; measures < 2; measures++) {
                memset(parameters, 0, SIZE * sizeof *parameters);
                run(ranks, (gd_range){0, ranks}, shards, measures, parameters, all);
                same_as_the_tree(parameters, shards);
                for (int i = 0; i < ranks; i++) {
                    const double sum = ranks * (3 + STEPS - 1) + 100 * ranks * (ranks - 1) / 2;
                    assert_true(all[i].values[3] == sum);
                    assert_true(measures ? all[i].norm == all[0].norm && all[i].norm > 0
                                         : isnan(all[i].norm));
                }
            }
        }
    }
    gd_memory_free(&parameters);
}

/* Those of the other hosts are not there, but what they would send is added. */
static void the_ranks_of_one_host_update_what_is_theirs(void **state) {
    (void)state;
    real *parameters;
    player all[RANKS_MAX];
    assert_true(gd_memory_new(&parameters, SIZE, sizeof *parameters, "parameters") == GD_OK);
    for (int ranks = 3; ranks <= RANKS_MAX; ranks++) {
        for (int64_t i = 0; i < SIZE; i++) {
            parameters[i] = 1000;
        }
        run(ranks, (gd_range){2, ranks == 3 ? 1 : 2}, 7, false, parameters, all);
        const gd_range first = gd_range_part(6, ranks, 2);
        const gd_range last = gd_range_part(6, ranks, ranks == 3 ? 2 : 3);
        for (int64_t i = 0; i < SIZE; i++) {
            const bool mine = i >= first.first * 4096 && i < (last.first + last.count) * 4096;
            assert_true((parameters[i] != 1000) == mine);
        }
    }
    gd_memory_free(&parameters);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ranks_of_a_run_sum_as_its_tree_does),
        cmocka_unit_test(the_ranks_of_one_host_update_what_is_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
