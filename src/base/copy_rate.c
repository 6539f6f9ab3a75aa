#include <string.h>

#include "gdmpi/copy_rate.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"

static const double time_limit = 0.05; /* seconds */

gd_status gd_copy_rate(size_t bytes, double *rate) {
    char *memory = NULL;
    gd_status status = gd_memory_new(&memory, bytes, 2, "the copies of a measurement");
    *rate = 0;
    if (status != GD_OK) {
        return status;
    }
    double start = gd_clock_seconds(), elapsed = 0;
    double copies = 0;
    while (elapsed < time_limit) {
        memcpy(memory + bytes, memory, bytes);
        memory[0]++; /* or else all copies but one could be left out */
        copies++;
        elapsed = gd_clock_seconds() - start;
    }
    *rate = 2 * copies * (double)bytes / elapsed;
    gd_memory_free(&memory);
    return GD_OK;
}
