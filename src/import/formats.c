#include "import_private.h"

static const gd_import_format *const formats[] = {
    &gd_import_csv,
    &gd_import_libsvm,
    &gd_import_npy,
    &gd_import_idx,
};

const gd_import_format *gd_import_format_at(size_t index) {
    return index < sizeof formats / sizeof *formats ? formats[index] : NULL;
}
