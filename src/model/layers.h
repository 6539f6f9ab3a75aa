/* The text of [model] layers. */
#ifndef GDMPI_LAYERS_H
#define GDMPI_LAYERS_H

#include "gdmpi/config.h"
#include "gdmpi/layer.h"

#define gd_layers_parse GD_NAME(gd_layers_parse)
#define gd_layers_free GD_NAME(gd_layers_free)
#define gd_layers_place_columns GD_NAME(gd_layers_place_columns)

/* Sets kind, index, argument, options and inner layers of each entry of `layers`; *layers is freed
 * with gd_layers_free, after a failure too. GD_BAD_INPUT names the entry that is wrong. Not
 * collective.
 */
gd_status gd_layers_parse(const gd_config *config, gd_layer **layers, int *count);
void gd_layers_free(gd_layer **layers, int count);

/* Sets where the columns of x that layer `number` looks up are among its inputs; it and those
 * before have their shapes. GD_BAD_INPUT says why it cannot have them. Not collective. */
gd_status gd_layers_place_columns(const gd_config *config, gd_layer *layers, int number);

#endif
