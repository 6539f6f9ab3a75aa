/* Steps of the ranks of one host, each played by a thread with a trainer of its own: what another
 * number of ranks would do, on this machine, with this model and these rows. */
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "gdmpi/blas.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/rehearsal.h"
#include "train_private.h"

/* What is enough to measure: of the rows of a shard in a step, and of the shards of a rank, beyond
 * which time grows in proportion; of all rows, whose order must be drawn. */
enum { SHARD_ROWS = 256, RANK_SHARDS = 16, ROWS = 1 << 19 };

/* The median of so many runs of steps, so that a moment in which something else runs does not
 * count. */
enum { SLICES = 5 };

/* The memory that players may take together; where it does not do for all, fewer play. */
static const double room_bytes = 1 << 30;

typedef struct stage stage;

typedef struct actor {
    stage *stage;
    pthread_t thread;
    gd_model model;
    gd_problem problem;
    gd_trainer trainer;
    gd_status status;
} actor;

struct stage {
    const gd_trainer *trainer;
    gd_shards shards; /* like those of the spread, but of fewer rows, and perhaps fewer */
    int count;
    actor *actor; /* [count] */
    gd_rehearsal *rehearsal;
    uint32_t *order; /* [shards.rows] */
    int64_t turn;    /* the steps of an epoch, but for a last one that is short */
    double seconds;
    int go; /* 1: all threads are there; -1: they are not */

    /* The first actor's: */
    int64_t repeats; /* steps of a slice */
    int slices;
    double step[SLICES]; /* seconds of a step, by slice */
    double tile;         /* seconds of validating a tile */
};

static gd_status play(actor *actor, int64_t steps) {
    gd_trainer *trainer = &actor->trainer;
    gd_outcome outcome;
    for (int64_t i = 0; i < steps && actor->status == GD_OK; i++) {
        actor->status = gd_trainer_step(trainer, &outcome);
        if (trainer->progress.epoch_step == actor->stage->turn) {
            trainer->progress.epoch_step = 0;
        }
    }
    return actor->status;
}

/* The first step finds nothing in the caches, and pages that were never used; the second tells how
 * many there can be. */
static void warm(actor *actor) {
    stage *stage = actor->stage;
    gd_trainer_order(&actor->trainer);
    if (play(actor, 1) != GD_OK) {
        return;
    }
    const double start = gd_clock_seconds();
    if (play(actor, 1) != GD_OK) {
        return;
    }
    if (actor == stage->actor) {
        const double most = stage->seconds / (gd_clock_seconds() - start);
        stage->slices = (int)fmax(1, fmin(SLICES, most));
        stage->repeats = (int64_t)fmax(1, most / SLICES);
    }
    gd_rehearsal_meet(actor->trainer.reducer);
}

static void time_steps(actor *actor) {
    stage *stage = actor->stage;
    gd_phases_start(&actor->trainer.phases, GD_OTHER);
    for (int i = 0; i < stage->slices; i++) {
        const double start = gd_clock_seconds();
        play(actor, stage->repeats);
        if (actor == stage->actor) {
            stage->step[i] = (gd_clock_seconds() - start) / (double)stage->repeats;
        }
    }
    gd_phases_count(&actor->trainer.phases);
}

/* Training rows do as well. */
static void validate(actor *actor, int64_t number) {
    gd_trainer *trainer = &actor->trainer;
    const gd_rows *rows = &actor->problem.train;
    const int64_t there = rows->range.count, most = actor->model.tile_rows;
    const int64_t count = most < there ? most : there;
    double metric = 0;
    gd_batch_gather(rows, number * count % (there - count + 1), NULL, count, actor->problem.scale,
                    &trainer->batch);
    (void)gd_model_evaluate(&actor->model, trainer->workspace, &trainer->batch,
                            trainer->reducer->parameters, &metric);
}

static void time_tiles(actor *actor) {
    const double seconds = actor->stage->seconds / 10;
    const int64_t own = actor->trainer.reducer->rank;
    int64_t tiles = 0;
    double elapsed = 0;
    validate(actor, own);
    gd_rehearsal_meet(actor->trainer.reducer);
    const double start = gd_clock_seconds();
    while (elapsed < seconds) {
        validate(actor, own + ++tiles);
        elapsed = gd_clock_seconds() - start;
    }
    if (actor == actor->stage->actor) {
        actor->stage->tile = elapsed / (double)tiles;
    }
}

static void *act(void *context) {
    actor *actor = context;
    int go;
    gd_process_roam();
    gd_process_flush_tiny();
    while ((go = __atomic_load_n(&actor->stage->go, __ATOMIC_ACQUIRE)) == 0) {
        sched_yield();
    }
    if (go > 0) {
        warm(actor);
    }
    if (go > 0 && actor->status == GD_OK) {
        time_steps(actor);
    }
    if (go > 0 && actor->status == GD_OK) {
        time_tiles(actor);
    }
    return NULL;
}

/* All of them, or none. */
static gd_status start_threads(stage *stage) {
    int count = 0, error = 0;
    while (count < stage->count && error == 0) {
        actor *actor = &stage->actor[count];
        error = gd_process_thread(&actor->thread, act, actor);
        count += error == 0;
    }
    __atomic_store_n(&stage->go, error == 0 ? 1 : -1, __ATOMIC_RELEASE);
    for (int i = 0; i < count; i++) {
        pthread_join(stage->actor[i].thread, NULL);
    }
    return error == 0 ? GD_OK
                      : gd_status_new(GD_FAILED, "a thread cannot be started: %s", strerror(error));
}

/* The rows of shards first ... in a step. */
static int64_t step_rows(const gd_shards *shards, gd_range of) {
    int64_t rows = 0;
    for (int64_t i = 0; i < of.count; i++) {
        rows += gd_shards_step(shards, of.first + i, 0).count;
    }
    return rows;
}

/* As those of the spread, as far as that is needed, on the rows that are here; count 0: they are
 * too few. */
static gd_shards choose_shards(const gd_spread *spread, int64_t here) {
    gd_shards shards = spread->shards;
    shards.rows = here < ROWS ? here : ROWS;
    const int64_t room = shards.rows / spread->ranks;
    const int64_t most = room < RANK_SHARDS ? room : RANK_SHARDS;
    if (spread->rank_most > most || shards.count > shards.rows) {
        shards.count = spread->ranks * most;
    }
    if (shards.count > 0) {
        const int64_t each = shards.rows / shards.count,
                      take = gd_shards_step_most(&spread->shards);
        const int64_t rows = take < SHARD_ROWS ? take : SHARD_ROWS;
        const int64_t batch = shards.count * (rows < each ? rows : each);
        shards.batch = shards.batch == 0 || batch < shards.batch ? batch : shards.batch;
    }
    return shards;
}

/* Ranks of the host that has most to do: all, or as many as memory and BLAS allow, for that takes
 * only one caller at a time if it has threads of its own. */
static gd_range choose_players(const stage *stage, const gd_spread *spread) {
    const gd_problem *problem = stage->trainer->problem;
    const gd_range here = spread->host_most;
    const double vectors = GD_OPTIMIZER_SLOTS + 2;
    const double each = vectors * (double)problem->model->tensors.size * (double)sizeof(real);
    const double most = fmax(1, floor(room_bytes / each));
    gd_range players = {here.first, here.count < most ? here.count : (int64_t)most};
    if (gd_config_integer(problem->config, "train", "threads") > 1) {
        players.count = 1;
    }
    return players;
}

static gd_status prepare_actor(stage *stage, int number) {
    const gd_trainer *source = stage->trainer;
    actor *actor = &stage->actor[number];
    gd_problem *problem = &actor->problem;
    gd_trainer *trainer = &actor->trainer;
    actor->stage = stage;
    actor->model = *source->problem->model;
    *problem = *source->problem;
    problem->model = &actor->model;
    problem->schedule = gd_schedule_still();
    problem->shards = stage->shards;
    problem->train.range = (gd_range){.first = 0, .count = stage->shards.rows};
    actor->model.tile_rows =
        gd_problem_tile_rows(problem->config, source->problem->model, &stage->shards);
    trainer->problem = problem;
    trainer->order = stage->order;
    trainer->reducer = gd_rehearsal_reducer(stage->rehearsal, number);
    trainer->reducer->phases = &trainer->phases;
    problem->mine = trainer->reducer->mine;
    return gd_trainer_allocate_step(trainer);
}

static gd_status open_rehearsal(stage *stage, const gd_spread *spread, gd_range players) {
    const gd_trainer *source = stage->trainer;
    const gd_model *model = source->problem->model;
    const int64_t tile = gd_problem_tile_rows(source->problem->config, model, &stage->shards);
    const int64_t blocks = source->reducer->block_count;
    const int64_t shared = (int64_t)gd_trainer_shared(&stage->shards, blocks);
    const int64_t trust = gd_optimizer_trust_sums(source->optimizer, source->reducer->block_size);
    const gd_rehearsal_plan plan = {.ranks = (int)spread->ranks,
                                    .per_host = (int)spread->per_host,
                                    .players = players,
                                    .sums = {.adds = gd_shards_step_most(&stage->shards) <= tile,
                                             .size = model->tensors.size,
                                             .apart = model->tensors.size - model->tensors.trained,
                                             .shards = stage->shards.count},
                                    .values = shared > trust ? shared : trust,
                                    .parameters = source->reducer->parameters};
    return gd_rehearsal_new(&plan, &stage->rehearsal);
}

static gd_status prepare(stage *stage, const gd_spread *spread) {
    static const char what[] = "the rehearsal of a step";
    const gd_shards *shards = &stage->shards;
    const gd_range players = choose_players(stage, spread);
    const bool shuffles = stage->trainer->order != NULL || stage->trainer->dealer != NULL;
    const int64_t last = gd_shards_steps(shards) - 1;
    const bool is_short = gd_shards_step_rows(shards, last) < gd_shards_step_rows(shards, 0);
    stage->turn = is_short ? last : last + 1;
    gd_status status = gd_blas_reserve((int)players.count);
    if (status == GD_OK) {
        status = open_rehearsal(stage, spread, players);
    }
    if (status == GD_OK && shuffles) {
        status = gd_memory_new(&stage->order, (size_t)shards->rows, sizeof *stage->order, what);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&stage->actor, (size_t)players.count, sizeof *stage->actor, what);
    }
    stage->count = status == GD_OK ? (int)players.count : 0;
    for (int i = 0; i < stage->count && status == GD_OK; i++) {
        status = prepare_actor(stage, i);
    }
    return status;
}

static gd_status clear(stage *stage) {
    gd_status status = GD_OK;
    for (int i = 0; i < stage->count; i++) {
        status = gd_status_first(status, stage->actor[i].status);
        gd_trainer_free_step(&stage->actor[i].trainer);
    }
    gd_memory_free(&stage->actor);
    gd_memory_free(&stage->order);
    gd_rehearsal_free(&stage->rehearsal);
    return status;
}

static int ascending(const void *a, const void *b) {
    const double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

/* What grows with the rows is taken to be what the actor with most rows spends on them. */
static void count(stage *stage, const gd_spread *spread, gd_timing *timing) {
    int64_t rows = 0;
    double computing = 0, all = 0;
    for (int i = 0; i < stage->count; i++) {
        const gd_phases *phases = &stage->actor[i].trainer.phases;
        const int64_t mine = step_rows(&stage->shards, stage->actor[i].problem.mine);
        rows = mine > rows ? mine : rows;
        computing = fmax(computing, phases->seconds[GD_LOAD] + phases->seconds[GD_COMPUTE]);
    }
    for (int i = 0; i < stage->slices; i++) {
        all += stage->step[i] * (double)stage->repeats;
    }
    qsort(stage->step, (size_t)stage->slices, sizeof *stage->step, ascending);
    const double step = stage->step[stage->slices / 2];
    timing->compute = step * computing / all * (double)spread->rank_rows / (double)rows;
    timing->step = step * (1 - computing / all) + timing->compute;
    timing->tile = stage->tile;
}

gd_status gd_trainer_rehearse(const gd_trainer *trainer, const gd_spread *spread, double seconds,
                              gd_timing *timing) {
    stage stage = {.trainer = trainer,
                   .shards = choose_shards(spread, trainer->problem->train.range.count),
                   .seconds = seconds};
    *timing = (gd_timing){.step = NAN, .compute = NAN, .tile = NAN};
    if (stage.shards.count == 0) {
        return GD_OK;
    }
    gd_status status = prepare(&stage, spread);
    if (status == GD_OK) {
        status = start_threads(&stage);
    }
    if (status == GD_OK && stage.actor[0].status == GD_OK) {
        count(&stage, spread, timing);
    }
    return gd_status_first(status, clear(&stage));
}
