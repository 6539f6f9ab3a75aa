/* A checkpoint from elsewhere, read as a run reads it that is to be resumed, and as a model that is
 * to be used. */
#include "fuzz.h"
#include "fuzz_tensors.h"
#include "gdmpi/inference.h"
#include "gdmpi/precision.h"
#include "gdmpi/seal.h"
#include "gdmpi/store.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    gd_store_start();
    return 0;
}

/* The model that its config describes may be another than its tensors are of. */
static gd_status read_config(const char *path, const gd_checkpoint_header *header) {
    const gd_settings *tables[GD_TABLES];
    gd_job job = {.model = path, .header = *header};
    gd_precision_single.settings(tables);
    gd_status status = gd_config_parse(path, header->config, 0, NULL, tables, &job.config);
    if (status == GD_OK) {
        status = gd_job_try(&job);
    }
    gd_config_free(&job.config);
    return status;
}

static gd_status read_checkpoint(void *context) {
    const char *path = context;
    float vector[FUZZ_SIZE] = {0};
    gd_checkpoint_header header;
    gd_status status = gd_checkpoint_read_header(path, &header);
    if (status == GD_OK) {
        status = read_config(path, &header);
    }
    if (status == GD_OK) {
        status = gd_checkpoint_read(path, "/params", &fuzz_tensors, GD_FLOAT32, vector);
    }
    if (status == GD_OK) {
        status = gd_checkpoint_read(path, "/optimizer/momentum_buffer", &fuzz_tensors, GD_FLOAT32,
                                    vector);
    }
    gd_checkpoint_header_free(&header);
    return status;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t most, unsigned seed) {
    count = LLVMFuzzerMutate(bytes, count, most);
    if (seed % 2 == 0) {
        mend_checksums(bytes, count);
    }
    return count;
}

/* As it is, where the checksum of the whole file is wrong of nearly all; and with a right one. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    for (int sealed = 0; sealed < 2; sealed++) {
        input file;
        char *path = input_write(&file, 0, bytes, count);
        if (sealed == 1) {
            expect_told(gd_seal_write(path));
        }
        expect_told(fuzz_guarded ? gd_store_guard(path, read_checkpoint, path)
                                 : read_checkpoint(path));
        input_remove(&file);
    }
    return 0;
}
