#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "gdmpi/permutation.h"

static gd_permutation permutation_of(uint64_t seed, int64_t epoch, int64_t count) {
    gd_rng rng = gd_rng_stream(seed, GD_RNG_DEAL, epoch, 0, 0);
    return gd_permutation_new(&rng, count);
}

static void *room(int64_t count, size_t size) {
    void *memory;
    assert_null(gd_memory_new(&memory, (size_t)count, size, "a test"));
    return memory;
}

static void expect_permutation(int64_t count) {
    gd_permutation permutation = permutation_of(3, count, count);
    char *seen = room(count, 1);
    for (int64_t i = 0; i < count; i++) {
        int64_t to = gd_permutation_of(&permutation, i);
        assert_true(to >= 0 && to < count);
        assert_int_equal(seen[to]++, 0);
    }
    gd_memory_free(&seen);
}

static void every_place_is_taken_once(void **state) {
    (void)state;
    static const int64_t large[] = {4095, 4096, 4097, 60000, 1 << 18, (1 << 18) + 1};
    for (int64_t count = 1; count <= 2000; count++) {
        expect_permutation(count);
    }
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        expect_permutation(large[i]);
    }
}

/* Beyond what can be looked at one by one: inside, all different, in every part alike. */
static void a_large_permutation_spreads(void **state) {
    (void)state;
    enum { DRAWS = 20000, PARTS = 50 };
    for (int bits = 33; bits <= 62; bits += 29) {
        const int64_t count = ((int64_t)1 << bits) - 12345;
        gd_permutation permutation = permutation_of(1, 1, count);
        int counts[PARTS] = {0};
        int64_t before = -1;
        for (int64_t i = 0; i < DRAWS; i++) {
            int64_t to = gd_permutation_of(&permutation, i);
            assert_true(to >= 0 && to < count && to != before);
            counts[(int64_t)((double)to / (double)count * PARTS)]++;
            before = to;
        }
        for (int i = 0; i < PARTS; i++) {
            assert_in_range(counts[i], DRAWS / PARTS - 120, DRAWS / PARTS + 120); /* six sigma */
        }
    }
}

/* How many standard deviations chi-squared is above what chance gives. */
static double excess(const int *counts, int64_t cells, double expected) {
    double chi_squared = 0, freedom = (double)cells - 1;
    for (int64_t i = 0; i < cells; i++) {
        chi_squared += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    return (chi_squared - freedom) / sqrt(2 * freedom);
}

static void every_order_of_four_is_as_likely(void **state) {
    (void)state;
    enum { EPOCHS = 24000, ORDERS = 24 };
    int counts[256] = {0}, found[ORDERS], orders = 0;
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        gd_permutation permutation = permutation_of(1, epoch, 4);
        int order = 0;
        for (int64_t i = 0; i < 4; i++) {
            order = 4 * order + (int)gd_permutation_of(&permutation, i);
        }
        counts[order]++;
    }
    for (int i = 0; i < 256; i++) {
        if (counts[i] > 0) {
            assert_true(orders < ORDERS);
            found[orders++] = counts[i];
        }
    }
    assert_int_equal(orders, ORDERS);
    assert_true(excess(found, ORDERS, (double)EPOCHS / ORDERS) < 6);
}

static void every_place_is_as_likely_over_the_epochs(void **state) {
    (void)state;
    enum { COUNT = 100, EPOCHS = 5000 };
    int *counts = room((int64_t)COUNT * COUNT, sizeof *counts);
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        gd_permutation permutation = permutation_of(1, epoch, COUNT);
        for (int64_t i = 0; i < COUNT; i++) {
            counts[i * COUNT + gd_permutation_of(&permutation, i)]++;
        }
    }
    assert_true(excess(counts, (int64_t)COUNT * COUNT, (double)EPOCHS / COUNT) < 6);
    gd_memory_free(&counts);
}

/* With four rounds instead of ten, this is 80. */
static void every_step_between_neighbours_is_as_likely(void **state) {
    (void)state;
    enum { COUNT = 1024, EPOCHS = 2000 };
    int counts[COUNT] = {0};
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        gd_permutation permutation = permutation_of(1, epoch, COUNT);
        int64_t before = gd_permutation_of(&permutation, 0);
        for (int64_t i = 1; i < COUNT; i++) {
            int64_t to = gd_permutation_of(&permutation, i);
            counts[(to - before + COUNT) % COUNT]++;
            before = to;
        }
    }
    assert_int_equal(counts[0], 0);
    assert_true(excess(counts + 1, COUNT - 1, EPOCHS) < 6);
}

static int same(const gd_permutation *a, const gd_permutation *b) {
    int same = 0;
    for (int64_t i = 0; i < 1000; i++) {
        same += gd_permutation_of(a, i) == gd_permutation_of(b, i) ? 1 : 0;
    }
    return same;
}

static void seed_and_epoch_decide(void **state) {
    (void)state;
    gd_permutation first = permutation_of(1, 0, 1000), again = permutation_of(1, 0, 1000);
    gd_permutation epoch = permutation_of(1, 1, 1000), seed = permutation_of(2, 0, 1000);
    assert_int_equal(same(&first, &again), 1000);
    assert_true(same(&first, &epoch) < 10);
    assert_true(same(&first, &seed) < 10);
    assert_true(same(&epoch, &seed) < 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_is_taken_once),
        cmocka_unit_test(a_large_permutation_spreads),
        cmocka_unit_test(every_order_of_four_is_as_likely),
        cmocka_unit_test(every_place_is_as_likely_over_the_epochs),
        cmocka_unit_test(every_step_between_neighbours_is_as_likely),
        cmocka_unit_test(seed_and_epoch_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
