#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "config_private.h"
#include "gdmpi/memory.h"

/* libinih cuts lines at 200 bytes in its usual build, takes indented lines for more of the value
 * above, says nothing of text behind a section or of an empty section, and gives no line numbers.
 * So it is fed here line by line, each trimmed, without its comment, checked, and cut to what
 * libinih takes; the value is then taken from the line itself, which is whole. In the user's file,
 * indentation means nothing and a value ends with its line. */
typedef struct ini_feed {
    const char *name;
    char *next; /* what follows the line; NULL at the end of the text */
    char *line;
    int number;
    char *where;
    const gd_ini_listener *listener;
    gd_status status;
} ini_feed;

bool gd_ini_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool gd_ini_comment(const char *text, size_t i) {
    return (text[i] == ';' || text[i] == '#') && (i == 0 || gd_ini_blank(text[i - 1]));
}

char *gd_ini_trim(char *text) {
    while (gd_ini_blank(*text)) {
        text++;
    }
    size_t length = strlen(text);
    while (length > 0 && gd_ini_blank(text[length - 1])) {
        text[--length] = '\0';
    }
    return text;
}

/* Goes on to the next line that says something; false: the end of the text. */
static bool next_line(ini_feed *feed) {
    do {
        char *line = strsep(&feed->next, "\n");
        if (line == NULL) {
            return false;
        }
        size_t length = 0;
        while (line[length] != '\0' && !gd_ini_comment(line, length)) {
            length++;
        }
        line[length] = '\0';
        feed->line = gd_ini_trim(line);
        feed->number++;
    } while (*feed->line == '\0');
    return true;
}

static gd_status unexpected(const ini_feed *feed, const char *expected) {
    return gd_status_new(GD_BAD_INPUT, "%s: expected %s, found '%.60s'", feed->where, expected,
                         feed->line);
}

static gd_status check_section(const ini_feed *feed) {
    char *end = strchr(feed->line, ']');
    if (end == NULL || end[1] != '\0') {
        return unexpected(feed, "'[section]'");
    }
    *end = '\0';
    gd_status status =
        feed->listener->section(feed->listener->context, feed->where, feed->line + 1);
    *end = ']';
    return status;
}

/* The key and its '=' must fit into what libinih takes of a line. */
static gd_status check_key(const ini_feed *feed, size_t room) {
    size_t key = strcspn(feed->line, "=:");
    bool right = key > 0 && key < room && feed->line[key] == '=';
    return right ? GD_OK : unexpected(feed, "'key = value' on one line");
}

static char *give_line(char *out, int room, void *stream) {
    ini_feed *feed = stream;
    int most = room - 2; /* newline and NUL */
    if (feed->status != GD_OK || !next_line(feed)) {
        return NULL;
    }
    gd_memory_free(&feed->where);
    feed->status = gd_text_new(&feed->where, "%s:%d", feed->name, feed->number);
    if (feed->status == GD_OK) {
        feed->status = *feed->line == '[' ? check_section(feed) : check_key(feed, (size_t)most);
    }
    if (feed->status != GD_OK) {
        return NULL;
    }
    snprintf(out, (size_t)room, "%.*s\n", most, feed->line);
    return out;
}

static int take_key(void *user, const char *section, const char *key, const char *cut_value) {
    ini_feed *feed = user;
    (void)cut_value;
    const char *value = gd_ini_trim(strchr(feed->line, '=') + 1);
    feed->status = feed->listener->key(feed->listener->context, feed->where, section, key, value);
    return feed->status == GD_OK;
}

gd_status gd_ini_read(const char *name, const char *text, const gd_ini_listener *listener) {
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t mark = strncmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
    char *copy;
    gd_status status = gd_text_copy(text + mark, &copy);
    if (status != GD_OK) {
        return status;
    }
    ini_feed feed = {.name = name, .next = copy, .listener = listener};
    int outcome = ini_parse_stream(give_line, &feed, take_key, &feed);
    if (feed.status == GD_OK && outcome != 0) {
        feed.status =
            gd_status_new(GD_FAILED, "%s: libinih failed on this text (%d)", name, outcome);
    }
    gd_memory_free(&feed.where);
    gd_memory_free(&copy);
    return feed.status;
}
