#include "prediction_file.h"

#include <stdio.h>
#include <unistd.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/store.h"

struct gd_prediction_file {
    gd_store *store;
    char *path, *temporary, *set; /* "/probability" */
    gd_prediction_shape shape;
};

static const char class_set[] = "/class";

static gd_status describe(gd_store *store, const gd_job *job, uint64_t digest) {
    char text[17], *data;
    gd_status status = gd_text_new(&data, "%s:%s", job->data.file, job->data.group);
    const struct {
        const char *key, *text;
    } rows[] = {
        {"format", "gdmpi predictions"},
        {"program", "gdmpi " PACKAGE_VERSION},
        {"model", job->model},
        {"digest", gd_checkpoint_digest_text(digest, text)},
        {"loss", gd_config_text(job->config, "model", "loss")},
        {"data", data},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows && status == GD_OK; i++) {
        status = gd_store_set_text(store, "/", rows[i].key, rows[i].text);
    }
    gd_memory_free(&data);
    return status;
}

static gd_shape class_shape(const gd_prediction_shape *shape) {
    return (gd_shape){.type = GD_INT64,
                      .rank = shape->class_width > 1 ? 2 : 1,
                      .dims = {shape->rows, shape->class_width}};
}

static gd_shape number_shape(const gd_prediction_shape *shape) {
    return (gd_shape){.type = shape->type, .rank = 2, .dims = {shape->rows, shape->outputs}};
}

static gd_status add_sets(gd_prediction_file *file) {
    const gd_shape classes = class_shape(&file->shape), numbers = number_shape(&file->shape);
    gd_status status = GD_OK;
    if (file->shape.class_width > 0) {
        status = gd_store_add(file->store, class_set, &classes, GD_CONTIGUOUS);
    }
    if (status == GD_OK && file->shape.classes != NULL) {
        status = gd_store_set_lines(file->store, class_set, "classes", file->shape.classes);
    }
    return status == GD_OK ? gd_store_add(file->store, file->set, &numbers, GD_CONTIGUOUS) : status;
}

gd_status gd_prediction_file_create(const gd_job *job, uint64_t digest,
                                    const gd_prediction_shape *shape, gd_prediction_file **file) {
    gd_prediction_file *self = NULL;
    gd_status status = gd_memory_new(&self, 1, sizeof *self, "the file of predictions");
    *file = self;
    if (status != GD_OK) {
        return status;
    }
    self->shape = *shape;
    status = gd_text_copy(job->output, &self->path);
    if (status == GD_OK) {
        status = gd_text_new(&self->set, "/%s", shape->name);
    }
    if (status == GD_OK) {
        status = gd_text_new(&self->temporary, "%s.tmp", job->output);
    }
    if (status == GD_OK) {
        status = gd_store_create(self->temporary, &self->store);
    }
    if (status == GD_OK) {
        status = describe(self->store, job, digest);
    }
    return status == GD_OK ? add_sets(self) : status;
}

gd_status gd_prediction_file_write(gd_prediction_file *file, gd_range rows, const int64_t *classes,
                                   const void *numbers) {
    gd_status status = GD_OK;
    if (rows.count == 0) {
        return GD_OK;
    }
    if (file->shape.class_width > 0) {
        status = gd_store_write(file->store, class_set, rows.first, rows.count, GD_INT64, classes);
    }
    return status == GD_OK ? gd_store_write(file->store, file->set, rows.first, rows.count,
                                            file->shape.type, numbers)
                           : status;
}

static void print_sets(const gd_prediction_file *file) {
    const gd_shape classes = class_shape(&file->shape), numbers = number_shape(&file->shape);
    char dims[GD_TEXT_DIMS];
    printf("%s is written: ", file->path);
    if (file->shape.class_width > 0) {
        printf("%s %s, ", class_set + 1, gd_text_dims(classes.rank, classes.dims, dims));
    }
    printf("%s %s\n", file->shape.name, gd_text_dims(numbers.rank, numbers.dims, dims));
}

static void release(gd_prediction_file **file) {
    gd_memory_free(&(*file)->path);
    gd_memory_free(&(*file)->temporary);
    gd_memory_free(&(*file)->set);
    gd_memory_free(file);
}

gd_status gd_prediction_file_commit(gd_prediction_file **file) {
    gd_prediction_file *self = *file;
    if (self == NULL) {
        return GD_OK;
    }
    gd_status status = gd_store_close(&self->store);
    if (status == GD_OK) {
        status = gd_file_commit(self->temporary, self->path);
    }
    if (status != GD_OK) {
        gd_prediction_file_abandon(file);
        return status;
    }
    print_sets(self);
    release(file);
    return GD_OK;
}

void gd_prediction_file_abandon(gd_prediction_file **file) {
    gd_prediction_file *self = *file;
    if (self == NULL) {
        return;
    }
    gd_status ignored = gd_store_close(&self->store);
    gd_status_free(&ignored);
    if (self->temporary != NULL) {
        unlink(self->temporary);
    }
    release(file);
}
