#include <sched.h>
#include <string.h>

#include "exchange_private.h"

/* With more neighbours than this, MPI sums faster than each rank by itself. */
enum { NEIGHBOURS_MAX = 16 };

enum { ROUNDS_BEFORE_YIELD = 200 };

gd_board *gd_board_of(const gd_exchange *exchange, int number) {
    return gd_window_of(exchange->teams.boards, number);
}

/* The others are nearly there, or else they need the processor. */
void gd_wait_a_little(int *rounds) {
    if (++*rounds > ROUNDS_BEFORE_YIELD) {
        sched_yield();
    }
}

bool gd_boards_serve(const gd_exchange *exchange, size_t count) {
    return exchange->teams.count == 1 && exchange->teams.boards != NULL &&
           exchange->ranks <= NEIGHBOURS_MAX && count <= GD_BOARD_VALUES;
}

/* The boards have two sides: a rank may be one sum ahead of a neighbour that still reads. */
void gd_boards_sum(gd_exchange *exchange, double *values, size_t count) {
    gd_board *mine = gd_board_of(exchange, exchange->number);
    int64_t round = ++exchange->rounds;
    size_t bytes = count * sizeof *values;
    memcpy(mine->values[round % 2], values, bytes);
    __atomic_store_n(&mine->published, round, __ATOMIC_RELEASE);
    memset(values, 0, bytes);
    for (int rank = 0, idle = 0; rank < exchange->ranks; rank++) {
        const gd_board *board = gd_board_of(exchange, rank);
        while (__atomic_load_n(&board->published, __ATOMIC_ACQUIRE) < round) {
            gd_wait_a_little(&idle);
        }
        for (size_t i = 0; i < count; i++) {
            values[i] += board->values[round % 2][i];
        }
    }
}
