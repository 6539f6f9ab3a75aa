/* Event files, which TensorBoard reads. One says what metrics.jsonl says: it is made of the log's
 * lines, and made anew when a run goes on, so that it never has less or more. For rank 0 to write;
 * nothing here is collective. */
#ifndef GDMPI_EVENTS_H
#define GDMPI_EVENTS_H

#include <stdint.h>

#include "gdmpi/status.h"

typedef struct gd_events gd_events;

/* Starts a file in `folder`, in place of an earlier one, which stays but is empty, with the text
 * `config`, and with what `log` says so far, at the times that the earlier file has for it. Its
 * name is another, so that a TensorBoard that is running reads it from its beginning. */
gd_status gd_events_open(const char *folder, const char *log, const char *config,
                         gd_events **events);
gd_status gd_events_close(gd_events **events);

/* Adds a line of the log: the numbers of a step or an epoch, by names such as step/loss and
 * epoch/val_loss. Other lines, and numbers that are null, are left out. */
gd_status gd_events_add(gd_events *events, const char *line);

/* Adds a text, which is in Markdown. */
gd_status gd_events_text(gd_events *events, int64_t step, const char *name, const char *text);

/* Removes the event files that gdmpi left in a folder. */
gd_status gd_events_clear(const char *folder);

#endif
