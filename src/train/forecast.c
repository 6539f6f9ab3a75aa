#include <math.h>

#include "gdmpi/forecast.h"
#include "gdmpi/tree.h"

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t quotient_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

/* The shards of some ranks. */
static gd_range shards_of(const gd_spread *spread, gd_range ranks) {
    const int64_t count = spread->shards.count;
    const gd_range first = gd_range_part(count, spread->ranks, ranks.first);
    const gd_range last = gd_range_part(count, spread->ranks, ranks.first + ranks.count - 1);
    return (gd_range){first.first, last.first + last.count - first.first};
}

static gd_range ranks_on(const gd_spread *spread, int64_t per_host, int64_t host) {
    const int64_t first = host * per_host;
    return (gd_range){first, least(per_host, spread->ranks - first)};
}

/* The first rank with the most shards. */
static int64_t busiest(const gd_spread *spread) {
    const int64_t most = quotient_up(spread->shards.count, spread->ranks);
    int64_t rank = 0;
    while (gd_range_part(spread->shards.count, spread->ranks, rank).count < most) {
        rank++;
    }
    return rank;
}

static int64_t rows_of(const gd_spread *spread, int64_t rank) {
    const gd_range mine = gd_range_part(spread->shards.count, spread->ranks, rank);
    int64_t rows = 0;
    for (int64_t i = 0; i < mine.count; i++) {
        rows += gd_shards_step(&spread->shards, mine.first + i, 0).count;
    }
    return rows;
}

gd_spread gd_forecast_spread(const gd_forecast_job *job, int64_t ranks) {
    gd_spread spread = {
        .ranks = ranks, .hosts = quotient_up(ranks, job->per_host), .per_host = job->per_host};
    const int64_t count = job->shards < ranks ? ranks : job->shards;
    const int64_t needed = count * job->shard_rows_min;
    spread.shards = (gd_shards){.rows = job->rows, .count = count, .batch = job->batch};
    spread.rows_min = job->rows < needed ? needed : 0;
    spread.batch_min = job->batch > 0 && job->batch < needed ? needed : 0;
    if (spread.rows_min > 0 || spread.batch_min > 0) {
        return spread;
    }
    const int64_t rank = busiest(&spread);
    spread.host_most = ranks_on(&spread, job->per_host, rank / job->per_host);
    spread.rank_most = gd_range_part(count, ranks, rank).count;
    spread.rank_rows = rows_of(&spread, rank);
    return spread;
}

static double cover_of(const gd_spread *spread, gd_range ranks) {
    gd_node nodes[GD_TREE_COVER_MAX];
    const gd_range shards = shards_of(spread, ranks);
    return gd_tree_cover(spread->shards.count, shards.first, shards.first + shards.count, nodes);
}

/* Where what a rank updates begins. */
static double first_owned(const gd_forecast_job *job, const gd_spread *spread, int64_t rank) {
    const int64_t blocks = quotient_up(job->size, job->block);
    return (double)job->block * (double)gd_range_part(blocks, spread->ranks, rank).first;
}

double gd_forecast_traffic(const gd_forecast_job *job, const gd_spread *spread) {
    const double size = (double)job->size, others = (double)(spread->hosts - 1);
    double covers = 0, most = 0;
    for (int64_t host = 0; host < spread->hosts; host++) {
        covers += cover_of(spread, ranks_on(spread, job->per_host, host));
    }
    for (int64_t host = 0; host < spread->hosts && spread->hosts > 1; host++) {
        const gd_range ranks = ranks_on(spread, job->per_host, host);
        const double first = first_owned(job, spread, ranks.first);
        const double end = first_owned(job, spread, ranks.first + ranks.count);
        const double owned = fmin(size, end) - fmin(size, first);
        const double cover = cover_of(spread, ranks);
        const double out = (size - owned) * cover + owned * others;
        const double in = owned * (covers - cover) + (size - owned);
        most = fmax(most, fmax(out, in));
    }
    return most * (double)job->real_bytes;
}

double gd_forecast_exchange(const gd_forecast_job *job, const gd_spread *spread) {
    if (spread->hosts == 1) {
        return 0;
    }
    const double rounds = 2 + ceil(log2((double)spread->hosts));
    return gd_forecast_traffic(job, spread) / job->bandwidth + rounds * job->latency;
}

bool gd_spread_is_full(const gd_spread *spread) {
    return spread->ranks >= spread->per_host;
}

double gd_forecast_write(const gd_spread *spread, const gd_saving *saving) {
    return gd_spread_is_full(spread) ? saving->write_full : saving->write_free;
}

/* What checkpoints add to so many seconds of an epoch. Training goes on while the thread writes, up
 * to the next but one; with all cores at work, the thread takes its time from a rank. */
static double saving_seconds(const gd_spread *spread, const gd_saving *saving, double seconds) {
    const double steps = (double)gd_shards_steps(&spread->shards);
    const double count = saving->steps > 0     ? steps / saving->steps
                         : saving->seconds > 0 ? seconds / saving->seconds
                                               : 0;
    if (count == 0) {
        return 0;
    }
    const double stolen = gd_spread_is_full(spread) ? saving->processor : 0;
    const double busy = seconds / count + saving->copy + stolen;
    return count * fmax(gd_forecast_write(spread, saving), busy) - seconds;
}

/* Of N hosts, each sends the rows of N - 1 others, and gets as many. */
static double dealing_seconds(const gd_forecast_job *job, const gd_spread *spread) {
    const double hosts = (double)spread->hosts;
    return hosts > 1 ? job->dealt / hosts * (hosts - 1) / hosts / job->bandwidth : 0;
}

gd_forecast gd_forecast_epoch(const gd_forecast_job *job, const gd_spread *spread,
                              const gd_timing *timing, const gd_saving *saving) {
    const double steps = (double)gd_shards_steps(&spread->shards);
    const double full =
        (double)spread->shards.rows / (double)gd_shards_step_rows(&spread->shards, 0);
    gd_forecast forecast = {.exchange = gd_forecast_exchange(job, spread)};
    forecast.step = timing->step + forecast.exchange;
    forecast.train = full * timing->step + steps * forecast.exchange + timing->order +
                     dealing_seconds(job, spread);
    forecast.validate =
        (double)quotient_up(job->val_tiles, spread->ranks) * timing->tile + timing->scores;
    const double work = forecast.train + forecast.validate;
    forecast.save = saving_seconds(spread, saving, work);
    forecast.epoch = work + forecast.save;
    forecast.rate = (double)spread->shards.rows / forecast.epoch;
    return forecast;
}

double gd_forecast_efficiency(double flops, double rows, double bandwidth, double real_bytes) {
    return 1 / (1 + 2 * real_bytes * flops / (6 * rows * bandwidth));
}

double gd_forecast_rows(double efficiency, double row, double exchange) {
    return efficiency / (1 - efficiency) * exchange / row;
}
