#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gdmpi/files.h"
#include "gdmpi/table.h"
#include "gdmpi/text.h"

/* mpirun gives every rank a terminal of its own as standard output; where the output really goes is
 * its own standard output, which is readable where it runs on this host. */
static bool on_terminal(void) {
    char path[64], target[256];
    if (!isatty(STDOUT_FILENO)) {
        return false;
    }
    if (getenv("OMPI_COMM_WORLD_RANK") == NULL) {
        return true;
    }
    snprintf(path, sizeof path, "/proc/%ld/fd/1", (long)getppid());
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) {
        return false;
    }
    target[length] = '\0';
    return strncmp(target, "/dev/pts/", 9) == 0 || strncmp(target, "/dev/tty", 8) == 0;
}

gd_table gd_table_start(const char *progress, const char *metric) {
    bool bar = strcmp(progress, "on") == 0 || (strcmp(progress, "auto") == 0 && on_terminal());
    return (gd_table){.bar = bar, .metric = metric};
}

void gd_table_head(const gd_table *table) {
    printf("\n%6s %9s %12s", "epoch", "step", "train loss");
    if (table->metric != NULL) {
        printf(" %12s %12s", "val loss", table->metric);
    }
    printf(" %10s %10s %10s\n", "lr", "samples/s", "time");
    fflush(stdout);
}

void gd_table_row(gd_table *table, const gd_table_line *line) {
    char duration[32], rate[32];
    gd_table_clear(table);
    printf("%6lld %9lld %12.6g", (long long)line->epoch, (long long)line->step, line->train_loss);
    if (table->metric != NULL) {
        printf(" %12.6g %12.6g", line->val_loss, line->val_metric);
    }
    printf(" %10.4g %10s %10s\n", line->lr,
           gd_text_grouped((int64_t)line->samples_per_second, rate),
           gd_text_duration(line->seconds, duration));
    fflush(stdout);
}

void gd_table_digest(gd_table *table, int64_t epoch, int64_t step, const char *digest) {
    gd_table_clear(table);
    printf("%6lld %9lld %12s %s\n", (long long)epoch, (long long)step, "digest", digest);
    fflush(stdout);
}

enum { BAR_WIDTH = 24 };

void gd_table_bar(gd_table *table, int64_t epoch, int64_t step, int64_t steps, double loss,
                  double samples_per_second, double left) {
    static const double redraw = 0.2;
    char bar[BAR_WIDTH + 1], rate[32], duration[32];
    double now = gd_clock_seconds();
    if (!table->bar || now - table->drawn_at < redraw) {
        return;
    }
    int64_t full = BAR_WIDTH * step / steps;
    for (int i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < full ? '=' : ' ';
    }
    bar[BAR_WIDTH] = '\0';
    printf("\r\033[K%6lld [%s] loss %.4g  %s samples/s  %s left", (long long)epoch, bar, loss,
           gd_text_grouped((int64_t)samples_per_second, rate), gd_text_duration(left, duration));
    fflush(stdout);
    table->drawn = true;
    table->drawn_at = now;
}

void gd_table_clear(gd_table *table) {
    if (table->drawn) {
        printf("\r\033[K");
        fflush(stdout);
        table->drawn = false;
    }
}
