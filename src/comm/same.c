#include <string.h>

#include "gdmpi/comm.h"
#include "gdmpi/memory.h"

/* Of a line without its end. */
static int length_of(const char *line) {
    return (int)strcspn(line, "\n");
}

static const char *next(const char *line) {
    line += length_of(line);
    return *line == '\0' ? line : line + 1;
}

/* The first line of `mine` that is another than that of `root`. */
static gd_status first_difference(const char *mine, const char *root) {
    const char *heading = mine;
    while (length_of(mine) == length_of(root) && memcmp(mine, root, (size_t)length_of(mine)) == 0) {
        heading = *mine == '[' ? mine : heading;
        mine = next(mine);
        root = next(root);
    }
    return gd_status_new(GD_BAD_INPUT,
                         "the ranks must work on the same, but %.*s has '%.*s' here, and '%.*s' on "
                         "rank 0",
                         length_of(heading), heading, length_of(mine), mine, length_of(root), root);
}

gd_status gd_comm_same(gd_comm *comm, const char *text) {
    bool root = gd_comm_rank(comm) == 0;
    char *wanted = root ? (char *)text : NULL;
    size_t bytes = strlen(text) + 1;
    gd_status status = gd_comm_broadcast_block(comm, &wanted, &bytes);
    if (status == GD_OK) {
        bool same = strcmp(text, wanted) == 0;
        status = gd_comm_agree(comm, same ? GD_OK : first_difference(text, wanted));
    }
    if (!root) {
        gd_memory_free(&wanted);
    }
    return status;
}
