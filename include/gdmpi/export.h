/* Writes trained models for other programs. A format is one file of src/export, and one line in the
 * table of formats.c. Nothing here is collective. */
#ifndef GDMPI_EXPORT_H
#define GDMPI_EXPORT_H

#include "gdmpi/files.h"
#include "gdmpi/graph.h"
#include "gdmpi/text.h"

typedef struct gd_export_format {
    const char *ending; /* of the names of its files: ".c" */
    const char *help;
    /* GD_BAD_INPUT if the format cannot hold such a model. */
    gd_status (*write)(const gd_graph *graph, gd_draft *out);
} gd_export_format;

/* The format of a file of this name. GD_BAD_INPUT, naming the endings there are. */
gd_status gd_export_find(const char *path, const gd_export_format **format);

/* Replaces `path` by the graph, in the format of its name: whole, or not at all. */
gd_status gd_export_write(const gd_graph *graph, const char *path);

/* A letter as it may stand in a comment of C: itself, or what takes the place of all others. */
static inline char gd_export_plain(char c) {
    return c < ' ' || c > '~' || c == '*' || c == '\\' || c == '?' ? '_' : c;
}

/* Adds a line for each format. */
void gd_export_help(gd_text *text);

#endif
