/* Makes data files out of other formats. */
#ifndef GDMPI_IMPORT_H
#define GDMPI_IMPORT_H

#include "gdmpi/status.h"

/* IDX, the format of MNIST, plain or compressed with gzip. `inputs` are the files of x and y of
 * /train, and if count is 4 those of /val. They are streamed, and written to `output` in their own
 * type and shape; `output` appears whole or not at all. Not collective. */
gd_status gd_import_idx(int count, char *const *inputs, const char *output);

#endif
