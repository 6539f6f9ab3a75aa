#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "gdmpi/checkpoint.h"
#include "gdmpi/memory.h"
#include "gdmpi/seal.h"
#include "gdmpi/text.h"

static gd_status read_progress(const gd_store *store, gd_progress *progress) {
    gd_status status = GD_OK;
    const gd_checkpoint_field *field = gd_checkpoint_fields;
    for (; field->key != NULL && status == GD_OK; field++) {
        char *at = (char *)progress + field->offset;
        status = field->whole ? gd_store_get_integer(store, "/state", field->key, (int64_t *)at)
                              : gd_store_get_number(store, "/state", field->key, (double *)at);
    }
    return status;
}

static gd_status read_type(const gd_store *store, const char *path, gd_type *type) {
    char *name = NULL;
    gd_status status = gd_store_get_text(store, "/", "precision", &name);
    if (status == GD_OK) {
        *type = GD_FLOAT64;
        if (strcmp(name, gd_type_name(GD_FLOAT32)) == 0) {
            *type = GD_FLOAT32;
        } else if (strcmp(name, gd_type_name(GD_FLOAT64)) != 0) {
            status = gd_status_new(GD_BAD_INPUT, "%s: unknown precision '%s'", path, name);
        }
    }
    gd_memory_free(&name);
    return status;
}

static gd_status read_digest(const gd_store *store, const char *path, const char *object,
                             const char *key, uint64_t *digest) {
    char *text = NULL;
    gd_status status = gd_store_get_text(store, object, key, &text);
    if (status == GD_OK) {
        char *end;
        *digest = strtoull(text, &end, 16);
        if (strlen(text) != 16 || *end != '\0') {
            status =
                gd_status_new(GD_BAD_INPUT, "%s: its %s is not 16 hexadecimal digits", path, key);
        }
    }
    gd_memory_free(&text);
    return status;
}

static gd_status read_config(const gd_store *store, const char *path, char **config) {
    gd_shape shape;
    gd_status status = gd_store_shape(store, GD_CHECKPOINT_CONFIG, &shape);
    if (status == GD_OK && (shape.rank != 1 || shape.type != GD_UINT8)) {
        status = gd_status_new(GD_BAD_INPUT, "%s: %s is not the bytes of a text", path,
                               GD_CHECKPOINT_CONFIG);
    }
    if (status == GD_OK) {
        status = gd_memory_new(config, (size_t)shape.dims[0] + 1, 1, "the config of a checkpoint");
    }
    if (status == GD_OK) {
        status = gd_store_read(store, GD_CHECKPOINT_CONFIG, 0, shape.dims[0], GD_UINT8, *config);
    }
    return status;
}

/* What the data were. */
static gd_status read_data(const gd_store *store, const char *path, gd_checkpoint_header *header) {
    gd_status status = gd_store_get_integer(store, "/", "inputs", &header->inputs);
    if (status == GD_OK) {
        status = gd_store_get_integer(store, "/state", "shards", &header->shards);
    }
    if (status == GD_OK) {
        status = gd_store_get_integer(store, "/state", "train_rows", &header->train_rows);
    }
    if (status == GD_OK) {
        status = gd_store_get_integer(store, "/state", "val_rows", &header->val_rows);
    }
    if (status == GD_OK) {
        status = read_digest(store, path, "/state", "train_digest", &header->train_digest);
    }
    return status == GD_OK ? read_digest(store, path, "/state", "val_digest", &header->val_digest)
                           : status;
}

gd_status gd_checkpoint_read_header(const char *path, gd_checkpoint_header *header) {
    *header = (gd_checkpoint_header){0};
    gd_store *store = NULL;
    gd_status status = gd_seal_check(path);
    if (status == GD_OK) {
        status = gd_store_open(path, &store);
    }
    if (status == GD_OK) {
        status = read_type(store, path, &header->type);
    }
    if (status == GD_OK) {
        status = read_digest(store, path, "/", "digest", &header->digest);
    }
    if (status == GD_OK) {
        status = read_config(store, path, &header->config);
    }
    if (status == GD_OK) {
        status = read_data(store, path, header);
    }
    if (status == GD_OK) {
        status = read_progress(store, &header->progress);
    }
    status = gd_status_first(status, gd_store_close(&store));
    if (status != GD_OK) {
        gd_checkpoint_header_free(header);
    }
    return status;
}

static gd_status read_features(const gd_store *store, const char *path, const char *name,
                               int64_t width, double *values) {
    gd_shape shape;
    gd_status status = gd_store_shape(store, name, &shape);
    if (status == GD_OK && (shape.rank != 1 || shape.dims[0] != width)) {
        status = gd_status_new(GD_BAD_INPUT, "%s: %s is not a number for each of %lld features",
                               path, name, (long long)width);
    }
    return status == GD_OK ? gd_store_read(store, name, 0, width, GD_FLOAT64, values) : status;
}

static gd_status read_normalizer(const gd_store *store, const char *path,
                                 gd_normalizer *normalizer) {
    char *kind = NULL;
    int64_t width = 0;
    gd_status status = gd_store_get_text(store, GD_CHECKPOINT_NORMALIZE, "kind", &kind);
    if (status == GD_OK && gd_normalizer_name(gd_text_index(kind, gd_normalizer_name)) == NULL) {
        status = gd_status_new(GD_BAD_INPUT, "%s: unknown kind '%s' of " GD_CHECKPOINT_NORMALIZE,
                               path, kind);
    }
    if (status == GD_OK) {
        status = gd_store_get_integer(store, "/", "inputs", &width);
    }
    if (status == GD_OK) {
        status = gd_normalizer_new(kind, width, normalizer);
    }
    if (status == GD_OK) {
        status =
            read_features(store, path, GD_CHECKPOINT_NORMALIZE "/shift", width, normalizer->shift);
    }
    if (status == GD_OK) {
        status = read_features(store, path, GD_CHECKPOINT_NORMALIZE "/factor", width,
                               normalizer->factor);
    }
    gd_memory_free(&kind);
    return status;
}

gd_status gd_checkpoint_read_normalizer(const char *path, gd_normalizer *normalizer) {
    *normalizer = (gd_normalizer){0};
    gd_store *store = NULL;
    bool there = false;
    gd_status status = gd_store_open(path, &store);
    if (status == GD_OK) {
        status = gd_store_has(store, GD_CHECKPOINT_NORMALIZE, &there);
    }
    if (there) {
        status = read_normalizer(store, path, normalizer);
    }
    status = gd_status_first(status, gd_store_close(&store));
    if (status != GD_OK) {
        gd_normalizer_free(normalizer);
    }
    return status;
}

gd_status gd_checkpoint_read_classes(const char *path, char **classes) {
    gd_store *store = NULL;
    *classes = NULL;
    gd_status status = gd_store_open(path, &store);
    if (status == GD_OK) {
        status = gd_store_get_lines(store, "/", "classes", classes);
    }
    return gd_status_first(status, gd_store_close(&store));
}

static gd_status check_shape(const char *path, const char *name, const gd_shape *shape,
                             const gd_tensor *tensor) {
    gd_text has = {0}, needs = {0};
    gd_text_add_dims(&has, shape->rank, shape->dims);
    gd_text_add_dims(&needs, tensor->rank, tensor->dims);
    gd_status status = gd_text_status(&has);
    if (status == GD_OK) {
        status = gd_text_status(&needs);
    }
    if (status == GD_OK && strcmp(has.bytes, needs.bytes) != 0) {
        status = gd_status_new(GD_BAD_INPUT, "%s: %s is %s; this model needs %s", path, name,
                               has.bytes, needs.bytes);
    }
    gd_text_free(&has);
    gd_text_free(&needs);
    return status;
}

static gd_status read_tensor(const gd_store *store, const char *path, const char *name,
                             const gd_tensor *tensor, gd_type type, void *vector) {
    gd_shape shape;
    gd_status status = gd_store_shape(store, name, &shape);
    if (status == GD_OK) {
        status = check_shape(path, name, &shape, tensor);
    }
    if (status == GD_OK && vector != NULL) {
        char *values = (char *)vector + (size_t)tensor->offset * gd_type_size(type);
        status = gd_store_read(store, name, 0, tensor->dims[0], type, values);
    }
    return status;
}

gd_status gd_checkpoint_read(const char *path, const char *group, const gd_tensors *tensors,
                             gd_type type, void *vector) {
    gd_store *store = NULL;
    gd_status status = gd_store_open(path, &store);
    for (int i = 0; i < tensors->count && status == GD_OK; i++) {
        char *name;
        status = gd_text_new(&name, "%s/%s", group, tensors->list[i].name);
        if (status == GD_OK) {
            status = read_tensor(store, path, name, &tensors->list[i], type, vector);
        }
        gd_memory_free(&name);
    }
    status = gd_status_first(status, gd_store_close(&store));
    return status;
}
