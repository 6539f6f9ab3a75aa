/* Stands in for libFuzzer: hands the bytes of files to a harness, and then as many changed copies
 * of each, the same in every run.
 *
 * replay COPIES FILE... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/rng.h"

/* Changes a few bytes, or cuts the end off. */
static size_t change(const char *bytes, size_t count, int64_t copy, uint8_t *changed) {
    gd_rng rng = gd_rng_stream(1, GD_RNG_INIT, (int64_t)count, copy, 0);
    memcpy(changed, bytes, count);
    for (uint64_t i = 0; count > 0 && i <= (uint64_t)copy % 4; i++) {
        size_t place = (size_t)(gd_rng_uniform(&rng, 3 * i) * (double)count);
        double how = gd_rng_uniform(&rng, 3 * i + 1), to = gd_rng_uniform(&rng, 3 * i + 2);
        if (how < 0.02) {
            return place;
        }
        changed[place] = (uint8_t)(how < 0.2   ? 0
                                   : how < 0.4 ? 255
                                   : how < 0.7 ? changed[place] ^ 1 << (int)(8 * to)
                                               : 256 * to);
    }
    return count;
}

/* libFuzzer's own, which its callers here never reach. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t most) {
    (void)bytes;
    (void)most;
    return count;
}

static gd_status replay(const char *path, int copies) {
    char *bytes;
    size_t count;
    uint8_t *changed = NULL;
    gd_status status = gd_file_read(path, &bytes, &count);
    if (status == GD_OK) {
        status = gd_memory_new(&changed, count + 1, 1, path);
    }
    for (int copy = 0; copy <= copies && status == GD_OK; copy++) {
        memcpy(changed, bytes, count);
        size_t left = copy == 0 ? count : change(bytes, count, copy, changed);
        if (copy % 2 == 1) {
            mend_checksums(changed, left);
        }
        (void)LLVMFuzzerTestOneInput(changed, left);
    }
    gd_memory_free(&changed);
    gd_memory_free(&bytes);
    return status;
}

int main(int argc, char **argv) {
    int copies = argc > 1 ? atoi(argv[1]) : 0;
    gd_status status = GD_OK;
    if (argc < 3) {
        fprintf(stderr, "usage: replay COPIES FILE...\n");
        return 2;
    }
    (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 2; i < argc && status == GD_OK; i++) {
        status = replay(argv[i], copies);
    }
    if (status != GD_OK) {
        fprintf(stderr, "replay: %s\n", gd_status_message(status));
    }
    int code = gd_status_code(status);
    gd_status_free(&status);
    return code;
}
