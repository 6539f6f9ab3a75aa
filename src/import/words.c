#include <string.h>

#include "gdmpi/memory.h"
#include "words.h"

gd_status gd_words_check(const char *text, const char *path, int64_t line) {
    return gd_text_is_utf8(text)
               ? GD_OK
               : gd_status_new(GD_BAD_INPUT,
                               "%s:%lld: '%.40s' is not UTF-8; of Latin-1, iconv -f latin1 -t "
                               "utf8 makes it",
                               path, (long long)line, text);
}

static int compare(const gd_word *a, const gd_word *b) {
    if (a->numeric != b->numeric) {
        return a->numeric ? -1 : 1;
    }
    if (a->numeric && a->number != b->number) {
        return a->number < b->number ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

/* Where it is, or would be. */
static size_t look(const gd_words *words, const char *text, bool *found) {
    gd_word wanted = {.text = (char *)text};
    wanted.numeric = gd_number_read(text, &wanted.number);
    size_t low = 0, high = words->count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&wanted, words->list[middle]);
        if (order > 0) {
            low = middle + 1;
        } else {
            high = middle;
            *found = order == 0;
        }
    }
    return high;
}

static gd_status insert(gd_words *words, size_t at, const char *text) {
    gd_word *new;
    gd_status status =
        gd_grow(&words->list, words->count, &words->room, sizeof(gd_word *), "a list of words");
    if (status == GD_OK) {
        status = gd_memory_new(&new, 1, sizeof *new, "a word");
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
    memmove(words->list + at + 1, words->list + at, (words->count - at) * sizeof(gd_word *));
    words->list[at] = new;
    words->count++;
    return GD_OK;
}

gd_status gd_words_add(gd_words *words, const char *text, size_t most) {
    bool found;
    size_t at = look(words, text, &found);
    if (found) {
        words->list[at]->count++;
    } else if (words->count >= most) {
        words->full = true;
    } else {
        return insert(words, at, text);
    }
    return GD_OK;
}

int64_t gd_words_find(const gd_words *words, const char *text) {
    bool found;
    size_t at = look(words, text, &found);
    return found ? (int64_t)at : -1;
}

int64_t gd_words_mode(const gd_words *words) {
    size_t mode = 0;
    for (size_t i = 1; i < words->count; i++) {
        mode = words->list[i]->count > words->list[mode]->count ? i : mode;
    }
    return (int64_t)mode;
}

void gd_words_list(const gd_words *words, gd_text *text) {
    for (size_t i = 0; i < words->count; i++) {
        gd_text_add(text, "%s%s", i > 0 ? "\n" : "", words->list[i]->text);
    }
}

void gd_words_summarise(const gd_words *words, gd_text *text) {
    static const size_t most = 6;
    for (size_t i = 0; i < words->count && i < most; i++) {
        gd_text_add(text, i > 0 ? ", " : "");
        gd_text_add_name(text, words->list[i]->text);
    }
    gd_text_add(text, words->count > most ? ", ..." : "");
}

void gd_words_free(gd_words *words) {
    for (size_t i = 0; i < words->count; i++) {
        gd_memory_free(&words->list[i]->text);
        gd_memory_free(&words->list[i]);
    }
    gd_memory_free(&words->list);
    *words = (gd_words){0};
}
