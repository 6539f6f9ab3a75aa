/* The fixed binary tree in which shard results are added. The node of shards [first, end) is the
 * sum of its halves [first, middle) and [middle, end), middle = first + (end - first) / 2; a node
 * of one shard is that shard's result. It depends on the number of shards only, so the sum has the
 * same bits whoever adds. */
#ifndef GDMPI_TREE_H
#define GDMPI_TREE_H

#include <stdint.h>

#include "gdmpi/status.h"

typedef struct gd_node {
    int64_t first, end;
} gd_node;

/* The halves of a node of two shards or more. Not collective. */
gd_node gd_tree_left(gd_node node);
gd_node gd_tree_right(gd_node node);

/* A rank's shards never need more nodes than this. */
#define GD_TREE_COVER_MAX 128

/* The fewest nodes of the tree over `shards` that make up [first, end) exactly, in order; returns
 * how many. Not collective. */
int gd_tree_cover(int64_t shards, int64_t first, int64_t end, gd_node nodes[GD_TREE_COVER_MAX]);

/* How many vectors beyond its result it takes to add the shards of a node one after the other. */
int gd_tree_depth(gd_node node);

/* One addition: vector `into` = vector `left` + vector `right`. */
typedef struct gd_addition {
    int left, right, into;
} gd_addition;

/* The additions that make the sum of a node out of the nodes of `cover` [count], which tile it in
 * order. Vectors 0 ... count - 1 are those nodes and are only read; count ... count + scratch - 1
 * are scratch; `root` is the vector of the result, which is 0, without additions, if count is 1. */
typedef struct gd_tree_plan {
    int count, scratch, root;
    int length; /* of the additions: count - 1 */
    gd_addition *addition;
} gd_tree_plan;

gd_status gd_tree_plan_new(gd_node node, int count, const gd_node *cover, gd_tree_plan *plan);
void gd_tree_plan_free(gd_tree_plan *plan);

/* The sum of one number per shard, in the tree's order. Not collective. */
double gd_tree_sum(int64_t shards, const double *values);

#endif
