#include "reduce_private.h"

/* An addition that waits for its right side, which is being computed: then `into` += `right`, and
 * after it the one outside, whose right side `into` is. */
typedef struct addition {
    const real *right;
    real *into;
    const struct addition *outer;
} addition;

/* A shard's gradient on its way. */
typedef struct leaf {
    gd_reducer *reducer;
    const addition *additions; /* those that wait for it */
    int64_t final;             /* it is final from this element on */
    bool last;                 /* of this rank's shards */
} leaf;

/* A gd_ready: what has just been computed is still in the cache. */
static void add_part(void *context, int64_t first) {
    leaf *leaf = context;
    gd_reducer *reducer = leaf->reducer;
    if (leaf->additions != NULL) {
        gd_phase before = gd_phases_enter(reducer->phases, GD_REDUCE);
        for (const addition *next = leaf->additions; next != NULL; next = next->outer) {
            gd_sum_add(leaf->final - first, next->right + first, next->into + first);
        }
        gd_phases_enter(reducer->phases, before);
    }
    leaf->final = first;
    if (leaf->last) {
        reducer->kind->ready(reducer, first);
    }
}

static void run_leaf(gd_reducer *reducer, int64_t shard, bool add, real *into,
                     const addition *additions) {
    const gd_reduction *reduction = reducer->reduction;
    leaf leaf = {.reducer = reducer,
                 .additions = additions,
                 .final = reducer->size,
                 .last = shard == reducer->mine.first + reducer->mine.count - 1};
    const gd_ready ready = {add_part, &leaf};
    reduction->gradient(reduction->context, shard, add, into, &ready);
}

/* While the left half of a node goes where the result is wanted, the right half needs a vector of
 * its own, and below it one more for each level: scratch `depth` and those above are free. A shard
 * that may add to its sibling needs none. */
static void run_node(gd_reducer *reducer, gd_node node, real *into, int depth,
                     const addition *additions) {
    if (node.end - node.first == 1) {
        run_leaf(reducer, node.first, false, into, additions);
        return;
    }
    gd_node right = gd_tree_right(node);
    run_node(reducer, gd_tree_left(node), into, depth, NULL);
    if (reducer->adds && right.end - right.first == 1) {
        run_leaf(reducer, right.first, true, into, additions);
    } else {
        const addition outer = {reducer->scratch[depth], into, additions};
        run_node(reducer, right, reducer->scratch[depth], depth + 1, &outer);
    }
}

void gd_reducer_shards(gd_reducer *reducer) {
    for (int i = 0; i < reducer->cover_count; i++) {
        run_node(reducer, reducer->cover[i], reducer->partial[i], 0, NULL);
    }
}
