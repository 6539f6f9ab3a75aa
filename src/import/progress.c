#include <string.h>

#include "gdmpi/stop.h"
#include "import_private.h"

gd_import_progress gd_import_progress_start(void) {
    return (gd_import_progress){.bar = gd_bar_start(stderr, false)};
}

/* Each pass has its own time. */
gd_status gd_import_progress_tick(gd_import_progress *progress, const char *pass, double share,
                                  int64_t rows) {
    if (gd_stop_signal() != 0) {
        return gd_status_new(GD_FAILED, "stopped by signal %d; nothing is written",
                             gd_stop_signal());
    }
    if (progress->pass == NULL || strcmp(progress->pass, pass) != 0) {
        gd_bar_clear(&progress->bar);
        *progress = gd_import_progress_start();
        progress->pass = pass;
    }
    gd_bar_show(&progress->bar, pass, share, share > 0 ? (double)rows / share : 0, "rows/s");
    return GD_OK;
}

void gd_import_progress_clear(const gd_import_progress *progress) {
    gd_bar_clear(&progress->bar);
}
