#include "exchange_private.h"
#include "gdmpi/memory.h"

/* Buckets make sums, messages and updates overlap; smaller ones than this do not pay. */
enum { BUCKETS_MAX = 16, BUCKET_ELEMENTS = 1 << 16 };

static const char what[] = "the exchange between ranks";

static int bucket_count(const gd_reducer *reducer, const gd_teams *teams) {
    int64_t count = reducer->size / BUCKET_ELEMENTS;
    int64_t most = reducer->block_count / gd_comm_size(reducer->comm);
    count = count < BUCKETS_MAX ? count : BUCKETS_MAX;
    count = count < most ? count : most;
    return teams->count == 1 || count < 1 ? 1 : (int)count;
}

static gd_node shards_of(const gd_reducer *reducer, gd_range ranks) {
    int size = gd_comm_size(reducer->comm);
    gd_range first = gd_range_part(reducer->shards, size, ranks.first);
    gd_range last = gd_range_part(reducer->shards, size, ranks.first + ranks.count - 1);
    return (gd_node){.first = first.first, .end = last.first + last.count};
}

static int cover_of(const gd_reducer *reducer, gd_range ranks, gd_node nodes[GD_TREE_COVER_MAX]) {
    gd_node all = shards_of(reducer, ranks);
    return gd_tree_cover(reducer->shards, all.first, all.end, nodes);
}

/* The nodes of each rank of my team, one rank after the other; and where each lies. */
static int list_own(const gd_reducer *reducer, const gd_exchange *exchange, gd_node *nodes,
                    gd_term *terms) {
    gd_node cover[GD_TREE_COVER_MAX];
    int count = 0;
    for (int rank = 0; rank < exchange->ranks; rank++) {
        gd_range one = {exchange->teams.ranks[exchange->teams.mine].first + rank, 1};
        int held = cover_of(reducer, one, cover);
        for (int i = 0; i < held; i++, count++) {
            nodes[count] = cover[i];
            terms[count] = (gd_term){.values = exchange->teams.partials[rank] + i * reducer->size};
        }
    }
    return count;
}

/* The nodes of all teams, in order: my own ranks', and what each other team sends. */
static int list_all(const gd_reducer *reducer, const gd_exchange *exchange, gd_node *nodes,
                    gd_term *terms) {
    gd_node cover[GD_TREE_COVER_MAX];
    int count = 0;
    int64_t received = 0;
    for (int team = 0; team < exchange->teams.count; team++) {
        if (team == exchange->teams.mine) {
            count += list_own(reducer, exchange, nodes + count, terms + count);
            continue;
        }
        int held = cover_of(reducer, exchange->teams.ranks[team], cover);
        for (int i = 0; i < held; i++, count++, received++) {
            nodes[count] = cover[i];
            terms[count] = (gd_term){exchange->received + received * reducer->owned, true};
        }
    }
    return count;
}

/* The most nodes there can be, and the number of those that other teams send. */
static int count_nodes(const gd_reducer *reducer, const gd_exchange *exchange, int *received) {
    gd_node cover[GD_TREE_COVER_MAX];
    gd_range mine = exchange->teams.ranks[exchange->teams.mine];
    int count = 0;
    *received = 0;
    for (int64_t rank = mine.first; rank < mine.first + mine.count; rank++) {
        count += cover_of(reducer, (gd_range){rank, 1}, cover);
    }
    for (int team = 0; team < exchange->teams.count; team++) {
        if (team != exchange->teams.mine) {
            *received += cover_of(reducer, exchange->teams.ranks[team], cover);
        }
    }
    return count + *received;
}

static gd_status plan_whole(gd_reducer *reducer, gd_exchange *exchange) {
    gd_node *nodes = NULL, root = {.first = 0, .end = reducer->shards};
    int received, count = count_nodes(reducer, exchange, &received);
    gd_status status = gd_memory_new(&nodes, (size_t)count, sizeof *nodes, what);
    if (status == GD_OK) {
        status = gd_memory_new(&exchange->term, (size_t)count, sizeof *exchange->term, what);
    }
    reducer->buffers += received * reducer->owned;
    if (status == GD_OK) {
        status = gd_memory_new(&exchange->received, (size_t)received * (size_t)reducer->owned,
                               sizeof(real), "the gradients of other ranks");
    }
    if (status == GD_OK) {
        list_all(reducer, exchange, nodes, exchange->term);
        status = gd_summation_new(root, count, nodes, &exchange->whole);
    }
    gd_memory_free(&nodes);
    return status;
}

/* The sum of one node of my team, over those of its ranks that make it up. */
static gd_status plan_part(gd_node node, int count, const gd_node *nodes, const gd_term *terms,
                           gd_summation *part) {
    int first = 0, end;
    while (nodes[first].first < node.first) {
        first++;
    }
    for (end = first; end < count && nodes[end].end <= node.end; end++) {
    }
    gd_status status = gd_summation_new(node, end - first, nodes + first, part);
    for (int i = first; i < end && status == GD_OK; i++) {
        part->vector[i - first] = terms[i].values;
    }
    return status;
}

static gd_status plan_parts(gd_reducer *reducer, gd_exchange *exchange) {
    exchange->own_count =
        cover_of(reducer, exchange->teams.ranks[exchange->teams.mine], exchange->own);
    if (exchange->ranks == 1 || exchange->teams.count == 1) {
        return GD_OK;
    }
    int received, most = count_nodes(reducer, exchange, &received);
    gd_node *nodes = NULL;
    gd_term *terms = NULL;
    gd_status status = gd_memory_new(&nodes, (size_t)most, sizeof *nodes, what);
    if (status == GD_OK) {
        status = gd_memory_new(&terms, (size_t)most, sizeof *terms, what);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&exchange->part, (size_t)exchange->own_count, sizeof *exchange->part,
                               what);
    }
    int count = status == GD_OK ? list_own(reducer, exchange, nodes, terms) : 0;
    for (int i = 0; i < exchange->own_count && status == GD_OK; i++) {
        status = plan_part(exchange->own[i], count, nodes, terms, &exchange->part[i]);
    }
    gd_memory_free(&nodes);
    gd_memory_free(&terms);
    return status;
}

/* The rank of a team that deals with this one: that of the same number, where there is one. */
static int partner(const gd_exchange *exchange, int team, int number) {
    gd_range ranks = exchange->teams.ranks[team];
    return (int)(ranks.first + number % ranks.count);
}

/* Whether a rank of another team deals with me. */
static bool deals_with_me(const gd_reducer *reducer, const gd_exchange *exchange, int team,
                          int number) {
    return team != exchange->teams.mine &&
           partner(exchange, exchange->teams.mine, number) == gd_comm_rank(reducer->comm);
}

static void add_parcel(gd_exchange *exchange, gd_parcel parcel) {
    exchange->parcel[exchange->count++] = parcel;
}

/* My piece of the bucket: partials come in from every other team, new parameters go out to it. */
static void list_mine(gd_reducer *reducer, gd_exchange *exchange, int bucket, gd_flow_kind flow) {
    gd_range piece = gd_exchange_piece(reducer, bucket, gd_comm_rank(reducer->comm));
    int received = 0;
    for (int team = 0; team < exchange->teams.count && piece.count > 0; team++) {
        gd_node cover[GD_TREE_COVER_MAX];
        if (team == exchange->teams.mine) {
            continue;
        }
        gd_parcel parcel = {.bucket = bucket,
                            .flow = flow,
                            .rank = partner(exchange, team, exchange->number),
                            .data = reducer->parameters + piece.first};
        if (flow == GD_PARAMETERS_OUT) {
            add_parcel(exchange, parcel);
            continue;
        }
        int held = cover_of(reducer, exchange->teams.ranks[team], cover);
        for (int i = 0; i < held; i++, received++) {
            parcel.part = i;
            parcel.data =
                exchange->received + received * reducer->owned + exchange->bucket[bucket].at;
            add_parcel(exchange, parcel);
        }
    }
}

/* The pieces of ranks of other teams that deal with me: partials go out to each, new parameters
 * come in. `sent` moves on behind what is to be sent. */
static void list_theirs(gd_reducer *reducer, gd_exchange *exchange, int bucket, gd_flow_kind flow,
                        int64_t *sent) {
    const gd_teams *teams = &exchange->teams;
    for (int team = 0; team < teams->count; team++) {
        for (int i = 0; i < teams->ranks[team].count; i++) {
            int rank = (int)teams->ranks[team].first + i;
            gd_range piece = gd_exchange_piece(reducer, bucket, rank);
            if (!deals_with_me(reducer, exchange, team, i) || piece.count == 0) {
                continue;
            }
            gd_parcel parcel = {.bucket = bucket,
                                .flow = flow,
                                .rank = rank,
                                .data = reducer->parameters + piece.first};
            if (flow == GD_PARAMETERS_IN) {
                add_parcel(exchange, parcel);
                continue;
            }
            for (int part = 0; part < exchange->own_count; part++) {
                parcel.part = part;
                parcel.data = exchange->part == NULL ? reducer->partial[part] + piece.first
                                                     : exchange->outgoing + *sent;
                *sent += piece.count;
                add_parcel(exchange, parcel);
            }
        }
    }
}

static void list_parcels(gd_reducer *reducer, gd_exchange *exchange) {
    int64_t sent = 0, at = 0;
    exchange->count = 0;
    for (int i = 0; i < reducer->buckets; i++) {
        gd_bucket *bucket = &exchange->bucket[i];
        bucket->at = at;
        at += gd_exchange_piece(reducer, i, gd_comm_rank(reducer->comm)).count;
        bucket->first[GD_PARTIALS_IN] = exchange->count;
        list_mine(reducer, exchange, i, GD_PARTIALS_IN);
        bucket->first[GD_PARAMETERS_IN] = exchange->count;
        list_theirs(reducer, exchange, i, GD_PARAMETERS_IN, &sent);
        bucket->first[GD_PARTIALS_OUT] = exchange->count;
        list_theirs(reducer, exchange, i, GD_PARTIALS_OUT, &sent);
        bucket->first[GD_PARAMETERS_OUT] = exchange->count;
        list_mine(reducer, exchange, i, GD_PARAMETERS_OUT);
        bucket->first[GD_FLOWS] = exchange->count;
    }
}

static gd_status make_room(gd_reducer *reducer, gd_exchange *exchange, int received) {
    const gd_teams *teams = &exchange->teams;
    size_t ranks = (size_t)gd_comm_size(reducer->comm), own = (size_t)exchange->own_count;
    size_t most =
        (size_t)reducer->buckets * ((size_t)received + (size_t)teams->count + ranks * (1 + own));
    int64_t sent = 0;
    for (int team = 0; team < teams->count && exchange->part != NULL; team++) {
        for (int i = 0; i < teams->ranks[team].count; i++) {
            for (int bucket = 0; bucket < reducer->buckets; bucket++) {
                int rank = (int)teams->ranks[team].first + i;
                sent += deals_with_me(reducer, exchange, team, i)
                            ? gd_exchange_piece(reducer, bucket, rank).count
                            : 0;
            }
        }
    }
    reducer->buffers += sent * exchange->own_count;
    gd_status status = gd_memory_new(&exchange->parcel, most, sizeof *exchange->parcel, what);
    if (status == GD_OK) {
        status = gd_memory_new(&exchange->done, most, sizeof *exchange->done, what);
    }
    if (status == GD_OK) {
        status = gd_memory_new(&exchange->outgoing, (size_t)sent * own, sizeof(real),
                               "the gradients for other hosts");
    }
    return status;
}

/* Of a parcel: what its piece's owner gets, or gives. */
static size_t parcel_bytes(const gd_reducer *reducer, const gd_parcel *parcel) {
    bool mine = parcel->flow == GD_PARTIALS_IN || parcel->flow == GD_PARAMETERS_OUT;
    int owner = mine ? gd_comm_rank(reducer->comm) : parcel->rank;
    return (size_t)gd_exchange_piece(reducer, parcel->bucket, owner).count * sizeof(real);
}

static gd_status describe_messages(gd_reducer *reducer, gd_exchange *exchange) {
    size_t bytes = 0;
    for (int i = 0; i < exchange->count; i++) {
        bytes += parcel_bytes(reducer, &exchange->parcel[i]);
    }
    gd_status status = gd_messages_new(reducer->comm, exchange->count, bytes, &exchange->messages);
    for (int i = 0; i < exchange->count && status == GD_OK; i++) {
        const gd_parcel *parcel = &exchange->parcel[i];
        bool in = parcel->flow == GD_PARTIALS_IN || parcel->flow == GD_PARAMETERS_IN;
        bool partials = parcel->flow == GD_PARTIALS_IN || parcel->flow == GD_PARTIALS_OUT;
        int tag = 1 + 2 * parcel->bucket + partials;
        bytes = parcel_bytes(reducer, parcel);
        if (in) {
            gd_messages_receive(exchange->messages, parcel->rank, tag, parcel->data, bytes);
        } else {
            gd_messages_send(exchange->messages, parcel->rank, tag, parcel->data, bytes);
        }
    }
    return status;
}

static gd_status lay_out(gd_reducer *reducer, gd_exchange *exchange) {
    int received;
    gd_status status = gd_reducer_cut(reducer, bucket_count(reducer, &exchange->teams));
    count_nodes(reducer, exchange, &received);
    if (status == GD_OK) {
        status = gd_memory_new(&exchange->bucket, (size_t)reducer->buckets,
                               sizeof *exchange->bucket, what);
    }
    if (status == GD_OK) {
        status = plan_whole(reducer, exchange);
    }
    if (status == GD_OK) {
        status = plan_parts(reducer, exchange);
    }
    if (status == GD_OK) {
        status = make_room(reducer, exchange, received);
    }
    if (status == GD_OK) {
        list_parcels(reducer, exchange);
        status = describe_messages(reducer, exchange);
    }
    return status;
}

gd_status gd_exchange_start(gd_reducer *reducer, gd_teams_gather *gather) {
    gd_exchange *exchange;
    gd_status status = gd_memory_new(&exchange, 1, sizeof *exchange, what);
    reducer->state = exchange;
    status = gd_comm_agree(reducer->comm, status);
    if (status == GD_OK) {
        status = gd_comm_agree(reducer->comm, gather(reducer, &exchange->teams));
    }
    if (status == GD_OK) {
        gd_range mine = exchange->teams.ranks[exchange->teams.mine];
        exchange->number = (int)(gd_comm_rank(reducer->comm) - mine.first);
        exchange->ranks = (int)mine.count;
        status = lay_out(reducer, exchange);
    }
    return status;
}

void gd_exchange_stop(gd_reducer *reducer) {
    gd_exchange *exchange = reducer->state;
    if (exchange == NULL) {
        return;
    }
    gd_messages_free(&exchange->messages);
    for (int i = 0; exchange->part != NULL && i < exchange->own_count; i++) {
        gd_summation_free(&exchange->part[i]);
    }
    gd_summation_free(&exchange->whole);
    gd_memory_free(&exchange->part);
    gd_memory_free(&exchange->term);
    gd_memory_free(&exchange->received);
    gd_memory_free(&exchange->outgoing);
    gd_memory_free(&exchange->parcel);
    gd_memory_free(&exchange->done);
    gd_memory_free(&exchange->bucket);
    gd_window_free(&exchange->teams.boards);
    gd_window_free(&exchange->teams.gradients);
    gd_window_free(&exchange->teams.parameters);
    gd_memory_free(&exchange->teams.ranks);
    gd_memory_free(&exchange->teams.partials);
    gd_memory_free(&reducer->state);
}
