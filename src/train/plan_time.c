/* The part of the plan that says how long an epoch takes, on the ranks that there are and on
 * others, and what would make it shorter. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gdmpi/advice.h"
#include "gdmpi/memory.h"
#include "train_private.h"

/* For steps of the ranks that there are; for rehearsals of all other numbers together, and at most
 * for one. */
static const double run_seconds = 0.3, all_seconds = 1, rehearsal_seconds = 0.15;

/* A step, or validation, that would take longer is only rehearsed, with fewer rows. */
static const double long_seconds = 0.5;

typedef struct plan {
    gd_trainer *trainer;
    const gd_machine *machine;
    gd_forecast_job job;
    gd_saving saving;
    gd_forecast_row mine, one; /* of the ranks that there are, and of one rank */
    int count;
    gd_forecast_row row[GD_PLAN_NUMBERS]; /* that are printed */
    double joined;                        /* as of gd_advice_facts */
    double scores; /* seconds of an epoch's validation that run.metrics takes */
} plan;

static gd_forecast_job describe(const gd_trainer *trainer, const gd_machine *machine) {
    const gd_problem *problem = trainer->problem;
    const gd_reducer *reducer = trainer->reducer;
    const int64_t threads = gd_config_integer(problem->config, "train", "threads");
    const double row = (double)gd_rows_bytes(&problem->train);
    const int64_t fit = machine->cores / threads;
    return (gd_forecast_job){.rows = problem->shards.rows,
                             .batch = problem->shards.batch,
                             .shards = gd_config_integer(problem->config, "data", "shards"),
                             .shard_rows_min = problem->model->joint ? 2 : 1,
                             .val_tiles = problem->val_tiles,
                             .size = reducer->size,
                             .block = reducer->block_size,
                             .real_bytes = sizeof(real),
                             .per_host = fit > 0 ? fit : 1,
                             .bandwidth = machine->bandwidth,
                             .latency = machine->latency,
                             .dealt =
                                 trainer->dealer == NULL ? 0 : row * (double)problem->shards.rows};
}

/* Those that were asked for; or powers of two as far as there are shards, rows and patience. */
static void choose_ranks(const gd_forecast_job *job, int64_t mine, const gd_plan_options *options,
                         gd_plan_options *chosen) {
    enum { MOST = 64 };
    *chosen = *options;
    if (options->count > 0) {
        return;
    }
    const int64_t most = job->shards > 0 && job->shards < MOST ? job->shards : MOST;
    for (int64_t ranks = 1; ranks <= most && ranks <= job->rows; ranks *= 2) {
        if (gd_forecast_spread(job, ranks).batch_min == 0) {
            gd_plan_add_ranks(chosen, ranks);
        }
    }
    gd_plan_add_ranks(chosen, mine);
}

static int64_t tiles_of(const plan *plan, int64_t ranks) {
    return (plan->job.val_tiles + ranks - 1) / ranks;
}

/* Seconds of so many rows on a rank, more or less: training at half the speed of matrix products.
 */
static double guess(const plan *plan, bool training, double rows) {
    const double flops = gd_model_flops(plan->trainer->problem->model, training);
    const double ranks = plan->trainer->reducer->ranks;
    return 2 * rows * flops / (plan->machine->flops / ranks);
}

/* On rank 0, while the others rest. Collective. */
static gd_status rehearse(const plan *plan, const gd_spread *spread, gd_timing *timing) {
    gd_comm *comm = plan->trainer->problem->comm;
    const double each = all_seconds / (plan->count + 1);
    gd_status status = GD_OK;
    if (gd_comm_rank(comm) == 0) {
        status = gd_trainer_rehearse(plan->trainer, spread,
                                     each < rehearsal_seconds ? each : rehearsal_seconds, timing);
    }
    gd_comm_rest(comm);
    status = gd_comm_agree(comm, status);
    gd_comm_broadcast(comm, timing, sizeof *timing);
    return status;
}

static bool scores(const gd_problem *problem) {
    bool any = false;
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        any = any || (problem->scores[i] && gd_scores[i]->tally != NULL);
    }
    return any;
}

/* Validation as it is, unless that takes long. */
static gd_status time_validation(plan *plan, double tile) {
    const gd_problem *problem = plan->trainer->problem;
    const int64_t tiles = tiles_of(plan, plan->mine.spread.ranks);
    const double rows = (double)(tiles * problem->model->tile_rows);
    double seconds;
    plan->mine.timing.tile = tile;
    if (tiles == 0 || guess(plan, false, rows) > long_seconds) {
        return GD_OK;
    }
    gd_status status = gd_trainer_time_validation(plan->trainer, &seconds);
    plan->mine.timing.tile = seconds / (double)tiles;
    if (scores(problem)) {
        plan->scores = fmax(0, seconds - tile * (double)tiles);
    }
    return status;
}

/* The ranks that there are, which may be more than cores, and on hosts in any way: whatever they
 * send each other is in what is measured. */
static gd_status time_mine(plan *plan) {
    const gd_comm *comm = plan->trainer->problem->comm;
    const int64_t ranks = gd_comm_size(comm);
    gd_forecast_job job = plan->job;
    gd_timing rehearsed, *timing = &plan->mine.timing;
    job.per_host = ranks > job.per_host ? ranks : job.per_host;
    plan->mine.spread = gd_forecast_spread(&job, ranks);
    gd_spread spread = gd_forecast_spread(&plan->job, ranks);
    gd_status status = rehearse(plan, &spread, &rehearsed);
    *timing = rehearsed;
    if (status == GD_OK) {
        const bool quick = guess(plan, true, (double)spread.rank_rows) < long_seconds;
        status = gd_trainer_time(plan->trainer, quick ? run_seconds : 0, timing);
    }
    if (status == GD_OK) {
        status = time_validation(plan, rehearsed.tile);
    }
    if (status == GD_OK) {
        status =
            gd_trainer_time_save(plan->trainer, timing->step, gd_spread_is_full(&plan->mine.spread),
                                 plan->machine->cores, &plan->saving);
    }
    plan->mine.forecast = gd_forecast_epoch(&job, &plan->mine.spread, timing, &plan->saving);
    plan->mine.spread.hosts = gd_comm_hosts(comm);
    return status;
}

static gd_status time_others(const plan *plan, int64_t ranks, gd_forecast_row *row) {
    gd_status status = GD_OK;
    row->spread = gd_forecast_spread(&plan->job, ranks);
    row->forecast = (gd_forecast){.epoch = NAN};
    if (row->spread.batch_min > 0 || row->spread.rows_min > 0) {
        return GD_OK;
    }
    if (ranks == plan->mine.spread.ranks) {
        *row = plan->mine;
        return GD_OK;
    }
    status = rehearse(plan, &row->spread, &row->timing);
    row->timing.order = plan->mine.timing.order * (double)plan->mine.spread.ranks / (double)ranks;
    row->timing.scores = plan->scores;
    row->forecast = gd_forecast_epoch(&plan->job, &row->spread, &row->timing, &plan->saving);
    return status;
}

/* One shard a rank, where there are more. */
static gd_status time_joined(plan *plan) {
    gd_forecast_job job = plan->job;
    gd_timing timing;
    plan->joined = NAN;
    if (plan->mine.spread.shards.count == plan->mine.spread.ranks) {
        return GD_OK;
    }
    job.shards = 0;
    const gd_spread spread = gd_forecast_spread(&job, plan->mine.spread.ranks);
    gd_status status = rehearse(plan, &spread, &timing);
    plan->joined = timing.step;
    return status;
}

static gd_status time_all(plan *plan, const gd_plan_options *chosen) {
    gd_status status = time_mine(plan);
    if (status == GD_OK) {
        status = time_others(plan, 1, &plan->one);
    }
    if (status == GD_OK) {
        status = time_joined(plan);
    }
    for (int i = 0; i < chosen->count && status == GD_OK; i++) {
        gd_forecast_row *row = &plan->row[i];
        *row = plan->one;
        if (chosen->ranks[i] > 1) {
            status = time_others(plan, chosen->ranks[i], row);
        }
        row->efficiency =
            plan->one.forecast.epoch / row->forecast.epoch / (double)row->spread.ranks;
    }
    return status;
}

static bool is_raised(const plan *plan, const gd_spread *spread) {
    return plan->job.shards > 0 && spread->shards.count > plan->job.shards;
}

static void print_row(const plan *plan, const gd_forecast_row *row) {
    const gd_spread *spread = &row->spread;
    const gd_forecast *forecast = &row->forecast;
    char rows[32], step[32], messages[32], epoch[32], rate[32];
    printf("%6lld%s%6lld", (long long)spread->ranks, is_raised(plan, spread) ? "*" : " ",
           (long long)spread->hosts);
    if (spread->rows_min > 0) {
        printf("   impossible: there are only %s training rows\n",
               gd_text_grouped(plan->job.rows, rows));
    } else if (spread->batch_min > 0) {
        printf("   impossible, unless train.batch_size is %s or more\n",
               gd_text_grouped(spread->batch_min, rows));
    } else if (!isfinite(forecast->epoch)) {
        printf("   unknown: there are too few rows on a rank to try it\n");
    } else {
        printf("%8s%10s%10s%10s%12s%10.1f %%\n", gd_text_grouped(spread->rank_rows, rows),
               gd_text_time(forecast->step, step),
               forecast->exchange > 0 ? gd_text_time(forecast->exchange, messages) : "-",
               gd_text_time(forecast->epoch, epoch), gd_text_grouped(llround(forecast->rate), rate),
               100 * row->efficiency);
    }
}

/* How far what is printed was measured. */
static void print_sources(const plan *plan) {
    const gd_spread *mine = &plan->mine.spread;
    const gd_forecast_row *last = plan->count == 0 ? &plan->mine : &plan->row[plan->count - 1];
    const long long ranks = mine->ranks, fit = plan->job.per_host;
    printf("  %lld rank%s: measured; %s", ranks, gd_text_plural(ranks),
           mine->hosts > 1 ? "messages are in the step" : "others on a host");
    printf(", up to %lld: its threads in their place", fit);
    if (last->spread.ranks > fit) {
        printf(";\n  more: hosts like this one, joined by the network");
    }
    printf("\n");
    if (is_raised(plan, &last->spread)) {
        printf("  *: with data.shards as large as the ranks, and so another result\n");
    }
}

static void print_table(const plan *plan) {
    const gd_config *config = plan->trainer->problem->config;
    const double epochs = (double)gd_config_integer(config, "train", "epochs");
    const long long ranks = plan->mine.spread.ranks;
    char time[32];
    printf("\nforecast of an epoch, with validation and checkpoints\n"
           "                    rows    time of    of that   time of\n"
           " ranks  hosts     a rank    a step   messages   an epoch      rows/s  efficiency\n");
    for (int i = 0; i < plan->count; i++) {
        print_row(plan, &plan->row[i]);
    }
    print_sources(plan);
    printf("  %.0f epoch%s on %lld rank%s: %s\n", epochs, gd_text_plural((int64_t)epochs), ranks,
           gd_text_plural(ranks),
           gd_text_time(epochs * plan->mine.forecast.epoch + plan->saving.once, time));
}

/* A line of words, in lines of a page. */
static void print_wrapped(const char *line, int length) {
    enum { PAGE = 80, INDENT = 4 };
    printf("  - ");
    for (int at = INDENT; length > 0;) {
        const char *blank = memchr(line, ' ', (size_t)length);
        const int word = blank == NULL ? length : (int)(blank - line);
        const bool first = at == INDENT;
        if (!first && at + 1 + word > PAGE) {
            printf("\n%*s%.*s", INDENT, "", word, line);
            at = INDENT + word;
        } else {
            printf("%s%.*s", first ? "" : " ", word, line);
            at += word + !first;
        }
        line += word + (blank != NULL);
        length -= word + (blank != NULL);
    }
    printf("\n");
}

static void print_advice(const char *lines) {
    printf("%s", lines[0] == '\0' ? "" : "\nadvice\n");
    while (lines[0] != '\0') {
        const size_t length = strcspn(lines, "\n");
        print_wrapped(lines, (int)length);
        lines += length + 1;
    }
}

/* On rank 0. */
static gd_status advise(const plan *plan, const gd_plan_facts *known) {
    const gd_problem *problem = plan->trainer->problem;
    const gd_comm *comm = problem->comm;
    gd_advice_facts facts = {.job = plan->job,
                             .count = plan->count,
                             .row = plan->row,
                             .mine = &plan->mine,
                             .hosts = gd_comm_hosts(comm),
                             .here = gd_comm_ranks_here(comm),
                             .threads = gd_config_integer(problem->config, "train", "threads"),
                             .cores = plan->machine->cores,
                             .joined = plan->joined,
                             .saving = plan->saving,
                             .reading = known->reading,
                             .x = problem->train.x,
                             .needed = known->needed,
                             .there =
                                 (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE)};
    gd_text lines = {0};
    gd_status status = gd_source_chunk(&problem->train_source, &facts.chunk);
    if (status == GD_OK) {
        gd_advise(&facts, &lines);
        status = gd_text_status(&lines);
    }
    if (status == GD_OK) {
        print_advice(gd_text_bytes(&lines));
    }
    gd_text_free(&lines);
    return status;
}

static void set_interval(const gd_trainer *trainer, gd_saving *saving) {
    const gd_problem *problem = trainer->problem;
    const gd_interval every = gd_config_interval(problem->config, "run", "checkpoint_every");
    const double epoch = (double)gd_shards_steps(&problem->shards);
    saving->steps = every.unit == GD_STEPS    ? every.count
                    : every.unit == GD_EPOCHS ? every.count * epoch
                                              : 0;
    saving->seconds = every.unit == GD_SECONDS ? every.count : 0;
}

gd_status gd_plan_time(gd_trainer *trainer, const gd_plan_options *options,
                       const gd_plan_facts *known, const gd_machine *machine) {
    gd_comm *comm = trainer->problem->comm;
    plan plan = {.trainer = trainer, .machine = machine, .job = describe(trainer, machine)};
    gd_plan_options chosen;
    set_interval(trainer, &plan.saving);
    choose_ranks(&plan.job, gd_comm_size(comm), options, &chosen);
    plan.count = chosen.count;
    gd_status status = time_all(&plan, &chosen);
    if (status == GD_OK && gd_comm_rank(comm) == 0) {
        print_table(&plan);
        status = advise(&plan, known);
    }
    return gd_comm_agree(comm, status);
}
