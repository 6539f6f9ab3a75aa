#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gdmpi/forecast.h"
#include "gdmpi/tree.h"

static gd_forecast_job job_of(int64_t shards, int64_t batch, int64_t per_host) {
    return (gd_forecast_job){.rows = 60000,
                             .batch = batch,
                             .shards = shards,
                             .shard_rows_min = 1,
                             .val_tiles = 40,
                             .size = 1 << 22,
                             .block = 4096,
                             .real_bytes = 4,
                             .per_host = per_host,
                             .bandwidth = 1e9,
                             .latency = 1e-5};
}

static void near(double value, double wanted) {
    if (!(fabs(value - wanted) <= 1e-9 * fabs(wanted))) {
        fail_msg("%.17g instead of %.17g", value, wanted);
    }
}

static const gd_saving no_saving = {.steps = 0};

static void without_shards_of_its_own_a_run_has_one_a_rank(void **state) {
    (void)state;
    const gd_forecast_job job = job_of(0, 256, 2);
    const gd_spread spread = gd_forecast_spread(&job, 8);
    assert_int_equal(spread.shards.count, 8);
    assert_int_equal(spread.hosts, 4);
    assert_int_equal(spread.rank_most, 1);
    assert_int_equal(spread.rank_rows, 32);
    assert_int_equal(spread.batch_min, 0);
}

static void fewer_shards_than_ranks_become_as_many(void **state) {
    (void)state;
    const gd_forecast_job job = job_of(4, 256, 2);
    assert_int_equal(gd_forecast_spread(&job, 2).shards.count, 4);
    assert_int_equal(gd_forecast_spread(&job, 2).rank_rows, 128);
    assert_int_equal(gd_forecast_spread(&job, 8).shards.count, 8);
}

/* The rows of the rank with most, and its host, found by looking at all. */
static void the_busiest_rank_is_on_the_host_that_has_most(void **state) {
    (void)state;
    for (int64_t shards = 1; shards <= 12; shards++) {
        for (int64_t ranks = 1; ranks <= shards; ranks++) {
            const gd_forecast_job job = job_of(shards, 100 + shards, 3);
            const gd_spread spread = gd_forecast_spread(&job, ranks);
            int64_t most = 0, rank = 0;
            for (int64_t i = ranks - 1; i >= 0; i--) {
                const int64_t count = gd_range_part(shards, ranks, i).count;
                rank = count >= most ? i : rank;
                most = count >= most ? count : most;
            }
            int64_t rows = 0;
            for (int64_t i = 0; i < most; i++) {
                const int64_t shard = gd_range_part(shards, ranks, rank).first + i;
                rows += gd_shards_step(&spread.shards, shard, 0).count;
            }
            assert_int_equal(spread.rank_most, most);
            assert_int_equal(spread.rank_rows, rows);
            assert_in_range(rank, spread.host_most.first,
                            spread.host_most.first + spread.host_most.count - 1);
            assert_int_equal(spread.host_most.first % 3, 0);
        }
    }
}

static void what_cannot_be_says_what_it_needs(void **state) {
    (void)state;
    gd_forecast_job job = job_of(4, 256, 2);
    assert_int_equal(gd_forecast_spread(&job, 256).batch_min, 0);
    assert_int_equal(gd_forecast_spread(&job, 512).batch_min, 512);
    assert_int_equal(gd_forecast_spread(&job, 60001).rows_min, 60001);
    job.shard_rows_min = 2;
    assert_int_equal(gd_forecast_spread(&job, 128).batch_min, 0);
    assert_int_equal(gd_forecast_spread(&job, 256).batch_min, 512);
    job.batch = 0;
    assert_int_equal(gd_forecast_spread(&job, 256).batch_min, 0);
}

/* Element by element: who sends what to whom. */
static double count_traffic(const gd_forecast_job *job, const gd_spread *spread) {
    enum { HOSTS = 16 };
    double in[HOSTS] = {0}, out[HOSTS] = {0}, most = 0;
    const int64_t blocks = (job->size + job->block - 1) / job->block;
    for (int64_t rank = 0; rank < spread->ranks; rank++) {
        const gd_range part = gd_range_part(blocks, spread->ranks, rank);
        const int64_t end = (part.first + part.count) * job->block;
        const int64_t last = end < job->size ? end : job->size;
        const double owned = part.count == 0 ? 0 : (double)(last - part.first * job->block);
        const int64_t owner = rank / job->per_host;
        for (int64_t host = 0; host < spread->hosts; host++) {
            const int64_t first = host * job->per_host;
            const int64_t past =
                first + job->per_host < spread->ranks ? first + job->per_host : spread->ranks;
            gd_node nodes[GD_TREE_COVER_MAX];
            const gd_range to = gd_range_part(spread->shards.count, spread->ranks, past - 1);
            const int64_t from = gd_range_part(spread->shards.count, spread->ranks, first).first;
            const int sums = gd_tree_cover(spread->shards.count, from, to.first + to.count, nodes);
            if (host != owner) {
                out[host] += sums * owned;
                in[owner] += sums * owned;
                out[owner] += owned;
                in[host] += owned;
            }
        }
    }
    for (int64_t host = 0; host < spread->hosts; host++) {
        most = fmax(most, fmax(in[host], out[host]));
    }
    return most * (double)job->real_bytes;
}

static void traffic_is_what_the_exchange_sends(void **state) {
    (void)state;
    for (int64_t shards = 1; shards <= 11; shards++) {
        for (int64_t ranks = 1; ranks <= 11; ranks++) {
            for (int64_t per_host = 1; per_host <= 3; per_host++) {
                gd_forecast_job job = job_of(shards, 0, per_host);
                job.size = 7 * 4096 + 160;
                const gd_spread spread = gd_forecast_spread(&job, ranks);
                near(gd_forecast_traffic(&job, &spread), count_traffic(&job, &spread));
            }
        }
    }
}

static void one_host_sends_nothing(void **state) {
    (void)state;
    const gd_forecast_job job = job_of(4, 256, 4);
    const gd_spread spread = gd_forecast_spread(&job, 4);
    assert_true(gd_forecast_traffic(&job, &spread) == 0);
    assert_true(gd_forecast_exchange(&job, &spread) == 0);
}

/* With 6 P b / F for the rows, and hosts of one rank: what the formula says, which counts 8 P bytes
 * where 8 P (1 - 1 / N) are sent. */
static void many_hosts_are_as_efficient_as_the_formula_says(void **state) {
    (void)state;
    const double flops = 5e10;
    for (int64_t ranks = 2; ranks <= 1024; ranks *= 2) {
        gd_forecast_job job = job_of(0, 64 * ranks, 1);
        job.rows = 64 * 1024 * 1024;
        job.latency = 0;
        job.val_tiles = 0;
        const double row = 6 * (double)job.size / flops;
        const gd_spread one = gd_forecast_spread(&job, 1), many = gd_forecast_spread(&job, ranks);
        const gd_timing of_one = {.step = row * (double)job.batch}, of_many = {.step = row * 64};
        const gd_forecast alone = gd_forecast_epoch(&job, &one, &of_one, &no_saving);
        const gd_forecast together = gd_forecast_epoch(&job, &many, &of_many, &no_saving);
        const double bandwidth = job.bandwidth / (1 - 1 / (double)ranks);
        near(alone.epoch / together.epoch / (double)ranks,
             gd_forecast_efficiency(flops, 64, bandwidth, 4));
    }
    near(gd_forecast_efficiency(6e9, 8, 1e9, 4), 0.5);
    near(gd_forecast_efficiency(6e9, 8, 2e9, 8), 0.5);
}

static void as_many_rows_as_it_says_are_as_efficient(void **state) {
    (void)state;
    for (double aim = 0.1; aim < 0.95; aim += 0.1) {
        const double rows = gd_forecast_rows(aim, 2e-5, 3e-3);
        near(rows * 2e-5 / (rows * 2e-5 + 3e-3), aim);
    }
}

static void an_epoch_is_its_steps_and_validation(void **state) {
    (void)state;
    gd_forecast_job job = job_of(4, 256, 2);
    const gd_spread spread = gd_forecast_spread(&job, 4);
    const gd_timing timing = {.step = 3e-3, .tile = 2e-3, .order = 1e-3, .scores = 5e-3};
    gd_forecast forecast = gd_forecast_epoch(&job, &spread, &timing, &no_saving);
    const double exchange = 4.0 * (1 << 22) / 1e9 + 3 * 1e-5;
    near(forecast.exchange, exchange);
    near(forecast.step, 3e-3 + exchange);
    near(forecast.train, 60000.0 / 256 * 3e-3 + 235 * exchange + 1e-3);
    near(forecast.validate, 10 * 2e-3 + 5e-3);
    near(forecast.epoch, forecast.train + forecast.validate);
    near(forecast.rate, 60000 / forecast.epoch);
    job.dealt = 47e6;
    near(gd_forecast_epoch(&job, &spread, &timing, &no_saving).train,
         forecast.train + 47e6 / 2 / 2 / 1e9);
}

/* 235 steps of 1 ms, and checkpoints in between. */
static double epoch_with(const gd_saving *saving, int64_t per_host) {
    gd_forecast_job job = job_of(4, 256, per_host);
    job.val_tiles = 0;
    const gd_spread spread = gd_forecast_spread(&job, 2);
    const gd_timing timing = {.step = 1e-3 * 256 * 235 / 60000};
    return gd_forecast_epoch(&job, &spread, &timing, saving).epoch;
}

static void checkpoints_cost_what_training_waits_for(void **state) {
    (void)state;
    gd_saving saving = {
        .steps = 235, .copy = 2e-3, .write_full = 0.1, .write_free = 0.08, .processor = 0.05};
    near(epoch_with(&saving, 4), 0.235 + 2e-3);
    near(epoch_with(&saving, 2), 0.235 + 2e-3 + 0.05); /* no core is free */
    saving.steps = 23.5;
    near(epoch_with(&saving, 4), 10 * 0.08); /* the thread is never done in time */
    near(epoch_with(&saving, 2), 10 * 0.1);
    saving = (gd_saving){.seconds = 0.1175, .copy = 2e-3, .write_free = 0.05};
    near(epoch_with(&saving, 4), 0.235 + 2 * 2e-3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_shards_of_its_own_a_run_has_one_a_rank),
        cmocka_unit_test(fewer_shards_than_ranks_become_as_many),
        cmocka_unit_test(the_busiest_rank_is_on_the_host_that_has_most),
        cmocka_unit_test(what_cannot_be_says_what_it_needs),
        cmocka_unit_test(traffic_is_what_the_exchange_sends),
        cmocka_unit_test(one_host_sends_nothing),
        cmocka_unit_test(many_hosts_are_as_efficient_as_the_formula_says),
        cmocka_unit_test(as_many_rows_as_it_says_are_as_efficient),
        cmocka_unit_test(an_epoch_is_its_steps_and_validation),
        cmocka_unit_test(checkpoints_cost_what_training_waits_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
