#include "gdmpi/survey.h"

#include <math.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/paragraph.h"
#include "gdmpi/stop.h"

/* What is read at once, and how much more if a chunk has as much. */
enum { BLOCK_BYTES = 16 << 20, LARGEST_CHUNK = 16 };

/* A data set as a table, [rows, width], and in blocks. */
typedef struct plan {
    const char *name;
    gd_type type;
    int64_t rows, width;
    int64_t block_rows, blocks;
} plan;

/* What this rank has found. */
typedef struct finding {
    double finite, nans, infinite;
    double least, most;
    double nan_row, infinite_row; /* INFINITY: none */
    bool labels;                  /* so far, each row is one */
} finding;

static int64_t rows_of(const gd_shape *shape) {
    return shape->rank == 0 ? 1 : shape->dims[0];
}

static int64_t row_bytes(const gd_shape *shape) {
    return gd_shape_width(shape) * (int64_t)gd_type_size(shape->type);
}

/* Not in whole numbers: those of chunks may be anything. */
double gd_survey_bytes(const gd_shape *shape) {
    double bytes = (double)gd_type_size(shape->type);
    for (int i = 0; i < shape->rank; i++) {
        bytes *= (double)shape->dims[i];
    }
    return bytes;
}

/* Blocks begin where chunks do, if these are not too large. */
static plan make_plan(const char *name, const gd_shape *shape, const gd_storage *storage) {
    plan plan = {
        .name = name, .type = shape->type, .rows = rows_of(shape), .width = gd_shape_width(shape)};
    const int64_t bytes = row_bytes(shape), chunk = storage->chunk[0];
    if (plan.rows == 0 || bytes == 0) {
        return plan;
    }
    int64_t most = bytes < BLOCK_BYTES ? BLOCK_BYTES / bytes : 1;
    if (chunk > most && chunk <= LARGEST_CHUNK * most) {
        most = chunk;
    } else if (chunk > 0 && chunk <= most) {
        most -= most % chunk;
    }
    plan.block_rows = most < plan.rows ? most : plan.rows;
    plan.blocks = (plan.rows + plan.block_rows - 1) / plan.block_rows;
    return plan;
}

/* One after another; `row` is theirs. */
static void look_at_each(const double *values, int64_t first, int64_t count, int64_t width,
                         finding *found, double *sum) {
    for (int64_t i = 0; i < count; i++) {
        const double row = (double)((first + i) / width);
        if (isnan(values[i])) {
            found->nans++;
            found->nan_row = fmin(found->nan_row, row);
        } else if (isinf(values[i])) {
            found->infinite++;
            found->infinite_row = fmin(found->infinite_row, row);
        } else {
            found->finite++;
            found->least = fmin(found->least, values[i]);
            found->most = fmax(found->most, values[i]);
            *sum += values[i];
        }
    }
}

/* The same for many numbers of which all are finite, as nearly always. */
static void look_at(const double *values, int64_t first, int64_t count, int64_t width,
                    finding *found, double *sum) {
    double total = 0, least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        total += values[i];
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    if (!isfinite(total)) {
        look_at_each(values, first, count, width, found, sum);
        return;
    }
    found->finite += (double)count;
    found->least = fmin(found->least, least);
    found->most = fmax(found->most, most);
    *sum += total;
}

static void count_labels(const double *values, int64_t count, finding *found, double *labels) {
    for (int64_t i = 0; i < count && found->labels; i++) {
        found->labels =
            values[i] >= 0 && values[i] < GD_SURVEY_LABELS && values[i] == floor(values[i]);
        if (found->labels) {
            labels[(int64_t)values[i]]++;
        }
    }
}

static gd_status work_block(const gd_store *store, const plan *plan, int64_t block, void *data,
                            finding *found, double *sum, double *labels) {
    enum { PART = 1024 };
    double values[PART];
    const int64_t first = block * plan->block_rows, left = plan->rows - first;
    const int64_t rows = left < plan->block_rows ? left : plan->block_rows;
    const int64_t count = rows * plan->width;
    gd_status status = gd_store_read(store, plan->name, first, rows, plan->type, data);
    for (int64_t at = 0; at < count && status == GD_OK; at += PART) {
        const int64_t part = count - at < PART ? count - at : PART;
        gd_type_widen(plan->type, data, at, part, values);
        look_at(values, first * plan->width + at, part, plan->width, found, sum);
        count_labels(values, part, found, labels);
    }
    return status;
}

/* Block b is rank b % ranks'. Collective. */
static gd_status work(gd_surveyor *self, const gd_store *store, const plan *plan, void *data,
                      finding *found, double *sums, double *labels) {
    const int64_t ranks = gd_comm_size(self->comm), rank = gd_comm_rank(self->comm);
    gd_status status = GD_OK;
    for (int64_t first = 0; first < plan->blocks && status == GD_OK; first += ranks) {
        const int64_t block = first + rank, last = first + ranks;
        const double bytes =
            (double)plan->block_rows * (double)plan->width * (double)gd_type_size(plan->type);
        if (block < plan->blocks) {
            status = work_block(store, plan, block, data, found, &sums[block], labels);
        }
        if (status == GD_OK) {
            status = gd_stop_check();
        }
        status = gd_comm_agree(self->comm, status);
        gd_bar_show(&self->bar, "reading",
                    (self->done + bytes * (double)(last < plan->blocks ? last : plan->blocks)) /
                        self->all,
                    self->all / 1e6, "MB/s");
    }
    return status;
}

/* Brings together what the ranks have found. Collective. */
static void reduce(gd_comm *comm, const plan *plan, finding *found, double *sums, double *labels,
                   gd_survey *survey) {
    double counts[] = {found->finite, found->nans, found->infinite};
    double most[] = {found->most, -found->least, -found->nan_row, -found->infinite_row,
                     found->labels ? 0 : 1};
    double total = 0;
    gd_comm_sum(comm, counts, sizeof counts / sizeof *counts);
    gd_comm_maximum(comm, most, sizeof most / sizeof *most);
    gd_comm_sum(comm, sums, (size_t)plan->blocks);
    for (int64_t i = 0; i < plan->blocks; i++) {
        total += sums[i];
    }
    const bool any = counts[0] > 0;
    survey->finite = (int64_t)counts[0];
    survey->nans = (int64_t)counts[1];
    survey->infinite = (int64_t)counts[2];
    survey->most = any ? most[0] : NAN;
    survey->least = any ? -most[1] : NAN;
    survey->mean = any ? total / counts[0] : NAN;
    survey->nan_row = survey->nans > 0 ? (int64_t)-most[2] : -1;
    survey->infinite_row = survey->infinite > 0 ? (int64_t)-most[3] : -1;
    if (most[4] == 0 && any) {
        gd_comm_sum(comm, labels, GD_SURVEY_LABELS);
        survey->labels = labels;
    }
}

static gd_status survey_rows(gd_surveyor *self, const gd_store *store, const plan *plan,
                             gd_survey *survey) {
    finding found = {.least = INFINITY,
                     .most = -INFINITY,
                     .nan_row = INFINITY,
                     .infinite_row = INFINITY,
                     .labels = plan->width == 1};
    void *data = NULL;
    double *sums = NULL, *labels = NULL;
    gd_status status = gd_memory_new(&data, (size_t)(plan->block_rows * plan->width),
                                     gd_type_size(plan->type), "a block of rows");
    if (status == GD_OK) {
        status = gd_memory_new(&sums, (size_t)plan->blocks, sizeof *sums, "the sums of blocks");
    }
    if (status == GD_OK) {
        status = gd_memory_new(&labels, plan->width == 1 ? GD_SURVEY_LABELS : 0, sizeof *labels,
                               "the rows of labels");
    }
    status = gd_comm_agree(self->comm, status);
    if (status == GD_OK) {
        status = work(self, store, plan, data, &found, sums, labels);
    }
    if (status == GD_OK) {
        reduce(self->comm, plan, &found, sums, labels, survey);
    }
    if (survey->labels == NULL) {
        gd_memory_free(&labels);
    }
    gd_memory_free(&sums);
    gd_memory_free(&data);
    return status;
}

gd_status gd_survey_take(gd_surveyor *surveyor, const char *name, const gd_shape *shape,
                         const gd_storage *storage, gd_survey *survey) {
    const plan plan = make_plan(name, shape, storage);
    gd_store *store = NULL;
    *survey = (gd_survey){0};
    gd_status status = gd_comm_agree(surveyor->comm, gd_store_open(surveyor->path, &store));
    if (status == GD_OK) {
        status = survey_rows(surveyor, store, &plan, survey);
    }
    gd_status closed = gd_store_close(&store);
    surveyor->done += gd_survey_bytes(shape);
    return gd_status_first(status, gd_comm_agree(surveyor->comm, closed));
}

void gd_survey_free(gd_survey *survey) {
    gd_memory_free(&survey->labels);
}

/* Measured with HDF5 1.10.8: to find a chunk takes some 50 us, the time in which 100 KiB are read.
 * What goes through filters is unpacked whole for any row of it, and that of narrow chunks gathered
 * from all of them. */
void gd_survey_advise(const gd_shape *shape, const gd_storage *storage, gd_text *advice) {
    static const int64_t few_bytes = 8 << 10, many_chunks = 1000;
    const int64_t rows = rows_of(shape), chunk_rows = storage->chunk[0];
    if (chunk_rows == 0 || rows == 0 || row_bytes(shape) == 0) {
        return;
    }
    gd_shape chunk = *shape, better = *shape;
    memcpy(chunk.dims, storage->chunk, sizeof chunk.dims);
    better.dims[0] = gd_store_chunk_rows(shape);
    better.dims[0] = better.dims[0] < rows ? better.dims[0] : rows;
    const double chunk_bytes = gd_survey_bytes(&chunk), row = (double)row_bytes(shape);
    const double span = (double)(chunk_rows < rows ? chunk_rows : rows) * row;
    const bool narrow = chunk_bytes < (double)chunk_rows * row;
    char amount[32], dims[GD_TEXT_DIMS];
    if (chunk_bytes < few_bytes && gd_survey_bytes(shape) / chunk_bytes > many_chunks) {
        gd_text_add(advice, "chunks of %s are slow to read", gd_text_amount(chunk_bytes, amount));
    } else if (span > BLOCK_BYTES && (narrow || storage->filters[0] != '\0')) {
        gd_text_add(advice, "chunks reach over %s of rows, and all of it is read for any row",
                    gd_text_amount(span, amount));
    } else {
        return;
    }
    gd_text_dims(better.rank, better.dims, dims);
    gd_paragraph_keep(dims);
    gd_text_add(advice, "; better are chunks of %s, or none", dims);
}
