/* The columns of a CSV file, and the numbers that they become. */
#ifndef GDMPI_IMPORT_CSV_COLUMNS_H
#define GDMPI_IMPORT_CSV_COLUMNS_H

#include "csv_record.h"
#include "labels.h"

typedef enum gd_column_role { GD_FEATURE, GD_TARGET, GD_IGNORED } gd_column_role;

typedef struct gd_column {
    char *name;
    gd_column_role role;
    bool categorical;     /* asked for, or found */
    int64_t missing;      /* values */
    gd_numbers numbers;   /* among the values */
    double sum;           /* of the numbers of training rows */
    int64_t summed;       /* so many */
    gd_words categories;  /* of a feature */
    gd_labels labels;     /* of a target */
    int64_t place, width; /* its first number in x or y, and how many it makes */
    double fill;          /* in the place of a missing value: a number, or a category's */
} gd_column;

typedef struct gd_columns {
    gd_column *list;
    size_t count, targets;
    const gd_import_options *options;
} gd_columns;

/* Takes the fields of a record for names, or numbers the columns, and gives them the roles that the
 * options say. */
gd_status gd_columns_new(const gd_csv *csv, bool names, const gd_import_options *options,
                         gd_columns *columns);

bool gd_is_missing(const char *text);
bool gd_column_one_hot(const gd_columns *columns, const gd_column *column);

/* GD_BAD_INPUT unless a record has the same names. */
gd_status gd_columns_check_names(const gd_columns *columns, const gd_csv *csv);

/* Whether a record has a value for each column that is used, or one can be filled in; else, whether
 * it is dropped, or what is wrong with it. */
gd_status gd_columns_check(const gd_columns *columns, const gd_csv *csv, bool *dropped);

/* Takes note of the values of a record. */
gd_status gd_columns_scan(gd_columns *columns, const gd_csv *csv);

/* After the last one: what each column becomes, and the types and widths of x and y. */
gd_status gd_columns_decide(gd_columns *columns, const char *path, int64_t count,
                            gd_import_rows *rows);

/* Whether means are needed (csv_means.c): then all training rows are to be added, and the means
 * taken. */
bool gd_columns_need_means(const gd_columns *columns);
void gd_columns_start_means(gd_columns *columns);
void gd_columns_add(gd_columns *columns, const gd_csv *csv);
gd_status gd_columns_take_means(gd_columns *columns, const char *path);

/* The class of a record; 0 if it has values. */
int64_t gd_columns_class(const gd_columns *columns, const gd_csv *csv);

/* The numbers of a record. Where a value is not of the kind that it was at first, GD_BAD_INPUT says
 * that the file has changed. */
gd_status gd_columns_fill(const gd_columns *columns, const gd_csv *csv, const gd_import_rows *rows,
                          void *x, void *y);

gd_status gd_columns_describe(const gd_columns *columns, gd_store *store, const char *group);
void gd_columns_summarise(const gd_columns *columns, gd_text *text);
void gd_columns_free(gd_columns *columns);

#endif
