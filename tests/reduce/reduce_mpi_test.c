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

/* From one block to more than there may be of the least size. */
static const int64_t sizes[] = {16, 48, 512, 528, 3 * 512 + 240, 9 * 2048 + 16};
static const int64_t large = 1024 * 512 + 16;

/* What a leaf fills in: any numbers, or whole ones, whose sum is exact in any order. */
typedef struct source {
    int64_t size;
    int step;
    bool whole;
} source;

static bool is_gap(int64_t i) {
    return i % GD_TENSOR_ALIGN >= GD_TENSOR_ALIGN - GAP;
}

static real element(const source *source, int64_t shard, int64_t i) {
    uint64_t word = (uint64_t)(i * 16 + shard + 1) * 0x9e3779b97f4a7c15u + (uint64_t)source->step;
    word = (word ^ word >> 29) * 0xbf58476d1ce4e5b9u;
    double unit = (double)(word >> 11) * 0x1p-53 - 0.5;
    return (real)(source->whole ? floor(unit * 0x1p20) : unit * exp(unit * 8));
}

static void leaf(void *context, int64_t shard, real *gradient) {
    const source *source = context;
    for (int64_t i = 0; i < source->size; i++) {
        if (!is_gap(i)) {
            gradient[i] = element(source, shard, i);
        }
    }
}

static void *room(int64_t count, size_t size) {
    void *memory;
    gd_status status = gd_memory_new(&memory, (size_t)count, size, "a test");
    assert_true(status == GD_OK);
    return memory;
}

static gd_reducer *make(const char *name, gd_comm *comm, int64_t size, int64_t shards) {
    gd_reducer *reducer = NULL;
    gd_status status = gd_reducer_new(name, comm, size, shards, &reducer);
    assert_string_equal(gd_status_message(status), "");
    return reducer;
}

static real tree_element(const source *source, gd_node node, int64_t i) {
    if (node.end - node.first == 1) {
        return element(source, node.first, i);
    }
    int64_t middle = node.first + (node.end - node.first) / 2;
    real left = tree_element(source, (gd_node){node.first, middle}, i);
    real right = tree_element(source, (gd_node){middle, node.end}, i);
    return left + right;
}

/* The mean gradient against the serial sum in tree order, or against one that is all but exact. */
static void check_mean(const gd_reducer *reducer, const source *source, real divisor) {
    size_t wrong = 0;
    for (int64_t i = 0; i < reducer->segment.count; i++) {
        int64_t at = reducer->segment.first + i;
        real mean = reducer->gradient[i];
        if (is_gap(at)) {
            wrong += mean != 0 || signbit(mean);
            continue;
        }
        long double exact = 0, sizes_sum = 0;
        for (int64_t shard = 0; shard < reducer->shards; shard++) {
            exact += (long double)element(source, shard, at);
            sizes_sum += fabsl((long double)element(source, shard, at));
        }
        long double epsilon = sizeof(real) == sizeof(float) ? FLT_EPSILON : DBL_EPSILON;
        wrong += fabsl((long double)mean - exact / (long double)divisor) >
                 (long double)(reducer->shards + 1) * epsilon * sizes_sum / (long double)divisor;
        if (reducer->kind->same_bits) {
            wrong += mean != tree_element(source, (gd_node){0, reducer->shards}, at) / divisor;
        }
    }
    assert_int_equal(wrong, 0);
}

static void check_squares(gd_reducer *reducer, double *squares) {
    long double mine = 0, total = 0;
    for (int64_t i = 0; i < reducer->segment.count; i++) {
        mine += (long double)reducer->gradient[i] * (long double)reducer->gradient[i];
    }
    for (int64_t i = 0; i < reducer->block_count; i++) {
        total += (long double)squares[i];
    }
    if (reducer->kind->whole && gd_comm_rank(reducer->comm) > 0) {
        mine = 0;
    }
    assert_true(fabsl(total - mine) <= 1e-12L * mine);
}

/* Several steps, so that a rank that is ahead would spoil the sums of one that is behind. */
static void check_steps(gd_comm *comm, const char *name, int64_t size, int64_t shards) {
    gd_reducer *reducer = make(name, comm, size, shards);
    double *squares = room(reducer->block_count, sizeof *squares);
    for (int step = 0; step < 3; step++) {
        source source = {.size = size, .step = step};
        gd_reducer_shards(reducer, leaf, &source);
        gd_reducer_sum(reducer, 3 * (double)shards, squares);
        check_mean(reducer, &source, (real)(3 * shards));
        check_squares(reducer, squares);
        gd_reducer_publish(reducer);
    }
    gd_memory_free(&squares);
    gd_reducer_free(&reducer);
    assert_null(reducer);
}

static void the_mean_is_that_of_the_serial_sum(void **state) {
    gd_comm *comm = *state;
    for (size_t kind = 0; gd_reducer_name(kind) != NULL; kind++) {
        for (int64_t shards = gd_comm_size(comm); shards <= SHARDS_MAX; shards++) {
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                check_steps(comm, gd_reducer_name(kind), sizes[i], shards);
            }
        }
        check_steps(comm, gd_reducer_name(kind), large, gd_comm_size(comm));
    }
}

static void segments_tile_the_vector_in_whole_blocks(void **state) {
    gd_comm *comm = *state;
    for (size_t kind = 0; gd_reducer_kinds[kind] != NULL; kind++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            gd_reducer *reducer =
                make(gd_reducer_kinds[kind]->name, comm, sizes[i], gd_comm_size(comm));
            assert_in_range(reducer->block_count, 1, 1024);
            assert_int_equal(reducer->block_size % GD_TENSOR_ALIGN, 0);
            assert_true((reducer->block_count - 1) * reducer->block_size < sizes[i]);
            double *owners = room(sizes[i], sizeof *owners);
            for (int64_t at = 0; at < reducer->segment.count; at++) {
                owners[reducer->segment.first + at] = 1;
            }
            gd_comm_sum(comm, owners, (size_t)sizes[i]);
            double expected = reducer->kind->whole ? gd_comm_size(comm) : 1;
            for (int64_t at = 0; at < sizes[i]; at++) {
                assert_true(owners[at] == expected);
            }
            gd_memory_free(&owners);
            gd_reducer_free(&reducer);
        }
    }
}

/* The norm of a mean whose bits all reducers agree on, and of which rank 0 of a reducer of whole
 * segments makes the sum alone. */
static double squared_norm(gd_comm *comm, const char *name, int64_t size, int64_t shards) {
    gd_reducer *reducer = make(name, comm, size, shards);
    source source = {.size = size, .whole = true};
    double *squares = room(reducer->block_count, sizeof *squares), total = 0;
    gd_reducer_shards(reducer, leaf, &source);
    gd_reducer_sum(reducer, 7, squares);
    gd_comm_sum(comm, squares, (size_t)reducer->block_count);
    for (int64_t i = 0; i < reducer->block_count; i++) {
        total += squares[i];
    }
    gd_memory_free(&squares);
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

static real marked(int64_t i, int round) {
    return (real)(i % 4099 + round * 5000);
}

static void what_owners_publish_all_ranks_have(void **state) {
    gd_comm *comm = *state;
    for (size_t kind = 0; gd_reducer_kinds[kind] != NULL; kind++) {
        gd_reducer *reducer =
            make(gd_reducer_kinds[kind]->name, comm, 9 * 2048 + 16, gd_comm_size(comm));
        double *squares = room(reducer->block_count, sizeof *squares);
        for (int round = 1; round <= 20; round++) {
            gd_reducer_sum(reducer, 1, squares);
            for (int64_t i = 0; i < reducer->segment.count; i++) {
                int64_t at = reducer->segment.first + i;
                reducer->parameters[at] = marked(at, round);
            }
            gd_reducer_publish(reducer);
            size_t wrong = 0;
            for (int64_t i = 0; i < reducer->size; i++) {
                wrong += reducer->parameters[i] != marked(i, round);
            }
            assert_int_equal(wrong, 0);
        }
        gd_memory_free(&squares);
        gd_reducer_free(&reducer);
    }
}

static void segments_come_back_from_rank_0_as_they_went(void **state) {
    gd_comm *comm = *state;
    const int64_t size = 9 * 2048 + 16;
    for (size_t kind = 0; gd_reducer_kinds[kind] != NULL; kind++) {
        gd_reducer *reducer = make(gd_reducer_kinds[kind]->name, comm, size, gd_comm_size(comm));
        int64_t count = reducer->segment.count;
        real *segment = room(count, sizeof *segment), *again = room(count, sizeof *again);
        bool first = gd_comm_rank(comm) == 0;
        real *whole = first ? room(size, sizeof *whole) : NULL;
        for (int64_t i = 0; i < count; i++) {
            segment[i] = marked(reducer->segment.first + i, 1);
        }
        gd_reducer_gather(reducer, segment, whole);
        for (int64_t i = 0; first && i < size; i++) {
            assert_true(whole[i] == marked(i, 1));
        }
        gd_reducer_scatter(reducer, whole, again);
        assert_memory_equal(again, segment, (size_t)count * sizeof *again);
        gd_memory_free(&segment);
        gd_memory_free(&again);
        gd_memory_free(&whole);
        gd_reducer_free(&reducer);
    }
}

static void an_unknown_method_is_refused(void **state) {
    gd_reducer *reducer = NULL;
    gd_status status = gd_reducer_new("windwo", *state, 16, SHARDS_MAX, &reducer);
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    assert_non_null(strstr(gd_status_message(status), "did you mean 'window'"));
    assert_null(reducer);
    gd_status_free(&status);
}

static void more_than_there_is_memory_for_fails_on_all_ranks(void **state) {
    for (size_t kind = 0; gd_reducer_name(kind) != NULL; kind++) {
        gd_reducer *reducer = NULL;
        gd_status status =
            gd_reducer_new(gd_reducer_name(kind), *state, (int64_t)1 << 48, SHARDS_MAX, &reducer);
        assert_int_equal(gd_status_code(status), GD_FAILED);
        assert_null(reducer);
        gd_status_free(&status);
    }
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(the_mean_is_that_of_the_serial_sum, comm),
        cmocka_unit_test_prestate(segments_tile_the_vector_in_whole_blocks, comm),
        cmocka_unit_test_prestate(the_norm_has_the_bits_of_the_serial_one, comm),
        cmocka_unit_test_prestate(what_owners_publish_all_ranks_have, comm),
        cmocka_unit_test_prestate(segments_come_back_from_rank_0_as_they_went, comm),
        cmocka_unit_test_prestate(an_unknown_method_is_refused, comm),
        cmocka_unit_test_prestate(more_than_there_is_memory_for_fails_on_all_ranks, comm),
    };
    return mpi_support_stop(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
