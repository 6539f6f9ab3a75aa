#include <sched.h>
#include <string.h>

#include "exchange_private.h"

/* Messages under way share the link, so that all of them end late: there are just enough to keep it
 * busy from one push to the next. */
enum { LEAVING_MAX = 8 };

enum { ROUNDS_BEFORE_YIELD = 200 };

/* With more neighbours than this, MPI sums faster than each rank by itself. */
enum { BOARDS_MAX = 16 };

gd_range gd_exchange_piece(const gd_reducer *reducer, int bucket, int rank) {
    return reducer->piece[bucket * gd_comm_size(reducer->comm) + rank];
}

static void start_flow(gd_exchange *exchange, int bucket, gd_flow_kind flow) {
    const int *first = exchange->bucket[bucket].first;
    int count = first[flow + 1] - first[flow];
    gd_messages_start(exchange->messages, first[flow], count);
    exchange->under_way += count;
}

/* New parameters may come at any time from now on: their owner has my team's partials then, and so
 * nobody here reads the old ones. */
void gd_exchange_begin(gd_reducer *reducer) {
    gd_exchange *exchange = reducer->state;
    exchange->complete = exchange->sent = exchange->updated = 0;
    for (int i = 0; i < reducer->buckets; i++) {
        gd_bucket *bucket = &exchange->bucket[i];
        bucket->updated = false;
        bucket->awaited = bucket->first[GD_PARTIALS_IN + 1] - bucket->first[GD_PARTIALS_IN];
        start_flow(exchange, i, GD_PARTIALS_IN);
        start_flow(exchange, i, GD_PARAMETERS_IN);
    }
}

static gd_board *board_of(const gd_exchange *exchange, int number) {
    return gd_window_of(exchange->teams.boards, number);
}

/* Other ranks are nearly there, or else they need the processor. */
static void wait_a_little(int *rounds) {
    if (++*rounds > ROUNDS_BEFORE_YIELD) {
        sched_yield();
    }
}

/* Tells my team how many buckets are final here, and returns how many are in all of it. */
static int agree_on_complete(const gd_exchange *exchange) {
    int least = exchange->complete;
    if (exchange->teams.boards == NULL) {
        return least;
    }
    __atomic_store_n(&board_of(exchange, exchange->number)->complete,
                     exchange->base + exchange->complete, __ATOMIC_RELEASE);
    for (int i = 0; i < exchange->ranks; i++) {
        int64_t there = __atomic_load_n(&board_of(exchange, i)->complete, __ATOMIC_ACQUIRE);
        least = there - exchange->base < least ? (int)(there - exchange->base) : least;
    }
    return least;
}

static void sum_part(const gd_summation *part, gd_range piece, real *sum) {
    for (int64_t at = 0; at < piece.count; at += GD_SUM_TILE) {
        int64_t left = piece.count - at;
        gd_summation_tile(part, piece.first + at, left < GD_SUM_TILE ? left : GD_SUM_TILE,
                          sum + at);
    }
}

static void send_partials(gd_reducer *reducer, int bucket) {
    gd_exchange *exchange = reducer->state;
    const int *first = exchange->bucket[bucket].first;
    for (int i = first[GD_PARTIALS_OUT]; i < first[GD_PARTIALS_OUT + 1] && exchange->part != NULL;
         i++) {
        const gd_parcel *parcel = &exchange->parcel[i];
        sum_part(&exchange->part[parcel->part], gd_exchange_piece(reducer, bucket, parcel->rank),
                 parcel->data);
    }
    start_flow(exchange, bucket, GD_PARTIALS_OUT);
    exchange->bucket[bucket].leaving = first[GD_PARTIALS_OUT + 1] - first[GD_PARTIALS_OUT];
    exchange->leaving += exchange->bucket[bucket].leaving > 0;
}

static void update(gd_reducer *reducer, int number) {
    gd_exchange *exchange = reducer->state;
    gd_bucket *bucket = &exchange->bucket[number];
    gd_range piece = gd_exchange_piece(reducer, number, gd_comm_rank(reducer->comm));
    for (int i = 0; i < exchange->whole.plan.count; i++) {
        const gd_term *term = &exchange->term[i];
        exchange->whole.vector[i] = term->values + (term->received ? bucket->at : piece.first);
    }
    gd_reducer_apply(reducer, &exchange->whole, piece, bucket->at);
    start_flow(exchange, number, GD_PARAMETERS_OUT);
    bucket->updated = true;
    exchange->updated++;
}

static int push(gd_exchange *exchange) {
    int count = gd_messages_push(exchange->messages, exchange->done);
    for (int i = 0; i < count; i++) {
        const gd_parcel *parcel = &exchange->parcel[exchange->done[i]];
        gd_bucket *bucket = &exchange->bucket[parcel->bucket];
        if (parcel->flow == GD_PARTIALS_IN) {
            bucket->awaited--;
        } else if (parcel->flow == GD_PARTIALS_OUT) {
            bucket->leaving--;
            exchange->leaving -= bucket->leaving == 0;
        }
    }
    exchange->under_way -= count;
    return count;
}

/* Does what can be done now; false if that was nothing. */
static bool advance(gd_reducer *reducer) {
    gd_exchange *exchange = reducer->state;
    int buckets = reducer->buckets, complete = agree_on_complete(exchange);
    bool moved = exchange->under_way > 0 && push(exchange) > 0;
    for (; exchange->sent < complete && exchange->leaving < LEAVING_MAX; exchange->sent++) {
        send_partials(reducer, buckets - 1 - exchange->sent);
        moved = true;
    }
    for (int i = buckets - 1; i >= buckets - complete; i--) {
        if (exchange->bucket[i].awaited == 0 && !exchange->bucket[i].updated) {
            update(reducer, i);
            moved = true;
        }
    }
    return moved;
}

void gd_exchange_ready(gd_reducer *reducer, int64_t first) {
    gd_exchange *exchange = reducer->state;
    int last = reducer->buckets - 1;
    while (exchange->complete <= last &&
           gd_exchange_piece(reducer, last - exchange->complete, 0).first >= first) {
        exchange->complete++;
    }
    if (reducer->overlap && exchange->teams.count > 1) {
        gd_phase before = gd_phases_enter(reducer->phases, GD_REDUCE);
        advance(reducer);
        gd_phases_enter(reducer->phases, before);
    }
}

void gd_exchange_finish(gd_reducer *reducer) {
    gd_exchange *exchange = reducer->state;
    gd_phase before = gd_phases_enter(reducer->phases, GD_WAIT);
    int idle = 0;
    while (exchange->updated < reducer->buckets || exchange->sent < reducer->buckets ||
           exchange->under_way > 0) {
        if (advance(reducer)) {
            idle = 0;
        } else {
            wait_a_little(&idle);
        }
    }
    exchange->base += reducer->buckets;
    gd_phases_enter(reducer->phases, before);
}

/* A small sum over one team, without messages. The boards have two sides: a rank may be one sum
 * ahead of a neighbour that still reads. */
static void sum_on_boards(gd_exchange *exchange, double *values, size_t count) {
    gd_board *mine = board_of(exchange, exchange->number);
    int64_t round = ++exchange->rounds;
    size_t bytes = count * sizeof *values;
    memcpy(mine->values[round % 2], values, bytes);
    __atomic_store_n(&mine->published, round, __ATOMIC_RELEASE);
    memset(values, 0, bytes);
    for (int rank = 0, idle = 0; rank < exchange->ranks; rank++) {
        const gd_board *board = board_of(exchange, rank);
        while (__atomic_load_n(&board->published, __ATOMIC_ACQUIRE) < round) {
            wait_a_little(&idle);
        }
        for (size_t i = 0; i < count; i++) {
            values[i] += board->values[round % 2][i];
        }
    }
}

void gd_exchange_publish(gd_reducer *reducer, double *values, size_t count) {
    gd_exchange *exchange = reducer->state;
    if (exchange->teams.count == 1 && exchange->teams.boards != NULL && count <= GD_BOARD_VALUES &&
        exchange->ranks <= BOARDS_MAX) {
        sum_on_boards(exchange, values, count);
    } else {
        gd_reducer_publish_by_sum(reducer, values, count);
    }
}
