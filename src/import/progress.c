#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gdmpi/files.h"
#include "gdmpi/stop.h"
#include "import_private.h"

gd_import_progress gd_import_progress_start(void) {
    return (gd_import_progress){.shown = isatty(STDERR_FILENO) == 1,
                                .drawn_at = gd_clock_seconds()};
}

gd_status gd_import_progress_tick(gd_import_progress *progress, const char *pass, double share) {
    static const double redraw = 0.2; /* seconds */
    if (gd_stop_signal() != 0) {
        return gd_status_new(GD_FAILED, "stopped by signal %d; nothing is written",
                             gd_stop_signal());
    }
    if (progress->shown && gd_clock_seconds() - progress->drawn_at >= redraw) {
        fprintf(stderr, "\r\033[K%s %3.0f %%", pass, 100 * (share < 1 ? share : 1));
        progress->drawn = true;
        progress->drawn_at = gd_clock_seconds();
    }
    return GD_OK;
}

void gd_import_progress_clear(gd_import_progress *progress) {
    if (progress->drawn) {
        fprintf(stderr, "\r\033[K");
        progress->drawn = false;
    }
}
