/* What the files of the export room share. */
#ifndef GDMPI_EXPORT_PRIVATE_H
#define GDMPI_EXPORT_PRIVATE_H

#include "gdmpi/export.h"

extern const gd_export_format gd_export_c, gd_export_onnx;

#endif
