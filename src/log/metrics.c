#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gdmpi/files.h"
#include "gdmpi/json.h"
#include "gdmpi/memory.h"
#include "gdmpi/metrics.h"

struct gd_metrics {
    FILE *file;
    char *path;
    int64_t bytes; /* of the lines that were ended */
    gd_text line;
    gd_events *events; /* not owned; NULL: none */
};

gd_status gd_metrics_open(const char *path, int64_t bytes, gd_metrics **metrics) {
    *metrics = NULL;
    gd_metrics *self = NULL;
    gd_status status = gd_file_truncate(path, bytes);
    if (status == GD_OK) {
        status = gd_memory_new(&self, 1, sizeof *self, "the log");
    }
    if (status == GD_OK) {
        *metrics = self;
        status = gd_text_copy(path, &self->path);
    }
    if (status == GD_OK) {
        self->file = fopen(path, "a");
        if (self->file == NULL || fseek(self->file, 0, SEEK_END) != 0) {
            status = gd_status_new(GD_FAILED, "%s: cannot be opened: %s", path, strerror(errno));
        } else {
            self->bytes = ftell(self->file);
        }
    }
    if (status != GD_OK) {
        gd_status closed = gd_metrics_close(metrics);
        gd_status_free(&closed);
    }
    return status;
}

static gd_status failed(const gd_metrics *metrics) {
    return gd_status_new(GD_FAILED, "%s: cannot be written: %s", metrics->path, strerror(errno));
}

gd_status gd_metrics_close(gd_metrics **metrics) {
    gd_metrics *self = *metrics;
    if (self == NULL) {
        return GD_OK;
    }
    gd_status status = GD_OK;
    if (self->file != NULL && fclose(self->file) != 0) {
        status = failed(self);
    }
    gd_text_free(&self->line);
    gd_memory_free(&self->path);
    gd_memory_free(metrics);
    return status;
}

void gd_metrics_follow(gd_metrics *metrics, gd_events *events) {
    metrics->events = events;
}

/* EINVAL: not on a disk, as a pipe. */
gd_status gd_metrics_flush(const gd_metrics *metrics) {
    return fsync(fileno(metrics->file)) == 0 || errno == EINVAL ? GD_OK : failed(metrics);
}

static void add_key(gd_metrics *metrics, const char *key) {
    gd_text_add(&metrics->line, ", ");
    gd_json_string(&metrics->line, key);
    gd_text_add(&metrics->line, ": ");
}

void gd_metrics_begin(gd_metrics *metrics, const char *event) {
    gd_text_free(&metrics->line);
    gd_text_add(&metrics->line, "{\"event\": ");
    gd_json_string(&metrics->line, event);
}

void gd_metrics_text(gd_metrics *metrics, const char *key, const char *value) {
    add_key(metrics, key);
    gd_json_string(&metrics->line, value);
}

void gd_metrics_lines(gd_metrics *metrics, const char *key, const char *lines) {
    add_key(metrics, key);
    gd_json_lines(&metrics->line, lines);
}

void gd_metrics_integer(gd_metrics *metrics, const char *key, int64_t value) {
    add_key(metrics, key);
    gd_text_add(&metrics->line, "%lld", (long long)value);
}

void gd_metrics_matrix(gd_metrics *metrics, const char *key, int64_t rows, int64_t columns,
                       const double *values) {
    add_key(metrics, key);
    gd_json_matrix(&metrics->line, rows, columns, values);
}

void gd_metrics_number(gd_metrics *metrics, const char *key, double value) {
    add_key(metrics, key);
    gd_json_number(&metrics->line, value);
}

int64_t gd_metrics_bytes(const gd_metrics *metrics) {
    size_t closing = metrics->line.length > 0 ? 2 : 0;
    return metrics->bytes + (int64_t)(metrics->line.length + closing);
}

/* A file that was removed can be written to, but nobody will read it. */
static gd_status check_there(const gd_metrics *metrics) {
    struct stat about;
    if (fstat(fileno(metrics->file), &about) != 0) {
        return failed(metrics);
    }
    return about.st_nlink > 0
               ? GD_OK
               : gd_status_new(GD_FAILED, "%s: was removed while the run was going on",
                               metrics->path);
}

gd_status gd_metrics_end(gd_metrics *metrics) {
    gd_text_add(&metrics->line, "}\n");
    gd_status status = gd_text_status(&metrics->line);
    if (status == GD_OK &&
        (fputs(metrics->line.bytes, metrics->file) == EOF || fflush(metrics->file) != 0)) {
        status = failed(metrics);
    }
    if (status == GD_OK) {
        status = check_there(metrics);
    }
    if (status == GD_OK && metrics->events != NULL) {
        status = gd_events_add(metrics->events, metrics->line.bytes);
    }
    metrics->bytes += (int64_t)metrics->line.length;
    gd_text_free(&metrics->line);
    return status;
}
