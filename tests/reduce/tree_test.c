#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gdmpi/shards.h"
#include "gdmpi/tree.h"

enum { SHARDS_MAX = 40, VECTORS_MAX = 4 * SHARDS_MAX };

/* Whether [first, end) is a node of the tree over `shards`, found from above. */
static int is_node(int64_t shards, gd_node node) {
    int64_t first = 0, end = shards;
    while (end - first > node.end - node.first) {
        int64_t middle = first + (end - first) / 2;
        if (node.first >= middle) {
            first = middle;
        } else {
            end = middle;
        }
    }
    return first == node.first && end == node.end;
}

/* Neighbours in a cover that are halves of one node would have been that node. */
static void check_cover(int64_t shards, int64_t first, int64_t end) {
    gd_node nodes[GD_TREE_COVER_MAX];
    int count = gd_tree_cover(shards, first, end, nodes);
    int64_t at = first;
    for (int i = 0; i < count; i++) {
        assert_int_equal(nodes[i].first, at);
        assert_true(nodes[i].end > at);
        assert_true(is_node(shards, nodes[i]));
        at = nodes[i].end;
        if (i > 0) {
            gd_node both = {.first = nodes[i - 1].first, .end = nodes[i].end};
            int64_t middle = both.first + (both.end - both.first) / 2;
            assert_false(is_node(shards, both) && nodes[i].first == middle);
        }
    }
    assert_int_equal(at, end);
}

static void a_cover_is_made_of_the_fewest_nodes_in_order(void **state) {
    (void)state;
    for (int64_t shards = 1; shards <= SHARDS_MAX; shards++) {
        for (int64_t first = 0; first <= shards; first++) {
            for (int64_t end = first; end <= shards; end++) {
                check_cover(shards, first, end);
            }
        }
    }
}

static void all_shards_are_one_node(void **state) {
    (void)state;
    gd_node nodes[GD_TREE_COVER_MAX];
    for (int64_t shards = 1; shards < INT64_MAX / 2; shards += shards / 2 + 1) {
        assert_int_equal(gd_tree_cover(shards, 0, shards, nodes), 1);
    }
}

static void a_power_of_two_of_ranks_have_one_node_each(void **state) {
    (void)state;
    gd_node nodes[GD_TREE_COVER_MAX];
    for (int64_t rank = 0; rank < 8; rank++) {
        gd_range mine = gd_range_part(64, 8, rank);
        assert_int_equal(gd_tree_cover(64, mine.first, mine.first + mine.count, nodes), 1);
    }
}

static void even_the_largest_cover_has_room(void **state) {
    (void)state;
    gd_node nodes[GD_TREE_COVER_MAX];
    int count = gd_tree_cover(INT64_MAX, 1, INT64_MAX - 1, nodes);
    assert_in_range(count, 100, GD_TREE_COVER_MAX);
}

static void the_depth_is_the_logarithm(void **state) {
    (void)state;
    for (int64_t shards = 1; shards <= 1000; shards++) {
        int depth = gd_tree_depth((gd_node){.first = 7, .end = 7 + shards});
        assert_true((int64_t)1 << depth >= shards);
        assert_true(depth == 0 || (int64_t)1 << (depth - 1) < shards);
    }
}

/* Sums that tell in which order they were made. */
static double node_sum(gd_node node, const double *values) {
    if (node.end - node.first == 1) {
        return values[node.first];
    }
    int64_t middle = node.first + (node.end - node.first) / 2;
    return node_sum((gd_node){node.first, middle}, values) +
           node_sum((gd_node){middle, node.end}, values);
}

static void fill(double values[SHARDS_MAX]) {
    double value = 1;
    for (int i = 0; i < SHARDS_MAX; i++) {
        value = value * -1.7 + 0.3;
        values[i] = value;
    }
}

static void the_sum_of_numbers_follows_the_tree(void **state) {
    (void)state;
    double values[SHARDS_MAX];
    fill(values);
    for (int64_t shards = 1; shards <= SHARDS_MAX; shards++) {
        assert_true(gd_tree_sum(shards, values) == node_sum((gd_node){0, shards}, values));
    }
}

/* Runs the plan of the covers of all ranks on one number per node. */
static void check_plan(int64_t shards, int64_t ranks, const double *values) {
    gd_node cover[VECTORS_MAX];
    double vector[VECTORS_MAX];
    int count = 0;
    for (int64_t rank = 0; rank < ranks; rank++) {
        gd_range mine = gd_range_part(shards, ranks, rank);
        count += gd_tree_cover(shards, mine.first, mine.first + mine.count, cover + count);
    }
    for (int i = 0; i < count; i++) {
        vector[i] = node_sum(cover[i], values);
    }
    gd_tree_plan plan;
    assert_true(gd_tree_plan_new((gd_node){0, shards}, count, cover, &plan) == GD_OK);
    assert_int_equal(plan.length, count - 1);
    assert_true(plan.scratch <= gd_tree_depth((gd_node){0, shards}));
    for (int i = 0; i < plan.length; i++) {
        gd_addition addition = plan.addition[i];
        assert_in_range(addition.into, count, count + plan.scratch - 1);
        vector[addition.into] = vector[addition.left] + vector[addition.right];
    }
    assert_true(vector[plan.root] == gd_tree_sum(shards, values));
    gd_tree_plan_free(&plan);
}

static void a_plan_makes_the_same_sum_on_any_number_of_ranks(void **state) {
    (void)state;
    double values[SHARDS_MAX];
    fill(values);
    for (int64_t shards = 1; shards <= SHARDS_MAX; shards++) {
        for (int64_t ranks = 1; ranks <= shards; ranks++) {
            check_plan(shards, ranks, values);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cover_is_made_of_the_fewest_nodes_in_order),
        cmocka_unit_test(all_shards_are_one_node),
        cmocka_unit_test(a_power_of_two_of_ranks_have_one_node_each),
        cmocka_unit_test(even_the_largest_cover_has_room),
        cmocka_unit_test(the_depth_is_the_logarithm),
        cmocka_unit_test(the_sum_of_numbers_follows_the_tree),
        cmocka_unit_test(a_plan_makes_the_same_sum_on_any_number_of_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
