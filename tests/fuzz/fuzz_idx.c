/* IDX files from elsewhere, as `gdmpi import idx` reads them: the first byte says how long the
 * second file is, which comes first. */
#include <unistd.h>

#include "fuzz.h"
#include "gdmpi/store.h"
#include "import/import_support.h"

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
    char line[160];
    const char *x = input_write(&files[0], 0, bytes + 1 + labels, count - 1 - labels);
    const char *y = input_write(&files[1], 1, bytes + 1, labels);
    snprintf(line, sizeof line, "idx %s %s -o output.h5", x, y);
    expect_told(import_line(line));
    input_remove(&files[0]);
    input_remove(&files[1]);
    (void)unlink("output.h5");
    return 0;
}
