#include <float.h>
#include <math.h>
#include <string.h>

#include "gdmpi/lines.h"
#include "gdmpi/memory.h"
#include "gdmpi/paragraph.h"
#include "inspect_private.h"

enum {
    MOST_CLASSES = 20,  /* that are named one by one, */
    MOST_LABELS = 1000, /* and that numbers are taken for, unless the file says so */
    LEAST_INDENT = 10,
    MOST_INDENT = 24
};

/* The lines of an entry that come after the first are below its beginning. */
typedef struct page {
    gd_text *text;
    int indent;
} page;

static void add(const page *page, gd_style style, const gd_text *words) {
    if (words->length > 0) {
        gd_paragraph_add(page->text,
                         &(gd_paragraph){.label = "", .indent = page->indent, .style = style}, "%s",
                         gd_text_bytes(words));
    }
    page->text->failed = page->text->failed || words->failed;
}

/* Takes the words over. */
static void add_line(const page *page, gd_text *words) {
    add(page, GD_STYLE_PLAIN, words);
    gd_text_free(words);
}

static void add_warning(const page *page, gd_text *words) {
    add(page, GD_STYLE_WARNING, words);
    gd_text_free(words);
}

/* "[60000, 28, 28]", in one piece. */
static void add_dims(gd_text *words, int rank, const int64_t *dims) {
    char shape[GD_TEXT_DIMS];
    gd_text_dims(rank, dims, shape);
    gd_paragraph_keep(shape);
    gd_text_add(words, "%s", shape);
}

static void add_storage(const gd_entry *entry, gd_text *words) {
    const gd_shape *shape = &entry->shape;
    const gd_storage *storage = &entry->storage;
    char part[32], whole[32];
    add_dims(words, shape->rank, shape->dims);
    gd_text_add(words, " of %s, %s", gd_type_name(shape->type), storage->layout);
    if (storage->chunk[0] > 0) {
        gd_text_add(words, " ");
        add_dims(words, shape->rank, storage->chunk);
    }
    if (storage->filters[0] != '\0') {
        gd_text_add(words, ", %s: %s of %s", storage->filters,
                    gd_text_amount((double)storage->bytes, part),
                    gd_text_amount(gd_survey_bytes(shape), whole));
    }
}

static bool is_whole(gd_type type) {
    return type != GD_FLOAT32 && type != GD_FLOAT64;
}

/* Whole numbers with all their digits. */
static const char *number(gd_type type, double value, char out[32]) {
    if (is_whole(type) && fabs(value) < 0x1p53) {
        return gd_text_grouped((int64_t)value, out);
    }
    snprintf(out, 32, "%.6g", value);
    return out;
}

static void add_range(const gd_entry *entry, gd_text *words) {
    const gd_survey *survey = &entry->survey;
    char least[32], most[32];
    if (survey->finite > 0) {
        gd_text_add(words, "%s to %s, mean %.6g", number(entry->shape.type, survey->least, least),
                    number(entry->shape.type, survey->most, most), survey->mean);
    } else if (survey->nans + survey->infinite == 0) {
        gd_text_add(words, "empty");
    }
}

static void add_not_finite(const char *what, int64_t count, int64_t row, gd_text *words) {
    char number[32];
    if (count > 0) {
        gd_text_add(words, "%s%s %s, %s row %lld", words->length > 0 ? "; " : "",
                    gd_text_grouped(count, number), what, count == 1 ? "in" : "the first in",
                    (long long)row);
    }
}

/* What makes its numbers, or a way to read them, bad for training. */
static void add_warnings(const page *page, const gd_entry *entry) {
    const gd_survey *survey = &entry->survey;
    gd_text words = {0}, advice = {0};
    add_not_finite("NaN", survey->nans, survey->nan_row, &words);
    add_not_finite("infinite", survey->infinite, survey->infinite_row, &words);
    if (strcmp(entry->member, "w") == 0 && survey->least < 0) {
        gd_text_add(&words, "%sa weight is at least 0", words.length > 0 ? "; " : "");
    } else if (strcmp(entry->member, "w") == 0 && survey->most == 0) {
        gd_text_add(&words, "%sno weight is above 0", words.length > 0 ? "; " : "");
    }
    add_warning(page, &words);
    gd_survey_advise(&entry->shape, &entry->storage, &advice);
    add_warning(page, &advice);
}

/* What is counted of the rows of classes. */
typedef struct classes {
    int64_t count;       /* up to the last that has rows, or a name */
    int64_t missing;     /* of these */
    double fewest, most; /* rows of one that has any */
} classes;

static classes count_classes(const gd_entry *entry) {
    classes found = {.fewest = DBL_MAX};
    int64_t named = gd_lines_count(entry->classes), with_rows = 0;
    for (int64_t label = 0; label < GD_SURVEY_LABELS; label++) {
        const double rows = entry->survey.labels[label];
        if (rows > 0) {
            found.count = label + 1;
            found.fewest = fmin(found.fewest, rows);
            found.most = fmax(found.most, rows);
            with_rows++;
        }
    }
    named = named < GD_SURVEY_LABELS ? named : GD_SURVEY_LABELS;
    found.count = found.count > named ? found.count : named;
    found.missing = found.count - with_rows;
    return found;
}

/* Of y, or of what predict makes of rows. Few numbers may be classes, whatever their type. */
static bool has_classes(const gd_entry *entry, const classes *found) {
    const bool target = strcmp(entry->member, "y") == 0 || strcmp(entry->member, "class") == 0;
    return target && (entry->classes != NULL || found->count <= MOST_CLASSES ||
                      (is_whole(entry->shape.type) && found->count <= MOST_LABELS));
}

static void list_classes(const gd_entry *entry, const classes *found, bool alike, gd_text *words) {
    const char *names = entry->classes, *name;
    for (int64_t label = 0; label < found->count; label++) {
        const size_t length = gd_lines_next(&names, &name);
        char rows[32];
        gd_text_add(words, label == 0 ? ": " : ", ");
        if (length > 0) {
            gd_paragraph_name(words, name, length);
        } else {
            gd_text_add(words, "%lld", (long long)label);
        }
        if (!alike) {
            gd_text_add(words, "%c(%s)", GD_PARAGRAPH_BLANK,
                        gd_text_grouped((int64_t)entry->survey.labels[label], rows));
        }
    }
}

static void add_classes(const gd_entry *entry, const classes *found, gd_text *words) {
    const bool alike = found->missing == 0 && found->fewest == found->most;
    const bool few = found->count <= MOST_CLASSES;
    char number[32], fewest[32];
    gd_text_add(words, "%s class%s", gd_text_grouped(found->count, number),
                found->count == 1 ? "" : "es");
    if (alike) {
        gd_text_add(words, " of %s row%s each", gd_text_grouped((int64_t)found->most, number),
                    gd_text_plural((int64_t)found->most));
    } else if (!few) {
        gd_text_add(words, " of %s to %s rows", gd_text_grouped((int64_t)found->fewest, fewest),
                    gd_text_grouped((int64_t)found->most, number));
        if (found->missing > 0) {
            gd_text_add(words, ", %s without any", gd_text_grouped(found->missing, number));
        }
    }
    if (few && (!alike || entry->classes != NULL)) {
        list_classes(entry, found, alike, words);
    }
}

static void add_numbers(const page *page, const gd_entry *entry) {
    gd_text words = {0};
    const bool labels = entry->survey.labels != NULL;
    const classes found = labels ? count_classes(entry) : (classes){0};
    if (labels && has_classes(entry, &found)) {
        add_classes(entry, &found, &words);
    } else {
        add_range(entry, &words);
    }
    add_line(page, &words);
    add_warnings(page, entry);
}

/* What a group before has said already is not said again. */
static bool is_new(const gd_catalogue *catalogue, const gd_entry *entry) {
    for (const gd_entry *before = catalogue->entry; before < entry; before++) {
        if (before->columns != NULL && strcmp(before->columns, entry->columns) == 0) {
            return false;
        }
    }
    return true;
}

/* The message without the name of the file. */
static const char *reason(const gd_catalogue *catalogue, gd_status trouble) {
    const char *message = gd_status_message(trouble);
    const size_t length = strlen(catalogue->path);
    const bool named = strncmp(message, catalogue->path, length) == 0 && message[length] == ':';
    return named ? message + length + 2 : message;
}

static void add_entry(const gd_catalogue *catalogue, const page *page, const gd_entry *entry) {
    char member[64], label[72];
    gd_text words = {0}, names = {0};
    snprintf(member, sizeof member, "%s", entry->member);
    gd_text_make_printable(member, "");
    snprintf(label, sizeof label, "  %s  ", member);
    const bool good = entry->trouble == GD_OK;
    if (good) {
        add_storage(entry, &words);
    } else {
        gd_text_add(&words, "%s", reason(catalogue, entry->trouble));
    }
    gd_paragraph_add(page->text, &(gd_paragraph){.label = label, .indent = page->indent}, "%s",
                     gd_text_bytes(&words));
    page->text->failed = page->text->failed || words.failed;
    gd_text_free(&words);
    if (good) {
        add_numbers(page, entry);
    }
    if (entry->columns != NULL && is_new(catalogue, entry)) {
        gd_text_add(&names, "columns ");
        gd_paragraph_names(&names, entry->columns);
        add_line(page, &names);
    }
}

static void add_group(const gd_catalogue *catalogue, const page *page, size_t first, size_t count) {
    const gd_entry *entry = &catalogue->entry[first];
    char name[64], rows[32];
    snprintf(name, sizeof name, "%s", entry->group);
    gd_text_make_printable(name, "");
    gd_text_add(page->text, "\n%s", name);
    if (entry->trouble == GD_OK && entry->shape.rank > 0) {
        const int blanks = page->indent - (int)strlen(name);
        gd_text_add(page->text, "%*s%s row%s", blanks > 1 ? blanks : 2, "",
                    gd_text_grouped(entry->shape.dims[0], rows),
                    gd_text_plural(entry->shape.dims[0]));
    }
    gd_text_add(page->text, "\n");
    for (size_t i = 0; i < count; i++) {
        add_entry(catalogue, page, &entry[i]);
    }
}

static int find_indent(const gd_catalogue *catalogue) {
    size_t indent = LEAST_INDENT;
    for (size_t i = 0; i < catalogue->count; i++) {
        const size_t length = strlen(catalogue->entry[i].member) + 4;
        indent = length > indent && length <= MOST_INDENT ? length : indent;
    }
    return (int)indent;
}

void gd_inspect_describe(const gd_catalogue *catalogue, gd_text *text) {
    const page page = {text, find_indent(catalogue)};
    const bool all = catalogue->count == catalogue->sets;
    char size[32], sets[32];
    gd_paragraph_add(text, &(gd_paragraph){.label = ""}, "%s: HDF5 of %s, %s data set%s%s",
                     catalogue->path, gd_text_amount((double)catalogue->bytes, size),
                     gd_text_grouped((int64_t)catalogue->sets, sets),
                     gd_text_plural((int64_t)catalogue->sets),
                     all ? "" : ", of which the first are:");
    for (size_t first = 0; first < catalogue->count;) {
        const size_t count = gd_catalogue_group(catalogue, first);
        add_group(catalogue, &page, first, count);
        first += count;
    }
}
