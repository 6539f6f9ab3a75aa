#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "config_private.h"

/* libinih cuts lines at 200 bytes in its usual build, takes indented lines for more of the value
 * above, says nothing of text behind a section or of an empty section, and gives no line numbers.
 * So it is fed here line by line: trimmed, without comments, checked, and long lines in pieces. To
 * libinih, pieces are a value of several lines; GUARD at their ends keeps the blanks and semicolons
 * there. In the user's file, indentation means nothing and a value ends with its line. */
enum { GUARD = '=' };

typedef struct ini_feed {
    const char *name, *next;
    int line;
    const char *rest; /* of the current line, not given to libinih yet */
    size_t length;
    bool first; /* whether the rest is the whole line */
    gd_text where, key, value;
    const gd_ini_listener *listener;
    gd_status status;
} ini_feed;

bool gd_ini_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool gd_ini_comment(const char *text, size_t i) {
    return (text[i] == ';' || text[i] == '#') && (i == 0 || gd_ini_blank(text[i - 1]));
}

/* Makes the next line the rest, trimmed and without its comment; false: the end of the text. */
static bool next_line(ini_feed *feed) {
    if (*feed->next == '\0') {
        return false;
    }
    const char *start = feed->next;
    size_t length = strcspn(start, "\n");
    feed->next += length + (start[length] == '\n' ? 1 : 0);
    feed->line++;
    while (length > 0 && gd_ini_blank(*start)) {
        start++;
        length--;
    }
    for (size_t i = 0; i < length; i++) {
        if (gd_ini_comment(start, i)) {
            length = i;
        }
    }
    while (length > 0 && gd_ini_blank(start[length - 1])) {
        length--;
    }
    feed->rest = start;
    feed->length = length;
    feed->first = true;
    gd_text_free(&feed->where);
    gd_text_add(&feed->where, "%s:%d", feed->name, feed->line);
    feed->status = gd_text_status(&feed->where);
    return true;
}

/* How much of a line a message shows. */
static int shown(const ini_feed *feed) {
    return feed->length < 60 ? (int)feed->length : 60;
}

static gd_status check_section(const ini_feed *feed) {
    const char *end = memchr(feed->rest, ']', feed->length);
    if (end == NULL || end != feed->rest + feed->length - 1) {
        return gd_status_new(GD_BAD_INPUT, "%s: expected '[section]', found '%.*s'",
                             gd_text_bytes(&feed->where), shown(feed), feed->rest);
    }
    gd_text section = {0};
    gd_text_add(&section, "%.*s", (int)feed->length - 2, feed->rest + 1);
    gd_status status = gd_text_status(&section);
    if (status == GD_OK) {
        status = feed->listener->section(feed->listener->context, gd_text_bytes(&feed->where),
                                         gd_text_bytes(&section));
    }
    gd_text_free(&section);
    return status;
}

/* The key and its '=' must fit into the first piece. */
static gd_status check_key(const ini_feed *feed, size_t room) {
    const char *separator = feed->rest;
    while (separator < feed->rest + feed->length && *separator != '=' && *separator != ':') {
        separator++;
    }
    size_t key = (size_t)(separator - feed->rest);
    if (key == 0 || key >= room || key == feed->length || *separator != '=') {
        return gd_status_new(GD_BAD_INPUT, "%s: expected 'key = value' on one line, found '%.*s'",
                             gd_text_bytes(&feed->where), shown(feed), feed->rest);
    }
    return GD_OK;
}

static char *give_line(char *out, int room, void *stream) {
    ini_feed *feed = stream;
    while (feed->status == GD_OK && feed->length == 0) {
        if (!next_line(feed)) {
            return NULL;
        }
    }
    size_t most = (size_t)room - 5; /* two guards, blank, newline, NUL */
    if (feed->status == GD_OK && feed->first) {
        feed->status = *feed->rest == '[' ? check_section(feed) : check_key(feed, most);
    }
    if (feed->status != GD_OK) {
        return NULL;
    }
    size_t piece = feed->length < most ? feed->length : most;
    bool more = piece < feed->length;
    snprintf(out, (size_t)room, "%s%.*s%s\n", feed->first ? "" : " =", (int)piece, feed->rest,
             more ? "=" : "");
    feed->rest += piece;
    feed->length -= piece;
    feed->first = false;
    return out;
}

static gd_status deliver(ini_feed *feed, const char *section) {
    gd_status status = gd_text_status(&feed->key);
    if (status == GD_OK) {
        status = gd_text_status(&feed->value);
    }
    if (status == GD_OK) {
        const char *value = gd_text_bytes(&feed->value);
        while (gd_ini_blank(*value)) {
            value++;
        }
        status = feed->listener->key(feed->listener->context, gd_text_bytes(&feed->where), section,
                                     gd_text_bytes(&feed->key), value);
    }
    gd_text_free(&feed->key);
    gd_text_free(&feed->value);
    return status;
}

/* One piece of a value, the last one if nothing is left of the line. */
static int take_piece(void *user, const char *section, const char *key, const char *piece) {
    ini_feed *feed = user;
    size_t length = strlen(piece);
    if (feed->key.length == 0) {
        gd_text_add(&feed->key, "%s", key);
    } else if (*piece == GUARD) {
        piece++;
        length--;
    }
    bool more = feed->length > 0;
    gd_text_add(&feed->value, "%.*s", (int)length - (more ? 1 : 0), piece);
    if (!more) {
        feed->status = deliver(feed, section);
    }
    return feed->status == GD_OK;
}

gd_status gd_ini_read(const char *name, const char *text, const gd_ini_listener *listener) {
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t mark = strncmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
    ini_feed feed = {.name = name, .next = text + mark, .listener = listener};
    int outcome = ini_parse_stream(give_line, &feed, take_piece, &feed);
    if (feed.status == GD_OK && outcome != 0) {
        feed.status =
            gd_status_new(GD_FAILED, "%s: libinih failed on this text (%d)", name, outcome);
    }
    gd_text_free(&feed.where);
    gd_text_free(&feed.key);
    gd_text_free(&feed.value);
    return feed.status;
}
