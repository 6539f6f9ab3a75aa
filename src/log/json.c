#include <math.h>
#include <string.h>

#include "gdmpi/json.h"
#include "gdmpi/lines.h"

static void add_string(gd_text *out, const char *text, size_t count) {
    const char *end = text + count;
    gd_text_add(out, "\"");
    while (text < end) {
        const unsigned char c = (unsigned char)*text;
        const size_t length = gd_text_letter(text);
        if (length == 0) {
            gd_text_add(out, "\\ufffd");
        } else if (c == '"' || c == '\\') {
            gd_text_add(out, "\\%c", c);
        } else if (c < 0x20) {
            gd_text_add(out, "\\u%04x", c);
        } else {
            gd_text_add(out, "%.*s", (int)length, text);
        }
        text += length > 0 ? length : 1;
    }
    gd_text_add(out, "\"");
}

void gd_json_string(gd_text *out, const char *text) {
    add_string(out, text, strlen(text));
}

void gd_json_lines(gd_text *out, const char *lines) {
    const char *name, *rest = lines;
    gd_text_add(out, "[");
    for (size_t length; (length = gd_lines_next(&rest, &name)) > 0;) {
        gd_text_add(out, name == lines ? "" : ", ");
        add_string(out, name, length);
    }
    gd_text_add(out, "]");
}

void gd_json_number(gd_text *out, double number) {
    char text[32];
    gd_text_add(out, "%s", isfinite(number) ? gd_text_number(number, text) : "null");
}

void gd_json_matrix(gd_text *out, int64_t rows, int64_t columns, const double *values) {
    for (int64_t i = 0; i < rows * columns; i++) {
        gd_text_add(out, "%s", i == 0 ? "[[" : i % columns == 0 ? "], [" : ", ");
        gd_json_number(out, values[i]);
    }
    gd_text_add(out, "]]");
}
