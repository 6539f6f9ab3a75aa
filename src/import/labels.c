#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "gdmpi/memory.h"
#include "labels.h"

/* More different whole numbers than these are taken for values. */
enum { NUMBERS_AS_CLASSES = 100 };

/* Numbers by their value, so that 1, 1.0 and +1 are the same class. */
static const char *key_of(const char *text, bool numeric, double number, char out[32]) {
    static const double exact = 1e15;
    if (!numeric) {
        return text;
    }
    if (number == floor(number) && fabs(number) < exact) {
        snprintf(out, 32, "%" PRId64, (int64_t)number);
        return out;
    }
    return gd_text_number(number, out);
}

static gd_status check(const gd_labels *labels, const char *text, bool numeric, const char *path,
                       int64_t line) {
    if (!numeric && labels->task == GD_IMPORT_REGRESSION) {
        return gd_status_new(GD_BAD_INPUT, "%s:%lld: the target is '%s'; regression needs a number",
                             path, (long long)line, text);
    }
    if (labels->task == GD_IMPORT_AUTO && (numeric ? labels->texts : labels->numbers) > 0) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s:%lld: the target is '%s', after %s; --task classification takes "
                             "both for classes",
                             path, (long long)line, text, numeric ? "texts" : "numbers");
    }
    return GD_OK;
}

gd_status gd_labels_add(gd_labels *labels, const char *text, const char *path, int64_t line) {
    char shortest[32];
    double number = 0;
    bool numeric = gd_number_read(text, &number), automatic = labels->task == GD_IMPORT_AUTO;
    gd_status status = check(labels, text, numeric, path, line);
    if (status == GD_OK && !numeric) {
        status = gd_words_check(text, path, line);
    }
    labels->numbers += numeric ? 1 : 0;
    labels->texts += numeric ? 0 : 1;
    labels->fractions = labels->fractions || number != floor(number);
    if (status != GD_OK || labels->task == GD_IMPORT_REGRESSION ||
        (automatic && (labels->fractions || labels->classes.full))) {
        return status;
    }
    size_t most = automatic && numeric ? NUMBERS_AS_CLASSES : GD_IMPORT_CLASSES;
    return gd_words_add(&labels->classes, key_of(text, numeric, number, shortest), most);
}

gd_status gd_labels_decide(gd_labels *labels, const char *path) {
    if (labels->task == GD_IMPORT_AUTO) {
        bool values = labels->texts == 0 && (labels->fractions || labels->classes.full);
        labels->task = values ? GD_IMPORT_REGRESSION : GD_IMPORT_CLASSIFICATION;
    }
    if (labels->task == GD_IMPORT_CLASSIFICATION && labels->classes.full) {
        return gd_status_new(GD_BAD_INPUT, "%s: the target has more than %d classes", path,
                             GD_IMPORT_CLASSES);
    }
    return GD_OK;
}

bool gd_labels_value(const gd_labels *labels, const char *text, double *value) {
    char shortest[32];
    double number = 0;
    bool numeric = gd_number_read(text, &number);
    *value = number;
    if (labels->task == GD_IMPORT_CLASSIFICATION) {
        int64_t class = gd_words_find(&labels->classes, key_of(text, numeric, number, shortest));
        *value = class >= 0 ? (double)class : 0;
        return class >= 0;
    }
    return numeric;
}

gd_status gd_labels_tell(const gd_labels *labels, gd_import_rows *rows) {
    const gd_words *classes = &labels->classes;
    rows->y.type = GD_FLOAT64;
    rows->strata = 1;
    if (labels->task == GD_IMPORT_REGRESSION) {
        return GD_OK;
    }
    rows->y.type = gd_numbers_whole_type(0, (double)classes->count - 1);
    rows->strata = (int64_t)classes->count;
    gd_status status = gd_memory_new(&rows->stratum_rows, classes->count,
                                     sizeof *rows->stratum_rows, "the rows of classes");
    for (size_t i = 0; i < classes->count && status == GD_OK; i++) {
        rows->stratum_rows[i] = classes->list[i]->count;
    }
    return status;
}

gd_status gd_labels_describe(const gd_labels *labels, gd_store *store, const char *y) {
    gd_text lines = {0};
    if (labels->task == GD_IMPORT_REGRESSION) {
        return GD_OK;
    }
    gd_words_list(&labels->classes, &lines);
    gd_status status = gd_text_status(&lines);
    if (status == GD_OK) {
        status = gd_store_set_lines(store, y, "classes", gd_text_bytes(&lines));
    }
    gd_text_free(&lines);
    return status;
}

void gd_labels_summarise(const gd_labels *labels, const char *name, gd_text *text) {
    if (labels->task == GD_IMPORT_REGRESSION) {
        gd_text_add(text, "y      values of %s\n", name);
        return;
    }
    gd_text_add(text, "y      %zu class%s of %s: ", labels->classes.count,
                labels->classes.count == 1 ? "" : "es", name);
    gd_words_summarise(&labels->classes, text);
    gd_text_add(text, "\n");
}

void gd_labels_free(gd_labels *labels) {
    gd_words_free(&labels->classes);
}
