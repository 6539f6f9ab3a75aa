#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint_private.h"

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

/* Whether the file says that it is a checkpoint, of this version of the format. */
static gd_status check_format(const gd_store *store, const char *path) {
    char *format = NULL;
    int64_t version = 0;
    gd_status status = gd_store_get_text(store, "/", "format", &format);
    bool known = status == GD_OK && strcmp(format, GD_CHECKPOINT_FORMAT) == 0;
    gd_status_free(&status);
    gd_memory_free(&format);
    if (!known) {
        return gd_status_new(GD_BAD_INPUT, "%s: is not a gdmpi checkpoint", path);
    }
    status = gd_store_get_integer(store, "/", "version", &version);
    if (status == GD_OK && version != GD_CHECKPOINT_VERSION) {
        status = gd_status_new(GD_BAD_INPUT,
                               "%s: is a checkpoint of format version %lld; this program reads %d",
                               path, (long long)version, GD_CHECKPOINT_VERSION);
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

static gd_status read_digest(const gd_store *store, const char *path, uint64_t *digest) {
    char *text = NULL;
    gd_status status = gd_store_get_text(store, "/", "digest", &text);
    if (status == GD_OK) {
        char *end;
        *digest = strtoull(text, &end, 16);
        if (strlen(text) != 16 || *end != '\0') {
            status = gd_status_new(GD_BAD_INPUT, "%s: its digest is damaged", path);
        }
    }
    gd_memory_free(&text);
    return status;
}

gd_status gd_checkpoint_read_header(const char *path, gd_checkpoint_header *header) {
    *header = (gd_checkpoint_header){0};
    gd_store *store = NULL;
    gd_status status = gd_store_open(path, &store);
    if (status == GD_OK) {
        status = check_format(store, path);
    }
    if (status == GD_OK) {
        status = read_type(store, path, &header->type);
    }
    if (status == GD_OK) {
        status = read_digest(store, path, &header->digest);
    }
    if (status == GD_OK) {
        status = gd_store_get_integer(store, "/", "inputs", &header->inputs);
    }
    if (status == GD_OK) {
        status = gd_store_get_text(store, "/state", "config", &header->config);
    }
    if (status == GD_OK) {
        status = gd_store_get_integer(store, "/state", "shards", &header->shards);
    }
    if (status == GD_OK) {
        status = gd_store_get_integer(store, "/state", "ranks", &header->ranks);
    }
    if (status == GD_OK) {
        status = read_progress(store, &header->progress);
    }
    gd_status closed = gd_store_close(&store);
    gd_status_free(&closed);
    if (status != GD_OK) {
        gd_checkpoint_header_free(header);
    }
    return status;
}

static gd_status read_tensor(const gd_store *store, const char *path, const char *name,
                             const gd_tensor *tensor, gd_type type, void *vector) {
    gd_shape shape;
    gd_status status = gd_store_shape(store, name, &shape);
    if (status != GD_OK) {
        return status;
    }
    bool same = shape.rank == tensor->rank;
    for (int i = 0; same && i < shape.rank; i++) {
        same = shape.dims[i] == tensor->dims[i];
    }
    if (!same) {
        return gd_status_new(GD_BAD_INPUT, "%s: %s is of %lld x %lld; this model needs %lld x %lld",
                             path, name, (long long)shape.dims[0],
                             (long long)gd_shape_width(&shape), (long long)tensor->dims[0],
                             (long long)(tensor->count / tensor->dims[0]));
    }
    char *values = (char *)vector + (size_t)tensor->offset * gd_type_size(type);
    return gd_store_read(store, name, 0, tensor->dims[0], type, values);
}

gd_status gd_checkpoint_read(const char *path, const char *group, const gd_tensors *tensors,
                             gd_type type, void *vector) {
    gd_store *store = NULL;
    gd_status status = gd_store_open(path, &store);
    for (int i = 0; i < tensors->count && status == GD_OK; i++) {
        gd_text name = {0};
        gd_text_add(&name, "%s/%s", group, tensors->list[i].name);
        status = gd_text_status(&name);
        if (status == GD_OK) {
            status = read_tensor(store, path, name.bytes, &tensors->list[i], type, vector);
        }
        gd_text_free(&name);
    }
    gd_status closed = gd_store_close(&store);
    gd_status_free(&closed);
    return status;
}
