#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "import_private.h"

enum { TICK_ROWS = 1024 };

static const char *const group_names[GD_IMPORT_GROUPS] = {"/train", "/val", "/test"};

/* The way of the inputs of one group, or of all, to the output. */
typedef struct job {
    const gd_import_options *options;
    const gd_import_format *format;
    char *const *inputs;
    int count, group; /* group: where they go without a split */
    gd_import_progress *progress;
    gd_store *store;
    gd_import_rows rows;
    gd_placement placement;
    gd_layout layout; /* of x */
    gd_spool *spool;
} job;

static gd_status check_files(const gd_import_options *options, const char *temporary) {
    const gd_import_format *format = options->format;
    int part = format->group_inputs;
    if (part > 0 && options->count != part && options->count != 2 * part) {
        return gd_status_new(GD_BAD_INPUT, "%s needs %d or %d files, not %d: %s", format->name,
                             part, 2 * part, options->count, format->inputs);
    }
    if (part > 0 && options->count > part && options->split != NULL) {
        return gd_status_new(GD_BAD_INPUT, "--split: the files of /val are given");
    }
    for (int i = 0; i < options->count; i++) {
        const char *input = options->inputs[i];
        if (gd_file_same(input, options->output) || gd_file_same(input, temporary)) {
            return gd_status_new(GD_BAD_INPUT, "%s: is an input, and would be overwritten by %s",
                                 input, options->output);
        }
    }
    return gd_file_check(options->output, "");
}

static gd_status check_groups(const job *job, const double shares[GD_IMPORT_GROUPS]) {
    for (int group = 0; group < GD_IMPORT_GROUPS; group++) {
        if (job->placement.rows[group] == 0 && shares[group] > 0) {
            return gd_status_new(GD_BAD_INPUT, "%s: of %lld row%s, --split %s leaves none for %s",
                                 job->inputs[0], (long long)job->rows.x.dims[0],
                                 gd_text_plural(job->rows.x.dims[0]), job->options->split,
                                 group_names[group]);
        }
    }
    return GD_OK;
}

static gd_status place(job *job) {
    const gd_import_options *options = job->options;
    gd_import_rows *rows = &job->rows;
    double shares[GD_IMPORT_GROUPS] = {0};
    bool shuffled = job->format->shuffled && !options->no_shuffle;
    shares[job->group] = 1;
    gd_status status = options->split == NULL ? GD_OK : gd_split_parse(options->split, shares);
    if (status != GD_OK) {
        return status;
    }
    /* What keeps its order has no classes to divide: first come the rows for training. */
    bool even = shuffled && options->split != NULL && rows->strata > 1;
    rows->strata = even ? rows->strata : 1;
    status = gd_placement_new(&job->placement, rows->strata,
                              even ? rows->stratum_rows : &rows->x.dims[0], shares,
                              shuffled ? options->seed : -1);
    return status == GD_OK ? check_groups(job, shares) : status;
}

static gd_status changed(const job *job) {
    return gd_status_new(GD_BAD_INPUT, "%s: has changed while it was read", job->inputs[0]);
}

static gd_status read_row(job *job, void *x, void *y) {
    gd_place place;
    int64_t stratum = 0;
    gd_status status = job->format->next(&job->rows, x, y, &stratum);
    if (status != GD_OK) {
        return status;
    }
    stratum = job->rows.strata > 1 ? stratum : 0;
    return gd_placement_next(&job->placement, stratum, &place)
               ? gd_spool_put(job->spool, &place, x, y)
               : changed(job);
}

static size_t row_bytes(const gd_shape *shape) {
    return (size_t)gd_shape_width(shape) * gd_type_size(shape->type);
}

static gd_status read_rows(job *job) {
    void *x, *y = NULL;
    int64_t all = job->rows.x.dims[0];
    gd_status status = gd_memory_new(&x, row_bytes(&job->rows.x), 1, "a row");
    if (status == GD_OK) {
        status = gd_memory_new(&y, row_bytes(&job->rows.y), 1, "a row");
    }
    for (int64_t row = 0; row < all && status == GD_OK; row++) {
        if (row % TICK_ROWS == 0) {
            status =
                gd_import_progress_tick(job->progress, "reading", (double)row / (double)all, row);
        }
        if (status == GD_OK) {
            status = read_row(job, x, y);
        }
    }
    gd_memory_free(&x);
    gd_memory_free(&y);
    return status;
}

static gd_status add_group(job *job, int group) {
    gd_shape x = job->rows.x, y = job->rows.y;
    char name[16];
    x.dims[0] = y.dims[0] = job->placement.rows[group];
    snprintf(name, sizeof name, "%s/x", group_names[group]);
    gd_status status = gd_store_add(job->store, name, &x, job->layout);
    if (status == GD_OK) {
        snprintf(name, sizeof name, "%s/y", group_names[group]);
        status = gd_store_add(job->store, name, &y, GD_CONTIGUOUS);
    }
    if (status == GD_OK && job->format->describe != NULL) {
        status = job->format->describe(&job->rows, job->store, group_names[group]);
    }
    return status;
}

static gd_status write_run(job *job, const gd_run *run) {
    char name[16];
    snprintf(name, sizeof name, "%s/x", group_names[run->group]);
    gd_status status =
        gd_store_write(job->store, name, run->first, run->count, job->rows.x.type, run->x);
    if (status == GD_OK) {
        snprintf(name, sizeof name, "%s/y", group_names[run->group]);
        status = gd_store_write(job->store, name, run->first, run->count, job->rows.y.type, run->y);
    }
    return status;
}

static gd_status write_rows(job *job) {
    gd_run run = {0};
    int64_t all = job->rows.x.dims[0], done = 0;
    gd_status status = GD_OK;
    for (int group = 0; group < GD_IMPORT_GROUPS && status == GD_OK; group++) {
        status = job->placement.rows[group] > 0 ? add_group(job, group) : GD_OK;
    }
    do {
        if (status == GD_OK) {
            status =
                gd_import_progress_tick(job->progress, "writing", (double)done / (double)all, done);
        }
        if (status == GD_OK) {
            status = gd_spool_take(job->spool, &run);
        }
        if (status == GD_OK && run.count > 0) {
            status = write_run(job, &run);
            done += run.count;
        }
    } while (status == GD_OK && run.count > 0);
    return status;
}

/* Chunks only where they are compressed, and that only where it pays: a rank reads one run of rows,
 * which is fastest if it lies in one piece. */
static bool pays_to_compress(const gd_import_rows *rows) {
    static const double most_zeros = 0.75, few_bytes = 1 << 20;
    return rows->zeros > most_zeros &&
           (double)row_bytes(&rows->x) * (double)rows->x.dims[0] > few_bytes;
}

static gd_status make_spool(job *job) {
    const gd_import_options *options = job->options;
    const gd_import_rows *rows = &job->rows;
    bool compress = options->compress == GD_IMPORT_YES ||
                    (options->compress == GD_IMPORT_CHOOSE && pays_to_compress(rows));
    job->layout = compress ? GD_COMPRESSED : GD_CONTIGUOUS;
    return gd_spool_new(&job->spool, job->placement.rows, row_bytes(&rows->x), row_bytes(&rows->y),
                        options->memory, compress ? gd_store_chunk_rows(&rows->x) : 1,
                        options->output);
}

static gd_status run_steps(job *job) {
    gd_import_rows *rows = &job->rows;
    gd_status status =
        job->format->open(job->options, job->inputs, job->count, job->progress, rows);
    if (status == GD_OK) {
        status = place(job);
    }
    if (status == GD_OK && job->format->prepare != NULL) {
        status = job->format->prepare(rows, &job->placement, job->progress);
    }
    if (status == GD_OK) {
        status = make_spool(job);
    }
    if (status == GD_OK) {
        status = read_rows(job);
    }
    return status == GD_OK ? write_rows(job) : status;
}

static void summarise(const job *job, gd_text *summary) {
    const gd_shape *x = &job->rows.x;
    char number[32];
    gd_text_add(summary, "x      ");
    gd_text_add_dims(summary, x->rank - 1, x->dims + 1);
    gd_text_add(summary, " of %s a row%s\n", gd_type_name(x->type),
                job->layout == GD_COMPRESSED ? ", compressed" : "");
    if (job->format->summarise != NULL) {
        job->format->summarise(&job->rows, summary);
    }
    for (int group = 0; group < GD_IMPORT_GROUPS; group++) {
        if (job->placement.rows[group] > 0) {
            gd_text_add(summary, "%-6s %s row%s\n", group_names[group] + 1,
                        gd_text_grouped(job->placement.rows[group], number),
                        gd_text_plural(job->placement.rows[group]));
        }
    }
}

static gd_status run_job(job *job, int64_t *width, gd_text *summary) {
    gd_status status = run_steps(job);
    int64_t own = gd_shape_width(&job->rows.x);
    if (status == GD_OK && *width > 0 && own != *width) {
        status = gd_status_new(GD_BAD_INPUT, "%s has %lld number%s a row, but %s has %lld",
                               job->options->inputs[0], (long long)*width, gd_text_plural(*width),
                               job->inputs[0], (long long)own);
    }
    if (status == GD_OK) {
        *width = own;
        summarise(job, summary);
    }
    job->format->close(&job->rows);
    gd_placement_free(&job->placement);
    gd_spool_free(&job->spool);
    return status;
}

/* One job for all inputs, or one for each pair of them. */
static gd_status run_jobs(const gd_import_options *options, gd_store *store, gd_text *summary) {
    gd_import_progress progress = gd_import_progress_start();
    int part = options->format->group_inputs;
    int64_t width = 0;
    gd_status status = GD_OK;
    part = part > 0 ? part : options->count;
    for (int i = 0; i * part < options->count && status == GD_OK; i++) {
        job job = {.options = options,
                   .format = options->format,
                   .inputs = options->inputs + i * part,
                   .count = part,
                   .group = i,
                   .progress = &progress,
                   .store = store};
        status = run_job(&job, &width, summary);
    }
    gd_import_progress_clear(&progress);
    return status;
}

static gd_status write_file(const gd_import_options *options, const char *temporary,
                            gd_text *summary) {
    gd_store *store;
    gd_status status = gd_store_create(temporary, &store);
    if (status == GD_OK) {
        status = run_jobs(options, store, summary);
        status = gd_status_first(status, gd_store_close(&store));
    }
    if (status == GD_OK) {
        status = gd_text_status(summary);
    }
    return status == GD_OK ? gd_file_commit(temporary, options->output) : status;
}

gd_status gd_import_run(const gd_import_options *options, gd_text *summary) {
    char *temporary;
    gd_status status = gd_text_new(&temporary, "%s.tmp", options->output);
    if (status == GD_OK) {
        status = check_files(options, temporary);
    }
    if (status == GD_OK) {
        status = write_file(options, temporary, summary);
        if (status != GD_OK) {
            unlink(temporary);
        }
    }
    gd_memory_free(&temporary);
    if (status == GD_OK) {
        gd_text_make_printable(summary->bytes, "\n"); /* names may hold anything */
    }
    return status;
}
