#include <string.h>

#include "data_private.h"
#include "gdmpi/lines.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"
#include "gdmpi/terminal.h"

gd_status gd_source_classes(const gd_source *source, char **classes) {
    gd_store *store = NULL;
    char *name;
    *classes = NULL;
    gd_status status = gd_text_new(&name, "%s/y", gd_source_prefix(source));
    if (status == GD_OK) {
        status = gd_store_open(source->file, &store);
    }
    if (status == GD_OK) {
        status = gd_store_get_lines(store, name, "classes", classes);
    }
    gd_memory_free(&name);
    return gd_status_first(status, gd_store_close(&store));
}

/* One of them may go on where the other ends. */
static void warn_if_other(const gd_source *source, const char *here, const char *classes) {
    enum { MOST = 40 }; /* columns of a name */
    const char *name, *wanted;
    int64_t number = 0;
    for (;; number++) {
        const size_t length = gd_lines_next(&here, &name), count = gd_lines_next(&classes, &wanted);
        if (length == 0 || count == 0) {
            return;
        }
        if (length != count || memcmp(name, wanted, length) != 0) {
            gd_terminal_warn("%s: class %lld of %s/y is '%.*s', but the model's is '%.*s': the "
                             "numbers of classes do not mean the same",
                             source->file, (long long)number, gd_source_prefix(source),
                             (int)gd_text_fit(name, length, MOST), name,
                             (int)gd_text_fit(wanted, count, MOST), wanted);
            return;
        }
    }
}

gd_status gd_source_compare_classes(const gd_source *source, const char *classes) {
    char *here;
    gd_status status = gd_source_classes(source, &here);
    if (status == GD_OK) {
        warn_if_other(source, here, classes);
    }
    gd_memory_free(&here);
    return status;
}
