#include <string.h>

#include "gdmpi/precision.h"

const gd_precision *gd_precision_find(const char *name) {
    return strcmp(name, gd_precision_double.name) == 0 ? &gd_precision_double
                                                       : &gd_precision_single;
}
