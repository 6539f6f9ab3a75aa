#include "gdmpi/tree.h"
#include "gdmpi/memory.h"

static int64_t middle_of(gd_node node) {
    return node.first + (node.end - node.first) / 2;
}

gd_node gd_tree_left(gd_node node) {
    return (gd_node){.first = node.first, .end = middle_of(node)};
}

gd_node gd_tree_right(gd_node node) {
    return (gd_node){.first = middle_of(node), .end = node.end};
}

static int cover_in(gd_node node, gd_node wanted, int count, gd_node *nodes) {
    if (node.end <= wanted.first || node.first >= wanted.end) {
        return count;
    }
    if (node.first >= wanted.first && node.end <= wanted.end) {
        nodes[count] = node;
        return count + 1;
    }
    count = cover_in(gd_tree_left(node), wanted, count, nodes);
    return cover_in(gd_tree_right(node), wanted, count, nodes);
}

int gd_tree_cover(int64_t shards, int64_t first, int64_t end, gd_node nodes[GD_TREE_COVER_MAX]) {
    gd_node root = {.first = 0, .end = shards}, wanted = {.first = first, .end = end};
    return cover_in(root, wanted, 0, nodes);
}

/* The left half is added up where the result goes, the right half, never the smaller, in one vector
 * more. */
int gd_tree_depth(gd_node node) {
    int depth = 0;
    for (; node.end - node.first > 1; node = gd_tree_right(node)) {
        depth++;
    }
    return depth;
}

/* A plan in the making. */
typedef struct planner {
    gd_tree_plan *plan;
    const gd_node *cover;
    int next; /* of the cover, which is met in order */
} planner;

/* Plans the sum of a node, and returns the vector where it will be: the node itself, if it is in
 * the cover, or scratch number `scratch`; only scratch from this number on is used. */
static int plan_node(planner *planner, gd_node node, int scratch) {
    gd_tree_plan *plan = planner->plan;
    gd_node next = planner->cover[planner->next];
    if (node.first == next.first && node.end == next.end) {
        return planner->next++;
    }
    int left = plan_node(planner, gd_tree_left(node), scratch);
    int right = plan_node(planner, gd_tree_right(node), left < plan->count ? scratch : scratch + 1);
    int into = plan->count + scratch;
    plan->addition[plan->length++] = (gd_addition){.left = left, .right = right, .into = into};
    plan->scratch = scratch + 1 > plan->scratch ? scratch + 1 : plan->scratch;
    return into;
}

gd_status gd_tree_plan_new(gd_node node, int count, const gd_node *cover, gd_tree_plan *plan) {
    *plan = (gd_tree_plan){.count = count};
    gd_status status = gd_memory_new(&plan->addition, (size_t)count - 1, sizeof *plan->addition,
                                     "the plan of a sum");
    if (status == GD_OK) {
        planner planner = {.plan = plan, .cover = cover};
        plan->root = plan_node(&planner, node, 0);
    }
    return status;
}

void gd_tree_plan_free(gd_tree_plan *plan) {
    gd_memory_free(&plan->addition);
    *plan = (gd_tree_plan){0};
}

double gd_tree_sum(int64_t shards, const double *values) {
    if (shards == 1) {
        return values[0];
    }
    int64_t half = shards / 2;
    return gd_tree_sum(half, values) + gd_tree_sum(shards - half, values + half);
}
