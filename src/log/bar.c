#include "gdmpi/bar.h"

#include <math.h>
#include <string.h>

#include "gdmpi/files.h"
#include "gdmpi/stop.h"
#include "gdmpi/terminal.h"

/* The columns of a bar, with what stands around it, where there is room. Two lengths, for one that
 * follows every change of the numbers beside it would not stand still. */
enum { LONG = 27, SHORT = 13 };

gd_bar gd_bar_start(FILE *stream, bool always) {
    bool shown = !gd_terminal_silent() && (always || gd_terminal_is(stream));
    double now = gd_clock_seconds();
    return (gd_bar){.stream = shown ? stream : NULL, .started = now, .drawn_at = now};
}

bool gd_bar_is_due(const gd_bar *bar) {
    static const double redraw = 0.2; /* seconds */
    return bar->stream != NULL && gd_clock_seconds() - bar->drawn_at >= redraw &&
           gd_stop_signal() == 0;
}

/* " [=====     ]" of so many columns. */
static void add_bar(int columns, double share, gd_text *text) {
    int full = (int)(share * (columns - 3));
    gd_text_add(text, " [");
    for (int i = 0; i < columns - 3; i++) {
        gd_text_add(text, i < full ? "=" : " ");
    }
    gd_text_add(text, "]");
}

void gd_bar_write(int width, const char *label, double share, double left,
                  const char *const *details, gd_text *text) {
    char number[32], tail[64];
    share = fmax(0, fmin(1, share));
    int length = snprintf(tail, sizeof tail, " %3.0f %%  %s left", 100 * share,
                          gd_text_duration(fmax(0, left), number));
    int room = width - (int)strlen(label) - length, count = 0;
    for (int next = room; details[count] != NULL; count++) {
        next -= 2 + (int)strlen(details[count]);
        if (next < SHORT) {
            break;
        }
        room = next;
    }
    gd_text_add(text, "%s", label);
    if (room >= SHORT) {
        add_bar(room < LONG ? SHORT : LONG, share, text);
    }
    gd_text_add(text, "%s", tail);
    for (int i = 0; i < count; i++) {
        gd_text_add(text, "  %s", details[i]);
    }
}

void gd_bar_draw(gd_bar *bar, const char *label, double share, double left,
                 const char *const *details) {
    gd_text text = {0};
    gd_bar_write(gd_terminal_width(bar->stream) - 1, label, share, left, details, &text);
    gd_terminal_draw(bar->stream, gd_text_bytes(&text));
    gd_text_free(&text);
    bar->drawn_at = gd_clock_seconds();
    if (gd_stop_signal() != 0) { /* which may have come just before it was drawn */
        gd_terminal_clear();
    }
}

void gd_bar_show(gd_bar *bar, const char *label, double share, double amount, const char *unit) {
    char number[32], rate[64];
    if (!gd_bar_is_due(bar) || share <= 0) {
        return;
    }
    double past = gd_clock_seconds() - bar->started;
    snprintf(rate, sizeof rate, "%s %s", gd_text_grouped((int64_t)(share * amount / past), number),
             unit == NULL ? "" : unit);
    gd_bar_draw(bar, label, share, past / share - past,
                (const char *const[]){unit == NULL ? NULL : rate, NULL});
}

void gd_bar_clear(const gd_bar *bar) {
    if (bar->stream != NULL) {
        gd_terminal_clear();
    }
}
