/* What the files of the data room share. */
#ifndef GDMPI_DATA_PRIVATE_H
#define GDMPI_DATA_PRIVATE_H

#include "gdmpi/data.h"

/* What comes before "/x" in the name of a source's data set: the group, or nothing for the root
 * group. */
const char *gd_source_prefix(const gd_source *source);

/* GD_BAD_INPUT: "FILE: GROUP/MEMBER is SHAPE; WANTED", with WANTED in the style of printf. */
gd_status gd_source_wrong_shape(const gd_source *source, const char *member, const gd_shape *shape,
                                const char *wanted, ...) __attribute__((format(printf, 4, 5)));

#endif
