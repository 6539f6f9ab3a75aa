#include <stdio.h>

#include "train_private.h"

gd_status gd_report_start_timeline(gd_trainer *trainer) {
    if (gd_config_text(trainer->problem->config, "run", "timeline")[0] == '\0') {
        return GD_OK;
    }
    gd_status status =
        gd_timeline_new(trainer->problem->comm, GD_TIMELINE_ROOM, &trainer->timeline);
    trainer->phases.timeline = trainer->timeline;
    return status;
}

static void print_timeline(const char *path, gd_status written, int64_t kept, int64_t dropped) {
    if (written != GD_OK) {
        printf("timeline  not written: %s\n", gd_status_message(written));
        return;
    }
    printf("timeline  %s: %lld phases\n", path, (long long)kept);
    if (dropped > 0) {
        printf("          only the first of each rank; %lld more found no room\n",
               (long long)dropped);
    }
}

gd_status gd_report_timeline(gd_trainer *trainer, gd_status status) {
    const char *path = gd_config_text(trainer->problem->config, "run", "timeline");
    int64_t kept = 0, dropped = 0;
    if (trainer->timeline == NULL) {
        return status;
    }
    gd_phases_count(&trainer->phases);
    gd_status written =
        gd_timeline_write(trainer->problem->comm, trainer->timeline, path, &kept, &dropped);
    bool told = status == GD_OK && written != GD_OK; /* as the error that ends the run */
    if (gd_comm_rank(trainer->problem->comm) == 0 && !told) {
        print_timeline(path, written, kept, dropped);
    }
    return gd_status_first(status, written);
}
