#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../mpi_support.h"
#include "gdmpi/memory.h"
#include "gdmpi/reduce.h"
#include "gdmpi/tensor.h"

enum { SHARDS_MAX = 9, GAP = 3 };

/* From one block to more than there may be of the least size, and to several buckets. */
static const int64_t sizes[] = {16, 48, 4096, 4112, 3 * 4096 + 240, 2 * 65536 + 16};
static const int64_t large = 1024 * 4096 + 16;

/* What a step fills in, any numbers, or whole ones, whose sum is exact in any order; and what it
 * gets. */
typedef struct step {
    gd_reducer *reducer;
    int number;
    bool whole;
    real *mean;     /* [size]: NaN where another rank updates */
    int64_t *place; /* [size]: in what this rank updates */
    double *squares;
    bool measures; /* the norm comes before the updates */
    double norm;   /* NaN: it has not come */
} step;

static bool is_gap(int64_t i) {
    return i % GD_TENSOR_ALIGN >= GD_TENSOR_ALIGN - GAP;
}

static real element(const step *step, int64_t shard, int64_t i) {
    uint64_t word = (uint64_t)(i * 16 + shard + 1) * 0x9e3779b97f4a7c15u + (uint64_t)step->number;
    word = (word ^ word >> 29) * 0xbf58476d1ce4e5b9u;
    double unit = (double)(word >> 11) * 0x1p-53 - 0.5;
    return (real)(step->whole ? floor(unit * 0x1p20) : unit * (double)(1 << (word & 7)));
}

/* From the end, in a few parts. */
static void gradient(void *context, int64_t shard, bool add, real *gradient,
                     const gd_ready *ready) {
    const step *step = context;
    int64_t end = step->reducer->size;
    while (end > 0) {
        int64_t first = end / 3 / GD_TENSOR_ALIGN * GD_TENSOR_ALIGN;
        for (int64_t i = first; i < end; i++) {
            if (!is_gap(i)) {
                gradient[i] = (add ? gradient[i] : 0) + element(step, shard, i);
            }
        }
        ready->call(ready->context, first);
        end = first;
    }
}

static real marked(int64_t i, int round) {
    return (real)(i % 4099 + round * 5000);
}

static void measured(void *context, double norm) {
    step *step = context;
    assert_true(isnan(step->norm));
    step->norm = norm;
}

/* Changes the mean as well, which must not come back in a later step. */
static void update(void *context, int64_t at, int64_t count, real *mean, real *parameters) {
    step *step = context;
    assert_true(isnan(step->norm) == !step->measures);
    int64_t first = parameters - step->reducer->parameters;
    for (int64_t i = 0; i < count; i++) {
        step->mean[first + i] = mean[i];
        step->place[first + i] = at + i;
        parameters[i] = marked(first + i, step->number);
        mean[i] *= (real)0.5;
    }
}

static void *room(int64_t count, size_t size) {
    void *memory;
    gd_status status = gd_memory_new(&memory, (size_t)count, size, "a test");
    assert_true(status == GD_OK);
    return memory;
}

static gd_phases phases;

static gd_reducer *make(gd_comm *comm, const char *name, bool alters, int64_t size,
                        int64_t shards) {
    gd_reducer *reducer = NULL;
    gd_reducer_plan plan = {
        .name = name, .overlap = alters, .adds = alters, .size = size, .shards = shards};
    gd_phases_start(&phases, GD_OTHER);
    gd_status status = gd_reducer_new(comm, &phases, &plan, &reducer);
    assert_string_equal(gd_status_message(status), "");
    return reducer;
}

static step step_begin(gd_reducer *reducer, bool measures) {
    return (step){.reducer = reducer,
                  .measures = measures,
                  .mean = room(reducer->size, sizeof(real)),
                  .place = room(reducer->size, sizeof(int64_t)),
                  .squares = room(reducer->block_count, sizeof(double))};
}

static void step_end(step *step) {
    gd_memory_free(&step->mean);
    gd_memory_free(&step->place);
    gd_memory_free(&step->squares);
}

static void step_run(step *step, double divisor) {
    gd_reduction reduction = {.divisor = divisor,
                              .squares = step->squares,
                              .context = step,
                              .gradient = gradient,
                              .measured = step->measures ? measured : NULL,
                              .update = update};
    step->norm = NAN;
    for (int64_t i = 0; i < step->reducer->size; i++) {
        step->mean[i] = (real)NAN;
    }
    step->number++;
    gd_reducer_step(step->reducer, &reduction);
}

static real tree_element(const step *step, gd_node node, int64_t i) {
    if (node.end - node.first == 1) {
        return element(step, node.first, i);
    }
    int64_t middle = node.first + (node.end - node.first) / 2;
    real left = tree_element(step, (gd_node){node.first, middle}, i);
    real right = tree_element(step, (gd_node){middle, node.end}, i);
    return left + right;
}

/* One element of the mean against the serial sum in tree order, or against one that is all but
 * exact. */
static bool is_mean(const step *step, real divisor, int64_t i) {
    int64_t shards = step->reducer->shards;
    real mean = step->mean[i];
    if (is_gap(i)) {
        return mean == 0 && !signbit(mean);
    }
    if (step->reducer->kind->same_bits) {
        return mean == tree_element(step, (gd_node){0, shards}, i) * (1 / divisor);
    }
    long double exact = 0, sizes_sum = 0;
    for (int64_t shard = 0; shard < shards; shard++) {
        exact += (long double)element(step, shard, i);
        sizes_sum += fabsl((long double)element(step, shard, i));
    }
    long double epsilon = sizeof(real) == sizeof(float) ? FLT_EPSILON : DBL_EPSILON;
    return fabsl((long double)mean - exact / (long double)divisor) <=
           (long double)(shards + 1) * epsilon * sizes_sum / (long double)divisor;
}

/* What this rank has updated: its pieces in order, each element once; and their squares. */
static void check_mine(const step *step, real divisor) {
    const gd_reducer *reducer = step->reducer;
    size_t wrong = 0;
    int64_t place = 0;
    long double squares = 0, total = 0;
    for (int64_t i = 0; i < reducer->size; i++) {
        if (!isnan(step->mean[i])) {
            wrong += !is_mean(step, divisor, i) || step->place[i] != place++;
            squares += (long double)step->mean[i] * (long double)step->mean[i];
        }
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(place, reducer->owned);
    for (int64_t i = 0; i < reducer->block_count; i++) {
        total += (long double)step->squares[i];
    }
    bool counted = !reducer->kind->whole || gd_comm_rank(reducer->comm) == 0;
    assert_true(counted ? fabsl(total - squares) <= 1e-12L * squares : total == 0);
}

/* And what all ranks have: parameters, and the bits of the norm that was known before. */
static void check_norm(const step *step) {
    assert_true(!step->measures || step->norm == gd_reducer_norm(step->reducer, step->squares));
}

static void check_published(const step *step) {
    size_t wrong = 0;
    for (int64_t i = 0; i < step->reducer->size; i++) {
        wrong += step->reducer->parameters[i] != marked(i, step->number);
    }
    assert_int_equal(wrong, 0);
}

/* Several steps, so that a rank that is ahead would spoil the sums of one that is behind. */
static void check_steps(gd_comm *comm, const char *name, bool alters, int64_t size, int64_t shards,
                        int steps) {
    gd_reducer *reducer = make(comm, name, alters, size, shards);
    step step = step_begin(reducer, alters);
    for (int i = 0; i < steps; i++) {
        step_run(&step, 3 * (double)shards);
        check_mine(&step, (real)(3 * shards));
        gd_reducer_publish(reducer, step.squares, (size_t)reducer->block_count);
        check_published(&step);
        check_norm(&step);
        step.measures = !step.measures;
    }
    step_end(&step);
    gd_reducer_free(&reducer);
    assert_null(reducer);
}

/* Vectors of what each rank updates take the place of the parameters, and come back. */
static void check_swap(gd_comm *comm, const char *name, int64_t size) {
    gd_reducer *reducer = make(comm, name, true, size, gd_comm_size(comm));
    step step = step_begin(reducer, false);
    real *owned = room(reducer->owned, sizeof *owned);
    step_run(&step, 1);
    gd_reducer_publish(reducer, step.squares, (size_t)reducer->block_count);
    gd_reducer_own(reducer, owned);
    for (int round = 0; round < 4; round++) {
        gd_reducer_swap(reducer, owned);
        step.number = round % 2 + 1;
        for (int64_t i = 0; i < size; i++) {
            if (round == 0 && !isnan(step.mean[i])) {
                assert_true(owned[step.place[i]] == marked(i, 1));
                owned[step.place[i]] = marked(i, 2);
            }
        }
        check_published(&step);
    }
    gd_memory_free(&owned);
    step_end(&step);
    gd_reducer_free(&reducer);
}

/* All sizes but the last, which takes the longest, by numbers of shards that are so far apart; the
 * last by the least and by the most. */
static void check_reducers(gd_comm *comm, int64_t apart) {
    size_t last = sizeof sizes / sizeof *sizes - 1;
    int64_t least = gd_comm_size(comm);
    for (size_t kind = 0; gd_reducer_name(kind) != NULL; kind++) {
        const char *name = gd_reducer_name(kind);
        for (int64_t shards = least; shards <= SHARDS_MAX; shards += apart) {
            for (size_t i = 0; i < last; i++) {
                check_steps(comm, name, (shards / apart + (int64_t)i) % 2 == 0, sizes[i], shards,
                            3);
            }
        }
        check_steps(comm, name, true, sizes[last], least, 3);
        check_steps(comm, name, false, sizes[last], SHARDS_MAX, 2);
        check_swap(comm, name, sizes[1]);
        check_swap(comm, name, sizes[last]);
    }
}

static void the_mean_is_that_of_the_serial_sum(void **state) {
    gd_comm *comm = *state;
    check_reducers(comm, 2);
    check_steps(comm, "auto", true, large, gd_comm_size(comm), 2);
}

/* As if the ranks were on several hosts, in any mix and order. */
static void so_it_is_on_several_hosts(void **state) {
    gd_comm *comm = *state;
    static const int hosts[][4] = {{0, 1, 0, 1}, {0, 0, 1, 1}, {0, 1, 1, 1}, {0, 1, 2, 1}};
    const size_t count = gd_comm_size(comm) == 1 ? 0 : sizeof hosts / sizeof *hosts;
    for (size_t i = 0; i < count; i++) {
        assert_true(gd_comm_group(comm, hosts[i][gd_comm_rank(comm)]) == GD_OK);
        assert_true(gd_comm_hosts(comm) > 1 || i == 1);
        check_reducers(comm, 5);
    }
    assert_true(gd_comm_group(comm, 0) == GD_OK);
}

static void pieces_tile_the_vector_in_whole_blocks(void **state) {
    gd_comm *comm = *state;
    for (size_t kind = 0; gd_reducer_kinds[kind] != NULL; kind++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            gd_reducer *reducer =
                make(comm, gd_reducer_kinds[kind]->name, false, sizes[i], gd_comm_size(comm));
            assert_in_range(reducer->block_count, 1, 1024);
            assert_int_equal(reducer->block_size % GD_TENSOR_ALIGN, 0);
            assert_true((reducer->block_count - 1) * reducer->block_size < sizes[i]);
            int64_t end = 0, ranks = gd_comm_size(comm);
            for (int64_t j = 0; j < reducer->buckets * ranks && !reducer->kind->whole; j++) {
                assert_int_equal(reducer->piece[j].first, end);
                assert_true(end % reducer->block_size == 0 || reducer->piece[j].count == 0);
                end += reducer->piece[j].count;
            }
            assert_int_equal(reducer->kind->whole ? reducer->piece[0].count : end, sizes[i]);
            gd_reducer_free(&reducer);
        }
    }
}

/* The norm of a mean whose bits all reducers agree on, and of which rank 0 of a reducer of whole
 * vectors makes the sum alone. */
static double squared_norm(gd_comm *comm, const char *name, int64_t size, int64_t shards) {
    gd_reducer *reducer = make(comm, name, true, size, shards);
    step step = step_begin(reducer, false);
    double total = 0;
    step.whole = true;
    step_run(&step, 7);
    gd_reducer_publish(reducer, step.squares, (size_t)reducer->block_count);
    for (int64_t i = 0; i < reducer->block_count; i++) {
        total += step.squares[i];
    }
    step_end(&step);
    gd_reducer_free(&reducer);
    return total;
}

static void the_norm_has_the_bits_of_the_serial_one(void **state) {
    gd_comm *comm = *state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double serial = squared_norm(comm, "allreduce", sizes[i], SHARDS_MAX);
        assert_true(serial > 0);
        for (size_t kind = 0; gd_reducer_kinds[kind] != NULL; kind++) {
            const char *name = gd_reducer_kinds[kind]->name;
            assert_true(squared_norm(comm, name, sizes[i], SHARDS_MAX) == serial);
        }
    }
}

static void what_rank_0_spreads_all_ranks_have(void **state) {
    gd_comm *comm = *state;
    for (size_t kind = 0; gd_reducer_kinds[kind] != NULL; kind++) {
        gd_reducer *reducer =
            make(comm, gd_reducer_kinds[kind]->name, true, sizes[4], gd_comm_size(comm));
        step step = step_begin(reducer, false);
        step.number = 3;
        for (int64_t i = 0; i < reducer->size && gd_comm_rank(comm) == 0; i++) {
            reducer->parameters[i] = marked(i, 3);
        }
        gd_reducer_spread(reducer);
        check_published(&step);
        step_end(&step);
        gd_reducer_free(&reducer);
    }
}

/* What each rank updates is gathered in its place, and comes back as it went. */
static void check_gather(gd_comm *comm, const char *name, int64_t size) {
    gd_reducer *reducer = make(comm, name, true, size, gd_comm_size(comm));
    step step = step_begin(reducer, false);
    step_run(&step, 1);
    real *owned = room(reducer->owned, sizeof *owned), *again = room(reducer->owned, sizeof *again);
    bool first = gd_comm_rank(comm) == 0;
    real *whole = first ? room(size, sizeof *whole) : NULL;
    for (int64_t i = 0; i < size; i++) {
        if (!isnan(step.mean[i])) {
            owned[step.place[i]] = marked(i, 1);
        }
    }
    gd_reducer_gather(reducer, owned, whole);
    for (int64_t i = 0; first && i < size; i++) {
        assert_true(whole[i] == marked(i, 1));
    }
    gd_reducer_scatter(reducer, whole, again);
    assert_memory_equal(again, owned, (size_t)reducer->owned * sizeof *again);
    gd_memory_free(&owned);
    gd_memory_free(&again);
    gd_memory_free(&whole);
    step_end(&step);
    gd_reducer_free(&reducer);
}

static void what_ranks_update_comes_back_from_rank_0_as_it_went(void **state) {
    for (size_t kind = 0; gd_reducer_kinds[kind] != NULL; kind++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            check_gather(*state, gd_reducer_kinds[kind]->name, sizes[i]);
        }
    }
}

static gd_status refusal(gd_comm *comm, const char *name, int64_t size) {
    gd_reducer *reducer = NULL;
    gd_reducer_plan plan = {.name = name, .size = size, .shards = SHARDS_MAX};
    gd_status status = gd_reducer_new(comm, &phases, &plan, &reducer);
    assert_null(reducer);
    return status;
}

static void an_unknown_method_is_refused(void **state) {
    gd_status status = refusal(*state, "windwo", 16);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    assert_non_null(strstr(gd_status_message(status), "did you mean 'window'"));
    gd_status_free(&status);
}

static void more_than_there_is_memory_for_fails_on_all_ranks(void **state) {
    for (size_t kind = 0; gd_reducer_name(kind) != NULL; kind++) {
        gd_status status = refusal(*state, gd_reducer_name(kind), (int64_t)1 << 48);
        assert_int_equal(gd_status_code(status), GD_FAILED);
        gd_status_free(&status);
    }
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(the_mean_is_that_of_the_serial_sum, comm),
        cmocka_unit_test_prestate(so_it_is_on_several_hosts, comm),
        cmocka_unit_test_prestate(pieces_tile_the_vector_in_whole_blocks, comm),
        cmocka_unit_test_prestate(the_norm_has_the_bits_of_the_serial_one, comm),
        cmocka_unit_test_prestate(what_rank_0_spreads_all_ranks_have, comm),
        cmocka_unit_test_prestate(what_ranks_update_comes_back_from_rank_0_as_it_went, comm),
        cmocka_unit_test_prestate(an_unknown_method_is_refused, comm),
        cmocka_unit_test_prestate(more_than_there_is_memory_for_fails_on_all_ranks, comm),
    };
    return mpi_support_stop(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
