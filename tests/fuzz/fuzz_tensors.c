#include "fuzz_tensors.h"

const gd_tensors fuzz_tensors = {
    .list = (gd_tensor[]){{.name = "0.weight", .rank = 2, .dims = {3, 7}, .count = 21},
                          {.name = "0.bias", .rank = 1, .dims = {3}, .count = 3, .offset = 32}},
    .count = 2,
    .size = FUZZ_SIZE,
    .elements = 24};

static const char config[] = "[data]\nfile = x.h5\n\n[model]\nlayers = dense 3\nloss = mse\n\n"
                             "[optimizer]\nname = momentum\nlr = 0.1\n";

gd_status fuzz_checkpoint_write(const char *path) {
    float vector[FUZZ_SIZE];
    gd_checkpoint *checkpoint;
    for (int i = 0; i < FUZZ_SIZE; i++) {
        vector[i] = (i >= 21 && i < 32) || i >= 35 ? 0 : 1.0F / (float)(1 + i);
    }
    gd_checkpoint_header header = {.type = GD_FLOAT32,
                                   .inputs = 7,
                                   .shards = 2,
                                   .train_rows = 203,
                                   .val_rows = 61,
                                   .digest = gd_checkpoint_digest(vector, GD_FLOAT32, FUZZ_SIZE),
                                   .config = (char *)config,
                                   .progress = {.step = 1234, .epoch = 6, .best_step = 1200}};
    gd_status status = gd_checkpoint_create(path, &header, &checkpoint);
    if (status == GD_OK) {
        status = gd_checkpoint_add(checkpoint, "/params", &fuzz_tensors, GD_FLOAT32, vector);
    }
    if (status == GD_OK) {
        status = gd_checkpoint_add(checkpoint, "/optimizer/momentum_buffer", &fuzz_tensors,
                                   GD_FLOAT32, vector);
    }
    if (status == GD_OK) {
        return gd_checkpoint_commit(&checkpoint);
    }
    gd_checkpoint_abandon(&checkpoint);
    return status;
}
