#include <math.h>
#include <string.h>
#include <strings.h>

#include "csv_columns.h"
#include "gdmpi/memory.h"

/* Columns of texts with more different ones are taken for names, and not encoded unless asked. */
enum { CATEGORIES_FOUND = 1000 };

bool gd_is_missing(const char *text) {
    static const char *const words[] = {"na", "nan", "n/a", "null", "?", "#n/a"};
    if (text[0] == '\0') {
        return true;
    }
    bool may_be = strchr("nN?#", text[0]) != NULL; /* nearly all are told apart here */
    for (size_t i = 0; may_be && i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool gd_column_one_hot(const gd_columns *columns, const gd_column *column) {
    return column->categories.count > 0 && columns->options->encoding == GD_IMPORT_ONE_HOT;
}

static gd_status missing(const gd_column *column, const gd_csv *csv) {
    if (column->role == GD_TARGET) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s:%lld: the target '%s' is missing; --missing drop leaves such rows "
                             "out",
                             csv->stream.path, (long long)csv->line, column->name);
    }
    return gd_status_new(
        GD_BAD_INPUT,
        "%s:%lld: the value of column '%s' is missing; --missing mean fills it in, "
        "--missing drop leaves the row out",
        csv->stream.path, (long long)csv->line, column->name);
}

gd_status gd_columns_check(const gd_columns *columns, const gd_csv *csv, bool *dropped) {
    gd_import_missing rule = columns->options->missing;
    *dropped = false;
    if (csv->count != columns->count) {
        return gd_status_new(GD_BAD_INPUT, "%s:%lld: %zu value%s for %zu column%s",
                             csv->stream.path, (long long)csv->line, csv->count,
                             gd_text_plural((int64_t)csv->count), columns->count,
                             gd_text_plural((int64_t)columns->count));
    }
    for (size_t i = 0; i < columns->count; i++) {
        const gd_column *column = &columns->list[i];
        if (column->role == GD_IGNORED || !gd_is_missing(gd_csv_field(csv, i))) {
            continue;
        }
        if (rule == GD_IMPORT_DROP) {
            *dropped = true;
            return GD_OK;
        }
        if (rule == GD_IMPORT_ERROR || column->role == GD_TARGET) {
            return missing(column, csv);
        }
    }
    return GD_OK;
}

static gd_status mixed(const gd_column *column, const gd_csv *csv, const char *text) {
    const gd_words *texts = &column->categories;
    bool number = texts->count > 0;
    return gd_status_new(GD_BAD_INPUT,
                         "%s:%lld: column '%s' holds '%s', after %s%s%s; if it has categories, say "
                         "--categorical '%s'",
                         csv->stream.path, (long long)csv->line, column->name, text,
                         number ? "the text '" : "numbers", number ? texts->list[0]->text : "",
                         number ? "'" : "", column->name);
}

/* A number in the way of many countries would else be taken for a category. */
static gd_status check_comma(const gd_column *column, const gd_csv *csv, const char *text) {
    char pointed[32];
    double number;
    size_t length = strlen(text), comma = strcspn(text, ",");
    if (comma == length || length >= sizeof pointed) {
        return GD_OK;
    }
    memcpy(pointed, text, length + 1);
    pointed[comma] = '.';
    return gd_number_read(pointed, &number)
               ? gd_status_new(GD_BAD_INPUT,
                               "%s:%lld: column '%s' holds '%s'; numbers need a decimal point, "
                               "and none of thousands",
                               csv->stream.path, (long long)csv->line, column->name, text)
               : GD_OK;
}

static gd_status scan_feature(gd_column *column, const gd_csv *csv, const char *text) {
    double number;
    bool numeric = !column->categorical && gd_number_read(text, &number);
    if (gd_is_missing(text)) {
        column->missing++;
        return GD_OK;
    }
    if (numeric && column->categories.count > 0) {
        return mixed(column, csv, text);
    }
    if (numeric) {
        gd_numbers_add(&column->numbers, number);
        return GD_OK;
    }
    gd_status status = column->categorical ? GD_OK : check_comma(column, csv, text);
    if (status == GD_OK && column->numbers.count > 0) {
        status = mixed(column, csv, text);
    }
    if (status == GD_OK) {
        status = gd_words_check(text, csv->stream.path, csv->line);
    }
    if (status == GD_OK) {
        status = gd_words_add(&column->categories, text,
                              column->categorical ? GD_IMPORT_CLASSES : CATEGORIES_FOUND);
    }
    if (status == GD_OK && column->categories.full) {
        return gd_status_new(
            GD_BAD_INPUT,
            "%s:%lld: column '%s' has more than %zu different texts; --ignore '%s' "
            "leaves it out%s",
            csv->stream.path, (long long)csv->line, column->name, column->categories.count,
            column->name, column->categorical ? "" : ", --categorical takes more");
    }
    return status;
}

gd_status gd_columns_scan(gd_columns *columns, const gd_csv *csv) {
    gd_status status = GD_OK;
    for (size_t i = 0; i < columns->count && status == GD_OK; i++) {
        gd_column *column = &columns->list[i];
        const char *text = gd_csv_field(csv, i);
        if (column->role == GD_FEATURE) {
            status = scan_feature(column, csv, text);
        } else if (column->role == GD_TARGET) {
            bool texts = column->labels.task == GD_IMPORT_CLASSIFICATION;
            status = texts ? GD_OK : check_comma(column, csv, text);
            if (status == GD_OK) {
                status = gd_labels_add(&column->labels, text, csv->stream.path, csv->line);
            }
        }
    }
    return status;
}

static double count_rows(const gd_column *column) {
    double rows = (double)column->missing;
    for (size_t i = 0; i < column->categories.count; i++) {
        rows += (double)column->categories.list[i]->count;
    }
    return rows;
}

static void widen(gd_numbers *all, double least, double most) {
    all->least = fmin(all->least, least);
    all->most = fmax(all->most, most);
}

/* Adds the numbers that a feature becomes to those of all. */
static gd_status decide_feature(const gd_columns *columns, const char *path, gd_column *column,
                                gd_numbers *all) {
    const int64_t categories = (int64_t)column->categories.count;
    column->width = 1;
    if (gd_column_one_hot(columns, column)) {
        column->width = categories;
        all->zeros += (int64_t)count_rows(column) * (categories - 1);
        widen(all, 0, 1);
    } else if (categories > 0) {
        widen(all, 0, (double)categories - 1);
    } else if (column->numbers.count > 0) {
        widen(all, column->numbers.least, column->numbers.most);
        all->zeros += column->numbers.zeros;
        all->fractions = all->fractions || column->numbers.fractions || column->missing > 0;
    } else {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: column '%s' has no value at all; --ignore '%s' leaves it out",
                             path, column->name, column->name);
    }
    return GD_OK;
}

static gd_status decide_target(gd_column *column, const char *path, int64_t place,
                               gd_import_rows *rows) {
    column->place = place;
    column->width = 1;
    gd_status status = gd_labels_decide(&column->labels, path);
    return status == GD_OK ? gd_labels_tell(&column->labels, rows) : status;
}

gd_status gd_columns_decide(gd_columns *columns, const char *path, int64_t count,
                            gd_import_rows *rows) {
    gd_numbers all = {0};
    int64_t width = 0, outputs = 0;
    bool large = false;
    gd_status status = GD_OK;
    for (size_t i = 0; i < columns->count && status == GD_OK; i++) {
        gd_column *column = &columns->list[i];
        if (column->role == GD_FEATURE) {
            status = decide_feature(columns, path, column, &all);
            large = large || gd_numbers_large(&column->numbers);
            column->place = width;
            width += column->width;
        } else if (column->role == GD_TARGET) {
            status = decide_target(column, path, outputs++, rows);
        }
    }
    rows->x = (gd_shape){.rank = 2, .dims = {count, width}};
    rows->y.rank = outputs > 1 ? 2 : 1;
    rows->y.dims[0] = count;
    rows->y.dims[1] = outputs;
    rows->zeros = (double)all.zeros / ((double)count * (double)width);
    if (status == GD_OK && width > GD_IMPORT_ROW_BYTES / (int64_t)sizeof(double)) {
        status = gd_status_new(GD_BAD_INPUT, "%s: a row would be larger than 1 GiB", path);
    }
    return status == GD_OK ? gd_numbers_type(&all, large, columns->options, path, &rows->x.type)
                           : status;
}

int64_t gd_columns_class(const gd_columns *columns, const gd_csv *csv) {
    for (size_t i = 0; i < columns->count; i++) {
        const gd_column *column = &columns->list[i];
        if (column->role == GD_TARGET && column->labels.task == GD_IMPORT_CLASSIFICATION) {
            double class;
            return gd_labels_value(&column->labels, gd_csv_field(csv, i), &class) ? (int64_t) class
                                                                                  : -1;
        }
    }
    return 0;
}

/* The number, or the category's number, that a field stands for. False if it is not as it was. */
static bool value_of(const gd_column *column, const char *text, double *value) {
    if (gd_is_missing(text)) {
        *value = column->fill;
        return column->missing > 0;
    }
    if (column->role == GD_TARGET) {
        return gd_labels_value(&column->labels, text, value);
    }
    if (column->categories.count > 0) {
        *value = (double)gd_words_find(&column->categories, text);
        return *value >= 0;
    }
    return gd_number_read(text, value) && *value >= column->numbers.least &&
           *value <= column->numbers.most;
}

gd_status gd_columns_fill(const gd_columns *columns, const gd_csv *csv, const gd_import_rows *rows,
                          void *x, void *y) {
    for (size_t i = 0; i < columns->count; i++) {
        const gd_column *column = &columns->list[i];
        double value;
        if (column->role == GD_IGNORED) {
            continue;
        }
        if (!value_of(column, gd_csv_field(csv, i), &value)) {
            return gd_status_new(GD_BAD_INPUT, "%s:%lld: has changed while the file was read",
                                 csv->stream.path, (long long)csv->line);
        }
        if (column->role == GD_TARGET) {
            gd_type_set(rows->y.type, y, column->place, value);
        } else if (!gd_column_one_hot(columns, column)) {
            gd_type_set(rows->x.type, x, column->place, value);
        } else {
            for (int64_t j = 0; j < column->width; j++) {
                gd_type_set(rows->x.type, x, column->place + j, j == (int64_t)value ? 1 : 0);
            }
        }
    }
    return GD_OK;
}
