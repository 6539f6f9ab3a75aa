#include <string.h>

#include "gdmpi/deal.h"
#include "gdmpi/dealer.h"
#include "gdmpi/memory.h"

/* Rows are packed and sent in pieces of so many bytes, which stay in the cache in between. */
enum { PIECE = 1 << 19 };

struct gd_dealer {
    gd_comm *comm;
    gd_phases *phases;
    gd_deal deal;
    const gd_rows *own;
    gd_rows came;       /* the rows of a block, one rank's after the other's; unused by one rank */
    uint32_t *place;    /* where each row that came belongs; likewise */
    uint32_t *order;    /* by place: the row of `came`, or with one rank of `own` */
    char *piece;        /* packed rows on their way out */
    size_t piece_bytes; /* one row more than PIECE */
    int64_t block;      /* whose rows are here; -1: none */
};

static size_t longest(const gd_rows *rows) {
    const size_t x = gd_rows_x_bytes(rows), y = gd_rows_y_bytes(rows);
    const size_t w = gd_rows_weight_bytes(rows), of_data = x > y ? x : y;
    return of_data > w ? of_data : w;
}

static size_t places(const gd_dealer *dealer) {
    return (size_t)(dealer->deal.mine.count * dealer->deal.stride);
}

/* What only several ranks need. */
static gd_status allocate_travel(gd_dealer *dealer) {
    const gd_rows *own = dealer->own;
    size_t most = (size_t)dealer->deal.most;
    static const char what[] = "the rows of a block of steps";
    dealer->came = (gd_rows){.range = {0, dealer->deal.most},
                             .normalizer = own->normalizer,
                             .categories = own->categories,
                             .x = own->x,
                             .y = own->y,
                             .x_width = own->x_width,
                             .y_width = own->y_width};
    gd_status status = gd_memory_new(&dealer->came.x_data, most, gd_rows_x_bytes(own), what);
    if (status == GD_OK) {
        status = gd_memory_new(&dealer->came.y_data, most, gd_rows_y_bytes(own), what);
    }
    if (status == GD_OK && own->weights != NULL) {
        status = gd_memory_new(&dealer->came.weights, most, gd_rows_weight_bytes(own), what);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&dealer->place, most, sizeof *dealer->place, what);
    }
    if (status == GD_OK) {
        dealer->piece_bytes = PIECE + longest(own);
        status = gd_memory_new(&dealer->piece, dealer->piece_bytes, 1, "rows on their way");
    }
    return status;
}

gd_status gd_dealer_new(gd_comm *comm, gd_phases *phases, const gd_shards *shards,
                        const gd_rows *own, gd_dealer **dealer) {
    gd_status status = gd_memory_new(dealer, 1, sizeof **dealer, "the dealer of rows");
    if (status != GD_OK) {
        return status;
    }
    gd_dealer *self = *dealer;
    self->comm = comm;
    self->phases = phases;
    self->own = own;
    self->block = -1;
    status = gd_deal_new(shards, gd_comm_size(comm), gd_comm_rank(comm), &self->deal);
    if (status == GD_OK) {
        status = gd_memory_new(&self->order, places(self), sizeof *self->order,
                               "the order of the rows of a block");
    }
    if (status == GD_OK && self->deal.ranks > 1) {
        status = allocate_travel(self);
    }
    if (status != GD_OK) {
        gd_dealer_free(dealer);
    }
    return status;
}

void gd_dealer_free(gd_dealer **dealer) {
    gd_dealer *self = *dealer;
    if (self == NULL) {
        return;
    }
    gd_deal_free(&self->deal);
    gd_rows_free(&self->came);
    gd_memory_free(&self->place);
    gd_memory_free(&self->order);
    gd_memory_free(&self->piece);
    gd_memory_free(dealer);
}

double gd_dealer_bytes(const gd_dealer *dealer) {
    double row = (double)(gd_rows_x_bytes(dealer->own) + gd_rows_y_bytes(dealer->own) +
                          gd_rows_weight_bytes(dealer->own) + sizeof *dealer->place);
    return gd_deal_bytes(&dealer->deal) + (double)(places(dealer) * sizeof *dealer->order) +
           (double)dealer->came.range.count * row + (double)dealer->piece_bytes;
}

void gd_dealer_epoch(gd_dealer *dealer, uint64_t seed, int64_t epoch) {
    gd_deal_epoch(&dealer->deal, seed, epoch);
    dealer->block = -1;
}

static void pack(const void *from, size_t bytes, const uint32_t *rows, int64_t count, void *to) {
    for (int64_t i = 0; i < count; i++) {
        memcpy((char *)to + (size_t)i * bytes, (const char *)from + rows[i] * bytes, bytes);
    }
}

/* Where row `row` begins. */
static void *at(void *data, size_t bytes, int64_t row) {
    return (char *)data + (size_t)row * bytes;
}

/* The rows that stay on this rank. */
static int64_t keep(gd_dealer *dealer, gd_range moves) {
    const gd_rows *own = dealer->own;
    const uint32_t *rows = dealer->deal.row + moves.first;
    pack(own->x_data, gd_rows_x_bytes(own), rows, moves.count, dealer->came.x_data);
    pack(own->y_data, gd_rows_y_bytes(own), rows, moves.count, dealer->came.y_data);
    if (own->weights != NULL) {
        pack(own->weights, gd_rows_weight_bytes(own), rows, moves.count, dealer->came.weights);
    }
    memcpy(dealer->place, dealer->deal.place + moves.first,
           (size_t)moves.count * sizeof *dealer->place);
    return moves.count;
}

/* Rows on their way to one rank and from another. */
typedef struct traffic {
    int to, from;
    gd_range out; /* in deal->row */
    gd_range in;  /* in `came` */
} traffic;

/* The next piece of what is left, which is cut off it. */
static gd_range next(gd_range *left, int64_t most) {
    gd_range piece = {left->first, left->count < most ? left->count : most};
    left->first += piece.count;
    left->count -= piece.count;
    return piece;
}

static void trade_member(gd_dealer *dealer, const traffic *all, const void *own, size_t bytes,
                         void *came) {
    const int64_t most = 1 + PIECE / (int64_t)bytes;
    gd_range out = all->out, in = all->in;
    while (out.count > 0 || in.count > 0) {
        gd_range sent = next(&out, most), received = next(&in, most);
        pack(own, bytes, dealer->deal.row + sent.first, sent.count, dealer->piece);
        gd_comm_exchange(dealer->comm, all->to, dealer->piece, (size_t)sent.count * bytes,
                         all->from, at(came, bytes, received.first),
                         (size_t)received.count * bytes);
    }
}

/* Sends what rank `to` needs for the block, while what this rank needs comes from rank `from`,
 * behind the first `here` rows; returns how many came. */
static int64_t trade(gd_dealer *dealer, int to, int from, int64_t here) {
    const gd_rows *own = dealer->own;
    const size_t size = sizeof *dealer->place;
    traffic all = {to, from, gd_deal_moves(&dealer->deal, dealer->block, to), {here, 0}};
    gd_phases_enter(dealer->phases, GD_WAIT);
    gd_comm_exchange(dealer->comm, to, &all.out.count, sizeof all.out.count, from, &all.in.count,
                     sizeof all.in.count);
    gd_phases_enter(dealer->phases, GD_LOAD);
    trade_member(dealer, &all, own->x_data, gd_rows_x_bytes(own), dealer->came.x_data);
    trade_member(dealer, &all, own->y_data, gd_rows_y_bytes(own), dealer->came.y_data);
    if (own->weights != NULL) {
        trade_member(dealer, &all, own->weights, gd_rows_weight_bytes(own), dealer->came.weights);
    }
    gd_comm_exchange(dealer->comm, to, dealer->deal.place + all.out.first,
                     (size_t)all.out.count * size, from, dealer->place + here,
                     (size_t)all.in.count * size);
    return all.in.count;
}

/* In turn t each rank sends to the t-th after it, and receives from the t-th before it. */
static void bring(gd_dealer *dealer) {
    const gd_deal *deal = &dealer->deal;
    int rank = gd_comm_rank(dealer->comm), size = gd_comm_size(dealer->comm);
    int64_t here = keep(dealer, gd_deal_moves(deal, dealer->block, rank));
    for (int turn = 1; turn < size; turn++) {
        here += trade(dealer, (rank + turn) % size, (rank + size - turn) % size, here);
    }
    for (int64_t i = 0; i < here; i++) {
        dealer->order[dealer->place[i]] = (uint32_t)i;
    }
}

void gd_dealer_step(gd_dealer *dealer, int64_t step) {
    const gd_deal *deal = &dealer->deal;
    if (step / deal->block_steps == dealer->block) {
        return;
    }
    gd_phase before = gd_phases_enter(dealer->phases, GD_LOAD);
    dealer->block = step / deal->block_steps;
    if (deal->ranks > 1) {
        bring(dealer);
    } else {
        gd_range moves = gd_deal_moves(deal, dealer->block, 0);
        for (int64_t i = moves.first; i < moves.first + moves.count; i++) {
            dealer->order[deal->place[i]] = deal->row[i];
        }
    }
    gd_phases_enter(dealer->phases, before);
}

const gd_rows *gd_dealer_rows(const gd_dealer *dealer) {
    return dealer->deal.ranks > 1 ? &dealer->came : dealer->own;
}

const uint32_t *gd_dealer_order(const gd_dealer *dealer, int64_t shard, int64_t place) {
    return dealer->order + gd_deal_place(&dealer->deal, shard, place);
}
