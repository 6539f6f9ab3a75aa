/* What the tests of importing share. */
#ifndef TESTS_IMPORT_SUPPORT_H
#define TESTS_IMPORT_SUPPORT_H

#include <stdio.h>
#include <string.h>

#include "gdmpi/import.h"

/* Imports as gdmpi does that is given these words, with blanks between them. `memory` 0: the usual.
 */
static inline gd_status import_with(const char *line, int64_t memory) {
    char copy[1024], *words[32];
    int count = 0;
    gd_import_options options;
    gd_text summary = {0};
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        words[count++] = word;
    }
    gd_status status = gd_import_parse(count, words, &options);
    if (status == GD_OK) {
        options.memory = memory > 0 ? memory : options.memory;
        status = gd_import_run(&options, &summary);
    }
    gd_text_free(&summary);
    return status;
}

static inline gd_status import_line(const char *line) {
    return import_with(line, 0);
}

#endif
