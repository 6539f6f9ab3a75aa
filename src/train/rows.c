#include "gdmpi/rng.h"
#include "gdmpi/train.h"

void gd_trainer_order(gd_trainer *trainer) {
    const gd_problem *problem = trainer->problem;
    if (trainer->order == NULL) {
        return;
    }
    for (int64_t i = 0; i < problem->mine.count; i++) {
        int64_t shard = problem->mine.first + i;
        gd_range rows = gd_shards_rows(&problem->shards, shard);
        gd_rng rng =
            gd_rng_stream(problem->seed, GD_RNG_SHUFFLE, trainer->progress.epoch, shard, 0);
        gd_rng_permute(&rng, (uint32_t)rows.count,
                       trainer->order + (rows.first - problem->train.range.first));
    }
}

void gd_trainer_gather(gd_trainer *trainer, int64_t shard, int64_t place, int64_t count) {
    const gd_problem *problem = trainer->problem;
    int64_t first = gd_shards_rows(&problem->shards, shard).first - problem->train.range.first;
    if (trainer->order == NULL) {
        gd_batch_gather(&problem->train, first + place, NULL, count, problem->scale,
                        &trainer->batch);
    } else {
        gd_batch_gather(&problem->train, first, trainer->order + first + place, count,
                        problem->scale, &trainer->batch);
    }
}
