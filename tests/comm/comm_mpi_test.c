#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../mpi_support.h"
#include "gdmpi/memory.h"
#include "gdmpi/text.h"

/* More than goes in one message. */
enum { LONG = (1 << 24) + 12345 };

static void *room(size_t count, size_t size) {
    void *memory;
    gd_status status = gd_memory_new(&memory, count, size, "a test");
    assert_true(status == GD_OK);
    return memory;
}

static void ranks_are_numbered_and_on_hosts(void **state) {
    gd_comm *comm = *state;
    double sum = gd_comm_rank(comm), here = 1.0 / gd_comm_ranks_here(comm);
    gd_comm_sum(comm, &sum, 1);
    gd_comm_sum(comm, &here, 1);
    int size = gd_comm_size(comm);
    assert_true(sum == size * (size - 1) / 2.0);
    assert_true(here > gd_comm_hosts(comm) - 0.01 && here < gd_comm_hosts(comm) + 0.01);
    assert_true(strlen(gd_comm_host(comm)) > 0);
}

static void the_version_is_a_name_and_a_number(void **state) {
    (void)state;
    const char *version = gd_comm_version();
    const char *number = strpbrk(version, "0123456789");
    assert_non_null(number);
    assert_true(number > version && number[-1] == ' ');
    assert_null(strpbrk(version, ",\n\t"));
}

static void all_well_is_agreed_on(void **state) {
    assert_true(gd_comm_agree(*state, GD_OK) == GD_OK);
}

/* Ranks whose bit is set in `failing` fail. */
static void agree_on(gd_comm *comm, unsigned failing) {
    int rank = gd_comm_rank(comm), size = gd_comm_size(comm);
    int lowest = __builtin_ctz(failing);
    char host[1024] = "";
    gd_status mine = GD_OK;
    if (failing >> rank & 1) {
        mine = gd_status_new(rank == lowest ? GD_BAD_INPUT : GD_FAILED, "x.h5: rank %d's", rank);
    }
    gd_text expected = {0};
    gd_text_add(&expected, "x.h5: rank %d's", lowest);
    if (failing != (1u << size) - 1) {
        gd_text_add(&expected, " (rank %d of %d on ", lowest, size);
        snprintf(host, sizeof host, "%s)", gd_comm_host(comm));
    }
    gd_status all = gd_comm_agree(comm, mine);
    assert_int_equal(gd_status_code(all), GD_BAD_INPUT);
    assert_memory_equal(gd_status_message(all), expected.bytes, expected.length);
    if (gd_comm_hosts(comm) == 1) {
        assert_string_equal(gd_status_message(all) + expected.length, host);
    }
    gd_text_free(&expected);
    gd_status_free(&all);
}

static void the_lowest_rank_that_failed_speaks(void **state) {
    gd_comm *comm = *state;
    for (unsigned failing = 1; failing < 1u << gd_comm_size(comm); failing++) {
        agree_on(comm, failing);
    }
}

static void a_message_without_end_is_cut(void **state) {
    char *words = room(100000, 1);
    memset(words, 'x', 99999);
    gd_status all = gd_comm_agree(*state, gd_status_new(GD_FAILED, "%s", words));
    assert_in_range(strlen(gd_status_message(all)), 1000, 99999);
    gd_status_free(&all);
    gd_memory_free(&words);
}

static void a_broadcast_brings_the_bytes_of_rank_0(void **state) {
    gd_comm *comm = *state;
    unsigned char *bytes = room(LONG, 1);
    for (size_t i = 0; i < LONG; i++) {
        bytes[i] = (unsigned char)(gd_comm_rank(comm) == 0 ? i % 251 : 255);
    }
    gd_comm_broadcast(comm, bytes, LONG);
    size_t wrong = 0;
    for (size_t i = 0; i < LONG; i++) {
        wrong += bytes[i] != i % 251;
    }
    assert_int_equal(wrong, 0);
    gd_memory_free(&bytes);
}

static void a_block_of_unknown_length_arrives(void **state) {
    gd_comm *comm = *state;
    static char text[] = "[data]\nfile = a.h5\n";
    bool first = gd_comm_rank(comm) == 0;
    char *data = first ? text : NULL;
    size_t bytes = first ? strlen(text) : 0;
    assert_true(gd_comm_broadcast_block(comm, &data, &bytes) == GD_OK);
    assert_int_equal(bytes, strlen(text));
    assert_string_equal(data, text);
    if (!first) {
        gd_memory_free(&data);
    }
}

static void numbers_are_summed_and_compared(void **state) {
    gd_comm *comm = *state;
    double rank = gd_comm_rank(comm), last = gd_comm_size(comm) - 1;
    double sum[] = {1, rank, rank == last ? 0.1 : 0}, high[] = {rank, -rank};
    gd_comm_sum(comm, sum, 3);
    gd_comm_maximum(comm, high, 2);
    assert_true(sum[0] == last + 1 && sum[1] == last * (last + 1) / 2 && sum[2] == 0.1);
    assert_true(high[0] == last && high[1] == 0);
}

static void long_vectors_are_summed(void **state) {
    gd_comm *comm = *state;
    size_t count = LONG / sizeof(double);
    double *wide = room(count, sizeof *wide), ranks = gd_comm_size(comm);
    float *narrow = room(LONG / sizeof *narrow, sizeof *narrow);
    for (size_t i = 0; i < count; i++) {
        wide[i] = (double)i + gd_comm_rank(comm);
        narrow[i] = (float)(i % 1000);
    }
    gd_comm_allreduce(comm, GD_FLOAT64, wide, (int64_t)count);
    gd_comm_allreduce(comm, GD_FLOAT32, narrow, LONG / sizeof *narrow);
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        wrong += wide[i] != (double)i * ranks + ranks * (ranks - 1) / 2;
        wrong += narrow[i] != (float)(i % 1000) * (float)ranks;
    }
    assert_int_equal(wrong, 0);
    gd_memory_free(&wide);
    gd_memory_free(&narrow);
}

/* Parts of different lengths, none for rank 1, that leave a gap in front of each. */
static size_t cut(int ranks, int64_t unit, gd_range parts[]) {
    int64_t end = 0;
    for (int rank = 0; rank < ranks; rank++) {
        parts[rank] = (gd_range){.first = end + 1, .count = rank == 1 ? 0 : unit + rank};
        end = parts[rank].first + parts[rank].count;
    }
    return (size_t)end;
}

static void mark(const gd_range *part, int rank, int32_t *all) {
    for (int64_t i = part->first; i < part->first + part->count; i++) {
        all[i] = (int32_t)(i * 7 + rank);
    }
}

static void gather_parts(gd_comm *comm, int64_t unit, bool in_place) {
    int ranks = gd_comm_size(comm), rank = gd_comm_rank(comm);
    gd_range parts[64];
    size_t end = cut(ranks, unit, parts);
    int32_t *all = room(end, sizeof *all), *gathered = room(end, sizeof *all);
    for (int i = 0; i < ranks; i++) {
        mark(&parts[i], i, all);
    }
    int32_t *mine = (in_place ? gathered : all) + parts[rank].first;
    if (in_place) {
        mark(&parts[rank], rank, gathered);
    }
    gd_comm_gather(comm, sizeof *all, parts, mine, gathered);
    if (rank == 0) {
        assert_memory_equal(gathered, all, end * sizeof *all);
    }
    gd_memory_free(&all);
    gd_memory_free(&gathered);
}

static void rank_0_gathers_parts(void **state) {
    gather_parts(*state, 5, true);
    gather_parts(*state, 5, false);
    gather_parts(*state, LONG / 4, false);
}

static void scatter_parts(gd_comm *comm, int64_t unit) {
    int ranks = gd_comm_size(comm), rank = gd_comm_rank(comm);
    gd_range parts[64];
    size_t end = cut(ranks, unit, parts);
    int32_t *all = room(end, sizeof *all);
    int32_t *mine = room((size_t)parts[rank].count, sizeof *mine);
    for (int i = 0; i < ranks; i++) {
        mark(&parts[i], i, all);
    }
    gd_comm_scatter(comm, sizeof *all, parts, rank == 0 ? all : NULL, mine);
    assert_memory_equal(mine, all + parts[rank].first, (size_t)parts[rank].count * sizeof *all);
    gd_memory_free(&all);
    gd_memory_free(&mine);
}

static void rank_0_scatters_parts(void **state) {
    scatter_parts(*state, 5);
    scatter_parts(*state, LONG / 4);
}

static void all_get_what_each_rank_brings(void **state) {
    gd_comm *comm = *state;
    double mine[2] = {gd_comm_rank(comm), -1}, *all = NULL;
    gd_status status = gd_comm_collect(comm, mine, sizeof mine, &all, "numbers");
    assert_true(status == GD_OK);
    for (int rank = 0; rank < gd_comm_size(comm); rank++) {
        assert_true(all[2 * rank] == rank);
        assert_true(all[2 * rank + 1] == -1);
    }
    gd_memory_free(&all);
}

/* Rank r has as many bytes for the t-th rank after it as this says. */
static size_t length_of(int rank, int turn, size_t unit) {
    return (rank + turn) % 3 == 1 ? 0 : unit + (size_t)(rank + 5 * turn);
}

static void exchange_with_all(gd_comm *comm, size_t unit) {
    int size = gd_comm_size(comm), rank = gd_comm_rank(comm);
    for (int turn = 0; turn < size; turn++) {
        int to = (rank + turn) % size, from = (rank + size - turn) % size;
        size_t out = length_of(rank, turn, unit), in = length_of(from, turn, unit), wrong = 0;
        unsigned char *sent = room(out, 1), *received = room(in + 1, 1);
        for (size_t i = 0; i < out; i++) {
            sent[i] = (unsigned char)((i + (size_t)rank) % 251);
        }
        gd_comm_exchange(comm, to, sent, out, from, received, in);
        for (size_t i = 0; i < in; i++) {
            wrong += received[i] != (i + (size_t)from) % 251;
        }
        assert_int_equal(wrong, 0);
        assert_int_equal(received[in], 0);
        gd_memory_free(&sent);
        gd_memory_free(&received);
    }
}

static void every_rank_exchanges_with_every_other(void **state) {
    exchange_with_all(*state, 1);
    exchange_with_all(*state, LONG);
}

static void ranks_of_a_host_are_numbered_one_after_another(void **state) {
    gd_comm *comm = *state;
    int size = gd_comm_size(comm), group = gd_comm_rank(comm) % 2;
    assert_true(gd_comm_group(comm, group) == GD_OK);
    assert_int_equal(gd_comm_size(comm), size);
    int64_t end = 0;
    for (int host = 0; host < gd_comm_hosts(comm); host++) {
        gd_range ranks = gd_comm_ranks_on(comm, host);
        assert_int_equal(ranks.first, end);
        assert_true(ranks.count > 0);
        end += ranks.count;
    }
    assert_int_equal(end, size);
    gd_range here = gd_comm_ranks_on(comm, gd_comm_host_number(comm));
    assert_int_equal(here.count, gd_comm_ranks_here(comm));
    assert_string_equal(gd_comm_host_of(comm, (int)here.first), gd_comm_host(comm));
    assert_in_range(gd_comm_rank(comm), here.first, here.first + here.count - 1);
    double odd = group, number = gd_comm_rank(comm);
    gd_comm_broadcast_hosts(comm, &number, sizeof number);
    assert_true(number == (gd_comm_rank(comm) == here.first ? 0 : gd_comm_rank(comm)));
    gd_comm_sum(comm, &odd, 1);
    assert_true(odd == size / 2);
    assert_true(gd_comm_group(comm, 0) == GD_OK);
}

/* More than goes in one piece. */
enum { LINES = 3001, LINE = 64 };

/* Every rank sends to each, and to itself, a few times over. */
static void messages_bring_what_is_there_when_they_start(void **state) {
    gd_comm *comm = *state;
    int ranks = gd_comm_size(comm), mine = gd_comm_rank(comm), *done = room(8, sizeof *done);
    unsigned char *from = room(LINES, LINE), *into = room((size_t)ranks * LINES, LINE);
    gd_messages *messages = NULL;
    size_t all = 2 * (size_t)ranks * LINES * LINE;
    assert_true(gd_messages_new(comm, 2 * ranks, all, &messages) == GD_OK);
    for (int rank = 0; rank < ranks; rank++) {
        gd_messages_send(messages, rank, 5, from, (size_t)LINES * LINE);
        gd_messages_receive(messages, rank, 5, into + rank * LINES * LINE, (size_t)LINES * LINE);
    }
    assert_int_equal(gd_messages_push(messages, done), 0);
    for (int round = 1; round <= 20; round++) {
        memset(from, round * 8 + mine, (size_t)LINES * LINE);
        gd_messages_start(messages, 0, 2 * ranks);
        for (int left = 2 * ranks; left > 0;) {
            left -= gd_messages_push(messages, done);
        }
        for (int rank = 0; rank < ranks; rank++) {
            assert_int_equal(into[rank * LINES * LINE], round * 8 + rank);
            assert_int_equal(into[(rank + 1) * LINES * LINE - 1], round * 8 + rank);
        }
    }
    gd_messages_free(&messages);
    assert_null(messages);
    gd_memory_free(&done);
    gd_memory_free(&from);
    gd_memory_free(&into);
}

static void check_barrier(gd_comm *comm, void (*barrier)(gd_comm *comm)) {
    int ranks = gd_comm_size(comm), rank = gd_comm_rank(comm);
    gd_window *window;
    gd_status status = gd_window_new(comm, sizeof(int), &window);
    assert_true(status == GD_OK);
    for (int round = 1; round <= 50; round++) {
        __atomic_store_n((int *)gd_window_of(window, rank), round, __ATOMIC_SEQ_CST);
        barrier(comm);
        for (int i = 0; i < ranks; i++) {
            assert_true(__atomic_load_n((int *)gd_window_of(window, i), __ATOMIC_SEQ_CST) >= round);
        }
    }
    gd_window_free(&window);
}

static void nobody_passes_a_barrier_before_all_have_come(void **state) {
    check_barrier(*state, gd_comm_barrier);
    check_barrier(*state, gd_comm_rest);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(ranks_are_numbered_and_on_hosts, comm),
        cmocka_unit_test_prestate(the_version_is_a_name_and_a_number, comm),
        cmocka_unit_test_prestate(all_well_is_agreed_on, comm),
        cmocka_unit_test_prestate(the_lowest_rank_that_failed_speaks, comm),
        cmocka_unit_test_prestate(a_message_without_end_is_cut, comm),
        cmocka_unit_test_prestate(a_broadcast_brings_the_bytes_of_rank_0, comm),
        cmocka_unit_test_prestate(a_block_of_unknown_length_arrives, comm),
        cmocka_unit_test_prestate(numbers_are_summed_and_compared, comm),
        cmocka_unit_test_prestate(long_vectors_are_summed, comm),
        cmocka_unit_test_prestate(rank_0_gathers_parts, comm),
        cmocka_unit_test_prestate(rank_0_scatters_parts, comm),
        cmocka_unit_test_prestate(all_get_what_each_rank_brings, comm),
        cmocka_unit_test_prestate(every_rank_exchanges_with_every_other, comm),
        cmocka_unit_test_prestate(ranks_of_a_host_are_numbered_one_after_another, comm),
        cmocka_unit_test_prestate(messages_bring_what_is_there_when_they_start, comm),
        cmocka_unit_test_prestate(nobody_passes_a_barrier_before_all_have_come, comm),
    };
    return mpi_support_stop(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
