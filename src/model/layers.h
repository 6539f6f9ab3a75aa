/* The text of [model] layers. */
#ifndef GDMPI_LAYERS_H
#define GDMPI_LAYERS_H

#include "gdmpi/config.h"
#include "gdmpi/layer.h"

#define gd_layers_parse GD_NAME(gd_layers_parse)

/* Sets kind, index and argument of each entry of `layers`; *layers is freed with gd_memory_free.
 * GD_BAD_INPUT names the entry that is wrong. Not collective. */
gd_status gd_layers_parse(const gd_config *config, gd_layer **layers, int *count);

#endif
