/* What the files of gdmpi inspect share. */
#ifndef GDMPI_INSPECT_PRIVATE_H
#define GDMPI_INSPECT_PRIVATE_H

#include "gdmpi/catalogue.h"

/* Adds what people want to know of a data file, whose numbers were surveyed. Not collective. */
void gd_inspect_describe(const gd_catalogue *catalogue, gd_text *page);

#endif
