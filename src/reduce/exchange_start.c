#include "exchange_private.h"
#include "gdmpi/memory.h"

/* Buckets make sums, messages and updates overlap; smaller ones than this do not pay. */
enum { BUCKETS_MAX = 16, BUCKET_ELEMENTS = 1 << 16 };

static const char what[] = "the exchange between ranks";

static int bucket_count(const gd_reducer *reducer, const gd_teams *teams) {
    int64_t count = reducer->size / BUCKET_ELEMENTS;
    int64_t most = reducer->block_count / reducer->ranks;
    count = count < BUCKETS_MAX ? count : BUCKETS_MAX;
    count = count < most ? count : most;
    return teams->count == 1 || count < 1 ? 1 : (int)count;
}

static gd_node shards_of(const gd_reducer *reducer, gd_range ranks) {
    int size = reducer->ranks;
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

/* How many nodes list_all lists, and how many of them other teams send. */
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

/* The sums of my team's nodes, which go to other teams. A team of one rank has them as they are. */
static gd_status plan_parts(const gd_reducer *reducer, gd_exchange *exchange, int count,
                            const gd_node *nodes) {
    gd_node own[GD_TREE_COVER_MAX];
    exchange->own_count = cover_of(reducer, exchange->teams.ranks[exchange->teams.mine], own);
    if (exchange->ranks == 1 || exchange->teams.count == 1) {
        return GD_OK;
    }
    gd_status status =
        gd_memory_new(&exchange->part, (size_t)exchange->own_count, sizeof *exchange->part, what);
    for (int i = 0; i < exchange->own_count && status == GD_OK; i++) {
        status = plan_part(own[i], count, nodes, exchange->term, &exchange->part[i]);
    }
    return status;
}

static gd_status plan_sums(gd_reducer *reducer, gd_exchange *exchange) {
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
    if (status == GD_OK) {
        status = plan_parts(reducer, exchange, count, nodes);
    }
    gd_memory_free(&nodes);
    return status;
}

static bool comes_in(gd_transfer_kind kind) {
    return kind == GD_PARTIALS_IN || kind == GD_PARAMETERS_IN;
}

static bool brings_partials(gd_transfer_kind kind) {
    return kind == GD_PARTIALS_IN || kind == GD_PARTIALS_OUT;
}

/* Whether it is about the piece that I update, or else about that of the other rank. */
static bool is_of_mine(gd_transfer_kind kind) {
    return kind == GD_PARTIALS_IN || kind == GD_PARAMETERS_OUT;
}

/* Whether I have such messages with rank `number` of another team: who updates a piece deals with
 * the rank of the same number, going round where a team has fewer. */
static bool deals_with(const gd_exchange *exchange, gd_transfer_kind kind, int team, int number) {
    if (team == exchange->teams.mine) {
        return false;
    }
    return is_of_mine(kind) ? number == exchange->number % exchange->teams.ranks[team].count
                            : exchange->number == number % exchange->ranks;
}

/* How many messages such a pair of ranks has about a piece. */
static int messages_of(const gd_reducer *reducer, const gd_exchange *exchange,
                       gd_transfer_kind kind, int team) {
    gd_node cover[GD_TREE_COVER_MAX];
    if (!brings_partials(kind)) {
        return 1;
    }
    return comes_in(kind) ? cover_of(reducer, exchange->teams.ranks[team], cover)
                          : exchange->own_count;
}

/* How far the buffers are taken, in elements. */
typedef struct taken {
    int64_t received, outgoing;
} taken;

/* Counts the transfer, and once there is room for all of them, describes it. */
static void add_transfer(gd_reducer *reducer, gd_exchange *exchange, gd_transfer transfer,
                         taken *taken) {
    real *from = reducer->parameters;
    int64_t at = transfer.piece.first;
    if (transfer.kind == GD_PARTIALS_IN) {
        from = exchange->received;
        at = taken->received;
        taken->received += reducer->owned;
    } else if (transfer.kind == GD_PARTIALS_OUT && exchange->part == NULL) {
        from = reducer->partial[transfer.part];
    } else if (transfer.kind == GD_PARTIALS_OUT) {
        from = exchange->outgoing;
        at = taken->outgoing;
        taken->outgoing += transfer.piece.count;
    }
    if (exchange->transfer != NULL) {
        transfer.data = from + at;
        exchange->transfer[exchange->count] = transfer;
    }
    exchange->count++;
}

static void list_kind(gd_reducer *reducer, gd_exchange *exchange, int bucket, gd_transfer_kind kind,
                      taken *taken) {
    const gd_teams *teams = &exchange->teams;
    exchange->bucket[bucket].first[kind] = exchange->count;
    for (int team = 0; team < teams->count; team++) {
        const int count = messages_of(reducer, exchange, kind, team);
        for (int i = 0; i < teams->ranks[team].count; i++) {
            int rank = (int)teams->ranks[team].first + i;
            int owner = is_of_mine(kind) ? reducer->rank : rank;
            gd_transfer transfer = {.bucket = bucket,
                                    .kind = kind,
                                    .rank = rank,
                                    .piece = gd_reducer_piece(reducer, bucket, owner)};
            bool deals = deals_with(exchange, kind, team, i) && transfer.piece.count > 0;
            for (; deals && transfer.part < count; transfer.part++) {
                add_transfer(reducer, exchange, transfer, taken);
            }
        }
    }
}

/* Returns how many elements there are in `outgoing`. */
static int64_t list_transfers(gd_reducer *reducer, gd_exchange *exchange) {
    taken taken = {0};
    int64_t at = 0;
    exchange->count = 0;
    for (int i = 0; i < reducer->buckets; i++) {
        gd_bucket *bucket = &exchange->bucket[i];
        bucket->at = taken.received = at;
        at += gd_reducer_piece(reducer, i, reducer->rank).count;
        for (int kind = 0; kind < GD_TRANSFERS; kind++) {
            list_kind(reducer, exchange, i, (gd_transfer_kind)kind, &taken);
        }
        bucket->first[GD_TRANSFERS] = exchange->count;
    }
    return taken.outgoing;
}

/* They are counted first, and described when there is room. */
static gd_status make_transfers(gd_reducer *reducer, gd_exchange *exchange) {
    int64_t outgoing = list_transfers(reducer, exchange);
    size_t count = (size_t)exchange->count;
    reducer->buffers += outgoing;
    gd_status status = gd_memory_new(&exchange->done, count, sizeof *exchange->done, what);
    if (status == GD_OK) {
        status = gd_memory_new(&exchange->outgoing, (size_t)outgoing, sizeof(real),
                               "the gradients for other hosts");
    }
    if (status == GD_OK) {
        status = gd_memory_new(&exchange->transfer, count, sizeof *exchange->transfer, what);
    }
    if (status == GD_OK) {
        list_transfers(reducer, exchange);
    }
    return status;
}

static size_t transfer_bytes(const gd_transfer *transfer) {
    return (size_t)transfer->piece.count * sizeof(real);
}

static gd_status describe_messages(gd_reducer *reducer, gd_exchange *exchange) {
    size_t bytes = 0;
    for (int i = 0; i < exchange->count; i++) {
        bytes += transfer_bytes(&exchange->transfer[i]);
    }
    gd_status status = gd_messages_new(reducer->comm, exchange->count, bytes, &exchange->messages);
    for (int i = 0; i < exchange->count && status == GD_OK; i++) {
        const gd_transfer *transfer = &exchange->transfer[i];
        int tag = 1 + 2 * transfer->bucket + brings_partials(transfer->kind);
        bytes = transfer_bytes(transfer);
        if (comes_in(transfer->kind)) {
            gd_messages_receive(exchange->messages, transfer->rank, tag, transfer->data, bytes);
        } else {
            gd_messages_send(exchange->messages, transfer->rank, tag, transfer->data, bytes);
        }
    }
    return status;
}

static gd_status lay_out(gd_reducer *reducer, gd_exchange *exchange) {
    gd_status status = gd_reducer_cut(reducer, bucket_count(reducer, &exchange->teams));
    if (status == GD_OK) {
        status = gd_memory_new(&exchange->bucket, (size_t)reducer->buckets,
                               sizeof *exchange->bucket, what);
    }
    if (status == GD_OK) {
        status = plan_sums(reducer, exchange);
    }
    if (status == GD_OK) {
        status = make_transfers(reducer, exchange);
    }
    return status == GD_OK ? describe_messages(reducer, exchange) : status;
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
        exchange->number = (int)(reducer->rank - mine.first);
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
    gd_memory_free(&exchange->transfer);
    gd_memory_free(&exchange->done);
    gd_memory_free(&exchange->bucket);
    gd_window_free(&exchange->teams.boards);
    gd_window_free(&exchange->teams.gradients);
    gd_window_free(&exchange->teams.parameters);
    gd_memory_free(&exchange->teams.ranks);
    gd_memory_free(&exchange->teams.partials);
    gd_memory_free(&reducer->state);
}
