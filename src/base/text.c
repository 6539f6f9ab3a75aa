#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gdmpi/memory.h"
#include "gdmpi/text.h"

void gd_text_add_list(gd_text *text, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    size_t needed = text->length + (size_t)length + 1;
    if (length < 0 || text->failed) {
        text->failed = true;
        return;
    }
    if (needed > text->room) {
        size_t room = 2 * needed + 64;
        char *bytes = realloc(text->bytes, room);
        if (bytes == NULL) {
            text->failed = true;
            return;
        }
        text->bytes = bytes;
        text->room = room;
    }
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
    text->length += (size_t)length;
}

void gd_text_add(gd_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    gd_text_add_list(text, format, arguments);
    va_end(arguments);
}

const char *gd_text_dims(int rank, const int64_t *dims, char out[GD_TEXT_DIMS]) {
    int at = snprintf(out, GD_TEXT_DIMS, "[");
    for (int i = 0; i < rank && at < GD_TEXT_DIMS; i++) {
        at += snprintf(out + at, (size_t)(GD_TEXT_DIMS - at), "%s%lld", i == 0 ? "" : ", ",
                       (long long)dims[i]);
    }
    if (at < GD_TEXT_DIMS) {
        snprintf(out + at, (size_t)(GD_TEXT_DIMS - at), "]");
    }
    return out;
}

void gd_text_add_dims(gd_text *text, int rank, const int64_t *dims) {
    char all[GD_TEXT_DIMS];
    gd_text_add(text, "%s", gd_text_dims(rank, dims, all));
}

void gd_text_add_name(gd_text *text, const char *name) {
    if (strpbrk(name, ",\"") == NULL) {
        gd_text_add(text, "%s", name);
        return;
    }
    gd_text_add(text, "\"");
    for (; *name != '\0'; name++) {
        gd_text_add(text, *name == '"' ? "\"\"" : "%c", *name);
    }
    gd_text_add(text, "\"");
}

const char *gd_text_bytes(const gd_text *text) {
    return text->bytes == NULL ? "" : text->bytes;
}

gd_status gd_text_status(const gd_text *text) {
    return text->failed ? gd_status_no_memory("a text", (double)text->length) : GD_OK;
}

void gd_text_free(gd_text *text) {
    free(text->bytes);
    *text = (gd_text){0};
}

gd_status gd_text_new(char **text, const char *format, ...) {
    gd_text made = {0};
    va_list arguments;
    va_start(arguments, format);
    gd_text_add_list(&made, format, arguments);
    va_end(arguments);
    gd_status status = gd_text_status(&made);
    if (status != GD_OK) {
        gd_text_free(&made);
    }
    *text = made.bytes;
    return status;
}

gd_status gd_text_copy(const char *from, char **copy) {
    size_t bytes = strlen(from) + 1;
    gd_status status = gd_memory_new(copy, bytes, 1, "a text");
    if (status == GD_OK) {
        memcpy(*copy, from, bytes);
    }
    return status;
}

size_t gd_text_index(const char *word, gd_names *names) {
    size_t index = 0;
    while (names(index) != NULL && strcmp(word, names(index)) != 0) {
        index++;
    }
    return index;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

enum { LONGEST_WORD = 64 };

/* The edit distance of two words, ignoring case, by optimal string alignment (Damerau 1964): rows
 * of the distance table for prefixes of a, kept three at a time. */
static size_t edit_distance(const char *a, const char *b) {
    size_t m = strlen(a), n = strlen(b);
    if (m >= LONGEST_WORD || n >= LONGEST_WORD) {
        return strcasecmp(a, b) == 0 ? 0 : m + n;
    }
    size_t rows[3][LONGEST_WORD];
    for (size_t j = 0; j <= n; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= m; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = least(least(row[j - 1], above[j]) + 1, above[j - 1] + (same ? 0 : 1));
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1])) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
    }
    return rows[m % 3][n];
}

/* Whether a word is the first letters of a name's parts, as lr of learning_rate. */
static bool is_initials(const char *word, const char *name) {
    size_t parts = 0;
    for (; *name != '\0'; parts++) {
        if (word[parts] != *name) {
            return false;
        }
        name += strcspn(name, "_");
        name += *name == '_' ? 1 : 0;
    }
    return parts >= 2 && word[parts] == '\0';
}

/* SIZE_MAX if the name is missing or not near enough to be meant. */
static size_t distance_if_near(const char *word, const char *name) {
    if (name == NULL) {
        return SIZE_MAX;
    }
    size_t distance = edit_distance(word, name);
    if (distance > 1 && (is_initials(word, name) || is_initials(name, word))) {
        distance = 1;
    }
    return distance <= strlen(word) / 2 ? distance : SIZE_MAX;
}

const char *gd_text_nearer(const char *word, const char *first, const char *second) {
    size_t one = distance_if_near(word, first), two = distance_if_near(word, second);
    if (two < one) {
        return second;
    }
    return one < SIZE_MAX ? first : NULL;
}

const char *gd_text_nearest(const char *word, gd_names *names) {
    const char *nearest = NULL;
    for (size_t i = 0; names(i) != NULL; i++) {
        nearest = gd_text_nearer(word, nearest, names(i));
    }
    return nearest;
}

/* The bytes of the letter of UTF-8 that begins here, by its first byte; 0: it is none. */
static size_t letter_bytes(unsigned char first) {
    return first < 0x80                    ? 1
           : first >= 0xc2 && first < 0xe0 ? 2
           : first >= 0xe0 && first < 0xf0 ? 3
           : first >= 0xf0 && first < 0xf5 ? 4
                                           : 0;
}

size_t gd_text_letter(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    size_t bytes = letter_bytes(c[0]);
    for (size_t i = 1; i < bytes; i++) {
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    /* Longer than need be, a half of one of UTF-16, beyond the last. */
    bool none = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] >= 0xa0) ||
                (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] >= 0x90);
    return none ? 0 : bytes;
}

bool gd_text_is_utf8(const char *text) {
    for (size_t bytes; *text != '\0'; text += bytes) {
        bytes = gd_text_letter(text);
        if (bytes == 0) {
            return false;
        }
    }
    return true;
}

/* Of ASCII, or of what ISO 8859 adds, which some terminals obey in UTF-8 too. */
static bool is_control(const char *text, const char *kept) {
    const unsigned char *c = (const unsigned char *)text;
    return c[0] < 0x80 ? (c[0] < ' ' || c[0] == 0x7f) && strchr(kept, text[0]) == NULL
                       : c[0] == 0xc2 && c[1] < 0xa0;
}

void gd_text_make_printable(char *text, const char *kept) {
    while (*text != '\0') {
        size_t bytes = gd_text_letter(text);
        if (bytes == 0 || is_control(text, kept)) {
            *text = '?';
            bytes = 1;
        }
        text += bytes;
    }
}

int gd_text_columns(const char *text, size_t count) {
    int columns = 0;
    for (size_t i = 0; i < count; i++) {
        size_t bytes = letter_bytes((unsigned char)text[i]);
        columns += bytes == 0 ? 0 : bytes < 3 ? 1 : 2;
    }
    return columns;
}

size_t gd_text_fit(const char *text, size_t length, int room) {
    size_t end = 0, next = 0;
    do {
        end = next;
        next += 1;
        while (next < length && gd_text_columns(text + next, 1) == 0) {
            next++;
        }
    } while (end < length && (end == 0 || gd_text_columns(text, next) <= room));
    return end;
}

bool gd_text_to_number(const char *text, double *value) {
    static const char allowed[] = "0123456789+-.eE";
    if (text[0] == '\0' || text[strspn(text, allowed)] != '\0') {
        return false;
    }
    char *end;
    double number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number)) {
        return false;
    }
    *value = number;
    return true;
}

bool gd_text_to_integer(const char *text, int64_t *value) {
    char *end;
    errno = 0;
    long long integer = strtoll(text, &end, 10);
    if (errno == 0 && *end == '\0' && text[0] != '\0' && strchr("0123456789+-", text[0])) {
        *value = integer;
        return true;
    }
    double number;
    if (errno != 0 || !gd_text_to_number(text, &number) || number != floor(number) ||
        fabs(number) > 0x1p53) {
        return false;
    }
    *value = (int64_t)number;
    return true;
}

/* Drops what an exponent does not need: 1e+30 becomes 1e30, and 1e-08 becomes 1e-8. */
static void shorten_exponent(char *text) {
    char *digits = strchr(text, 'e');
    if (digits == NULL) {
        return;
    }
    digits += digits[1] == '-' ? 2 : 1;
    size_t spare = strspn(digits, "+0");
    memmove(digits, digits + spare, strlen(digits + spare) + 1);
}

/* %g drops the zeros that end 15 digits, which any normal number keeps; subnormal ones keep fewer.
 */
char *gd_text_number(double number, char out[32]) {
    double again = NAN;
    for (int digits = fabs(number) < DBL_MIN ? 1 : 15; digits <= 17 && again != number; digits++) {
        snprintf(out, 32, "%.*g", digits, number);
        (void)gd_text_to_number(out, &again);
    }
    shorten_exponent(out);
    return out;
}

const char *gd_text_plural(int64_t count) {
    return count == 1 ? "" : "s";
}

char *gd_text_grouped(int64_t number, char out[32]) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)number);
    int place = 0;
    for (int i = 0; i < length; i++) {
        out[place++] = digits[i];
        if (digits[i] != '-' && (length - 1 - i) % 3 == 0 && i + 1 < length) {
            out[place++] = ',';
        }
    }
    out[place] = '\0';
    return out;
}

char *gd_text_amount(double bytes, char out[32]) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, 32, unit == 0 || bytes >= 100 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return out;
}

char *gd_text_duration(double seconds, char out[32]) {
    long long whole = (long long)(seconds + 0.5);
    if (seconds < 0.9995) {
        snprintf(out, 32, "%.0f ms", 1e3 * seconds);
    } else if (seconds < 59.95) {
        snprintf(out, 32, "%.1f s", seconds);
    } else if (whole < 3600) {
        snprintf(out, 32, "%lld min %02lld s", whole / 60, whole % 60);
    } else {
        snprintf(out, 32, "%lld h %02lld min", whole / 3600, whole % 3600 / 60);
    }
    return out;
}

char *gd_text_time(double seconds, char out[32]) {
    if (seconds < 0.9995e-3) {
        snprintf(out, 32, "%.3g us", 1e6 * seconds);
    } else if (seconds < 0.9995) {
        snprintf(out, 32, "%.3g ms", 1e3 * seconds);
    } else if (seconds < 59.95) {
        snprintf(out, 32, "%.3g s", seconds);
    } else {
        gd_text_duration(seconds, out);
    }
    return out;
}
