#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gdmpi/checkpoint.h"
#include "gdmpi/files.h"
#include "gdmpi/hash.h"
#include "gdmpi/memory.h"
#include "gdmpi/seal.h"
#include "gdmpi/text.h"

struct gd_checkpoint {
    gd_store *store;
    char *path, *temporary; /* NULL: it is not to become a file */
};

const gd_checkpoint_field gd_checkpoint_fields[] = {
    {"step", true, offsetof(gd_progress, step)},
    {"epoch", true, offsetof(gd_progress, epoch)},
    {"epoch_step", true, offsetof(gd_progress, epoch_step)},
    {"epoch_rows", true, offsetof(gd_progress, epoch_rows)},
    {"epoch_loss", false, offsetof(gd_progress, epoch_loss)},
    {"epoch_seconds", false, offsetof(gd_progress, epoch_seconds)},
    {"seconds", false, offsetof(gd_progress, seconds)},
    {"grad_norm", false, offsetof(gd_progress, grad_norm)},
    {"train_loss", false, offsetof(gd_progress, train_loss)},
    {"val_loss", false, offsetof(gd_progress, val_loss)},
    {"val_metric", false, offsetof(gd_progress, val_metric)},
    {"loss_change", false, offsetof(gd_progress, loss_change)},
    {"param_change", false, offsetof(gd_progress, param_change)},
    {"stop_value", false, offsetof(gd_progress, stop_value)},
    {"best_value", false, offsetof(gd_progress, best_value)},
    {"best_epoch", true, offsetof(gd_progress, best_epoch)},
    {"best_step", true, offsetof(gd_progress, best_step)},
    {"plateau_best", false, offsetof(gd_progress, plateau.best)},
    {"plateau_bad", true, offsetof(gd_progress, plateau.bad)},
    {"plateau_cooldown", true, offsetof(gd_progress, plateau.cooldown)},
    {"plateau_reductions", true, offsetof(gd_progress, plateau.reductions)},
    {"curve_epochs", true, offsetof(gd_progress, curves.epochs)},
    {"curve_first", false, offsetof(gd_progress, curves.first)},
    {"curve_before", false, offsetof(gd_progress, curves.before)},
    {"curve_last", false, offsetof(gd_progress, curves.last)},
    {"curve_least", false, offsetof(gd_progress, curves.least)},
    {"curve_least_epoch", true, offsetof(gd_progress, curves.least_epoch)},
    {"curve_rises", true, offsetof(gd_progress, curves.rises)},
    {"curve_falls", true, offsetof(gd_progress, curves.falls)},
    {"curve_val_last", false, offsetof(gd_progress, curves.val_last)},
    {"curve_val_least", false, offsetof(gd_progress, curves.val_least)},
    {"curve_val_least_epoch", true, offsetof(gd_progress, curves.val_least_epoch)},
    {"curve_train_then", false, offsetof(gd_progress, curves.train_then)},
    {"curve_val_behind", true, offsetof(gd_progress, curves.val_behind)},
    {"log_bytes", true, offsetof(gd_progress, log_bytes)},
    {"log_extra", true, offsetof(gd_progress, log_extra)},
    {0},
};

void gd_checkpoint_header_free(gd_checkpoint_header *header) {
    gd_memory_free(&header->config);
}

uint64_t gd_checkpoint_digest(const void *vector, gd_type type, int64_t size) {
    return gd_hash(vector, (size_t)size * gd_type_size(type), 0);
}

char *gd_checkpoint_digest_text(uint64_t digest, char out[17]) {
    snprintf(out, 17, "%016" PRIx64, digest);
    return out;
}

static gd_status write_progress(gd_store *store, const gd_progress *progress) {
    gd_status status = GD_OK;
    const gd_checkpoint_field *field = gd_checkpoint_fields;
    for (; field->key != NULL && status == GD_OK; field++) {
        const char *at = (const char *)progress + field->offset;
        status = field->whole
                     ? gd_store_set_integer(store, "/state", field->key, *(const int64_t *)at)
                     : gd_store_set_number(store, "/state", field->key, *(const double *)at);
    }
    return status;
}

/* A data set, since an attribute holds 64 KiB at most. */
static gd_status write_config(gd_store *store, const char *config) {
    gd_shape shape = {.type = GD_UINT8, .rank = 1, .dims = {(int64_t)strlen(config)}};
    gd_status status = gd_store_add(store, GD_CHECKPOINT_CONFIG, &shape, GD_CHECKED);
    if (status == GD_OK) {
        status = gd_store_write(store, GD_CHECKPOINT_CONFIG, 0, shape.dims[0], GD_UINT8, config);
    }
    return status;
}

/* As /normalize: kind, shift and factor. */
static gd_status write_normalizer(gd_store *store, const gd_normalizer *normalizer) {
    if (normalizer == NULL) {
        return GD_OK;
    }
    const gd_shape shape = {.type = GD_FLOAT64, .rank = 1, .dims = {normalizer->width}};
    const char *const name[] = {GD_CHECKPOINT_NORMALIZE "/shift",
                                GD_CHECKPOINT_NORMALIZE "/factor"};
    const double *const values[] = {normalizer->shift, normalizer->factor};
    gd_status status = gd_store_group(store, GD_CHECKPOINT_NORMALIZE);
    if (status == GD_OK) {
        status = gd_store_set_text(store, GD_CHECKPOINT_NORMALIZE, "kind", normalizer->kind);
    }
    for (int i = 0; i < 2 && status == GD_OK; i++) {
        status = gd_store_add(store, name[i], &shape, GD_CHECKED);
        if (status == GD_OK) {
            status = gd_store_write(store, name[i], 0, shape.dims[0], GD_FLOAT64, values[i]);
        }
    }
    return status;
}

static gd_status write_header(gd_store *store, const gd_checkpoint_header *header) {
    char digest[17], train[17], val[17];
    gd_status status = gd_store_group(store, "/state");
    const struct {
        const char *object, *key, *text;
        int64_t integer;
    } rows[] = {
        {"/", "format", GD_CHECKPOINT_FORMAT, 0},
        {"/", "version", NULL, GD_CHECKPOINT_VERSION},
        {"/", "program", "gdmpi " PACKAGE_VERSION, 0},
        {"/", "precision", gd_type_name(header->type), 0},
        {"/", "inputs", NULL, header->inputs},
        {"/", "digest", gd_checkpoint_digest_text(header->digest, digest), 0},
        {"/state", "shards", NULL, header->shards},
        {"/state", "train_rows", NULL, header->train_rows},
        {"/state", "val_rows", NULL, header->val_rows},
        {"/state", "train_digest", gd_checkpoint_digest_text(header->train_digest, train), 0},
        {"/state", "val_digest", gd_checkpoint_digest_text(header->val_digest, val), 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows && status == GD_OK; i++) {
        status = rows[i].text != NULL
                     ? gd_store_set_text(store, rows[i].object, rows[i].key, rows[i].text)
                     : gd_store_set_integer(store, rows[i].object, rows[i].key, rows[i].integer);
    }
    if (status == GD_OK && header->classes != NULL) {
        status = gd_store_set_lines(store, "/", "classes", header->classes);
    }
    if (status == GD_OK) {
        status = write_config(store, header->config);
    }
    if (status == GD_OK) {
        status = write_normalizer(store, header->normalizer);
    }
    return status == GD_OK ? write_progress(store, &header->progress) : status;
}

gd_status gd_checkpoint_create(const char *path, const gd_checkpoint_header *header,
                               gd_checkpoint **checkpoint) {
    gd_checkpoint *self = NULL;
    gd_status status = gd_memory_new(&self, 1, sizeof *self, "a checkpoint");
    if (status == GD_OK) {
        status = gd_text_copy(path, &self->path);
    }
    if (status == GD_OK) {
        status = gd_text_new(&self->temporary, "%s.tmp", path);
    }
    if (status == GD_OK) {
        status = gd_store_create_behind(self->temporary, GD_SEAL_BYTES, &self->store);
    }
    if (status == GD_OK) {
        status = write_header(self->store, header);
    }
    *checkpoint = self;
    if (status != GD_OK) {
        gd_checkpoint_abandon(checkpoint);
    }
    return status;
}

static void tensor_shape(const gd_tensor *tensor, gd_type type, gd_shape *shape) {
    *shape = (gd_shape){.type = type, .rank = tensor->rank};
    memcpy(shape->dims, tensor->dims, sizeof tensor->dims);
}

gd_status gd_checkpoint_add(gd_checkpoint *checkpoint, const char *group, const gd_tensors *tensors,
                            gd_type type, const void *vector) {
    gd_status status = GD_OK;
    for (int i = 0; i < tensors->count && status == GD_OK; i++) {
        const gd_tensor *tensor = &tensors->list[i];
        const char *values = (const char *)vector + (size_t)tensor->offset * gd_type_size(type);
        char *name;
        gd_shape shape;
        tensor_shape(tensor, type, &shape);
        status = gd_text_new(&name, "%s/%s", group, tensor->name);
        if (status == GD_OK) {
            status = gd_store_add(checkpoint->store, name, &shape, GD_CHECKED);
        }
        if (status == GD_OK) {
            status = gd_store_write(checkpoint->store, name, 0, tensor->dims[0], type, values);
        }
        gd_memory_free(&name);
    }
    return status;
}

static void release(gd_checkpoint **checkpoint) {
    gd_memory_free(&(*checkpoint)->path);
    gd_memory_free(&(*checkpoint)->temporary);
    gd_memory_free(checkpoint);
}

gd_status gd_checkpoint_commit(gd_checkpoint **checkpoint) {
    gd_checkpoint *self = *checkpoint;
    if (self == NULL) {
        return GD_OK;
    }
    gd_status status = gd_store_close(&self->store);
    if (status == GD_OK) {
        status = gd_seal_write(self->temporary);
    }
    if (status == GD_OK) {
        status = gd_file_commit(self->temporary, self->path);
    }
    if (status != GD_OK) {
        unlink(self->temporary);
    }
    release(checkpoint);
    return status;
}

void gd_checkpoint_abandon(gd_checkpoint **checkpoint) {
    gd_checkpoint *self = *checkpoint;
    if (self == NULL) {
        return;
    }
    gd_status ignored = gd_store_close(&self->store);
    gd_status_free(&ignored);
    if (self->temporary != NULL) {
        unlink(self->temporary);
    }
    release(checkpoint);
}
