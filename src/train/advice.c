#include <math.h>

#include "gdmpi/advice.h"

/* What is worth saying: a fifth, or of what waits for others and can be mended, a twentieth. */
static const double worth = 1.2, worth_waiting = 1.05;

/* The efficiency that advice aims at, and that below which it says something. */
static const double aim = 0.8, poor = 0.7;

static bool is_possible(const gd_forecast_row *row) {
    return row->spread.batch_min == 0 && row->spread.rows_min == 0 && isfinite(row->forecast.epoch);
}

/* Whether an epoch is steps in the first place. */
static bool trains(const gd_forecast_row *row) {
    return row->forecast.train > row->forecast.epoch / 2;
}

static void memory(const gd_advice_facts *facts, gd_text *lines) {
    char needed[32], there[32];
    if (facts->there > 0 && facts->needed > facts->there) {
        gd_text_add(lines, "A host needs %s of memory, and has %s: start fewer ranks on each.\n",
                    gd_text_amount(facts->needed, needed), gd_text_amount(facts->there, there));
    }
}

static void cores(const gd_advice_facts *facts, gd_text *lines) {
    const int64_t busy = facts->here * facts->threads;
    if (busy > facts->cores) {
        gd_text_add(lines,
                    "%lld threads share the %lld core%s of a host, and wait for each other: start "
                    "at most %lld rank%s on it.\n",
                    (long long)busy, (long long)facts->cores, gd_text_plural(facts->cores),
                    (long long)facts->job.per_host, gd_text_plural(facts->job.per_host));
    }
}

/* The fastest of the numbers of ranks that fit on this host, with the shards of the config. */
static const gd_forecast_row *best_here(const gd_advice_facts *facts) {
    const gd_forecast_row *best = facts->mine;
    for (int i = 0; i < facts->count; i++) {
        const gd_forecast_row *row = &facts->row[i];
        const bool same = facts->job.shards == 0 || row->spread.shards.count == facts->job.shards;
        if (row->spread.ranks <= facts->job.per_host && same && is_possible(row) &&
            row->forecast.epoch < best->forecast.epoch) {
            best = row;
        }
    }
    return best;
}

static void ranks(const gd_advice_facts *facts, gd_text *lines) {
    const gd_forecast_row *best = best_here(facts);
    char now[32], then[32];
    if (facts->hosts > 1 || best == facts->mine ||
        facts->mine->forecast.epoch < worth * best->forecast.epoch) {
        return;
    }
    const long long count = best->spread.ranks;
    gd_text_time(facts->mine->forecast.epoch, now);
    gd_text_time(best->forecast.epoch, then);
    if (best->spread.ranks > facts->mine->spread.ranks) {
        gd_text_add(lines,
                    "%lld ranks of this host make an epoch in %s instead of %s: mpirun -np %lld.\n",
                    count, then, now, count);
    } else {
        gd_text_add(lines,
                    "%lld rank%s make%s an epoch in %s instead of %s: a step is too short to be "
                    "shared by %lld.\n",
                    count, gd_text_plural(count), count == 1 ? "s" : "", then, now,
                    (long long)facts->mine->spread.ranks);
    }
}

static void uneven(const gd_advice_facts *facts, gd_text *lines) {
    const gd_spread *spread = &facts->mine->spread;
    const int64_t shards = spread->shards.count, least = shards / spread->ranks;
    const double share = (double)shards / (double)spread->ranks;
    if ((double)spread->rank_most > worth_waiting * share) {
        gd_text_add(
            lines,
            "%lld shards are no multiple of %lld ranks: some work %lld of them, and the "
            "others wait with %lld; another data.shards (and so another result), or another "
            "number of ranks, keeps all busy.\n",
            (long long)shards, (long long)spread->ranks, (long long)spread->rank_most,
            (long long)least);
    }
}

static void joined(const gd_advice_facts *facts, gd_text *lines) {
    const double step = facts->mine->timing.step;
    char now[32], then[32];
    if (trains(facts->mine) && step > worth * facts->joined) {
        gd_text_add(lines,
                    "With one shard a rank (data.shards = %lld, another result) a step would take "
                    "%s instead of %s: %lld rows of a shard are few for a matrix product.\n",
                    (long long)facts->mine->spread.ranks, gd_text_time(facts->joined, then),
                    gd_text_time(step, now),
                    (long long)gd_shards_step_most(&facts->mine->spread.shards));
    }
}

/* The least power of two that is as large, but for rounding. */
static int64_t round_up(double rows) {
    int64_t power = 1;
    while ((double)power < rows * (1 - 1e-9) && power < (int64_t)1 << 40) {
        power *= 2;
    }
    return power;
}

/* The first number of ranks that is not efficient, and what would make it so. */
static void batch(const gd_advice_facts *facts, gd_text *lines) {
    const gd_forecast_row *row = NULL;
    for (int i = 0; i < facts->count && row == NULL; i++) {
        const gd_forecast_row *next = &facts->row[i];
        row = is_possible(next) && next->efficiency < poor ? next : NULL;
    }
    if (row == NULL || facts->job.batch == 0 || !trains(row)) {
        return;
    }
    const double each = row->timing.compute / (double)row->spread.rank_rows;
    const double rest = row->forecast.step - row->timing.compute;
    const double rows = gd_forecast_rows(aim, each, rest);
    const int64_t batch = round_up(rows * (double)row->spread.ranks);
    if (batch > facts->job.batch && batch <= facts->job.rows) {
        gd_text_add(lines,
                    "%lld rows of a step are few for %lld ranks, which then spend %.0f %% of it on "
                    "other things than rows: train.batch_size = %lld would make them %.0f %% "
                    "efficient (and learn otherwise: see optimizer.lr).\n",
                    (long long)facts->job.batch, (long long)row->spread.ranks,
                    100 * rest / row->forecast.step, (long long)batch, 100 * aim);
    }
}

static void validation(const gd_advice_facts *facts, gd_text *lines) {
    const gd_forecast *forecast = &facts->mine->forecast;
    if (forecast->validate > forecast->train / 2) {
        gd_text_add(lines,
                    "Validation takes %.0f %% of an epoch: fewer validation rows would do, in a "
                    "smaller group or by data.val_fraction.\n",
                    100 * forecast->validate / forecast->epoch);
    }
}

static void saving(const gd_advice_facts *facts, gd_text *lines) {
    static const double share = 0.02;
    const gd_forecast *forecast = &facts->mine->forecast;
    const double work = forecast->train + forecast->validate;
    const double each =
        facts->saving.copy + gd_forecast_write(&facts->mine->spread, &facts->saving);
    char write[32];
    if (forecast->epoch > worth * work) {
        gd_text_add(lines,
                    "Checkpoints take %.0f %% of an epoch: writing one takes %s; with "
                    "run.checkpoint_every = %.0f seconds they take %.0f %%.\n",
                    100 * forecast->save / forecast->epoch, gd_text_time(each, write),
                    fmax(10, ceil(each / share / 10) * 10), 100 * share);
    }
}

static void chunks(const gd_advice_facts *facts, gd_text *lines) {
    static const double cache = 1 << 20, small = 1 << 14; /* bytes; the first is HDF5's */
    const gd_shape *x = &facts->x, *chunk = &facts->chunk;
    double bytes = (double)gd_type_size(x->type);
    bool parts = false;
    char dims[GD_TEXT_DIMS], size[32], time[32];
    for (int i = 0; i < chunk->rank; i++) {
        bytes *= (double)chunk->dims[i];
        parts = parts || (i > 0 && chunk->dims[i] < x->dims[i]);
    }
    if (facts->reading < 1 || chunk->rank == 0 || !(bytes > cache || bytes < small || parts)) {
        return;
    }
    gd_text_add(
        lines,
        "Reading took %s: x is in chunks of %s, %s each, %s; chunks of whole rows and about "
        "1 MiB, or none, are fastest to read.\n",
        gd_text_time(facts->reading, time), gd_text_dims(chunk->rank, chunk->dims, dims),
        gd_text_amount(bytes, size),
        bytes > cache   ? "more than HDF5 keeps in memory, so that they are unpacked anew"
        : bytes < small ? "so that there are very many"
                        : "which hold parts of rows");
}

static void (*const all[])(const gd_advice_facts *facts, gd_text *lines) = {
    memory, cores, ranks, uneven, joined, batch, validation, saving, chunks};

void gd_advise(const gd_advice_facts *facts, gd_text *lines) {
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        all[i](facts, lines);
    }
}
