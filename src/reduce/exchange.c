#include "exchange_private.h"

/* Messages under way share the link, so that all of them end late: there are just enough to keep it
 * busy from one push to the next. */
enum { LEAVING_MAX = 8 };

static void start_transfers(gd_exchange *exchange, int bucket, gd_transfer_kind kind) {
    const int *first = exchange->bucket[bucket].first;
    int count = first[kind + 1] - first[kind];
    gd_messages_start(exchange->messages, first[kind], count);
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
        start_transfers(exchange, i, GD_PARTIALS_IN);
        start_transfers(exchange, i, GD_PARAMETERS_IN);
    }
}

/* Tells my team how many buckets are final here, and returns how many are in all of it. */
static int agree_on_complete(const gd_exchange *exchange) {
    int least = exchange->complete;
    if (exchange->teams.boards == NULL) {
        return least;
    }
    __atomic_store_n(&gd_board_of(exchange, exchange->number)->complete,
                     exchange->base + exchange->complete, __ATOMIC_RELEASE);
    for (int i = 0; i < exchange->ranks; i++) {
        int64_t there = __atomic_load_n(&gd_board_of(exchange, i)->complete, __ATOMIC_ACQUIRE);
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

static void send_partials(gd_reducer *reducer, int number) {
    gd_exchange *exchange = reducer->state;
    gd_bucket *bucket = &exchange->bucket[number];
    int first = bucket->first[GD_PARTIALS_OUT], end = bucket->first[GD_PARTIALS_OUT + 1];
    if (exchange->part != NULL) {
        gd_phase before = gd_phases_enter(reducer->phases, GD_REDUCE);
        for (int i = first; i < end; i++) {
            const gd_transfer *transfer = &exchange->transfer[i];
            sum_part(&exchange->part[transfer->part], transfer->piece, transfer->data);
        }
        gd_phases_enter(reducer->phases, before);
    }
    start_transfers(exchange, number, GD_PARTIALS_OUT);
    bucket->leaving = end - first;
    exchange->buckets_leaving += bucket->leaving > 0;
}

static void update(gd_reducer *reducer, int number) {
    gd_exchange *exchange = reducer->state;
    gd_bucket *bucket = &exchange->bucket[number];
    gd_range piece = gd_reducer_piece(reducer, number, reducer->rank);
    for (int i = 0; i < exchange->whole.plan.count; i++) {
        const gd_term *term = &exchange->term[i];
        exchange->whole.vector[i] = term->values + (term->received ? bucket->at : piece.first);
    }
    gd_reducer_apply(reducer, &exchange->whole, piece, bucket->at);
    if (reducer->reduction->measured == NULL) {
        start_transfers(exchange, number, GD_PARAMETERS_OUT);
    }
    bucket->updated = true;
    exchange->updated++;
}

static int push(gd_exchange *exchange) {
    int count = gd_messages_push(exchange->messages, exchange->done);
    for (int i = 0; i < count; i++) {
        const gd_transfer *transfer = &exchange->transfer[exchange->done[i]];
        gd_bucket *bucket = &exchange->bucket[transfer->bucket];
        if (transfer->kind == GD_PARTIALS_IN) {
            bucket->awaited--;
        } else if (transfer->kind == GD_PARTIALS_OUT) {
            bucket->leaving--;
            exchange->buckets_leaving -= bucket->leaving == 0;
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
    for (; exchange->sent < complete && exchange->buckets_leaving < LEAVING_MAX; exchange->sent++) {
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
           gd_reducer_piece(reducer, last - exchange->complete, 0).first >= first) {
        exchange->complete++;
    }
    if (reducer->overlap && exchange->teams.count > 1) {
        gd_phase before = gd_phases_enter(reducer->phases, GD_REDUCE);
        advance(reducer);
        gd_phases_enter(reducer->phases, before);
    }
}

static void start_all(gd_reducer *reducer, gd_transfer_kind kind) {
    for (int i = 0; i < reducer->buckets; i++) {
        start_transfers(reducer->state, i, kind);
    }
}

/* Until all buckets are summed and sent; or also until nothing is under way any more. */
static void work(gd_reducer *reducer, bool to_the_end) {
    const gd_exchange *exchange = reducer->state;
    int idle = 0;
    while (exchange->updated < reducer->buckets || exchange->sent < reducer->buckets ||
           (to_the_end && exchange->under_way > 0)) {
        if (advance(reducer)) {
            idle = 0;
        } else {
            gd_wait_a_little(&idle);
        }
    }
}

void gd_exchange_finish(gd_reducer *reducer) {
    gd_exchange *exchange = reducer->state;
    gd_phase before = gd_phases_enter(reducer->phases, GD_WAIT);
    if (reducer->reduction->measured != NULL) {
        work(reducer, false);
        gd_reducer_measure(reducer);
        start_all(reducer, GD_PARAMETERS_OUT);
    }
    work(reducer, true);
    exchange->base += reducer->buckets;
    gd_phases_enter(reducer->phases, before);
}

void gd_exchange_share(gd_reducer *reducer) {
    gd_exchange *exchange = reducer->state;
    int idle = 0;
    start_all(reducer, GD_PARAMETERS_IN);
    start_all(reducer, GD_PARAMETERS_OUT);
    while (exchange->under_way > 0) {
        push(exchange);
        gd_wait_a_little(&idle);
    }
}

void gd_exchange_publish(gd_reducer *reducer, double *values, size_t count) {
    gd_exchange *exchange = reducer->state;
    if (gd_boards_serve(exchange, count)) {
        gd_boards_sum(exchange, values, count);
    } else {
        gd_reducer_publish_by_sum(reducer, values, count);
    }
}
