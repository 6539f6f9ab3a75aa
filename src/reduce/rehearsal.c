#include <string.h>

#include "exchange_private.h"
#include "gdmpi/rehearsal.h"

static const char what[] = "the rehearsal of a step";

/* What a player has, and shows the others. */
typedef struct player {
    gd_rehearsal *all;
    gd_summation whole;
    const real **term; /* [whole.plan.count] */
    int64_t meetings, rounds;
    double *values[2]; /* as on a gd_board */
} player;

struct gd_rehearsal {
    gd_rehearsal_plan plan;
    int count;
    gd_reducer **reducer; /* [count] */
    int64_t arrivals;     /* of all players at all meetings */
};

static player *player_of(const gd_rehearsal *all, int number) {
    return all->reducer[number]->state;
}

void gd_rehearsal_meet(gd_reducer *reducer) {
    player *self = reducer->state;
    gd_rehearsal *all = self->all;
    const int64_t due = ++self->meetings * all->count;
    __atomic_add_fetch(&all->arrivals, 1, __ATOMIC_ACQ_REL);
    for (int rounds = 0; __atomic_load_n(&all->arrivals, __ATOMIC_ACQUIRE) < due;) {
        gd_wait_a_little(&rounds);
    }
}

static void begin(gd_reducer *reducer) {
    (void)reducer;
}

static void ready(gd_reducer *reducer, int64_t first) {
    (void)reducer;
    (void)first;
}

static void finish(gd_reducer *reducer) {
    player *self = reducer->state;
    const gd_range piece = gd_reducer_piece(reducer, 0, reducer->rank);
    gd_rehearsal_meet(reducer);
    for (int i = 0; i < self->whole.plan.count; i++) {
        self->whole.vector[i] = self->term[i] + piece.first;
    }
    gd_reducer_apply(reducer, &self->whole, piece, 0);
    if (reducer->reduction->measured != NULL) {
        gd_reducer_measure(reducer);
    }
}

/* As gd_boards_sum. */
static void publish(gd_reducer *reducer, double *values, size_t count) {
    player *self = reducer->state;
    const int64_t side = ++self->rounds % 2;
    memcpy(self->values[side], values, count * sizeof *values);
    memset(values, 0, count * sizeof *values);
    gd_rehearsal_meet(reducer);
    for (int i = 0; i < self->all->count; i++) {
        const double *term = player_of(self->all, i)->values[side];
        for (size_t j = 0; j < count; j++) {
            values[j] += term[j];
        }
    }
}

static void stop(gd_reducer *reducer) {
    player *self = reducer->state;
    if (self != NULL) {
        gd_summation_free(&self->whole);
        gd_memory_free(&self->term);
        gd_memory_free(&self->values[0]);
        gd_memory_free(&self->values[1]);
    }
    gd_memory_free(&reducer->state);
    gd_memory_free(&reducer->partial[0]);
}

static const gd_reducer_kind kind = {
    .name = "rehearsal",
    .help = "threads in the place of ranks",
    .same_bits = true,
    .shared = true,
    .stop = stop,
    .begin = begin,
    .ready = ready,
    .finish = finish,
    .share = begin,
    .publish = publish,
};

/* The nodes of the tree that a host, or a rank, sends. */
static int cover_of(const gd_rehearsal_plan *plan, int64_t first, int64_t ranks,
                    gd_node nodes[GD_TREE_COVER_MAX]) {
    const gd_range from = gd_range_part(plan->sums.shards, plan->ranks, first);
    const gd_range to = gd_range_part(plan->sums.shards, plan->ranks, first + ranks - 1);
    return gd_tree_cover(plan->sums.shards, from.first, to.first + to.count, nodes);
}

/* Those of all hosts, the players' one by one, as the reducer `window` adds them; without room for
 * them (NULL), how many there are. */
static int list_nodes(const gd_rehearsal *all, gd_node *nodes, const real **terms) {
    const gd_rehearsal_plan *plan = &all->plan;
    gd_node cover[GD_TREE_COVER_MAX];
    int count = 0;
    for (int64_t rank = 0, ranks; rank < plan->ranks; rank += ranks) {
        const int64_t player = rank - plan->players.first;
        const bool played = player >= 0 && player < plan->players.count;
        const int64_t left = plan->ranks - rank;
        ranks = played ? 1 : plan->per_host < left ? plan->per_host : left;
        const int held = cover_of(plan, rank, ranks, cover);
        for (int i = 0; i < held; i++, count++) {
            if (nodes != NULL) {
                const gd_reducer *from = all->reducer[played ? player : count % all->count];
                nodes[count] = cover[i];
                terms[count] = from->partial[played ? i : 0];
            }
        }
    }
    return count;
}

static gd_status plan_sum(const gd_rehearsal *all, player *self) {
    const gd_node root = {.first = 0, .end = all->plan.sums.shards};
    const int count = list_nodes(all, NULL, NULL);
    gd_node *nodes = NULL;
    gd_status status = gd_memory_new(&nodes, (size_t)count, sizeof *nodes, what);
    if (status == GD_OK) {
        status = gd_memory_new(&self->term, (size_t)count, sizeof *self->term, what);
    }
    if (status == GD_OK) {
        list_nodes(all, nodes, self->term);
        status = gd_summation_new(root, count, nodes, &self->whole);
    }
    gd_memory_free(&nodes);
    return status;
}

static gd_status new_player(gd_rehearsal *all, player **new) {
    const size_t count = (size_t)all->plan.values;
    gd_status status = gd_memory_new(new, 1, sizeof **new, what);
    if (status == GD_OK) {
        (*new)->all = all;
        status = gd_memory_new(&(*new)->values[0], count, sizeof(double), what);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&(*new)->values[1], count, sizeof(double), what);
    }
    return status;
}

static gd_status add_player(gd_rehearsal *all, int number) {
    const gd_rehearsal_plan *plan = &all->plan;
    gd_reducer *reducer;
    player *self = NULL;
    gd_status status = gd_memory_new(&reducer, 1, sizeof *reducer, what);
    if (status != GD_OK) {
        return status;
    }
    all->reducer[number] = reducer;
    *reducer = (gd_reducer){.kind = &kind,
                            .rank = (int)plan->players.first + number,
                            .ranks = plan->ranks,
                            .adds = plan->sums.adds,
                            .size = plan->sums.size,
                            .trained = plan->sums.size - plan->sums.apart,
                            .shards = plan->sums.shards,
                            .parameters = plan->parameters};
    gd_reducer_describe(reducer);
    status = new_player(all, &self);
    reducer->state = self;
    if (status == GD_OK) {
        status = gd_reducer_allocate_partials(reducer);
    }
    if (status == GD_OK) {
        status = gd_reducer_cut(reducer, 1);
    }
    return status == GD_OK ? gd_reducer_allocate(reducer) : status;
}

gd_status gd_rehearsal_new(const gd_rehearsal_plan *plan, gd_rehearsal **rehearsal) {
    gd_rehearsal *self;
    const int count = (int)plan->players.count;
    gd_status status = gd_memory_new(&self, 1, sizeof *self, what);
    *rehearsal = self;
    if (status != GD_OK) {
        return status;
    }
    self->plan = *plan;
    status = gd_memory_new(&self->reducer, (size_t)count, sizeof *self->reducer, what);
    self->count = status == GD_OK ? count : 0;
    for (int i = 0; i < count && status == GD_OK; i++) {
        status = add_player(self, i);
    }
    for (int i = 0; i < count && status == GD_OK; i++) {
        status = plan_sum(self, player_of(self, i));
    }
    if (status != GD_OK) {
        gd_rehearsal_free(rehearsal);
    }
    return status;
}

void gd_rehearsal_free(gd_rehearsal **rehearsal) {
    gd_rehearsal *old = *rehearsal;
    if (old == NULL) {
        return;
    }
    for (int i = 0; i < old->count; i++) {
        gd_reducer_free(&old->reducer[i]);
    }
    gd_memory_free(&old->reducer);
    gd_memory_free(rehearsal);
}

gd_reducer *gd_rehearsal_reducer(gd_rehearsal *rehearsal, int player) {
    return rehearsal->reducer[player];
}
