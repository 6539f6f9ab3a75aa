/* Prints a data set, a row on each line, or an attribute of the root group that is a text.
 *
 * print_data FILE /SET|ATTRIBUTE */
#include <stdio.h>

#include "gdmpi/memory.h"
#include "gdmpi/store.h"

static gd_status print_set(const gd_store *store, const char *name) {
    gd_shape shape;
    double *values = NULL;
    gd_status status = gd_store_shape(store, name, &shape);
    if (status != GD_OK) {
        return status;
    }
    const int64_t rows = shape.dims[0], width = gd_shape_width(&shape);
    status = gd_memory_new(&values, (size_t)(rows * width), sizeof *values, name);
    if (status == GD_OK) {
        status = gd_store_read(store, name, 0, rows, GD_FLOAT64, values);
    }
    for (int64_t i = 0; i < rows * width && status == GD_OK; i++) {
        printf("%.17g%c", values[i], (i + 1) % width == 0 ? '\n' : ' ');
    }
    gd_memory_free(&values);
    return status;
}

static gd_status print_attribute(const gd_store *store, const char *key) {
    char *text;
    gd_status status = gd_store_get_text(store, "/", key, &text);
    if (status == GD_OK) {
        puts(text);
        gd_memory_free(&text);
    }
    return status;
}

int main(int argc, char **argv) {
    gd_store *store = NULL;
    if (argc != 3) {
        fprintf(stderr, "usage: print_data FILE /SET|ATTRIBUTE\n");
        return 2;
    }
    gd_store_start();
    gd_status status = gd_store_open(argv[1], &store);
    if (status == GD_OK) {
        status = argv[2][0] == '/' ? print_set(store, argv[2]) : print_attribute(store, argv[2]);
    }
    status = gd_status_first(status, gd_store_close(&store));
    if (status != GD_OK) {
        fprintf(stderr, "print_data: %s\n", gd_status_message(status));
    }
    const int code = status == GD_OK ? 0 : 1;
    gd_status_free(&status);
    return code;
}
