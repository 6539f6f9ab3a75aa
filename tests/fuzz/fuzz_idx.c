/* IDX files from elsewhere, as `gdmpi import idx` reads them: the first byte says how long the
 * second file is, which comes first. */
#include <unistd.h>

#include "fuzz.h"
#include "gdmpi/import.h"
#include "gdmpi/store.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    gd_store_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    input files[2];
    size_t labels = count > 0 ? bytes[0] : 0;
    if (count < 1 + labels) {
        return 0;
    }
    char *paths[] = {input_write(&files[0], 0, bytes + 1 + labels, count - 1 - labels),
                     input_write(&files[1], 1, bytes + 1, labels)};
    expect_told(gd_import_idx(2, paths, "output.h5"));
    input_remove(&files[0]);
    input_remove(&files[1]);
    (void)unlink("output.h5");
    return 0;
}
