#include <stdio.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "labels.h"
#include "stream.h"

enum { TICK_ROWS = 1024, LINE_MOST = 256 << 20 };

/* What the dense table may be at most: so many bytes, or so many times the text. Memory and disk
 * are to be what the file justifies; one wrong index could else fill them. */
static const double dense_bytes = 64 << 20, dense_times = 500;

/* The lines of all inputs, "LABEL INDEX:VALUE ...", with indices that ascend (C.-C. Chang, C.-J.
 * Lin: LIBSVM, README). */
typedef struct sparse {
    const gd_import_options *options;
    char *const *inputs;
    int count, input; /* inputs in all, and the one that is being read */
    gd_stream stream;
    char *line;
    size_t length, room;
    int64_t number; /* of the line */
    gd_labels labels;
    gd_numbers values;
    double bytes;        /* of all lines */
    bool any;            /* there was an index */
    int64_t least, most; /* of the indices */
    int64_t most_line;   /* that has the largest index, and in which input */
    const char *most_path;
} sparse;

typedef struct pair {
    int64_t index;
    double value;
} pair;

static gd_status open_input(sparse *sparse, int input) {
    gd_stream_close(&sparse->stream);
    sparse->input = input;
    gd_status status = gd_stream_check_file(sparse->inputs[input]);
    return status == GD_OK ? gd_stream_open(sparse->inputs[input], &sparse->stream) : status;
}

static gd_status wrong(const sparse *sparse, const char *text, const char *what) {
    return gd_status_new(GD_BAD_INPUT, "%s:%lld: '%.40s' %s", sparse->stream.path,
                         (long long)sparse->number, text, what);
}

/* A line without its end and without a comment. *there is false at the end of the file. */
static gd_status read_line(sparse *sparse, bool *there) {
    bool comment = false;
    int byte = gd_stream_peek(&sparse->stream);
    gd_status status = GD_OK;
    sparse->number = sparse->stream.line;
    sparse->length = 0;
    *there = byte != EOF;
    for (byte = gd_stream_get(&sparse->stream); byte != EOF && byte != '\n' && status == GD_OK;
         byte = gd_stream_get(&sparse->stream)) {
        comment = comment || byte == '#';
        if (byte == '\0' || sparse->length >= LINE_MOST) {
            status = wrong(sparse, "",
                           byte == '\0' ? "holds a NUL byte; is this text?" : "is 256 MiB long");
        } else if (!comment) {
            status = gd_grow(&sparse->line, sparse->length, &sparse->room, 1, "a line");
        }
        if (!comment && status == GD_OK) {
            sparse->line[sparse->length++] = (char)byte;
        }
    }
    if (status == GD_OK) {
        status = gd_grow(&sparse->line, sparse->length, &sparse->room, 1, "a line");
    }
    if (status == GD_OK) {
        sparse->line[sparse->length] = '\0';
        status = gd_stream_failure(&sparse->stream);
    }
    return status;
}

static const char blanks[] = " \t\r";

/* Cuts the next word out of the line; NULL after the last. */
static char *next_word(char **rest) {
    char *word = *rest + strspn(*rest, blanks);
    size_t length = strcspn(word, blanks);
    *rest = word + length + (word[length] == '\0' ? 0 : 1);
    word[length] = '\0';
    return length > 0 ? word : NULL;
}

/* The next line that has something: its label, and what is behind it. */
static gd_status next_row(sparse *sparse, char **label, char **rest) {
    gd_status status = GD_OK;
    *label = NULL;
    while (status == GD_OK && *label == NULL) {
        bool there;
        status = read_line(sparse, &there);
        if (status == GD_OK && there) {
            *rest = sparse->line;
            *label = next_word(rest);
        } else if (status == GD_OK && sparse->input + 1 < sparse->count) {
            status = open_input(sparse, sparse->input + 1);
        } else {
            break;
        }
    }
    if (status == GD_OK && *label != NULL && strpbrk(*label, ",:") != NULL) {
        status = wrong(sparse, *label, "is no label; a line is LABEL INDEX:VALUE ...");
    }
    return status;
}

/* The pair that a word is; `after` is the index of the one before. */
static gd_status read_pair(const sparse *sparse, char *word, int64_t after, pair *pair) {
    char *colon = strchr(word, ':');
    if (colon == NULL) {
        return wrong(sparse, word, "is no INDEX:VALUE");
    }
    *colon = '\0';
    if (word[strspn(word, "0123456789")] != '\0' || !gd_text_to_integer(word, &pair->index) ||
        pair->index > INT32_MAX) {
        return wrong(sparse, word, "is no index; whole numbers up to 2147483647 are");
    }
    if (pair->index <= after) {
        return wrong(sparse, word, "is an index that is not larger than the one before");
    }
    return gd_number_read(colon + 1, &pair->value)
               ? GD_OK
               : wrong(sparse, colon + 1, "is no value; finite numbers are");
}

static gd_status scan_row(sparse *sparse, const char *label, char *rest) {
    pair pair = {.index = -1};
    gd_status status = gd_labels_add(&sparse->labels, label, sparse->stream.path, sparse->number);
    sparse->bytes += (double)sparse->length;
    for (char *word = next_word(&rest); status == GD_OK && word != NULL; word = next_word(&rest)) {
        status = read_pair(sparse, word, pair.index, &pair);
        if (status != GD_OK) {
            break;
        }
        gd_numbers_add(&sparse->values, pair.value);
        sparse->least = sparse->any && sparse->least < pair.index ? sparse->least : pair.index;
        if (!sparse->any || pair.index > sparse->most) {
            sparse->most = pair.index;
            sparse->most_line = sparse->number;
            sparse->most_path = sparse->stream.path;
        }
        sparse->any = true;
    }
    return status;
}

/* Indices count from 1, but from 0 where there is an index 0. */
static int64_t first_index(const sparse *sparse) {
    return sparse->least == 0 ? 0 : 1;
}

static gd_status check_width(const sparse *sparse, const gd_import_rows *rows, int64_t found) {
    char size[32];
    double bytes =
        (double)rows->x.dims[0] * (double)rows->x.dims[1] * (double)gd_type_size(rows->x.type);
    if (found > rows->x.dims[1]) {
        return gd_status_new(GD_BAD_INPUT, "%s:%lld: index %lld is not among --features %lld",
                             sparse->most_path, (long long)sparse->most_line,
                             (long long)sparse->most, (long long)rows->x.dims[1]);
    }
    if ((bytes > dense_bytes && bytes > dense_times * sparse->bytes) ||
        bytes / (double)rows->x.dims[0] > GD_IMPORT_ROW_BYTES) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s:%lld: with the index %lld, the rows take %s, more than 500 times "
                             "the text, since zeros are written out; if it is not damaged, this is "
                             "too sparse for gdmpi",
                             sparse->most_path, (long long)sparse->most_line,
                             (long long)sparse->most, gd_text_amount(bytes, size));
    }
    return GD_OK;
}

static gd_status decide(sparse *sparse, int64_t count, gd_import_rows *rows) {
    const char *path = sparse->inputs[0];
    const int64_t found = sparse->any ? sparse->most - first_index(sparse) + 1 : 0;
    const int64_t features = sparse->options->features;
    double all = (double)count * (double)(features > 0 ? features : found);
    if (count == 0 || all == 0) {
        return gd_status_new(GD_BAD_INPUT, "%s: has no %s", path, count == 0 ? "rows" : "features");
    }
    rows->x = (gd_shape){.rank = 2, .dims = {count, features > 0 ? features : found}};
    rows->y = (gd_shape){.rank = 1, .dims = {count}};
    rows->zeros = 1 - (double)(sparse->values.count - sparse->values.zeros) / all;
    gd_numbers_add(&sparse->values, 0);
    gd_status status =
        gd_numbers_type(&sparse->values, false, sparse->options, path, &rows->x.type);
    if (status == GD_OK) {
        status = check_width(sparse, rows, found);
    }
    if (status == GD_OK) {
        status = gd_labels_decide(&sparse->labels, path);
    }
    return status == GD_OK ? gd_labels_tell(&sparse->labels, rows) : status;
}

static gd_status scan(sparse *sparse, gd_import_progress *progress, gd_import_rows *rows) {
    char *label = NULL, *rest;
    int64_t count = 0;
    gd_status status = open_input(sparse, 0);
    do {
        if (status == GD_OK && count % TICK_ROWS == 0) {
            double share = sparse->input + gd_stream_share(&sparse->stream);
            status =
                gd_import_progress_tick(progress, "looking at rows", share / sparse->count, count);
        }
        if (status == GD_OK) {
            status = next_row(sparse, &label, &rest);
        }
        if (status == GD_OK && label != NULL) {
            status = scan_row(sparse, label, rest);
            count++;
        }
    } while (status == GD_OK && label != NULL);
    return status == GD_OK ? decide(sparse, count, rows) : status;
}

static gd_status open_inputs(const gd_import_options *options, char *const *inputs, int count,
                             gd_import_progress *progress, gd_import_rows *rows) {
    sparse *sparse;
    gd_status status = gd_memory_new(&sparse, 1, sizeof *sparse, "reading libsvm");
    rows->state = sparse;
    if (status != GD_OK) {
        return status;
    }
    sparse->options = options;
    sparse->inputs = inputs;
    sparse->count = count;
    sparse->labels.task = options->task;
    status = scan(sparse, progress, rows);
    return status == GD_OK ? open_input(sparse, 0) : status;
}

static gd_status changed(const sparse *sparse) {
    return gd_status_new(GD_BAD_INPUT, "%s:%lld: has changed while the file was read",
                         sparse->stream.path, (long long)sparse->number);
}

static gd_status fill_x(const sparse *sparse, const gd_import_rows *rows, char *rest, void *x) {
    pair pair = {.index = -1};
    memset(x, 0, (size_t)rows->x.dims[1] * gd_type_size(rows->x.type));
    for (char *word = next_word(&rest); word != NULL; word = next_word(&rest)) {
        gd_status status = read_pair(sparse, word, pair.index, &pair);
        if (status != GD_OK) {
            return status;
        }
        int64_t place = pair.index - first_index(sparse);
        if (place < 0 || place >= rows->x.dims[1] || pair.value < sparse->values.least ||
            pair.value > sparse->values.most) {
            return changed(sparse);
        }
        gd_type_set(rows->x.type, x, place, pair.value);
    }
    return GD_OK;
}

static gd_status next(gd_import_rows *rows, void *x, void *y, int64_t *stratum) {
    sparse *sparse = rows->state;
    char *label, *rest;
    double target;
    gd_status status = next_row(sparse, &label, &rest);
    if (status != GD_OK || label == NULL) {
        return status != GD_OK ? status : changed(sparse);
    }
    bool known = gd_labels_value(&sparse->labels, label, &target);
    *stratum = sparse->labels.task == GD_IMPORT_CLASSIFICATION ? (int64_t)target : 0;
    gd_type_set(rows->y.type, y, 0, target);
    return known ? fill_x(sparse, rows, rest, x) : changed(sparse);
}

static gd_status describe(const gd_import_rows *rows, gd_store *store, const char *group) {
    const sparse *sparse = rows->state;
    char y[16];
    snprintf(y, sizeof y, "%s/y", group);
    return gd_labels_describe(&sparse->labels, store, y);
}

static void summarise(const gd_import_rows *rows, gd_text *text) {
    const sparse *sparse = rows->state;
    gd_text_add(text, "       %.3g %% of the numbers are not 0; indices count from %lld\n",
                100 * (1 - rows->zeros), (long long)first_index(sparse));
    gd_labels_summarise(&sparse->labels, "the label", text);
}

static void close_inputs(gd_import_rows *rows) {
    sparse *sparse = rows->state;
    if (sparse != NULL) {
        gd_stream_close(&sparse->stream);
        gd_labels_free(&sparse->labels);
        gd_memory_free(&sparse->line);
    }
    gd_memory_free(&rows->stratum_rows);
    gd_memory_free(&rows->state);
}

static const char *const options[] = {"--task",       "--type", "--features", "--split",
                                      "--no-shuffle", "--seed", "--compress", NULL};

const gd_import_format gd_import_libsvm = {
    .name = "libsvm",
    .inputs = "INPUT...",
    .help = "lines of LABEL INDEX:VALUE ...; what is not said is written as 0",
    .options = options,
    .shuffled = true,
    .open = open_inputs,
    .next = next,
    .describe = describe,
    .summarise = summarise,
    .close = close_inputs,
};
