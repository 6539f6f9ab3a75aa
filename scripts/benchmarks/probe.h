/* What the probes share: memory, numbers to work on, and a clock around a step that all ranks do at
 * the same time. A probe is a small MPI program that does the arithmetic of a case and nothing
 * else. */
#ifndef PROBE_H
#define PROBE_H

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void probe_step(void *context);

/* Begins a program of the arguments SECONDS BATCH WIDTHS..., two widths and `most` at most, which
 * `names` lists for people: returns the rows of a step that this rank works. */
static inline int probe_start(int argc, char **argv, int most, const char *names) {
    int ranks;
    MPI_Init(&argc, &argv);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (argc < 5 || argc > 3 + most) {
        fprintf(stderr, "usage: %s SECONDS BATCH %s\n", argv[0], names);
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    return atoi(argv[2]) / ranks;
}

/* Prints what the probe found, once, and ends it; returns its exit code. */
static inline int probe_end(double seconds) {
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) {
        printf("%.9g\n", seconds);
    }
    return MPI_Finalize() == MPI_SUCCESS ? 0 : 1;
}

/* `count` elements of `size` bytes, zeros, on a cache line; ends the program where there are none.
 */
static inline void *probe_memory(size_t count, size_t size) {
    size_t bytes = (count * size + 63) / 64 * 64;
    void *memory = aligned_alloc(64, bytes);
    if (memory == NULL) {
        fprintf(stderr, "probe: no memory for %zu bytes\n", bytes);
        MPI_Abort(MPI_COMM_WORLD, 1);
        abort();
    }
    memset(memory, 0, bytes);
    return memory;
}

/* Marsaglia's xorshift of 64 bits ("Xorshift RNGs", 2003). */
static inline unsigned long long probe_random(void) {
    static unsigned long long state = 88172645463325252ULL;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Uniform in [-scale, scale). */
static inline float *probe_numbers(size_t count, float scale) {
    float *numbers = probe_memory(count, sizeof *numbers);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = scale * ((float)(probe_random() >> 40) / 8388608.0F - 1);
    }
    return numbers;
}

/* 0 to count - 1 in a random order. */
static inline int *probe_order(int count) {
    int *order = probe_memory((size_t)count, sizeof *order);
    for (int i = 0; i < count; i++) {
        int j = (int)(probe_random() % (unsigned long long)(i + 1));
        order[i] = order[j];
        order[j] = i;
    }
    return order;
}

static inline double probe_time(probe_step *step, void *context, long steps) {
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    for (long i = 0; i < steps; i++) {
        step(context);
    }
    double mine = MPI_Wtime() - start, slowest;
    MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return slowest / (double)steps;
}

/* Seconds a step takes on the slowest rank while all ranks work, over about `seconds`, after a
 * fifth of that to warm up. Collective. */
static inline double probe_measure(probe_step *step, void *context, double seconds) {
    double each = probe_time(step, context, 2);
    long warm = (long)(seconds / 5 / each) + 1;
    each = probe_time(step, context, warm);
    return probe_time(step, context, (long)(seconds / each) + 1);
}

#endif
