#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/tensor.h"
#include "gdmpi/text.h"
#include "reduce_private.h"

const gd_reducer_kind *const gd_reducer_kinds[] = {&gd_reducer_window, &gd_reducer_message,
                                                   &gd_reducer_allreduce, NULL};

static const char automatic[] = "auto";

/* Norms are summed block by block and ride in a small reduction, which the number of blocks bounds.
 */
enum { BLOCKS_MAX = 1024, BLOCK_MIN = 512 };

const char *gd_reducer_name(size_t index) {
    if (index == 0) {
        return automatic;
    }
    const gd_reducer_kind *kind = gd_reducer_kinds[index - 1];
    return kind == NULL ? NULL : kind->name;
}

static const gd_reducer_kind *find(const char *name) {
    for (size_t i = 0; gd_reducer_kinds[i] != NULL; i++) {
        if (strcmp(gd_reducer_kinds[i]->name, name) == 0) {
            return gd_reducer_kinds[i];
        }
    }
    return NULL;
}

gd_status gd_reducer_private(gd_reducer *reducer) {
    size_t size = (size_t)reducer->size;
    gd_status status = gd_memory_new(&reducer->parameters, size, sizeof(real), "the parameters");
    for (int i = 0; i < reducer->cover_count && status == GD_OK; i++) {
        status = gd_memory_new(&reducer->partial[i], size, sizeof(real), "the gradients of shards");
    }
    return status;
}

void gd_reducer_private_free(gd_reducer *reducer) {
    gd_memory_free(&reducer->parameters);
    for (int i = 0; i < reducer->cover_count; i++) {
        gd_memory_free(&reducer->partial[i]);
    }
}

static void cut_blocks(gd_reducer *reducer) {
    int64_t least = (reducer->size + BLOCKS_MAX - 1) / BLOCKS_MAX;
    int64_t aligned = (least + GD_TENSOR_ALIGN - 1) / GD_TENSOR_ALIGN * GD_TENSOR_ALIGN;
    reducer->block_size = aligned > BLOCK_MIN ? aligned : BLOCK_MIN;
    reducer->block_count = (reducer->size + reducer->block_size - 1) / reducer->block_size;
}

static gd_range elements_of(const gd_reducer *reducer, gd_range blocks) {
    int64_t first = blocks.first * reducer->block_size;
    int64_t end = (blocks.first + blocks.count) * reducer->block_size;
    first = first < reducer->size ? first : reducer->size;
    end = end < reducer->size ? end : reducer->size;
    return (gd_range){.first = first, .count = end - first};
}

static gd_range blocks_of(const gd_reducer *reducer, int rank) {
    if (reducer->kind->whole) {
        return (gd_range){.first = 0, .count = reducer->block_count};
    }
    return gd_range_part(reducer->block_count, gd_comm_size(reducer->comm), rank);
}

static gd_status cut_segments(gd_reducer *reducer) {
    int rank = gd_comm_rank(reducer->comm), ranks = gd_comm_size(reducer->comm);
    reducer->mine = gd_range_part(reducer->shards, ranks, rank);
    reducer->cover_count = gd_tree_cover(reducer->shards, reducer->mine.first,
                                         reducer->mine.first + reducer->mine.count, reducer->cover);
    cut_blocks(reducer);
    reducer->block = blocks_of(reducer, rank);
    reducer->segment = elements_of(reducer, reducer->block);
    gd_status status = gd_memory_new(&reducer->segments, 3 * (size_t)ranks,
                                     sizeof *reducer->segments, "the segments");
    if (status == GD_OK) {
        reducer->given = reducer->segments + ranks;
        reducer->taken = reducer->segments + 2 * ranks;
        reducer->taken[0].count = reducer->segment.count;
        for (int i = 0; i < ranks; i++) {
            reducer->segments[i] = elements_of(reducer, blocks_of(reducer, i));
            reducer->given[i] = rank == 0 ? reducer->segments[i] : (gd_range){0};
        }
    }
    return status;
}

static gd_status allocate(gd_reducer *reducer) {
    gd_status status = gd_memory_new(&reducer->gradient, (size_t)reducer->segment.count,
                                     sizeof(real), "the mean gradient");
    int depth = 0;
    for (int i = 0; i < reducer->cover_count; i++) {
        int needed = gd_tree_depth(reducer->cover[i]);
        depth = needed > depth ? needed : depth;
    }
    for (int i = 0; i < depth && status == GD_OK; i++) {
        status = gd_memory_new(&reducer->scratch[i], (size_t)reducer->size, sizeof(real),
                               "the gradients of shards");
    }
    return status;
}

/* A failure is agreed on before the next collective call, so that ranks stay together. */
static gd_status start(const gd_reducer_kind *kind, gd_comm *comm, int64_t size, int64_t shards,
                       gd_reducer **reducer) {
    gd_status status = gd_memory_new(reducer, 1, sizeof **reducer, "the reducer");
    if (status == GD_OK) {
        **reducer = (gd_reducer){.kind = kind, .comm = comm, .size = size, .shards = shards};
        status = cut_segments(*reducer);
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        status = kind->start(*reducer);
        if (status == GD_OK) {
            status = allocate(*reducer);
        }
        status = gd_comm_agree(comm, status);
    }
    if (status != GD_OK) {
        gd_reducer_free(reducer);
    }
    return status;
}

static gd_status check(const char *name, const gd_reducer_kind *kind, gd_comm *comm) {
    if (kind == NULL) {
        const char *meant = gd_text_nearest(name, gd_reducer_name);
        return gd_status_new(GD_BAD_INPUT, "train.reduce: unknown method '%s'; did you mean '%s'?",
                             name, meant == NULL ? automatic : meant);
    }
    if (kind->one_host && gd_comm_hosts(comm) > 1) {
        return gd_status_new(GD_BAD_INPUT,
                             "train.reduce = %s works on one host only, and the ranks are on %d; "
                             "use auto or message",
                             name, gd_comm_hosts(comm));
    }
    return GD_OK;
}

gd_status gd_reducer_new(const char *name, gd_comm *comm, int64_t size, int64_t shards,
                         gd_reducer **reducer) {
    *reducer = NULL;
    if (strcmp(name, automatic) != 0) {
        const gd_reducer_kind *kind = find(name);
        gd_status status = check(name, kind, comm);
        return status != GD_OK ? status : start(kind, comm, size, shards, reducer);
    }
    if (gd_comm_hosts(comm) == 1) {
        gd_status status = start(&gd_reducer_window, comm, size, shards, reducer);
        if (status == GD_OK) {
            return GD_OK;
        }
        /* Containers often have little shared memory, which is no reason not to train. */
        gd_status_free(&status);
    }
    return start(&gd_reducer_message, comm, size, shards, reducer);
}

void gd_reducer_free(gd_reducer **reducer) {
    gd_reducer *old = *reducer;
    if (old == NULL) {
        return;
    }
    old->kind->stop(old);
    for (size_t i = 0; i < sizeof old->scratch / sizeof *old->scratch; i++) {
        gd_memory_free(&old->scratch[i]);
    }
    gd_memory_free(&old->gradient);
    gd_memory_free(&old->segments);
    gd_memory_free(reducer);
}

/* While the left half of a node goes where the result is wanted, the right half needs a vector of
 * its own, and below it one more for each level: scratch `depth` and those above are free. */
static void add_node(gd_reducer *reducer, gd_reducer_leaf *leaf, void *context, gd_node node,
                     real *into, int depth) {
    if (node.end - node.first == 1) {
        leaf(context, node.first, into);
        return;
    }
    real *right = reducer->scratch[depth];
    add_node(reducer, leaf, context, gd_tree_left(node), into, depth);
    add_node(reducer, leaf, context, gd_tree_right(node), right, depth + 1);
    gd_reducer_add(reducer->size, right, into);
}

void gd_reducer_shards(gd_reducer *reducer, gd_reducer_leaf *leaf, void *context) {
    for (int i = 0; i < reducer->cover_count; i++) {
        add_node(reducer, leaf, context, reducer->cover[i], reducer->partial[i], 0);
    }
}

void gd_reducer_sum(gd_reducer *reducer, double divisor, double *squares) {
    size_t bytes = (size_t)reducer->block_count * sizeof *squares;
    memset(squares, 0, bytes);
    reducer->kind->sum(reducer, divisor, squares);
    if (reducer->kind->whole && gd_comm_rank(reducer->comm) > 0) {
        memset(squares, 0, bytes);
    }
}

void gd_reducer_publish(gd_reducer *reducer) {
    reducer->kind->publish(reducer);
}

void gd_reducer_gather(gd_reducer *reducer, const real *segment, real *whole) {
    if (!reducer->kind->whole) {
        gd_comm_gather(reducer->comm, sizeof(real), reducer->segments, segment, whole);
    } else if (gd_comm_rank(reducer->comm) == 0) {
        memcpy(whole, segment, (size_t)reducer->size * sizeof(real));
    }
}

void gd_reducer_scatter(gd_reducer *reducer, const real *whole, real *segment) {
    gd_comm_exchange(reducer->comm, sizeof(real), reducer->given, whole, reducer->taken, segment);
}

double gd_reducer_bytes(const gd_reducer *reducer) {
    int64_t vectors = reducer->cover_count;
    for (size_t i = 0; i < sizeof reducer->scratch / sizeof *reducer->scratch; i++) {
        vectors += reducer->scratch[i] != NULL;
    }
    return (double)(vectors * reducer->size + reducer->segment.count) * (double)sizeof(real);
}
