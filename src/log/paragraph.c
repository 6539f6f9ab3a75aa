#include "gdmpi/paragraph.h"

#include <stdarg.h>
#include <string.h>

#include "gdmpi/lines.h"

enum { LABEL = 10, LEAST = 16 }; /* columns of a label, and of the text at least */
enum { FARTHEST = 24 };          /* from which a column of a page begins */

/* How much of the text goes into a line: up to a blank, or as much of a long word as there is room
 * for. */
static size_t line_of(const char *text, int room) {
    size_t end = strcspn(text, " ");
    if (gd_text_columns(text, end) > room) {
        return gd_text_fit(text, end, room);
    }
    while (text[end] == ' ') {
        size_t next = end + 1 + strcspn(text + end + 1, " ");
        if (gd_text_columns(text, next) > room) {
            break;
        }
        end = next;
    }
    return end;
}

static void replace(char *text, char old, char new) {
    for (char *at = text; (at = strchr(at, old)) != NULL; at++) {
        *at = new;
    }
}

void gd_paragraph_keep(char *text) {
    replace(text, ' ', GD_PARAGRAPH_BLANK);
}

void gd_paragraph_name(gd_text *words, const char *name, size_t length) {
    enum { MOST = 24 };
    static const char more[] = "...";
    char kept[4 * MOST + sizeof more] = "";
    const size_t room = sizeof kept - sizeof more;
    const size_t fit = gd_text_fit(name, length < room ? length : room, MOST);
    memcpy(kept, name, fit);
    memcpy(kept + fit, fit < length ? more : "", fit < length ? sizeof more : 1);
    gd_paragraph_keep(kept);
    gd_text_add_name(words, kept);
}

void gd_paragraph_names(gd_text *words, const char *lines) {
    enum { MOST = 150 };
    const char *name, *rest = lines;
    int64_t left = 0;
    char number[32];
    for (size_t length; (length = gd_lines_next(&rest, &name)) > 0;) {
        if (words->length > MOST || left > 0) {
            left++;
            continue;
        }
        gd_text_add(words, name == lines ? "" : ", ");
        gd_paragraph_name(words, name, length);
    }
    if (left > 0) {
        gd_text_add(words, " and %s more", gd_text_grouped(left, number));
    }
}

void gd_paragraph_write(const gd_paragraph *paragraph, int width, const char *words,
                        gd_text *text) {
    const int left = width - paragraph->indent, room = left > LEAST ? left : LEAST;
    const size_t before = text->length;
    gd_text_add(text, "%-*s", words[0] == '\0' ? 0 : paragraph->indent, paragraph->label);
    for (bool first = true; first || *words != '\0'; first = false) {
        const size_t length = line_of(words, room);
        gd_text_add(text, "%-*s%.*s\n", first ? 0 : paragraph->indent,
                    first || paragraph->below == NULL ? "" : paragraph->below, (int)length, words);
        words += length;
        words += strspn(words, " ");
    }
    if (text->bytes != NULL) {
        replace(text->bytes + before, GD_PARAGRAPH_BLANK, ' ');
    }
}

static int page_width(void) {
    int width = gd_terminal_width(stdout);
    return width < GD_TERMINAL_COLUMNS ? width : GD_TERMINAL_COLUMNS;
}

/* Takes `words` over. */
static void add(gd_text *page, const gd_paragraph *paragraph, gd_text *words) {
    const bool plain = paragraph->style == GD_STYLE_PLAIN;
    gd_text_add(page, "%s", plain ? "" : gd_terminal_style(stdout, paragraph->style));
    gd_paragraph_write(paragraph, page_width(), gd_text_bytes(words), page);
    gd_text_add(page, "%s", plain ? "" : gd_terminal_style(stdout, GD_STYLE_PLAIN));
    page->failed = page->failed || words->failed;
    gd_text_free(words);
}

void gd_paragraph_add(gd_text *page, const gd_paragraph *paragraph, const char *format, ...) {
    gd_text words = {0};
    va_list arguments;
    va_start(arguments, format);
    gd_text_add_list(&words, format, arguments);
    va_end(arguments);
    add(page, paragraph, &words);
}

static void say(const gd_paragraph *paragraph, const char *format, va_list arguments) {
    gd_text words = {0}, page = {0};
    if (!gd_terminal_is(stdout)) {
        printf("%-*s", paragraph->indent, paragraph->label);
        vprintf(format, arguments);
        printf("\n");
        return;
    }
    gd_text_add_list(&words, format, arguments);
    add(&page, paragraph, &words);
    printf("%s", gd_text_bytes(&page));
    gd_text_free(&page);
}

void gd_say(const char *label, const char *format, ...) {
    const gd_paragraph paragraph = {.label = label, .indent = LABEL};
    va_list arguments;
    va_start(arguments, format);
    say(&paragraph, format, arguments);
    va_end(arguments);
}

void gd_say_warning(const char *label, const char *format, ...) {
    const gd_paragraph paragraph = {.label = label, .indent = LABEL, .style = GD_STYLE_WARNING};
    va_list arguments;
    va_start(arguments, format);
    say(&paragraph, format, arguments);
    va_end(arguments);
}

/* Where the last column of a line begins: behind two blanks, and not far from the left. */
static int last_column(const char *line) {
    int column = (int)strspn(line, "; ");
    for (int at = column + 1; at < FARTHEST && line[at - 1] != '\0' && line[at] != '\0'; at++) {
        column = strncmp(line + at - 1, "  ", 2) == 0 && line[at + 1] != ' ' ? at + 1 : column;
    }
    return column;
}

void gd_paragraph_page(const char *page, int width, gd_text *text) {
    while (*page != '\0') {
        const size_t length = strcspn(page, "\n");
        char label[FARTHEST + 1];
        gd_text line = {0};
        gd_text_add(&line, "%.*s", (int)length, page);
        page += length + (page[length] == '\n');
        const int column = last_column(gd_text_bytes(&line));
        snprintf(label, sizeof label, "%.*s", column, gd_text_bytes(&line));
        gd_paragraph_write(&(gd_paragraph){.label = label,
                                           .indent = column,
                                           .below = label[0] == ';' ? ";" : NULL},
                           width, gd_text_bytes(&line) + column, text);
        text->failed = text->failed || line.failed;
        gd_text_free(&line);
    }
}

void gd_say_page(gd_text *page) {
    gd_text lines = {0};
    if (gd_terminal_is(stdout)) {
        gd_paragraph_page(gd_text_bytes(page), gd_terminal_width(stdout), &lines);
        page->failed = page->failed || lines.failed;
        printf("%s", gd_text_bytes(&lines));
        gd_text_free(&lines);
    } else {
        printf("%s", gd_text_bytes(page));
    }
}
