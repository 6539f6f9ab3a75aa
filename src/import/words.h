/* Different texts, in order: numbers by their value, then other texts by their bytes. */
#ifndef GDMPI_IMPORT_WORDS_H
#define GDMPI_IMPORT_WORDS_H

#include "numbers.h"

typedef struct gd_word {
    char *text;
    bool numeric;
    double number;
    int64_t count;
} gd_word;

typedef struct gd_words {
    gd_word **list;
    size_t count, room;
    bool full; /* there were more than `most` */
} gd_words;

/* GD_BAD_INPUT if a text, of this line, is not UTF-8: what files say of names is. */
gd_status gd_words_check(const char *text, const char *path, int64_t line);

/* Counts one more of this text, and sets `full` where it would be new and there are `most`. */
gd_status gd_words_add(gd_words *words, const char *text, size_t most);

/* Its number, from 0; -1 if it was never added. */
int64_t gd_words_find(const gd_words *words, const char *text);

/* The number of the most frequent one, the first of several. */
int64_t gd_words_mode(const gd_words *words);

/* Adds them all, a line for each without the last end of a line; and, for people, the first few,
 * between commas. */
void gd_words_list(const gd_words *words, gd_text *text);
void gd_words_summarise(const gd_words *words, gd_text *text);
void gd_words_free(gd_words *words);

#endif
