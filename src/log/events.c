#include "gdmpi/events.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gdmpi/crc32c.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/protobuf.h"
#include "gdmpi/text.h"

struct gd_events {
    FILE *file;
    char *path;
    /* What is left of an earlier file, whose events have their times from before. */
    char *old;
    size_t old_bytes, old_at;
};

/* TensorBoard takes files with "tfevents" in their names, in the order of these. */
static const char prefix[] = "events.out.tfevents.", suffix[] = ".gdmpi";

/* Fields of the messages, by event.proto, summary.proto and tensor.proto of TensorBoard. */
enum { EVENT_TIME = 1, EVENT_STEP, EVENT_VERSION, EVENT_SUMMARY = 5, EVENT_SESSION = 7 };
enum { SESSION_STATUS = 1, SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_NUMBER, VALUE_TENSOR = 8, VALUE_METADATA };
enum { TENSOR_TYPE = 1, TENSOR_STRING = 8 };
enum { METADATA_PLUGIN = 1, METADATA_CLASS = 4, PLUGIN_NAME = 1 };

/* SessionLog.SessionStatus, DataType and DataClass. */
enum { START = 1, STRING = 7, TENSOR = 2 };

/* A text, or the numbers of a line, or the version of the format; or else the start of a run, at
 * which TensorBoard forgets what came before. */
typedef struct event {
    int64_t step;
    const char *version;
    const char *name, *text;
    const char *kind, *numbers; /* "step" or "epoch", and the rest of the line */
} event;

typedef struct scalar {
    char name[96];
    double value;
} scalar;

static void write_scalar(gd_protobuf *out, const void *content) {
    const scalar *scalar = content;
    gd_protobuf_text(out, VALUE_TAG, scalar->name);
    gd_protobuf_float(out, VALUE_NUMBER, (float)scalar->value);
}

/* Of `, "key": value, "key": value` those that are numbers. */
static void write_numbers(gd_protobuf *out, const event *event) {
    for (const char *key = event->numbers; (key = strstr(key, ", \"")) != NULL;) {
        key += strlen(", \"");
        const int length = (int)strcspn(key, "\"");
        const char *value = key + length + (strncmp(key + length, "\": ", 3) == 0 ? 3 : 0);
        char *end;
        scalar scalar = {.value = strtod(value, &end)};
        if (end != value && isfinite(scalar.value)) {
            snprintf(scalar.name, sizeof scalar.name, "%s/%.*s", event->kind, length, key);
            gd_protobuf_message(out, SUMMARY_VALUE, write_scalar, &scalar);
        }
    }
}

static void write_tensor(gd_protobuf *out, const void *content) {
    gd_protobuf_integer(out, TENSOR_TYPE, STRING);
    gd_protobuf_text(out, TENSOR_STRING, content);
}

static void write_plugin(gd_protobuf *out, const void *content) {
    gd_protobuf_text(out, PLUGIN_NAME, content);
}

static void write_metadata(gd_protobuf *out, const void *content) {
    gd_protobuf_message(out, METADATA_PLUGIN, write_plugin, content);
    gd_protobuf_integer(out, METADATA_CLASS, TENSOR);
}

static void write_text(gd_protobuf *out, const void *content) {
    const event *event = content;
    gd_protobuf_text(out, VALUE_TAG, event->name);
    gd_protobuf_message(out, VALUE_TENSOR, write_tensor, event->text);
    gd_protobuf_message(out, VALUE_METADATA, write_metadata, "text");
}

static void write_summary(gd_protobuf *out, const void *content) {
    const event *event = content;
    if (event->text != NULL) {
        gd_protobuf_message(out, SUMMARY_VALUE, write_text, event);
    } else {
        write_numbers(out, event);
    }
}

static void write_start(gd_protobuf *out, const void *content) {
    (void)content;
    gd_protobuf_integer(out, SESSION_STATUS, START);
}

static void write_event(gd_protobuf *out, const event *event, double time) {
    gd_protobuf_double(out, EVENT_TIME, time);
    gd_protobuf_integer(out, EVENT_STEP, event->step);
    if (event->version != NULL) {
        gd_protobuf_text(out, EVENT_VERSION, event->version);
    } else if (event->text != NULL || event->numbers != NULL) {
        gd_protobuf_message(out, EVENT_SUMMARY, write_summary, event);
    } else {
        gd_protobuf_message(out, EVENT_SESSION, write_start, NULL);
    }
}

/* So that checksums of what holds checksums are no worse than others. */
static uint32_t mask(uint32_t checksum) {
    return (checksum >> 15 | checksum << 17) + 0xa282ead8;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* A record is the length of an event and its checksum, the event, and its checksum, all
 * little-endian. The time stands first in an event, behind its key. */
enum { HEAD = 12, TIME = 9, TAIL = 4 };

static uint64_t number_at(const char *bytes, size_t size) {
    uint64_t number = 0;
    memcpy(&number, bytes, size);
    return le64toh(number);
}

/* Of the next event: what it had in the earlier file, if that is whole, or else now. */
static double next_time(gd_events *events) {
    const size_t left = events->old_bytes - events->old_at;
    if (left >= HEAD + TIME + TAIL) {
        const char *old = events->old + events->old_at + HEAD;
        const uint64_t length = number_at(old - HEAD, 8);
        if (length >= TIME && length <= left - HEAD - TAIL &&
            number_at(old + length, 4) == mask(gd_crc32c(0, old, length))) {
            const uint64_t bits = number_at(old + 1, 8);
            double seconds;
            memcpy(&seconds, &bits, sizeof seconds);
            events->old_at += HEAD + length + TAIL;
            return seconds;
        }
    }
    return now();
}

static gd_status failed(const gd_events *events) {
    return gd_status_new(GD_FAILED, "%s: cannot be written: %s", events->path, strerror(errno));
}

static void put_checksum(gd_draft *out, uint32_t checksum) {
    checksum = htole32(mask(checksum));
    gd_draft_add_bytes(out, &checksum, sizeof checksum);
}

static gd_status put(gd_events *events, const event *event) {
    const double time = next_time(events);
    uint32_t checksum = 0;
    gd_draft draft = {events->file, 0};
    gd_protobuf measured = {0}, out = {.draft = &draft, .checksum = &checksum};
    write_event(&measured, event, time);
    const uint64_t length = htole64((uint64_t)measured.bytes);
    gd_draft_add_bytes(&draft, &length, sizeof length);
    put_checksum(&draft, gd_crc32c(0, &length, sizeof length));
    write_event(&out, event, time);
    put_checksum(&draft, checksum);
    errno = draft.error;
    return errno == 0 && fflush(events->file) == 0 ? GD_OK : failed(events);
}

gd_status gd_events_add(gd_events *events, const char *line) {
    char kind[8];
    long long step;
    int length = 0;
    (void)sscanf(line, "{\"event\": \"%7[a-z]\", \"epoch\": %*d, \"step\": %lld%n", kind, &step,
                 &length);
    return length == 0
               ? GD_OK
               : put(events, &(event){.step = step, .kind = kind, .numbers = line + length});
}

gd_status gd_events_text(gd_events *events, int64_t step, const char *name, const char *text) {
    return put(events, &(event){.step = step, .name = name, .text = text});
}

/* What comes before all lines. */
static gd_status put_head(gd_events *events, const char *config) {
    gd_status status = put(events, &(event){.version = "brain.Event:2"});
    if (status == GD_OK) {
        status = put(events, &(event){0});
    }
    return status == GD_OK ? gd_events_text(events, 0, "config", config) : status;
}

static gd_status put_lines(gd_events *events, char *lines) {
    gd_status status = GD_OK;
    for (char *end; status == GD_OK && (end = strchr(lines, '\n')) != NULL; lines = end + 1) {
        *end = '\0';
        status = gd_events_add(events, lines);
    }
    return status;
}

static gd_status remove_first(const char *folder, const gd_folder *names, size_t count) {
    gd_status status = GD_OK;
    for (size_t i = 0; i < count && status == GD_OK; i++) {
        char *path;
        status = gd_text_new(&path, "%s/%s", folder, names->name[i]);
        if (status == GD_OK && unlink(path) != 0) {
            status = gd_status_new(GD_FAILED, "%s: cannot be removed: %s", path, strerror(errno));
        }
        gd_memory_free(&path);
    }
    return status;
}

gd_status gd_events_clear(const char *folder) {
    gd_folder names;
    gd_status status = gd_folder_list(folder, prefix, suffix, &names);
    if (status == GD_OK) {
        status = remove_first(folder, &names, names.count);
    }
    gd_folder_free(&names);
    return status;
}

/* Takes what the earlier file has, and leaves it empty: a TensorBoard that is reading it goes on to
 * the next at its end, but stands still where there is no such file. */
static gd_status empty(const char *folder, const char *name, gd_events *events) {
    char *path;
    gd_status status = gd_text_new(&path, "%s/%s", folder, name);
    if (status == GD_OK) {
        status = gd_file_read(path, &events->old, &events->old_bytes);
    }
    if (status == GD_OK) {
        status = gd_file_truncate(path, 0);
    }
    gd_memory_free(&path);
    return status;
}

/* Takes the place of the earlier file, under a name that comes after. */
static gd_status replace(const char *folder, gd_events *events) {
    gd_folder names;
    double time = floor(now());
    gd_status status = gd_folder_list(folder, prefix, suffix, &names);
    if (status == GD_OK && names.count > 0) {
        const char *last = names.name[names.count - 1];
        time = fmax(time, 1 + strtod(last + strlen(prefix), NULL));
        status = remove_first(folder, &names, names.count - 1);
        status = status == GD_OK ? empty(folder, last, events) : status;
    }
    gd_folder_free(&names);
    if (status == GD_OK) {
        status = gd_text_new(&events->path, "%s/%s%010.0f%s", folder, prefix, time, suffix);
    }
    if (status == GD_OK) {
        events->file = fopen(events->path, "w");
        status = events->file == NULL ? failed(events) : GD_OK;
    }
    return status;
}

gd_status gd_events_open(const char *folder, const char *log, const char *config,
                         gd_events **events) {
    gd_events *self;
    char *lines = NULL;
    size_t count;
    gd_status status = gd_memory_new(&self, 1, sizeof *self, "the event file");
    *events = self;
    if (status == GD_OK) {
        status = gd_file_read(log, &lines, &count);
    }
    if (status == GD_OK) {
        status = replace(folder, self);
    }
    if (status == GD_OK) {
        status = put_head(self, config);
    }
    if (status == GD_OK) {
        status = put_lines(self, lines);
        gd_memory_free(&self->old);
        self->old_bytes = self->old_at = 0;
    }
    gd_memory_free(&lines);
    if (status != GD_OK) {
        gd_status closed = gd_events_close(events);
        gd_status_free(&closed);
    }
    return status;
}

gd_status gd_events_close(gd_events **events) {
    gd_events *self = *events;
    if (self == NULL) {
        return GD_OK;
    }
    gd_status status = self->file != NULL && fclose(self->file) != 0 ? failed(self) : GD_OK;
    gd_memory_free(&self->old);
    gd_memory_free(&self->path);
    gd_memory_free(events);
    return status;
}
