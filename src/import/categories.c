#include <string.h>

#include "categories.h"
#include "gdmpi/memory.h"

static int compare(const gd_category *a, const gd_category *b) {
    if (a->numeric != b->numeric) {
        return a->numeric ? -1 : 1;
    }
    if (a->numeric && a->number != b->number) {
        return a->number < b->number ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

/* Where it is, or would be. */
static size_t look(const gd_categories *categories, const char *text, bool *found) {
    gd_category wanted = {.text = (char *)text};
    wanted.numeric = gd_number_read(text, &wanted.number);
    size_t low = 0, high = categories->count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&wanted, categories->list[middle]);
        if (order > 0) {
            low = middle + 1;
        } else {
            high = middle;
            *found = order == 0;
        }
    }
    return high;
}

static gd_status insert(gd_categories *categories, size_t at, const char *text) {
    gd_category *new;
    gd_status status = gd_grow((char **)&categories->list, categories->count, &categories->room,
                               sizeof(gd_category *), "a list of categories");
    if (status == GD_OK) {
        status = gd_memory_new(&new, 1, sizeof *new, "a category");
    }
    if (status != GD_OK) {
        return status;
    }
    status = gd_text_copy(text, &new->text);
    if (status != GD_OK) {
        gd_memory_free(&new);
        return status;
    }
    new->numeric = gd_number_read(text, &new->number);
    new->count = 1;
    memmove(categories->list + at + 1, categories->list + at,
            (categories->count - at) * sizeof(gd_category *));
    categories->list[at] = new;
    categories->count++;
    return GD_OK;
}

gd_status gd_categories_add(gd_categories *categories, const char *text, size_t most) {
    bool found;
    size_t at = look(categories, text, &found);
    if (found) {
        categories->list[at]->count++;
    } else if (categories->count >= most) {
        categories->full = true;
    } else {
        return insert(categories, at, text);
    }
    return GD_OK;
}

int64_t gd_categories_find(const gd_categories *categories, const char *text) {
    bool found;
    size_t at = look(categories, text, &found);
    return found ? (int64_t)at : -1;
}

int64_t gd_categories_mode(const gd_categories *categories) {
    size_t mode = 0;
    for (size_t i = 1; i < categories->count; i++) {
        mode = categories->list[i]->count > categories->list[mode]->count ? i : mode;
    }
    return (int64_t)mode;
}

void gd_categories_list(const gd_categories *categories, const char *between, size_t most,
                        gd_text *text) {
    for (size_t i = 0; i < categories->count && i < most; i++) {
        gd_text_add(text, "%s%s", i > 0 ? between : "", categories->list[i]->text);
    }
    if (categories->count > most) {
        gd_text_add(text, "%s...", between);
    }
}

void gd_categories_free(gd_categories *categories) {
    for (size_t i = 0; i < categories->count; i++) {
        gd_memory_free(&categories->list[i]->text);
        gd_memory_free(&categories->list[i]);
    }
    gd_memory_free(&categories->list);
    *categories = (gd_categories){0};
}
