/* Text that grows, and the few questions about words that messages need. */
#ifndef GDMPI_TEXT_H
#define GDMPI_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gdmpi/status.h"

/* Starts as {0}; `bytes` ends in a NUL once something was added. */
typedef struct gd_text {
    char *bytes;
    size_t length, room;
    bool failed; /* memory ran out: what came after is missing */
} gd_text;

/* Appends in the style of printf. A failure is remembered in `failed`. Not collective. */
void gd_text_add(gd_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gd_text_add_list(gd_text *text, const char *format, va_list arguments);

/* The sizes of an array of up to 8 dimensions: "[512, 784]"; returns `out`. Not collective. */
#define GD_TEXT_DIMS 192
const char *gd_text_dims(int rank, const int64_t *dims, char out[GD_TEXT_DIMS]);

/* Appends them. Not collective. */
void gd_text_add_dims(gd_text *text, int rank, const int64_t *dims);

/* Appends a name of a list between commas: as it is, or if it has a comma or a quote in quotes, its
 * own being doubled (RFC 4180). Not collective. */
void gd_text_add_name(gd_text *text, const char *name);

/* The text so far, "" if nothing was added; owned by `text`. Not collective. */
const char *gd_text_bytes(const gd_text *text);

/* GD_OK, or the failure that was remembered. Not collective. */
gd_status gd_text_status(const gd_text *text);

void gd_text_free(gd_text *text);

/* A copy to be freed with gd_memory_free. Not collective. */
gd_status gd_text_copy(const char *from, char **copy);

/* A text in the style of printf, to be freed with gd_memory_free; NULL on failure. Not collective.
 */
gd_status gd_text_new(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The index-th of a list of names; NULL past its end. */
typedef const char *gd_names(size_t index);

/* The place of `word` among the names, letter for letter; that of the closing NULL if it is none
 * of them. Not collective. */
size_t gd_text_index(const char *word, gd_names *names);

/* The name nearest to `word`, where one is near enough to be meant, else NULL: few letters differ
 * or are swapped, whatever their case, or one of the two is the initials of the other, as lr of
 * learning_rate. The first of several that are as near. Not collective. */
const char *gd_text_nearest(const char *word, gd_names *names);

/* The same among two names, each of which may be NULL. Not collective. */
const char *gd_text_nearer(const char *word, const char *first, const char *second);

/* The bytes of the letter of UTF-8 (RFC 3629, section 4) that begins here; 0: it is none, or not
 * whole. Not collective. */
size_t gd_text_letter(const char *text);
bool gd_text_is_utf8(const char *text);

/* Replaces what is not UTF-8, and what would make a terminal do things, by question marks; but
 * control characters that are in `kept`. Not collective. */
void gd_text_make_printable(char *text, const char *kept);

/* How many columns of a terminal `count` bytes of printable UTF-8 take: at most, for letters of
 * three bytes or more may be wide. Not collective. */
int gd_text_columns(const char *text, size_t count);

/* How many of `length` bytes of it fit into so many columns: whole letters, at least one. Not
 * collective. */
size_t gd_text_fit(const char *text, size_t length, int columns);

/* Reads the whole of `text` as a number: no blanks around it, nothing behind it, finite, in the
 * range of the type. False, and *value untouched, if it is not one. Integers may be written as 1e6.
 * Not collective. */
bool gd_text_to_integer(const char *text, int64_t *value);
bool gd_text_to_number(const char *text, double *value);

/* The shortest text that gd_text_to_number reads as the same number: "0.1", "1e-8"; "inf", "-inf"
 * or "nan" if it is not finite. `out` holds 32 bytes and is returned. Not collective. */
char *gd_text_number(double number, char out[32]);

/* What makes a word mean so many: "s", or "" for one. */
const char *gd_text_plural(int64_t count);

/* "1,234,567", "1.2 GiB" and "1 min 20 s" for people; `out` holds 32 bytes and is returned. */
char *gd_text_grouped(int64_t number, char out[32]);
char *gd_text_amount(double bytes, char out[32]);
char *gd_text_duration(double seconds, char out[32]);

/* The same to three digits, however short: "4.23 us", "71.5 ms". */
char *gd_text_time(double seconds, char out[32]);

#endif
