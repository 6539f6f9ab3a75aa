#include <sched.h>

#include "exchange_private.h"

/* Messages under way share the link, so that all of them end late: there are just enough to keep it
 * busy from one push to the next. */
enum { LEAVING_MAX = 8 };

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

static int64_t *counter_of(const gd_exchange *exchange, int number) {
    return gd_window_of(exchange->teams.counters, number);
}

/* Tells my team how many buckets are final here, and returns how many are in all of it. */
static int agree_on_complete(const gd_exchange *exchange) {
    int least = exchange->complete;
    if (exchange->teams.counters == NULL) {
        return least;
    }
    __atomic_store_n(counter_of(exchange, exchange->number), exchange->base + exchange->complete,
                     __ATOMIC_RELEASE);
    for (int i = 0; i < exchange->ranks; i++) {
        int64_t there = __atomic_load_n(counter_of(exchange, i), __ATOMIC_ACQUIRE);
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
        advance(reducer);
    }
}

void gd_exchange_finish(gd_reducer *reducer) {
    gd_exchange *exchange = reducer->state;
    gd_phase before = gd_phases_enter(reducer->phases, GD_REDUCE);
    while (exchange->updated < reducer->buckets || exchange->sent < reducer->buckets ||
           exchange->under_way > 0) {
        bool moved = advance(reducer);
        gd_phase now = moved ? GD_REDUCE : GD_WAIT;
        if (reducer->phases->now != now) {
            gd_phases_enter(reducer->phases, now);
        }
        if (!moved) {
            sched_yield();
        }
    }
    exchange->base += reducer->buckets;
    gd_phases_enter(reducer->phases, before);
}
