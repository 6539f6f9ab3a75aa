#include <string.h>

#include "gdmpi/loss.h"

const gd_loss *const gd_losses[] = {&gd_loss_cross_entropy, &gd_loss_bce, &gd_loss_mse, NULL};

const gd_loss *gd_loss_find(const char *name) {
    for (int i = 0; gd_losses[i] != NULL; i++) {
        if (strcmp(gd_losses[i]->name, name) == 0) {
            return gd_losses[i];
        }
    }
    return NULL;
}

const char *gd_loss_name(size_t index) {
    return gd_losses[index] == NULL ? NULL : gd_losses[index]->name;
}
