#include "gdmpi/lines.h"

#include <string.h>

#include "gdmpi/text.h"

size_t gd_lines_next(const char **rest, const char **name) {
    *name = *rest == NULL ? "" : *rest;
    const size_t length = strcspn(*name, "\n");
    *rest = *name + length + ((*name)[length] != '\0');
    return length;
}

int64_t gd_lines_count(const char *lines) {
    const char *name;
    int64_t count = 0;
    while (gd_lines_next(&lines, &name) > 0) {
        count++;
    }
    return count;
}

int gd_lines_columns(const char *lines) {
    const char *name;
    int most = 0;
    for (size_t length; (length = gd_lines_next(&lines, &name)) > 0;) {
        const int columns = gd_text_columns(name, length);
        most = columns > most ? columns : most;
    }
    return most;
}
