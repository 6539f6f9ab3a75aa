/* A data file from elsewhere, read as a run reads it, and as gdmpi inspect does. */
#include <float.h>

#include "fuzz.h"
#include "gdmpi/catalogue.h"
#include "gdmpi/data.h"
#include "gdmpi/store.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    gd_store_start();
    return 0;
}

static gd_status load(const gd_source *source, const gd_split *split, gd_role role, gd_rows *rows,
                      const gd_target *target) {
    gd_range range = {0, gd_split_count(split, role)};
    gd_status status = gd_rows_load(source, split, role, range, rows);
    if (status == GD_OK) {
        status = gd_rows_check_values(source, split, role, rows, 0.5, FLT_MAX, target);
        gd_rows_free(rows);
    }
    return status;
}

static gd_status read_group(const char *path, char *group) {
    gd_source source = {.file = (char *)path, .group = group};
    gd_rows rows;
    gd_status status = fuzz_guarded ? gd_source_try(&source, true) : GD_OK;
    if (status == GD_OK) {
        status = gd_rows_describe(&source, &rows);
    }
    if (status != GD_OK) {
        return status;
    }
    gd_target target = {.kind = GD_TARGET_CLASS, .outputs = 10};
    if (rows.y_width > 1) {
        target = (gd_target){GD_TARGET_VALUE, rows.y_width, -DBL_MAX, DBL_MAX};
    }
    gd_split split = {.rows = rows.x.dims[0], .held = rows.x.dims[0] / 3, .seed = 1};
    status = gd_rows_check_shape(&source, &rows, rows.x_width, &target);
    if (status == GD_OK) {
        status = load(&source, &split, GD_TRAINING, &rows, &target);
    }
    return status == GD_OK ? load(&source, &split, GD_VALIDATION, &rows, &target) : status;
}

static gd_status read_catalogue(char *path) {
    gd_catalogue catalogue;
    gd_status status =
        fuzz_guarded ? gd_store_guard(path, gd_catalogue_try, path) : gd_catalogue_try(path);
    if (status == GD_OK && fuzz_guarded) {
        status = gd_catalogue_read(path, &catalogue);
        gd_catalogue_free(&catalogue);
    }
    return status;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t most, unsigned seed) {
    count = LLVMFuzzerMutate(bytes, count, most);
    if (seed % 2 == 0) {
        mend_checksums(bytes, count);
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    input file;
    char *path = input_write(&file, 0, bytes, count);
    expect_told(read_group(path, "/train"));
    expect_told(read_group(path, "/val"));
    expect_told(read_catalogue(path));
    input_remove(&file);
    return 0;
}
