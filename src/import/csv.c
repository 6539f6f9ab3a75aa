#include "csv_columns.h"
#include "gdmpi/memory.h"

enum { TICK_ROWS = 1024 };

/* The records of all inputs, one after the other. */
typedef struct table {
    const gd_import_options *options;
    char *const *inputs;
    int count, input; /* inputs in all, and the one that is being read */
    char separator;   /* 0: found in each file */
    bool names;       /* the first record of each file has them */
    gd_csv csv;
    gd_columns columns;
} table;

static gd_status read_separator(const gd_import_options *options, char *separator) {
    const char *text = options->separator;
    *separator = 0;
    if (text == NULL) {
        return GD_OK;
    }
    bool tab = (text[0] == '\\' && text[1] == 't' && text[2] == '\0');
    *separator = tab ? '\t' : text[0];
    if ((!tab && (text[0] == '\0' || text[1] != '\0')) || *separator == '"' || *separator == '\n' ||
        *separator < 0) {
        return gd_status_new(GD_BAD_INPUT,
                             "--separator '%s': one character of ASCII is needed, such as ; or \\t",
                             text);
    }
    return GD_OK;
}

/* Whether a first record has names rather than values. */
static bool has_names(const table *table) {
    double number;
    for (size_t i = 0; i < table->csv.count; i++) {
        if (gd_number_read(gd_csv_field(&table->csv, i), &number)) {
            return table->options->header;
        }
    }
    return !table->options->no_header;
}

/* Opens an input, and passes over its names. */
static gd_status open_input(table *table, int input) {
    bool there = true;
    gd_csv_close(&table->csv);
    table->input = input;
    gd_status status = gd_csv_open(&table->csv, table->inputs[input], table->separator);
    if (status == GD_OK && table->names) {
        status = gd_csv_next(&table->csv, &there);
        if (status == GD_OK && there) {
            status = gd_columns_check_names(&table->columns, &table->csv);
        }
    }
    return status;
}

/* Learns from the first record of the first input what the columns are. */
static gd_status look(table *table) {
    bool there = false;
    gd_status status = read_separator(table->options, &table->separator);
    if (status == GD_OK) {
        status = gd_csv_open(&table->csv, table->inputs[0], table->separator);
    }
    if (status == GD_OK) {
        status = gd_csv_next(&table->csv, &there);
    }
    if (status == GD_OK && !there) {
        status = gd_status_new(GD_BAD_INPUT, "%s: is empty", table->inputs[0]);
    }
    if (status == GD_OK) {
        table->names = has_names(table);
        status = gd_columns_new(&table->csv, table->names, table->options, &table->columns);
    }
    return status == GD_OK ? open_input(table, 0) : status;
}

/* The next record that is kept. */
static gd_status next_record(table *table, bool *there) {
    bool dropped = true;
    gd_status status = GD_OK;
    *there = true;
    while (status == GD_OK && *there && dropped) {
        status = gd_csv_next(&table->csv, there);
        if (status == GD_OK && *there) {
            status = gd_columns_check(&table->columns, &table->csv, &dropped);
        } else if (status == GD_OK && table->input + 1 < table->count) {
            status = open_input(table, table->input + 1);
            *there = true;
        }
    }
    return status;
}

/* How much of all inputs has been read. */
static double share(const table *table) {
    return (table->input + gd_stream_share(&table->csv.stream)) / table->count;
}

static gd_status scan(table *table, gd_import_progress *progress, gd_import_rows *rows) {
    bool there = true;
    int64_t count = 0;
    gd_status status = GD_OK;
    while (status == GD_OK && there) {
        if (count % TICK_ROWS == 0) {
            status = gd_import_progress_tick(progress, "looking at columns", share(table), count);
        }
        if (status == GD_OK) {
            status = next_record(table, &there);
        }
        if (status == GD_OK && there) {
            status = gd_columns_scan(&table->columns, &table->csv);
            count++;
        }
    }
    if (status == GD_OK && count == 0) {
        status = gd_status_new(GD_BAD_INPUT, "%s: has no rows%s", table->inputs[0],
                               table->options->missing == GD_IMPORT_DROP ? " without missing values"
                               : table->names ? " but the names of columns"
                                              : " left");
    }
    return status == GD_OK ? gd_columns_decide(&table->columns, table->inputs[0], count, rows)
                           : status;
}

static gd_status open_inputs(const gd_import_options *options, char *const *inputs, int count,
                             gd_import_progress *progress, gd_import_rows *rows) {
    table *table;
    gd_status status = gd_memory_new(&table, 1, sizeof *table, "reading CSV");
    rows->state = table;
    if (status != GD_OK) {
        return status;
    }
    table->options = options;
    table->inputs = inputs;
    table->count = count;
    status = look(table);
    if (status == GD_OK) {
        status = scan(table, progress, rows);
    }
    return status == GD_OK ? open_input(table, 0) : status;
}

static gd_status fewer(const table *table) {
    return gd_status_new(GD_BAD_INPUT, "%s: has fewer rows than at first", table->csv.stream.path);
}

static int64_t stratum_of(const gd_import_rows *rows) {
    const table *table = rows->state;
    return rows->strata > 1 ? gd_columns_class(&table->columns, &table->csv) : 0;
}

/* Means are those of the training rows. */
static gd_status prepare(gd_import_rows *rows, gd_placement *placement,
                         gd_import_progress *progress) {
    table *table = rows->state;
    gd_status status = GD_OK;
    gd_place place;
    bool there;
    if (!gd_columns_need_means(&table->columns)) {
        return GD_OK;
    }
    gd_columns_start_means(&table->columns);
    for (int64_t row = 0; row < rows->x.dims[0] && status == GD_OK; row++) {
        if (row % TICK_ROWS == 0) {
            status = gd_import_progress_tick(progress, "taking means", share(table), row);
        }
        if (status == GD_OK) {
            status = next_record(table, &there);
        }
        if (status == GD_OK && !there) {
            status = fewer(table);
        }
        if (status == GD_OK && gd_placement_next(placement, stratum_of(rows), &place) &&
            place.group == 0) {
            gd_columns_add(&table->columns, &table->csv);
        }
    }
    gd_placement_rewind(placement);
    if (status == GD_OK) {
        status = gd_columns_take_means(&table->columns, table->inputs[0]);
    }
    return status == GD_OK ? open_input(table, 0) : status;
}

static gd_status next(gd_import_rows *rows, void *x, void *y, int64_t *stratum) {
    table *table = rows->state;
    bool there;
    gd_status status = next_record(table, &there);
    if (status == GD_OK && !there) {
        return fewer(table);
    }
    if (status == GD_OK) {
        status = gd_columns_fill(&table->columns, &table->csv, rows, x, y);
    }
    if (status == GD_OK) {
        *stratum = stratum_of(rows);
    }
    return status;
}

static gd_status describe(const gd_import_rows *rows, gd_store *store, const char *group) {
    const table *table = rows->state;
    return gd_columns_describe(&table->columns, store, group);
}

static void summarise(const gd_import_rows *rows, gd_text *text) {
    const table *table = rows->state;
    gd_columns_summarise(&table->columns, text);
}

static void close_inputs(gd_import_rows *rows) {
    table *table = rows->state;
    if (table != NULL) {
        gd_csv_close(&table->csv);
        gd_columns_free(&table->columns);
    }
    gd_memory_free(&rows->stratum_rows);
    gd_memory_free(&rows->state);
}

static const char *const options[] = {"--target",    "--task",     "--ignore",    "--categorical",
                                      "--encode",    "--missing",  "--separator", "--header",
                                      "--no-header", "--type",     "--split",     "--no-shuffle",
                                      "--seed",      "--compress", NULL};

const gd_import_format gd_import_csv = {
    .name = "csv",
    .inputs = "INPUT...",
    .help = "tables of texts and numbers, with the same columns if there are several",
    .options = options,
    .shuffled = true,
    .open = open_inputs,
    .prepare = prepare,
    .next = next,
    .describe = describe,
    .summarise = summarise,
    .close = close_inputs,
};
