#include "deviation.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/text.h"

static gd_text noted; /* words, each between blanks */

void expect_deviation(const char *kind, const char *name, const char *reference, double worst,
                      double allowed) {
    print_message("%s\t%s\t%s\t%.1e\t%.0e\n", kind, name, reference, worst, allowed);
    if (!(worst <= allowed)) {
        fail_msg("%s is %.1e from the reference, %s", name, worst, reference);
    }
}

double relative_deviation(double found, double right) {
    const double apart = found == right ? 0 : fabs(found - right) / fabs(right);
    return isnan(apart) ? INFINITY : apart;
}

void note_words(const char *text) {
    gd_text_add(&noted, " %s ", text);
    assert_null(gd_text_status(&noted));
    for (char *c = noted.bytes; (c = strpbrk(c, "(,)")) != NULL;) {
        *c = ' ';
    }
}

void expect_noted(const char *start, const char *end) {
    char word[256];
    snprintf(word, sizeof word, " %s%s ", start, end);
    if (strstr(gd_text_bytes(&noted), word) == NULL) {
        fail_msg("no case has%s", word);
    }
}
