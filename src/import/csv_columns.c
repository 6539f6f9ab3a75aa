#include <stdio.h>
#include <string.h>

#include "csv_columns.h"
#include "gdmpi/memory.h"

static gd_status name_columns(gd_columns *columns, const gd_csv *csv, bool names) {
    gd_status status = GD_OK;
    for (size_t i = 0; i < columns->count && status == GD_OK; i++) {
        gd_column *column = &columns->list[i];
        status = names ? gd_text_copy(gd_csv_field(csv, i), &column->name)
                       : gd_text_new(&column->name, "%zu", i + 1);
    }
    return status;
}

static gd_status unknown(const gd_columns *columns, const char *path, const char *option,
                         const char *word) {
    const char *nearest = NULL;
    for (size_t i = 0; i < columns->count; i++) {
        nearest = gd_text_nearer(word, nearest, columns->list[i].name);
    }
    return gd_status_new(GD_BAD_INPUT, "%s: %s: there is no column '%s'%s%s%s", path, option, word,
                         nearest == NULL ? "" : "; did you mean '", nearest == NULL ? "" : nearest,
                         nearest == NULL ? "" : "'?");
}

/* A column by its name, or by its number from 1. */
static gd_status find(const gd_columns *columns, const char *path, const char *option,
                      const char *word, size_t *found) {
    size_t named = 0;
    int64_t number;
    for (size_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->list[i].name, word) == 0) {
            *found = i;
            named++;
        }
    }
    if (named > 1) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: %s: %zu columns are called '%s'; name one by its number", path,
                             option, named, word);
    }
    if (named == 1) {
        return GD_OK;
    }
    if (gd_text_to_integer(word, &number) && number >= 1 && number <= (int64_t)columns->count) {
        *found = (size_t)number - 1;
        return GD_OK;
    }
    return unknown(columns, path, option, word);
}

/* The columns of an option, one after the other: `rest` begins as the whole list and ends as NULL.
 */
static gd_status find_next(const gd_columns *columns, const char *path, const char *option,
                           const char **rest, size_t *found) {
    char *word;
    size_t length = strcspn(*rest, ",");
    gd_status status = gd_text_new(&word, "%.*s", (int)length, *rest);
    if (status == GD_OK) {
        status = find(columns, path, option, word, found);
    }
    *rest = (*rest)[length] == ',' ? *rest + length + 1 : NULL;
    gd_memory_free(&word);
    return status;
}

static gd_status set_role(gd_columns *columns, const char *path, const char *option,
                          const char *list, gd_column_role role) {
    size_t at;
    gd_status status = GD_OK;
    while (list != NULL && status == GD_OK) {
        status = find_next(columns, path, option, &list, &at);
        if (status == GD_OK && columns->list[at].role != GD_FEATURE) {
            status = gd_status_new(GD_BAD_INPUT, "%s: %s: column '%s' is named twice", path, option,
                                   columns->list[at].name);
        }
        if (status == GD_OK) {
            columns->list[at].role = role;
            columns->targets += role == GD_TARGET ? 1 : 0;
        }
    }
    return status;
}

static gd_status set_categorical(gd_columns *columns, const char *path) {
    size_t at;
    const char *list = columns->options->categorical;
    gd_status status = GD_OK;
    while (list != NULL && status == GD_OK) {
        status = find_next(columns, path, "--categorical", &list, &at);
        if (status == GD_OK && columns->list[at].role != GD_FEATURE) {
            status = gd_status_new(GD_BAD_INPUT, "%s: --categorical: column '%s' is no feature",
                                   path, columns->list[at].name);
        }
        if (status == GD_OK) {
            columns->list[at].categorical = true;
        }
    }
    return status;
}

/* Unless it is named, the target is the last column. */
static gd_status set_roles(gd_columns *columns, const char *path) {
    const gd_import_options *options = columns->options;
    gd_status status = set_role(columns, path, "--ignore", options->ignore, GD_IGNORED);
    if (status == GD_OK) {
        status = set_role(columns, path, "--target", options->target, GD_TARGET);
    }
    for (size_t i = columns->count; i > 0 && columns->targets == 0; i--) {
        if (columns->list[i - 1].role == GD_FEATURE) {
            columns->list[i - 1].role = GD_TARGET;
            columns->targets = 1;
        }
    }
    return status == GD_OK ? set_categorical(columns, path) : status;
}

static gd_status check_roles(const gd_columns *columns, const gd_csv *csv) {
    const char *path = csv->stream.path;
    size_t features = 0;
    for (size_t i = 0; i < columns->count; i++) {
        const gd_column *column = &columns->list[i];
        gd_status status =
            column->role == GD_IGNORED ? GD_OK : gd_words_check(column->name, path, csv->line);
        if (status != GD_OK) {
            return status;
        }
        features += column->role == GD_FEATURE ? 1 : 0;
        if (column->name[0] == '\0' && column->role != GD_IGNORED) {
            return gd_status_new(GD_BAD_INPUT,
                                 "%s:%lld: column %zu has no name; are these the row numbers that "
                                 "pandas writes? --ignore %zu leaves it out",
                                 path, (long long)csv->line, i + 1, i + 1);
        }
    }
    if (features == 0) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s:%lld: of %zu column%s none is left for x; are they separated by "
                             "something else than '%c' (--separator)?",
                             path, (long long)csv->line, columns->count,
                             gd_text_plural((int64_t)columns->count), csv->separator);
    }
    if (columns->targets > 1 && columns->options->task == GD_IMPORT_CLASSIFICATION) {
        return gd_status_new(
            GD_BAD_INPUT, "%s: --target: of several columns, values are made, not classes", path);
    }
    return GD_OK;
}

gd_status gd_columns_new(const gd_csv *csv, bool names, const gd_import_options *options,
                         gd_columns *columns) {
    *columns = (gd_columns){.count = csv->count, .options = options};
    gd_status status = gd_memory_new(&columns->list, csv->count, sizeof *columns->list, "columns");
    if (status == GD_OK) {
        status = name_columns(columns, csv, names);
    }
    if (status == GD_OK) {
        status = set_roles(columns, csv->stream.path);
    }
    for (size_t i = 0; i < columns->count && status == GD_OK; i++) {
        columns->list[i].labels.task = columns->targets > 1 ? GD_IMPORT_REGRESSION : options->task;
    }
    return status == GD_OK ? check_roles(columns, csv) : status;
}

gd_status gd_columns_check_names(const gd_columns *columns, const gd_csv *csv) {
    for (size_t i = 0; i < columns->count && csv->count == columns->count; i++) {
        if (strcmp(columns->list[i].name, gd_csv_field(csv, i)) != 0) {
            return gd_status_new(GD_BAD_INPUT,
                                 "%s:%lld: column %zu is '%s', but '%s' in the first file",
                                 csv->stream.path, (long long)csv->line, i + 1,
                                 gd_csv_field(csv, i), columns->list[i].name);
        }
    }
    return csv->count == columns->count
               ? GD_OK
               : gd_status_new(GD_BAD_INPUT, "%s:%lld: has %zu column%s; the first file has %zu",
                               csv->stream.path, (long long)csv->line, csv->count,
                               gd_text_plural((int64_t)csv->count), columns->count);
}

/* Names of the features in x, a line for each; or of the columns of y. */
static void add_names(const gd_columns *columns, gd_column_role role, gd_text *text) {
    for (size_t i = 0; i < columns->count; i++) {
        const gd_column *column = &columns->list[i];
        bool one_hot = gd_column_one_hot(columns, column);
        for (int64_t j = 0; column->role == role && j < column->width; j++) {
            gd_text_add(text, "%s%s", text->length > 0 ? "\n" : "", column->name);
            if (one_hot) {
                gd_text_add(text, "=%s", column->categories.list[j]->text);
            }
        }
    }
}

static gd_status set_names(const gd_columns *columns, gd_column_role role, gd_store *store,
                           const char *set) {
    gd_text names = {0};
    add_names(columns, role, &names);
    gd_status status = gd_text_status(&names);
    if (status == GD_OK) {
        status = gd_store_set_lines(store, set, "columns", gd_text_bytes(&names));
    }
    gd_text_free(&names);
    return status;
}

/* The texts behind codes. */
static gd_status set_codes(const gd_column *column, gd_store *store, const char *set) {
    gd_text key = {0}, lines = {0};
    gd_text_add(&key, "categories.%s", column->name);
    gd_words_list(&column->categories, &lines);
    gd_status status = gd_text_status(key.failed ? &key : &lines);
    if (status == GD_OK) {
        status = gd_store_set_lines(store, set, key.bytes, gd_text_bytes(&lines));
    }
    gd_text_free(&key);
    gd_text_free(&lines);
    return status;
}

/* What stands for missing values. */
static gd_status set_fill(const gd_column *column, gd_store *store, const char *set) {
    gd_text key = {0};
    gd_text_add(&key, "missing.%s", column->name);
    gd_status status = gd_text_status(&key);
    if (status == GD_OK) {
        status = column->categories.count > 0
                     ? gd_store_set_lines(store, set, key.bytes,
                                          column->categories.list[(size_t)column->fill]->text)
                     : gd_store_set_number(store, set, key.bytes, column->fill);
    }
    gd_text_free(&key);
    return status;
}

gd_status gd_columns_describe(const gd_columns *columns, gd_store *store, const char *group) {
    char x[16], y[16];
    snprintf(x, sizeof x, "%s/x", group);
    snprintf(y, sizeof y, "%s/y", group);
    gd_status status = set_names(columns, GD_FEATURE, store, x);
    if (status == GD_OK) {
        status = set_names(columns, GD_TARGET, store, y);
    }
    for (size_t i = 0; i < columns->count && status == GD_OK; i++) {
        const gd_column *column = &columns->list[i];
        if (column->role == GD_TARGET) {
            status = gd_labels_describe(&column->labels, store, y);
        } else if (column->categories.count > 0 && !gd_column_one_hot(columns, column)) {
            status = set_codes(column, store, x);
        }
        if (status == GD_OK && column->role == GD_FEATURE && column->missing > 0) {
            status = set_fill(column, store, x);
        }
    }
    return status;
}

void gd_columns_summarise(const gd_columns *columns, gd_text *text) {
    int64_t filled = 0;
    for (size_t i = 0; i < columns->count; i++) {
        const gd_column *column = &columns->list[i];
        filled += column->role == GD_FEATURE ? column->missing : 0;
        if (column->role == GD_TARGET) {
            gd_labels_summarise(&column->labels, column->name, text);
        } else if (column->categories.count > 0) {
            gd_text_add(text, "       %s: %zu categor%s, ", column->name, column->categories.count,
                        column->categories.count == 1 ? "y" : "ies");
            gd_words_summarise(&column->categories, text);
            gd_text_add(text, "\n");
        }
    }
    if (filled > 0) {
        gd_text_add(text, "       %lld missing value%s became means\n", (long long)filled,
                    gd_text_plural(filled));
    }
}

void gd_columns_free(gd_columns *columns) {
    for (size_t i = 0; columns->list != NULL && i < columns->count; i++) {
        gd_memory_free(&columns->list[i].name);
        gd_words_free(&columns->list[i].categories);
        gd_labels_free(&columns->list[i].labels);
    }
    gd_memory_free(&columns->list);
}
