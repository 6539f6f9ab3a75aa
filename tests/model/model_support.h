/* What tests of models share: a model of what [model] says. Numerics: compiled with each test, in
 * its precision. */
#ifndef TESTS_MODEL_SUPPORT_H
#define TESTS_MODEL_SUPPORT_H

#include "gdmpi/model.h"

enum { INPUTS = 5 };

static inline gd_config *config_of(const char *layers, const char *loss, const char *init) {
    static const gd_settings *const tables[] = {&gd_model_settings, &gd_loss_cross_entropy.settings,
                                                NULL};
    gd_text text = {0};
    gd_text_add(&text, "[model]\nlayers = %s\nloss = %s\ninit = %s\n", layers, loss, init);
    gd_config *config = NULL;
    gd_status status = gd_config_parse("test.ini", text.bytes, 0, NULL, tables, &config);
    if (status != GD_OK) {
        fail_msg("%s", gd_status_message(status));
    }
    gd_text_free(&text);
    return config;
}

static inline gd_model *model_of(const char *layers, const char *loss) {
    gd_config *config = config_of(layers, loss, "default");
    gd_model *model = NULL;
    gd_status status = gd_model_new(config, INPUTS, &model);
    if (status != GD_OK) {
        fail_msg("%s", gd_status_message(status));
    }
    gd_config_free(&config);
    return model;
}

#endif
