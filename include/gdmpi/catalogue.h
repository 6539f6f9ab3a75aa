/* What is in a data file, for people to look at. Nothing here is collective. */
#ifndef GDMPI_CATALOGUE_H
#define GDMPI_CATALOGUE_H

#include "gdmpi/survey.h"

/* Sets that are looked at, those of training first: a page has no room for more. */
enum { GD_CATALOGUE_SETS = 24 };

/* A data set. Texts are its own. */
typedef struct gd_entry {
    char *name, *group; /* "/train/x", "/train" */
    const char *member; /* "x", in the name */
    gd_status trouble;  /* why its numbers are nothing for gdmpi; GD_OK, and then: */
    gd_shape shape;
    gd_storage storage;
    char *columns, *classes; /* attributes, a line for each name; NULL: none */
    gd_survey survey;
} gd_entry;

typedef struct gd_catalogue {
    const char *path; /* not owned */
    int64_t bytes;    /* of the file */
    char *format;     /* what the file says that it is; NULL: nothing */
    size_t sets;      /* in the file, */
    size_t count;     /* and here: */
    gd_entry entry[GD_CATALOGUE_SETS];
    gd_status trouble; /* of the first group of x or y that cannot be trained on */
} gd_catalogue;

/* Reads all but the numbers; freed by gd_catalogue_free, whatever comes of it. */
gd_status gd_catalogue_read(const char *path, gd_catalogue *catalogue);
void gd_catalogue_free(gd_catalogue *catalogue);

/* The same, and a few rows of each set, all of them if they are few, for gd_store_guard. */
gd_status gd_catalogue_try(void *path);

/* How many entries the group has that begins with this one. */
size_t gd_catalogue_group(const gd_catalogue *catalogue, size_t first);

/* Adds lines that are the same on all ranks if they have the same file. */
void gd_catalogue_fingerprint(const gd_catalogue *catalogue, gd_text *text);

#endif
