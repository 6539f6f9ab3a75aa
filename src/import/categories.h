/* Different texts, in order: numbers by their value, then other texts by their bytes. */
#ifndef GDMPI_IMPORT_CATEGORIES_H
#define GDMPI_IMPORT_CATEGORIES_H

#include "numbers.h"

typedef struct gd_category {
    char *text;
    bool numeric;
    double number;
    int64_t count;
} gd_category;

typedef struct gd_categories {
    gd_category **list;
    size_t count, room;
    bool full; /* there were more than `most` */
} gd_categories;

/* Counts one more of this text, and sets `full` where it would be new and there are `most`. */
gd_status gd_categories_add(gd_categories *categories, const char *text, size_t most);

/* Its number, from 0; -1 if it was never added. */
int64_t gd_categories_find(const gd_categories *categories, const char *text);

/* The number of the most frequent one, the first of several. */
int64_t gd_categories_mode(const gd_categories *categories);

/* Appends them, with `between`. At most `most`, then "...". */
void gd_categories_list(const gd_categories *categories, const char *between, size_t most,
                        gd_text *text);
void gd_categories_free(gd_categories *categories);

#endif
