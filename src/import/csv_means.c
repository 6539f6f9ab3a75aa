#include "csv_columns.h"

bool gd_columns_need_means(const gd_columns *columns) {
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->list[i].missing > 0) {
            return true;
        }
    }
    return false;
}

void gd_columns_start_means(gd_columns *columns) {
    for (size_t i = 0; i < columns->count; i++) {
        gd_column *column = &columns->list[i];
        for (size_t j = 0; j < column->categories.count; j++) {
            column->categories.list[j]->count = 0;
        }
    }
}

void gd_columns_add(gd_columns *columns, const gd_csv *csv) {
    for (size_t i = 0; i < columns->count; i++) {
        gd_column *column = &columns->list[i];
        const char *text = gd_csv_field(csv, i);
        double number;
        if (column->role != GD_FEATURE || gd_is_missing(text)) {
            continue;
        }
        int64_t category = gd_words_find(&column->categories, text);
        if (category >= 0) {
            column->categories.list[category]->count++;
        } else if (gd_number_read(text, &number)) {
            column->sum += number;
        }
        column->summed++;
    }
}

gd_status gd_columns_take_means(gd_columns *columns, const char *path) {
    for (size_t i = 0; i < columns->count; i++) {
        gd_column *column = &columns->list[i];
        if (column->missing == 0) {
            continue;
        }
        if (column->summed == 0) {
            return gd_status_new(GD_BAD_INPUT,
                                 "%s: column '%s' has no value in any training row, and so no mean",
                                 path, column->name);
        }
        column->fill = column->categories.count > 0 ? (double)gd_words_mode(&column->categories)
                                                    : column->sum / (double)column->summed;
    }
    return GD_OK;
}
