#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gdmpi/status.h"
#include "gdmpi/text.h"

struct gd_error {
    gd_code code;
    char message[];
};

/* What is left to say when there is no memory to say anything else. */
static struct gd_error *const no_memory = (struct gd_error *)&(const struct {
    gd_code code;
    char message[16];
}){GD_FAILED, "out of memory"};

gd_status gd_status_new(gd_code code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    struct gd_error *error = length < 0 ? NULL : malloc(sizeof *error + (size_t)length + 1);
    if (error == NULL) {
        return no_memory;
    }
    error->code = code;
    va_start(arguments, format);
    vsnprintf(error->message, (size_t)length + 1, format, arguments);
    va_end(arguments);
    gd_text_make_printable(error->message, "");
    return error;
}

gd_status gd_status_no_memory(const char *what, double bytes) {
    char amount[32];
    return gd_status_new(GD_FAILED, "out of memory: no room for %s (%s)", what,
                         gd_text_amount(bytes, amount));
}

gd_status gd_status_first(gd_status status, gd_status next) {
    if (status == GD_OK) {
        return next;
    }
    gd_status_free(&next);
    return status;
}

gd_code gd_status_code(gd_status status) {
    return status == GD_OK ? GD_DONE : status->code;
}

const char *gd_status_message(gd_status status) {
    return status == GD_OK ? "" : status->message;
}

void gd_status_free(gd_status *status) {
    if (*status != no_memory) {
        free(*status);
    }
    *status = GD_OK;
}
