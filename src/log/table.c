#include "gdmpi/table.h"

#include <string.h>

#include "gdmpi/terminal.h"
#include "gdmpi/text.h"

enum column { EPOCH, STEP, TRAIN_LOSS, VAL_LOSS, VAL_METRIC, LR, RATE, TIME, COLUMNS };

/* Together with a blank before each but the first, they make up GD_TERMINAL_COLUMNS. */
static const int widths[COLUMNS] = {5, 7, 11, 11, 12, 8, 9, 10};

/* What is left out first where there is less room. */
static const enum column spare[] = {LR, RATE, STEP, TIME, VAL_LOSS};

static void choose_columns(gd_table *table, int room) {
    int taken = -1;
    for (int c = 0; c < COLUMNS; c++) {
        table->shown[c] = table->metric != NULL || (c != VAL_LOSS && c != VAL_METRIC);
        taken += table->shown[c] ? 1 + widths[c] : 0;
    }
    for (size_t i = 0; i < sizeof spare / sizeof *spare && taken > room; i++) {
        taken -= table->shown[spare[i]] ? 1 + widths[spare[i]] : 0;
        table->shown[spare[i]] = false;
    }
}

gd_table gd_table_start(const char *progress, const char *metric) {
    gd_table table = {.metric = metric};
    _Static_assert(sizeof table.shown / sizeof *table.shown == COLUMNS, "one for each");
    choose_columns(&table, gd_terminal_width(stdout));
    if (strcmp(progress, "off") != 0) {
        table.bar = gd_bar_start(stdout, strcmp(progress, "on") == 0);
    }
    return table;
}

static void print_cells(const gd_table *table, const char *const cells[COLUMNS], gd_style style) {
    bool plain = style == GD_STYLE_PLAIN;
    gd_table_clear(table);
    printf("%s", plain ? "" : gd_terminal_style(stdout, style));
    for (int c = 0; c < COLUMNS; c++) {
        if (table->shown[c]) {
            printf("%s%*s", c == 0 ? "" : " ", widths[c], cells[c]);
        }
    }
    printf("%s\n", plain ? "" : gd_terminal_style(stdout, GD_STYLE_PLAIN));
    fflush(stdout);
}

void gd_table_head(const gd_table *table) {
    printf("\n");
    print_cells(table,
                (const char *const[]){"epoch", "step", "train loss", "val loss", table->metric,
                                      "lr", "samples/s", "time"},
                GD_STYLE_PLAIN);
}

void gd_table_row(const gd_table *table, bool best) {
    const gd_table_line *line = &table->line;
    char cells[COLUMNS][32];
    const char *all[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
        all[c] = cells[c];
    }
    snprintf(cells[EPOCH], sizeof *cells, "%lld", (long long)line->epoch);
    snprintf(cells[STEP], sizeof *cells, "%lld", (long long)line->step);
    snprintf(cells[TRAIN_LOSS], sizeof *cells, "%.6g", line->train_loss);
    snprintf(cells[VAL_LOSS], sizeof *cells, "%.6g", line->val_loss);
    snprintf(cells[VAL_METRIC], sizeof *cells, "%.6g", line->val_metric);
    snprintf(cells[LR], sizeof *cells, "%.3g", line->lr);
    gd_text_grouped((int64_t)line->samples_per_second, cells[RATE]);
    gd_text_duration(line->seconds, cells[TIME]);
    print_cells(table, all, best ? GD_STYLE_GOOD : GD_STYLE_PLAIN);
}

void gd_table_digest(const gd_table *table, int64_t epoch, int64_t step, const char *digest) {
    gd_table_clear(table);
    printf("%5lld %7lld %11s %s\n", (long long)epoch, (long long)step, "digest", digest);
    fflush(stdout);
}

void gd_table_bar(gd_table *table, int64_t epoch, double share, double loss,
                  double samples_per_second, double left) {
    char label[32], number[32], rate[48], seen[32];
    if (!gd_bar_is_due(&table->bar)) {
        return;
    }
    snprintf(label, sizeof label, "%5lld", (long long)epoch);
    snprintf(rate, sizeof rate, "%s samples/s",
             gd_text_grouped((int64_t)samples_per_second, number));
    snprintf(seen, sizeof seen, "loss %.4g", loss);
    gd_bar_draw(&table->bar, label, share, left, (const char *const[]){rate, seen, NULL});
}

void gd_table_clear(const gd_table *table) {
    gd_bar_clear(&table->bar);
}
