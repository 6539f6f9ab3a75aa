/* The outcome of a function that can fail: GD_OK, or an error with its code and its message. */
#ifndef GDMPI_STATUS_H
#define GDMPI_STATUS_H

/* What a process exits with; 0 is success. */
typedef enum gd_code {
    GD_DONE = 0,
    GD_FAILED = 1,    /* something failed while running: input/output, memory, MPI */
    GD_BAD_INPUT = 2, /* usage, config, data or checkpoint */
    GD_DIVERGED = 3,  /* a loss or a parameter became NaN or infinite */
    GD_STOPPED = 75   /* stopped after a checkpoint: run again to continue */
} gd_code;

/* Owned by whoever receives it, who passes it up or frees it. */
typedef struct gd_error *gd_status;

#define GD_OK ((gd_status)0)

/* An error with a message in the style of printf, one line without a newline, in which names from
 * files may hold what they like: see gd_text_make_printable. Never GD_OK: with no
 * memory left, it is a fixed message of code GD_FAILED. Not collective. */
gd_status gd_status_new(gd_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* GD_FAILED with "out of memory" and what the `bytes` were for. Not collective. */
gd_status gd_status_no_memory(const char *what, double bytes);

/* The first of two outcomes that failed, GD_OK if none did; frees the other. Not collective. */
gd_status gd_status_first(gd_status status, gd_status next);

/* GD_DONE for GD_OK. Not collective. */
gd_code gd_status_code(gd_status status);

/* "" for GD_OK; owned by the status. Not collective. */
const char *gd_status_message(gd_status status);

/* Frees *status, which may be GD_OK, and sets it to GD_OK. Not collective. */
void gd_status_free(gd_status *status);

#endif
