#include <math.h>
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
enum { BLOCKS_MAX = 1024, BLOCK_MIN = 4096 };

const char *gd_reducer_name(size_t index) {
    if (index == 0) {
        return automatic;
    }
    const gd_reducer_kind *kind = gd_reducer_kinds[index - 1];
    return kind == NULL ? NULL : kind->name;
}

const gd_reducer_kind *gd_reducer_find(const char *name) {
    for (size_t i = 0; gd_reducer_kinds[i] != NULL; i++) {
        if (strcmp(gd_reducer_kinds[i]->name, name) == 0) {
            return gd_reducer_kinds[i];
        }
    }
    return NULL;
}

gd_status gd_reducer_allocate_partials(gd_reducer *reducer) {
    size_t count = (size_t)reducer->cover_count * (size_t)reducer->size;
    gd_status status =
        gd_memory_new(&reducer->partial[0], count, sizeof(real), "the gradients of shards");
    for (int i = 1; i < reducer->cover_count && status == GD_OK; i++) {
        reducer->partial[i] = reducer->partial[0] + i * reducer->size;
    }
    return status;
}

gd_status gd_reducer_allocate_private(gd_reducer *reducer) {
    gd_status status =
        gd_memory_new(&reducer->parameters, (size_t)reducer->size, sizeof(real), "the parameters");
    return status == GD_OK ? gd_reducer_allocate_partials(reducer) : status;
}

void gd_reducer_free_private(gd_reducer *reducer) {
    gd_memory_free(&reducer->parameters);
    gd_memory_free(&reducer->partial[0]);
}

static gd_range elements_of(const gd_reducer *reducer, gd_range blocks) {
    int64_t first = blocks.first * reducer->block_size;
    int64_t end = (blocks.first + blocks.count) * reducer->block_size;
    first = first < reducer->size ? first : reducer->size;
    end = end < reducer->size ? end : reducer->size;
    return (gd_range){.first = first, .count = end - first};
}

gd_status gd_reducer_cut(gd_reducer *reducer, int buckets) {
    int rank = reducer->rank, ranks = reducer->ranks;
    gd_status status = gd_memory_new(&reducer->piece, (size_t)buckets * (size_t)ranks,
                                     sizeof *reducer->piece, "the pieces of the parameters");
    reducer->buckets = status == GD_OK ? buckets : 0;
    reducer->owned = 0;
    for (int i = 0; i < reducer->buckets; i++) {
        gd_range bucket = gd_range_part(reducer->block_count, buckets, i);
        gd_range *piece = reducer->piece + i * ranks;
        for (int j = 0; j < ranks; j++) {
            gd_range part = reducer->kind->whole ? (gd_range){0, bucket.count}
                                                 : gd_range_part(bucket.count, ranks, j);
            part.first += bucket.first;
            piece[j] = elements_of(reducer, part);
        }
        reducer->owned += piece[rank].count;
    }
    return status;
}

gd_range gd_reducer_piece(const gd_reducer *reducer, int bucket, int rank) {
    return reducer->piece[bucket * reducer->ranks + rank];
}

void gd_reducer_describe(gd_reducer *reducer) {
    int rank = reducer->rank, ranks = reducer->ranks;
    int64_t least = (reducer->size + BLOCKS_MAX - 1) / BLOCKS_MAX;
    int64_t aligned = (least + GD_TENSOR_ALIGN - 1) / GD_TENSOR_ALIGN * GD_TENSOR_ALIGN;
    reducer->block_size = aligned > BLOCK_MIN ? aligned : BLOCK_MIN;
    reducer->block_count = (reducer->size + reducer->block_size - 1) / reducer->block_size;
    reducer->mine = gd_range_part(reducer->shards, ranks, rank);
    reducer->cover_count = gd_tree_cover(reducer->shards, reducer->mine.first,
                                         reducer->mine.first + reducer->mine.count, reducer->cover);
}

/* A vector for each level of adding the shards of a node, and none for the last one where shards
 * add to their siblings. */
gd_status gd_reducer_allocate(gd_reducer *reducer) {
    gd_status status = gd_memory_new(&reducer->mean, GD_SUM_TILE, sizeof(real), "a tile");
    if (status == GD_OK) {
        status = gd_memory_new(&reducer->squares, (size_t)reducer->block_count,
                               sizeof *reducer->squares, "the norm of the gradient");
    }
    int depth = 0;
    for (int i = 0; i < reducer->cover_count; i++) {
        int needed = gd_tree_depth(reducer->cover[i]) - reducer->adds;
        depth = needed > depth ? needed : depth;
    }
    for (int i = 0; i < depth && status == GD_OK; i++) {
        status = gd_memory_new(&reducer->scratch[i], (size_t)reducer->size, sizeof(real),
                               "the gradients of shards");
    }
    return status;
}

/* A failure is agreed on before the next collective call, so that ranks stay together. */
static gd_status start(const gd_reducer_kind *kind, gd_comm *comm, gd_phases *phases,
                       const gd_reducer_plan *plan, gd_reducer **reducer) {
    gd_reducer *new = NULL;
    gd_status status = gd_memory_new(&new, 1, sizeof *new, "the reducer");
    status = gd_comm_agree(comm, status);
    if (status != GD_OK) {
        gd_memory_free(&new);
        return status;
    }
    *new = (gd_reducer){.kind = kind,
                        .comm = comm,
                        .rank = gd_comm_rank(comm),
                        .ranks = gd_comm_size(comm),
                        .phases = phases,
                        .overlap = plan->overlap,
                        .adds = plan->adds,
                        .size = plan->size,
                        .trained = plan->size - plan->apart,
                        .shards = plan->shards};
    gd_reducer_describe(new);
    status = kind->start(new);
    if (status == GD_OK) {
        status = gd_reducer_allocate(new);
    }
    status = gd_comm_agree(comm, status);
    if (status != GD_OK) {
        gd_reducer_free(&new);
    }
    *reducer = new;
    return status;
}

/* Containers often have little shared memory, which is no reason not to train. */
static gd_status start_automatic(gd_comm *comm, gd_phases *phases, const gd_reducer_plan *plan,
                                 gd_reducer **reducer) {
    gd_status refused = GD_OK;
    if (gd_comm_hosts(comm) < gd_comm_size(comm)) {
        refused = start(&gd_reducer_window, comm, phases, plan, reducer);
        if (refused == GD_OK) {
            return GD_OK;
        }
    }
    gd_status status = start(&gd_reducer_message, comm, phases, plan, reducer);
    if (status == GD_OK) {
        (*reducer)->refused = refused;
    } else {
        gd_status_free(&refused);
    }
    return status;
}

gd_status gd_reducer_new(gd_comm *comm, gd_phases *phases, const gd_reducer_plan *plan,
                         gd_reducer **reducer) {
    *reducer = NULL;
    if (strcmp(plan->name, automatic) == 0) {
        return start_automatic(comm, phases, plan, reducer);
    }
    const gd_reducer_kind *kind = gd_reducer_find(plan->name);
    if (kind == NULL) {
        const char *meant = gd_text_nearest(plan->name, gd_reducer_name);
        return gd_status_new(GD_BAD_INPUT, "train.reduce: unknown method '%s'; did you mean '%s'?",
                             plan->name, meant == NULL ? automatic : meant);
    }
    return start(kind, comm, phases, plan, reducer);
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
    gd_memory_free(&old->piece);
    gd_memory_free(&old->mean);
    gd_memory_free(&old->squares);
    gd_status_free(&old->refused);
    gd_memory_free(reducer);
}

/* Where the mean of a piece that this rank updates waits: in its own partials, of which nobody else
 * reads this part. */
real *gd_reducer_kept(const gd_reducer *reducer, gd_range piece) {
    return reducer->partial[0] + piece.first;
}

void gd_reducer_apply(gd_reducer *reducer, const gd_summation *summation, gd_range piece,
                      int64_t at) {
    const gd_reduction *reduction = reducer->reduction;
    const real factor = (real)(1 / reduction->divisor);
    gd_phase before = reducer->phases->now;
    for (int64_t done = 0; done < piece.count;) {
        gd_phases_enter(reducer->phases, GD_REDUCE);
        int64_t block = (piece.first + done) / reducer->block_size;
        const bool trained = piece.first + done < reducer->trained;
        int64_t end = (block + 1) * reducer->block_size;
        end = trained && end > reducer->trained ? reducer->trained : end;
        int64_t left = end - (piece.first + done);
        left = left < piece.count - done ? left : piece.count - done;
        int64_t count = left < GD_SUM_TILE ? left : GD_SUM_TILE;
        double squares = gd_summation_mean(summation, done, count, factor, reducer->mean);
        reduction->squares[block] += trained ? squares : 0;
        if (reduction->measured != NULL) {
            memcpy(gd_reducer_kept(reducer, piece) + done, reducer->mean,
                   (size_t)count * sizeof(real));
        } else {
            gd_phases_enter(reducer->phases, GD_UPDATE);
            reduction->update(reduction->context, at + done, count, reducer->mean,
                              reducer->parameters + piece.first + done);
        }
        done += count;
    }
    gd_phases_enter(reducer->phases, before);
}

double gd_reducer_norm(const gd_reducer *reducer, const double *squares) {
    double sum = 0;
    for (int64_t i = 0; i < reducer->block_count; i++) {
        sum += squares[i];
    }
    return sqrt(sum);
}

/* A tile at a time, so that it stays in the cache while it is changed time and again. */
static void update_kept(gd_reducer *reducer, gd_range piece, int64_t at) {
    const gd_reduction *reduction = reducer->reduction;
    for (int64_t done = 0; done < piece.count; done += GD_SUM_TILE) {
        int64_t left = piece.count - done;
        reduction->update(reduction->context, at + done, left < GD_SUM_TILE ? left : GD_SUM_TILE,
                          gd_reducer_kept(reducer, piece) + done,
                          reducer->parameters + piece.first + done);
    }
}

void gd_reducer_measure(gd_reducer *reducer) {
    const gd_reduction *reduction = reducer->reduction;
    size_t blocks = (size_t)reducer->block_count;
    memcpy(reducer->squares, reduction->squares, blocks * sizeof *reducer->squares);
    if (!reducer->kind->whole) {
        gd_reducer_publish(reducer, reducer->squares, blocks);
    }
    gd_phase before = gd_phases_enter(reducer->phases, GD_UPDATE);
    reduction->measured(reduction->context, gd_reducer_norm(reducer, reducer->squares));
    int64_t at = 0;
    for (int i = 0; i < reducer->buckets; i++) {
        gd_range piece = gd_reducer_piece(reducer, i, reducer->rank);
        update_kept(reducer, piece, at);
        at += piece.count;
    }
    gd_phases_enter(reducer->phases, before);
}

void gd_reducer_step(gd_reducer *reducer, const gd_reduction *reduction) {
    size_t bytes = (size_t)reducer->block_count * sizeof *reduction->squares;
    reducer->reduction = reduction;
    memset(reduction->squares, 0, bytes);
    reducer->kind->begin(reducer);
    gd_reducer_shards(reducer);
    gd_phases_enter(reducer->phases, GD_WAIT);
    reducer->kind->finish(reducer);
    if (reducer->kind->whole && reducer->rank > 0) {
        memset(reduction->squares, 0, bytes);
    }
}

/* No rank has the sum before all have come, and so have written. */
void gd_reducer_publish_by_sum(gd_reducer *reducer, double *values, size_t count) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    gd_comm_sum(reducer->comm, values, count);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void gd_reducer_publish(gd_reducer *reducer, double *values, size_t count) {
    gd_phase before = gd_phases_enter(reducer->phases, GD_WAIT);
    reducer->kind->publish(reducer, values, count);
    gd_phases_enter(reducer->phases, before);
}

double gd_reducer_bytes(const gd_reducer *reducer) {
    int64_t vectors = reducer->cover_count;
    for (size_t i = 0; i < sizeof reducer->scratch / sizeof *reducer->scratch; i++) {
        vectors += reducer->scratch[i] != NULL;
    }
    return (double)(vectors * reducer->size + reducer->buffers) * (double)sizeof(real);
}
