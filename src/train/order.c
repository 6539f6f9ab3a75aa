#include "gdmpi/rng.h"
#include "train_private.h"

/* The order of each shard's own rows. */
static void shuffle_shards(gd_trainer *trainer) {
    const gd_problem *problem = trainer->problem;
    for (int64_t i = 0; i < problem->mine.count; i++) {
        int64_t shard = problem->mine.first + i;
        gd_range rows = gd_shards_rows(&problem->shards, shard);
        gd_rng rng =
            gd_rng_stream(problem->seed, GD_RNG_SHUFFLE, trainer->progress.epoch, shard, 0);
        gd_rng_permute(&rng, (uint32_t)rows.count,
                       trainer->order + (rows.first - problem->train.range.first));
    }
}

void gd_trainer_order(gd_trainer *trainer) {
    if (trainer->order != NULL) {
        shuffle_shards(trainer);
    }
    if (trainer->dealer != NULL) {
        gd_dealer_epoch(trainer->dealer, trainer->problem->seed, trainer->progress.epoch);
    }
}

void gd_trainer_gather(gd_trainer *trainer, int64_t shard, int64_t place, int64_t count) {
    const gd_problem *problem = trainer->problem;
    const gd_rows *rows = &problem->train;
    int64_t first = gd_shards_rows(&problem->shards, shard).first - rows->range.first;
    const uint32_t *order = NULL;
    if (trainer->dealer != NULL) {
        rows = gd_dealer_rows(trainer->dealer);
        first = 0;
        order = gd_dealer_order(trainer->dealer, shard, place);
    } else if (trainer->order != NULL) {
        order = trainer->order + first + place;
    } else {
        first += place;
    }
    gd_batch_gather(rows, first, order, count, problem->scale, &trainer->batch);
}
