#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"

void broken(const char *what) {
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

char *input_write(input *file, int number, const uint8_t *bytes, size_t count) {
    snprintf(file->path, sizeof file->path, "input-%ld-%d", (long)getpid(), number);
    (void)unlink(file->path);
    int out = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0 || write(out, bytes, count) != (ssize_t)count || close(out) != 0) {
        broken("the input could not be written");
    }
    return file->path;
}

void input_remove(const input *file) {
    (void)unlink(file->path);
}

void expect_told(gd_status status) {
    gd_code code = gd_status_code(status);
    if (status != GD_OK &&
        ((code != GD_BAD_INPUT && code != GD_FAILED) || gd_status_message(status)[0] == '\0')) {
        broken("an error of another kind, or without a message");
    }
    gd_status_free(&status);
}
