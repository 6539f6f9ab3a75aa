/* Files from elsewhere, as `gdmpi import` reads them: the first byte is the format and options; the
 * second, for npy, how long the file of y is, which comes first. IDX has a harness of its own. */
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

static void import_text(unsigned choice, const uint8_t *bytes, size_t count) {
    static const char *const ways[] = {
        "csv %s -o output.h5",
        "csv %s -o output.h5 --missing drop --encode codes --split .5,.5",
        "csv %s -o output.h5 --missing mean --no-header --target 1,2",
        "csv %s -o output.h5 --missing mean --split .6,.2,.2 --categorical 1 --compress yes",
        "libsvm %s -o output.h5",
        "libsvm %s -o output.h5 --task regression --split .5,.5 --features 9",
    };
    input file;
    char line[160];
    snprintf(line, sizeof line, ways[choice % (sizeof ways / sizeof *ways)],
             input_write(&file, 0, bytes, count));
    expect_told(import_with(line, 100));
    input_remove(&file);
}

static void import_arrays(const uint8_t *bytes, size_t count) {
    input files[2];
    size_t labels = count > 0 ? bytes[0] : 0;
    char line[160];
    if (count < 1 + labels) {
        return;
    }
    const char *x = input_write(&files[0], 0, bytes + 1 + labels, count - 1 - labels);
    const char *y = input_write(&files[1], 1, bytes + 1, labels);
    snprintf(line, sizeof line, "npy %s %s -o output.h5 --split .5,.5", x, y);
    expect_told(import_with(line, 100));
    input_remove(&files[0]);
    input_remove(&files[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    enum { ARRAYS = 7 };
    if (count == 0) {
        return 0;
    }
    if (bytes[0] % 8 == ARRAYS) {
        import_arrays(bytes + 1, count - 1);
    } else {
        import_text(bytes[0] % 8, bytes + 1, count - 1);
    }
    (void)unlink("output.h5");
    return 0;
}
