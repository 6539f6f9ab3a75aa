#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/advice.h"

enum { ROWS = 4 };

/* A run of which there is nothing to say: 2 ranks of 2 cores, and 1, 2, 4 and 8 in the forecast. */
typedef struct situation {
    gd_forecast_row row[ROWS];
    gd_advice_facts facts;
} situation;

/* Where the rows of a step take so many seconds on one rank, and the rest of a step does. */
static void set_times(situation *s, double computing, double rest) {
    for (int i = 0; i < ROWS; i++) {
        gd_forecast_row *row = &s->row[i];
        const int64_t ranks = (int64_t)1 << i;
        const double share = computing / (double)ranks;
        row->spread = gd_forecast_spread(&s->facts.job, ranks);
        row->timing = (gd_timing){.compute = share, .step = share + (i > 0 ? rest : 0)};
        row->forecast =
            gd_forecast_epoch(&s->facts.job, &row->spread, &row->timing, &s->facts.saving);
        row->efficiency =
            s->row[0].forecast.epoch / row->forecast.epoch / (double)row->spread.ranks;
    }
}

static void set_up(situation *s) {
    *s = (situation){.facts = {.job = {.rows = 60000,
                                       .batch = 256,
                                       .shards = 8,
                                       .shard_rows_min = 1,
                                       .size = 1 << 20,
                                       .block = 4096,
                                       .real_bytes = 4,
                                       .per_host = 2,
                                       .bandwidth = 1e18},
                               .count = ROWS,
                               .row = s->row,
                               .mine = &s->row[1],
                               .hosts = 1,
                               .here = 2,
                               .threads = 1,
                               .cores = 2,
                               .joined = NAN,
                               .reading = 10,
                               .x = {.type = GD_UINT8, .rank = 3, .dims = {60000, 28, 28}}}};
    set_times(s, 8e-3, 1e-5);
}

/* Fails the test unless the advice has these words, or is empty if they are NULL. */
static void says(const situation *s, const char *words) {
    gd_text lines = {0};
    gd_advise(&s->facts, &lines);
    const char *text = gd_text_bytes(&lines);
    if (words == NULL ? text[0] != '\0' : strstr(text, words) == NULL) {
        fail_msg("no '%s' in '%s'", words == NULL ? "" : words, text);
    }
    gd_text_free(&lines);
}

static void a_good_run_has_none(void **state) {
    (void)state;
    situation s;
    set_up(&s);
    says(&s, NULL);
}

static void memory_that_is_not_there(void **state) {
    (void)state;
    situation s;
    set_up(&s);
    s.facts.needed = 3e9;
    says(&s, NULL); /* nobody knows how much there is */
    s.facts.there = 2e9;
    says(&s, "A host needs 2.8 GiB of memory, and has 1.9 GiB: start fewer ranks");
    s.facts.there = 4e9;
    says(&s, NULL);
}

static void more_threads_than_cores(void **state) {
    (void)state;
    situation s;
    set_up(&s);
    s.facts.here = 3;
    says(&s,
         "3 threads share the 2 cores of a host, and wait for each other: start at most 2 ranks");
}

static void cores_that_are_idle(void **state) {
    (void)state;
    situation s;
    set_up(&s);
    s.facts.mine = &s.row[0];
    s.facts.here = 1;
    says(&s, "2 ranks of this host make an epoch in 940 ms instead of 1.88 s: mpirun -np 2");
    s.facts.job.per_host = 1; /* the others would be elsewhere */
    says(&s, NULL);
}

static void steps_too_short_to_share(void **state) {
    (void)state;
    situation s;
    set_up(&s);
    s.facts.job.batch = 0;
    set_times(&s, 1e-5, 1e-5);
    says(&s,
         "1 rank makes an epoch in 10 us instead of 15 us: a step is too short to be shared by 2");
}

static void shards_that_some_ranks_have_more_of(void **state) {
    (void)state;
    situation s;
    set_up(&s);
    s.row[1].spread = gd_forecast_spread(&s.facts.job, 3);
    says(&s,
         "8 shards are no multiple of 3 ranks: some work 3 of them, and the others wait with 2");
    s.facts.job.shards = 200; /* 67 and 66: not worth a word */
    s.row[1].spread = gd_forecast_spread(&s.facts.job, 3);
    says(&s, NULL);
}

static void shards_that_are_many(void **state) {
    (void)state;
    situation s;
    set_up(&s);
    s.facts.joined = 3.5e-3;
    says(&s, NULL);
    s.facts.joined = 2e-3;
    says(&s, "With one shard a rank (data.shards = 2, another result) a step would take 2 ms "
             "instead of 4.01 ms: 32 rows of a shard");
}

/* 31.25 us a row, and 1 ms of a step else: 8 ranks need 128 rows each to be 80 % efficient. */
static void batches_that_are_small(void **state) {
    (void)state;
    situation s;
    set_up(&s);
    set_times(&s, 8e-3, 0.99e-3);
    says(&s, "256 rows of a step are few for 4 ranks, which then spend 33 % of it on other things "
             "than rows: train.batch_size = 512 would make them 80 % efficient");
    s.facts.job.rows = 500; /* there are not as many */
    says(&s, NULL);
}

static void the_batch_that_is_advised_is_efficient(void **state) {
    (void)state;
    for (double rest = 2e-3; rest < 1; rest *= 3) {
        situation s;
        set_up(&s);
        s.facts.count = 3;
        set_times(&s, 8e-3, rest);
        gd_text lines = {0};
        gd_advise(&s.facts, &lines);
        const char *words = strstr(gd_text_bytes(&lines), "train.batch_size = ");
        if (words != NULL) {
            const double batch = atof(words + strlen("train.batch_size = "));
            const double ranks = strstr(gd_text_bytes(&lines), "for 2 ranks") ? 2 : 4;
            const double share = 8e-3 / 256 * batch / ranks;
            assert_true(share / (share + rest) > 0.8 - 1e-9);
            assert_true(share / 2 / (share / 2 + rest) < 0.8);
        } else {
            assert_true(rest > 0.1); /* more rows than there are */
        }
        gd_text_free(&lines);
    }
}

static void validation_that_takes_long(void **state) {
    (void)state;
    situation s;
    set_up(&s);
    s.row[1].forecast.validate = s.row[1].forecast.train * 0.4;
    says(&s, NULL);
    s.row[1].forecast.validate = s.row[1].forecast.train;
    s.row[1].forecast.epoch += s.row[1].forecast.train;
    says(&s, "Validation takes 50 % of an epoch");
}

static void checkpoints_that_take_long(void **state) {
    (void)state;
    situation s;
    set_up(&s);
    s.facts.saving = (gd_saving){.steps = 1, .copy = 0.01, .write_full = 1, .write_free = 0.5};
    set_times(&s, 8e-3, 1e-5);
    says(&s, "Checkpoints take 100 % of an epoch: writing one takes 1.01 s; with "
             "run.checkpoint_every = 60 seconds they take 2 %");
    s.facts.saving = (gd_saving){.steps = 235, .copy = 0.01, .write_full = 0.5};
    set_times(&s, 8e-3, 1e-5);
    says(&s, NULL);
}

static void chunks_that_are_slow_to_read(void **state) {
    (void)state;
    static const struct {
        int64_t dims[3];
        const char *words;
    } cases[] = {
        {{1337, 28, 28}, NULL},
        {{60000, 28, 28}, "[60000, 28, 28], 44.9 MiB each, more than HDF5 keeps in memory"},
        {{1, 28, 28}, "[1, 28, 28], 784 bytes each, so that there are very many"},
        {{3750, 4, 4}, "[3750, 4, 4], 58.6 KiB each, which hold parts of rows"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        situation s;
        set_up(&s);
        s.facts.chunk = (gd_shape){.type = GD_UINT8, .rank = 3};
        memcpy(s.facts.chunk.dims, cases[i].dims, sizeof cases[i].dims);
        says(&s, cases[i].words);
        s.facts.reading = 0.5;
        says(&s, NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_run_has_none),
        cmocka_unit_test(memory_that_is_not_there),
        cmocka_unit_test(more_threads_than_cores),
        cmocka_unit_test(cores_that_are_idle),
        cmocka_unit_test(steps_too_short_to_share),
        cmocka_unit_test(shards_that_some_ranks_have_more_of),
        cmocka_unit_test(shards_that_are_many),
        cmocka_unit_test(batches_that_are_small),
        cmocka_unit_test(the_batch_that_is_advised_is_efficient),
        cmocka_unit_test(validation_that_takes_long),
        cmocka_unit_test(checkpoints_that_take_long),
        cmocka_unit_test(chunks_that_are_slow_to_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
