/* What window and message share, in two files: how the exchange is laid out, and how it runs. */
#ifndef GDMPI_EXCHANGE_PRIVATE_H
#define GDMPI_EXCHANGE_PRIVATE_H

#include "gdmpi/memory.h"
#include "reduce_private.h"

#define gd_board_of GD_NAME(gd_board_of)
#define gd_boards_serve GD_NAME(gd_boards_serve)
#define gd_boards_sum GD_NAME(gd_boards_sum)
#define gd_wait_a_little GD_NAME(gd_wait_a_little)

/* A vector that is summed: in the memory of my team, by element of the flat vector, or received
 * from another team, by place in what this rank updates. */
typedef struct gd_term {
    const real *values;
    bool received;
} gd_term;

/* Partial sums go to the rank that updates them, and new parameters come back. */
typedef enum gd_transfer_kind {
    GD_PARTIALS_IN,
    GD_PARAMETERS_IN,
    GD_PARTIALS_OUT,
    GD_PARAMETERS_OUT,
    GD_TRANSFERS
} gd_transfer_kind;

/* What a message brings. */
typedef struct gd_transfer {
    int bucket;
    gd_transfer_kind kind;
    int rank;       /* where it goes to, or comes from */
    int part;       /* of partials: which of the sending team's nodes */
    gd_range piece; /* the elements of the flat vector that it is about */
    real *data;
} gd_transfer;

/* What a rank shows its team. */
enum { GD_BOARD_VALUES = 2048 };

typedef struct gd_board {
    int64_t complete;  /* buckets that are final in its partials, over all steps */
    int64_t published; /* small sums that it has brought its values to */
    char apart[GD_CACHE_LINE - 2 * sizeof(int64_t)];
    double values[2][GD_BOARD_VALUES]; /* for every other sum */
} gd_board;

typedef struct gd_bucket {
    int first[GD_TRANSFERS + 1]; /* of its messages, kind by kind */
    int64_t at;                  /* the place of my piece in what this rank updates */
    int awaited;                 /* partials of other teams that have not come, */
    int leaving;                 /* and those for other teams that have not gone */
    bool updated;
} gd_bucket;

typedef struct gd_exchange {
    gd_teams teams;
    int number, ranks;  /* mine in my team, and how many it has */
    gd_summation whole; /* over my team's partials, and what other teams send */
    gd_term *term;      /* its vectors */
    int own_count;      /* the nodes of my team, whose sums it sends */
    gd_summation *part; /* [own_count]: the sums; NULL if my team is one rank, which sends its
                           partials as they are */
    real *received, *outgoing;
    gd_messages *messages;
    int count;
    gd_transfer *transfer; /* [count], as the messages */
    int *done;             /* [count] */
    gd_bucket *bucket;
    int64_t base;        /* what the boards of my team show as complete when a step begins */
    int64_t rounds;      /* small sums so far */
    int complete;        /* the last so many buckets are final in my partials, */
    int sent;            /* so many have been sent to other teams, */
    int buckets_leaving; /* or are on their way, */
    int updated;         /* and so many have been updated */
    int under_way;       /* messages */
} gd_exchange;

/* The board of a rank of my team; a small sum over the team, in place; and whether that can be had.
 * The sum is collective. */
gd_board *gd_board_of(const gd_exchange *exchange, int number);
bool gd_boards_serve(const gd_exchange *exchange, size_t count);
void gd_boards_sum(gd_exchange *exchange, double *values, size_t count);

/* Waits for other ranks: for a moment, and after some rounds longer. Not collective. */
void gd_wait_a_little(int *rounds);

#endif
