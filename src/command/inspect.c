#include <stdio.h>
#include <string.h>

#include "gdmpi/command.h"
#include "gdmpi/seal.h"
#include "inspect_private.h"

/* A checkpoint whose first line is damaged, or of a version that had none, looks like data. */
static gd_status check_format(const gd_catalogue *catalogue) {
    const char *format = catalogue->format;
    return format != NULL && strcmp(format, GD_CHECKPOINT_FORMAT) == 0
               ? gd_seal_check(catalogue->path)
               : GD_OK;
}

/* All ranks have the same file. Collective. */
static gd_status compare(gd_comm *comm, const gd_catalogue *catalogue) {
    gd_text text = {0};
    gd_catalogue_fingerprint(catalogue, &text);
    gd_status status = gd_comm_agree(comm, gd_text_status(&text));
    if (status == GD_OK) {
        status = gd_comm_same(comm, gd_text_bytes(&text));
    }
    gd_text_free(&text);
    return status;
}

/* Collective. */
static gd_status survey(gd_comm *comm, gd_catalogue *catalogue) {
    gd_surveyor surveyor = {.comm = comm, .path = catalogue->path};
    gd_status status = GD_OK;
    if (gd_comm_rank(comm) == 0) {
        surveyor.bar = gd_bar_start(stderr, false);
    }
    for (size_t i = 0; i < catalogue->count; i++) {
        const gd_entry *entry = &catalogue->entry[i];
        surveyor.all += entry->trouble == GD_OK ? gd_survey_bytes(&entry->shape) : 0;
    }
    for (size_t i = 0; i < catalogue->count && status == GD_OK; i++) {
        gd_entry *entry = &catalogue->entry[i];
        if (entry->trouble == GD_OK) {
            status = gd_survey_take(&surveyor, entry->name, &entry->shape, &entry->storage,
                                    &entry->survey);
        }
    }
    gd_bar_clear(&surveyor.bar);
    return status;
}

static gd_status print(const gd_catalogue *catalogue) {
    gd_text page = {0};
    gd_inspect_describe(catalogue, &page);
    gd_status status = gd_text_status(&page);
    if (status == GD_OK) {
        printf("%s", gd_text_bytes(&page));
        fflush(stdout);
    }
    gd_text_free(&page);
    return status;
}

/* What is told of a file with data that cannot be trained on is that, in the end. */
static gd_status inspect_data(gd_comm *comm, char *path) {
    const bool root = gd_comm_rank(comm) == 0;
    gd_catalogue catalogue = {0};
    gd_status status =
        gd_comm_agree(comm, root ? gd_store_guard(path, gd_catalogue_try, path) : GD_OK);
    if (status == GD_OK) {
        status = gd_comm_agree(comm, gd_catalogue_read(path, &catalogue));
    }
    if (status == GD_OK) {
        status = gd_comm_agree(comm, check_format(&catalogue));
    }
    if (status == GD_OK) {
        status = compare(comm, &catalogue);
    }
    if (status == GD_OK) {
        status = survey(comm, &catalogue);
    }
    if (status == GD_OK) {
        status = gd_comm_agree(comm, root ? print(&catalogue) : GD_OK);
    }
    if (status == GD_OK) {
        status = gd_comm_agree(comm, catalogue.trouble);
        catalogue.trouble = GD_OK;
    }
    gd_catalogue_free(&catalogue);
    return status;
}

static gd_status inspect_checkpoint(gd_comm *comm, const char *path) {
    gd_job job;
    gd_status status = gd_job_open(comm, path, NULL, &job);
    if (status == GD_OK) {
        status = gd_precision_of(job.header.type)->inspect(comm, &job);
    }
    gd_job_close(&job);
    return status;
}

static gd_status inspect(gd_comm *comm, int count, char **arguments) {
    bool checkpoint = false;
    if (count != 1) {
        return gd_command_misuse(&gd_command_inspect, "one file is inspected");
    }
    if (gd_comm_rank(comm) == 0) {
        checkpoint = gd_seal_is_there(arguments[0]);
    }
    gd_comm_broadcast(comm, &checkpoint, sizeof checkpoint);
    return checkpoint ? inspect_checkpoint(comm, arguments[0]) : inspect_data(comm, arguments[0]);
}

const gd_command gd_command_inspect = {
    .name = "inspect",
    .usage = "FILE.h5",
    .help = "what is in a data file: shapes, types, chunks, ranges, classes, NaNs; or in a model "
            "or checkpoint: layers, parameters, progress, metrics, settings",
    .run = inspect,
};
