#include <stdbool.h>
#include <string.h>

#include "gdmpi/plan.h"
#include "gdmpi/text.h"

void gd_plan_add_ranks(gd_plan_options *options, int64_t ranks) {
    int at = 0;
    while (at < options->count && options->ranks[at] < ranks) {
        at++;
    }
    const bool there = at < options->count && options->ranks[at] == ranks;
    if (there || options->count == GD_PLAN_NUMBERS) {
        return;
    }
    memmove(options->ranks + at + 1, options->ranks + at,
            (size_t)(options->count - at) * sizeof *options->ranks);
    options->ranks[at] = ranks;
    options->count++;
}

enum { PART = 64 };

/* The part of a list up to the next separator, which the list then begins behind; false: none. */
static bool next(const char **list, char separator, char part[PART]) {
    if (*list == NULL) {
        return false;
    }
    const char *end = strchr(*list, separator);
    const size_t length = end == NULL ? strlen(*list) : (size_t)(end - *list);
    const size_t kept = length < PART - 1 ? length : PART - 1;
    memcpy(part, *list, kept);
    part[kept] = '\0';
    *list = end == NULL ? NULL : end + 1;
    return true;
}

static gd_status wrong_ranks(const char *list, const char *part, const char *what) {
    return gd_status_new(
        GD_BAD_INPUT,
        "-n %s: '%s' %s; -n takes up to %d numbers of ranks, from 1 to %d, between commas: 1,2,4,8 "
        "or, where each is twice the one before, 1,2,4,...,1024",
        list, part, what, GD_PLAN_NUMBERS, GD_PLAN_RANKS_MAX);
}

/* The numbers that double from `last` to `end`; false if they miss it. */
static bool add_doubles(int64_t last, int64_t end, gd_plan_options *options) {
    for (; last < end; last *= 2) {
        gd_plan_add_ranks(options, last);
    }
    return last == end;
}

static gd_status read_ranks(const char *list, gd_plan_options *options) {
    static const char dots[] = "...";
    const char *rest = list;
    char part[PART];
    int64_t last = 0, ranks;
    bool doubles = false;
    while (next(&rest, ',', part)) {
        if (strcmp(part, dots) == 0 && last > 0 && !doubles) {
            doubles = true;
            continue;
        }
        if (!gd_text_to_integer(part, &ranks) || ranks < 1 || ranks > GD_PLAN_RANKS_MAX) {
            return wrong_ranks(list, part, "is none, or out of place");
        }
        if (doubles && !add_doubles(last, ranks, options)) {
            return wrong_ranks(list, part, "is not reached by doubling");
        }
        if (options->count == GD_PLAN_NUMBERS) {
            return wrong_ranks(list, part, "is one too many");
        }
        gd_plan_add_ranks(options, ranks);
        last = ranks;
        doubles = false;
    }
    return doubles ? wrong_ranks(list, dots, "has no number behind it") : GD_OK;
}

typedef struct unit {
    const char *name;
    double factor;
} unit;

static const unit rates[] = {{"kbit/s", 125}, {"Mbit/s", 125e3}, {"Gbit/s", 125e6},
                             {"MB/s", 1e6},   {"GB/s", 1e9},     {NULL, 0}};
static const unit times[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {NULL, 0}};

/* A number above 0 with one of these units behind it; false: it is none. */
static bool read_amount(const char *text, const unit *units, double *amount) {
    char number[PART];
    const size_t length = strspn(text, "0123456789.");
    memcpy(number, text, length);
    number[length] = '\0';
    for (; units->name != NULL; units++) {
        if (strcmp(text + length, units->name) == 0 && gd_text_to_number(number, amount)) {
            *amount *= units->factor;
            return *amount > 0;
        }
    }
    return false;
}

static gd_status read_network(const char *text, gd_plan_options *options) {
    const char *rest = text;
    char rate[PART], time[PART];
    bool good = next(&rest, ',', rate) && read_amount(rate, rates, &options->bandwidth);
    if (good && next(&rest, ',', time)) {
        good = read_amount(time, times, &options->latency) && rest == NULL;
    }
    return good ? GD_OK
                : gd_status_new(GD_BAD_INPUT,
                                "--network %s: is not the rate of a link, in kbit/s, Mbit/s, "
                                "Gbit/s, MB/s or GB/s, and perhaps the time of a message, in ns, "
                                "us or ms: 10Gbit/s, or 100Gbit/s,2us",
                                text);
}

gd_status gd_plan_read(const char *ranks, const char *network, gd_plan_options *options) {
    *options = (gd_plan_options){0};
    gd_status status = ranks == NULL ? GD_OK : read_ranks(ranks, options);
    return status != GD_OK || network == NULL ? status : read_network(network, options);
}
