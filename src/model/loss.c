#include "gdmpi/loss.h"
#include "gdmpi/text.h"

const gd_loss *const gd_losses[] = {
    &gd_loss_cross_entropy, &gd_loss_bce,   &gd_loss_hinge,    &gd_loss_squared_hinge, &gd_loss_mse,
    &gd_loss_mae,           &gd_loss_huber, &gd_loss_quantile, &gd_loss_poisson,       NULL};

const gd_loss *gd_loss_find(const char *name) {
    return gd_losses[gd_text_index(name, gd_loss_name)];
}

const char *gd_loss_name(size_t index) {
    return gd_losses[index] == NULL ? NULL : gd_losses[index]->name;
}
