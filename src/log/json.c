#include <math.h>

#include "gdmpi/json.h"

/* How many bytes the UTF-8 character at `c` has; 0 if it is none (RFC 3629, section 3). */
static int utf8_length(const unsigned char *c) {
    int length = *c < 0x80 ? 1 : *c < 0xc2 ? 0 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : *c < 0xf5 ? 4 : 0;
    for (int i = 1; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

void gd_json_string(gd_text *out, const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    gd_text_add(out, "\"");
    while (*c != '\0') {
        int length = utf8_length(c);
        if (length == 0) {
            gd_text_add(out, "\\ufffd");
        } else if (*c == '"' || *c == '\\') {
            gd_text_add(out, "\\%c", *c);
        } else if (*c < 0x20) {
            gd_text_add(out, "\\u%04x", *c);
        } else {
            gd_text_add(out, "%.*s", length, (const char *)c);
        }
        c += length > 0 ? length : 1;
    }
    gd_text_add(out, "\"");
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
