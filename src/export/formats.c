#include <string.h>

#include "export_private.h"

static const gd_export_format *const formats[] = {
    &gd_export_c,
    &gd_export_onnx,
};

enum { FORMATS = sizeof formats / sizeof *formats };

static bool ends_so(const char *path, const char *ending) {
    const size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcmp(path + length - tail, ending) == 0;
}

gd_status gd_export_find(const char *path, const gd_export_format **format) {
    gd_text endings = {0};
    for (size_t i = 0; i < FORMATS; i++) {
        if (ends_so(path, formats[i]->ending)) {
            *format = formats[i];
            gd_text_free(&endings);
            return GD_OK;
        }
        gd_text_add(&endings, "%s%s", i == 0 ? "" : " or ", formats[i]->ending);
    }
    gd_status status =
        gd_status_new(GD_BAD_INPUT, "%s: the output's name must end in %s, which says the format",
                      path, gd_text_bytes(&endings));
    gd_text_free(&endings);
    return status;
}

/* What gd_file_produce hands through. */
typedef struct task {
    const gd_graph *graph;
    const gd_export_format *format;
} task;

static gd_status write_task(void *context, gd_draft *out) {
    const task *task = context;
    return task->format->write(task->graph, out);
}

gd_status gd_export_write(const gd_graph *graph, const char *path) {
    task task = {.graph = graph};
    gd_status status = gd_export_find(path, &task.format);
    return status == GD_OK ? gd_file_produce(path, write_task, &task) : status;
}

void gd_export_help(gd_text *text) {
    gd_text_add(text, "\nFormats, by the ending of the output:\n");
    for (size_t i = 0; i < FORMATS; i++) {
        gd_text_add(text, "  %s\n      %s\n", formats[i]->ending, formats[i]->help);
    }
}
