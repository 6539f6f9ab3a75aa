#include "gdmpi/confusion.h"

#include <math.h>

#include "gdmpi/lines.h"
#include "gdmpi/terminal.h"
#include "gdmpi/text.h"

enum { LABEL = 10, CELL = 6, MOST_CLASSES = 20 };

/* Columns are headed by names where all fit as they are, for a few letters may be the same of many;
 * else by numbers, which then stand before the names of rows. */
typedef struct layout {
    int label, cell; /* columns of the page */
    const char *names;
    bool numbers;
} layout;

static layout lay_out(int64_t classes, const char *names) {
    const int longest = gd_lines_columns(names), count = (int)classes;
    const int left = GD_TERMINAL_COLUMNS - count * (CELL + 1);
    const int label = longest > LABEL ? longest : LABEL, cell = longest > CELL ? longest : CELL;
    if (longest == 0 || left < LABEL) {
        return (layout){LABEL, CELL, NULL, true};
    }
    if (label + count * (cell + 1) <= GD_TERMINAL_COLUMNS) {
        return (layout){label, cell, names, false};
    }
    return (layout){label + 2 < left ? label + 2 : left, CELL, names, true};
}

/* The number, or the name, or both, at the right of its columns. */
static void print_class(int64_t class, bool number, const char **names, int width, FILE *out) {
    const char *name;
    char digits[24] = "";
    const size_t length = gd_lines_next(names, &name);
    const int used =
        number ? snprintf(digits, sizeof digits, length > 0 ? "%lld " : "%lld", (long long)class)
               : 0;
    const size_t fit = gd_text_fit(name, length, width - used);
    fprintf(out, "%*s%s%.*s", width - used - gd_text_columns(name, fit), "", digits, (int)fit,
            name);
}

static void print_row(const layout *layout, int64_t classes, const double *row, FILE *out) {
    for (int64_t i = 0; i < classes; i++) {
        fprintf(out, " %*.*g", layout->cell, row[i] == floor(row[i]) ? 6 : 5,
                row[i]); /* weights may be of any size */
    }
    fprintf(out, "\n");
}

void gd_confusion_print(int64_t classes, const char *names, const double *rows, const char *where,
                        FILE *out) {
    if (classes > MOST_CLASSES) {
        fprintf(out, "confusion of %lld classes: %s\n", (long long)classes, where);
        return;
    }
    const layout layout = lay_out(classes, names);
    const char *across = layout.numbers ? NULL : layout.names, *down = layout.names;
    fprintf(out,
            "confusion rows of each class (down), by the class they are taken for (across)\n%*s",
            layout.label, "");
    for (int64_t i = 0; i < classes; i++) {
        fprintf(out, " ");
        print_class(i, layout.numbers, &across, layout.cell, out);
    }
    fprintf(out, "\n");
    for (int64_t i = 0; i < classes; i++) {
        print_class(i, layout.numbers, &down, layout.label, out);
        print_row(&layout, classes, rows + i * classes, out);
    }
}
