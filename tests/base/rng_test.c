#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/rng.h"

/* The known answers that Random123 publishes for Philox4x32-10. */
static void words_are_those_of_philox(void **state) {
    (void)state;
    static const struct {
        uint32_t block;
        gd_rng rng;
        uint32_t words[4];
    } cases[] = {
        {0, {{0, 0}, {0, 0, 0}}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {0xffffffff,
         {{0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff, 0xffffffff}},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {0x243f6a88,
         {{0xa4093822, 0x299f31d0}, {0x85a308d3, 0x13198a2e, 0x03707344}},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t words[4];
        gd_rng_words(&cases[i].rng, cases[i].block, words);
        assert_memory_equal(words, cases[i].words, sizeof words);
    }
}

static void filling_gives_the_words_of_each_block(void **state) {
    (void)state;
    enum { MOST = 70 };
    const gd_rng rng = gd_rng_stream(0x123456789abcdef, GD_RNG_DROPOUT, 7, 8, 9);
    const uint32_t first = 0xffffffe0; /* runs over the end of the counter, to block 0 */
    for (int64_t count = 0; count <= MOST; count++) {
        uint32_t words[4 * MOST + 1], block[4];
        words[4 * count] = 17;
        gd_rng_fill(&rng, first, count, words);
        assert_int_equal(words[4 * count], 17);
        for (int64_t i = 0; i < count; i++) {
            gd_rng_words(&rng, first + (uint32_t)i, block);
            assert_memory_equal(words + 4 * i, block, sizeof block);
        }
    }
}

static void every_part_of_a_key_makes_another_stream(void **state) {
    (void)state;
    const gd_rng rngs[] = {
        gd_rng_stream(1, GD_RNG_INIT, 2, 3, 4),
        gd_rng_stream(0x100000001, GD_RNG_INIT, 2, 3, 4),
        gd_rng_stream(2, GD_RNG_INIT, 2, 3, 4),
        gd_rng_stream(1, GD_RNG_SHUFFLE, 2, 3, 4),
        gd_rng_stream(1, GD_RNG_DROPOUT, 2, 3, 4),
        gd_rng_stream(1, GD_RNG_SPLIT, 2, 3, 4),
        gd_rng_stream(1, GD_RNG_INIT, 3, 3, 4),
        gd_rng_stream(1, GD_RNG_INIT, 2, 2, 4),
        gd_rng_stream(1, GD_RNG_INIT, 2, 3, 5),
        gd_rng_stream(1, GD_RNG_INIT, 0xffffffff, 3, 4),
        gd_rng_stream(1, GD_RNG_INIT, 2, 3, 0xffff),
    };
    size_t count = sizeof rngs / sizeof *rngs;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            uint32_t a[4], b[4];
            gd_rng_words(&rngs[i], 0, a);
            gd_rng_words(&rngs[j], 0, b);
            assert_memory_not_equal(a, b, sizeof a);
        }
    }
}

static void a_number_depends_on_its_stream_and_index_only(void **state) {
    (void)state;
    gd_rng rng = gd_rng_stream(42, GD_RNG_INIT, 1, 2, 3);
    double forward[100];
    for (int i = 0; i < 100; i++) {
        forward[i] = gd_rng_uniform(&rng, (uint64_t)i) + gd_rng_normal(&rng, (uint32_t)i);
    }
    gd_rng same = gd_rng_stream(42, GD_RNG_INIT, 1, 2, 3);
    for (int i = 99; i >= 0; i--) {
        assert_true(gd_rng_uniform(&same, (uint64_t)i) + gd_rng_normal(&same, (uint32_t)i) ==
                    forward[i]);
    }
}

/* Pearson's test over 64 cells: 63 degrees of freedom, above 120 with probability 2e-5. */
static void uniform_numbers_fill_the_unit_interval_evenly(void **state) {
    (void)state;
    enum { COUNT = 64000, CELLS = 64 };
    for (uint64_t seed = 1; seed <= 4; seed++) {
        gd_rng rng = gd_rng_stream(seed, GD_RNG_DROPOUT, 0, 0, 0);
        int cells[CELLS] = {0};
        for (uint64_t i = 0; i < COUNT; i++) {
            double number = gd_rng_uniform(&rng, i);
            assert_true(number >= 0 && number < 1);
            cells[(int)(number * CELLS)]++;
        }
        double statistic = 0, expected = (double)COUNT / CELLS;
        for (int i = 0; i < CELLS; i++) {
            statistic += (cells[i] - expected) * (cells[i] - expected) / expected;
        }
        assert_true(statistic < 120);
    }
}

/* Five standard errors of the first four moments of N(0, 1): their variances are 1, 2, 15 and 96 /
 * COUNT. */
static void normal_numbers_have_the_moments_of_the_normal(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    gd_rng rng = gd_rng_stream(3, GD_RNG_INIT, 0, 0, 0);
    double moment[4] = {0};
    for (uint32_t i = 0; i < COUNT; i++) {
        double power = 1, number = gd_rng_normal(&rng, i);
        assert_true(isfinite(number));
        for (int k = 0; k < 4; k++) {
            power *= number;
            moment[k] += power / COUNT;
        }
    }
    static const double expected[4] = {0, 1, 0, 3}, variance[4] = {1, 2, 15, 96};
    for (int k = 0; k < 4; k++) {
        assert_true(fabs(moment[k] - expected[k]) < 5 * sqrt(variance[k] / COUNT));
    }
}

static void a_permutation_holds_every_number_once(void **state) {
    (void)state;
    static uint32_t order[1000];
    static unsigned char seen[1000];
    for (uint32_t count = 0; count <= 1000; count = count < 20 ? count + 1 : count * 7) {
        gd_rng rng = gd_rng_stream(count, GD_RNG_SHUFFLE, 0, 0, 0);
        gd_rng_permute(&rng, count, order);
        memset(seen, 0, sizeof seen);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(order[i] < count);
            assert_int_equal(seen[order[i]]++, 0);
        }
    }
}

/* All 24 orders of 4: 23 degrees of freedom, above 58 with probability 8e-5. */
static void every_permutation_is_as_likely(void **state) {
    (void)state;
    enum { COUNT = 12000 };
    int seen[256] = {0};
    for (int64_t epoch = 0; epoch < COUNT; epoch++) {
        uint32_t order[4];
        gd_rng rng = gd_rng_stream(1, GD_RNG_SHUFFLE, epoch, 0, 0);
        gd_rng_permute(&rng, 4, order);
        seen[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    double statistic = 0, expected = COUNT / 24.0;
    int kinds = 0;
    for (int i = 0; i < 256; i++) {
        if (seen[i] > 0) {
            statistic += (seen[i] - expected) * (seen[i] - expected) / expected;
            kinds++;
        }
    }
    assert_int_equal(kinds, 24);
    assert_true(statistic < 58);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_philox),
        cmocka_unit_test(filling_gives_the_words_of_each_block),
        cmocka_unit_test(every_part_of_a_key_makes_another_stream),
        cmocka_unit_test(a_number_depends_on_its_stream_and_index_only),
        cmocka_unit_test(uniform_numbers_fill_the_unit_interval_evenly),
        cmocka_unit_test(normal_numbers_have_the_moments_of_the_normal),
        cmocka_unit_test(a_permutation_holds_every_number_once),
        cmocka_unit_test(every_permutation_is_as_likely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
