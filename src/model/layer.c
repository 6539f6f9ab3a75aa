#include <string.h>

#include "gdmpi/layer.h"

const gd_layer_kind *const gd_layer_kinds[] = {
    &gd_layer_dense, &gd_layer_relu,     &gd_layer_leaky_relu, &gd_layer_tanh, &gd_layer_sigmoid,
    &gd_layer_gelu,  &gd_layer_softplus, &gd_layer_dropout,    NULL,
};

const gd_layer_kind *gd_layer_find(const char *name) {
    for (int i = 0; gd_layer_kinds[i] != NULL; i++) {
        if (strcmp(gd_layer_kinds[i]->name, name) == 0) {
            return gd_layer_kinds[i];
        }
    }
    return NULL;
}

const char *gd_layer_name(size_t index) {
    return gd_layer_kinds[index] == NULL ? NULL : gd_layer_kinds[index]->name;
}
