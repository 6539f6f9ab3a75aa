/* The part of the plan that says what the machine does. */
#include <math.h>
#include <stdio.h>

#include "gdmpi/copy_rate.h"
#include "gdmpi/files.h"
#include "gdmpi/gemm_rate.h"
#include "gdmpi/memory.h"
#include "train_private.h"

/* What is copied on a host to see how fast its memory is, by all its ranks together: more than its
 * caches hold. */
static const double copied_bytes = 256 << 20;

/* Where no network is there to be measured. */
static const double assumed_bandwidth = 1.25e9, assumed_latency = 20e-6;

static gd_status measure_memory(gd_comm *comm, double *rate) {
    const double ranks = gd_comm_ranks_here(comm);
    gd_comm_barrier(comm);
    gd_status status = gd_copy_rate((size_t)(copied_bytes / 2 / ranks), rate);
    *rate *= ranks; /* near enough: the ranks of a host are alike */
    gd_comm_maximum(comm, rate, 1);
    return gd_comm_agree(comm, status);
}

/* Gradients that are there at once. */
static void no_work(void *context, int64_t shard, bool add, real *gradient, const gd_ready *ready) {
    (void)context;
    (void)shard;
    (void)add;
    (void)gradient;
    ready->call(ready->context, 0);
}

/* Seconds of a step that has nothing to compute: sums over shards and ranks, and the update. */
static void measure_reduction(gd_trainer *trainer, double *seconds) {
    enum { TIMES = 5 };
    static const double limit = 0.05;
    gd_reducer *reducer = trainer->reducer;
    const gd_reduction reduction = {.divisor = 1,
                                    .squares = trainer->shared + trainer->problem->shards.count,
                                    .context = trainer,
                                    .gradient = no_work,
                                    .update = gd_trainer_update};
    double elapsed = 0, start = 0;
    int64_t steps = 0;
    trainer->lr = 0;
    for (; elapsed < limit; steps += TIMES) {
        for (int i = 0; i < TIMES; i++) {
            gd_reducer_step(reducer, &reduction);
            gd_reducer_publish(reducer, trainer->shared, trainer->shared_count);
        }
        if (start == 0) { /* those were to warm up */
            start = gd_clock_seconds();
            steps = -TIMES;
        }
        elapsed = gd_clock_seconds() - start;
        gd_comm_maximum(reducer->comm, &elapsed, 1);
    }
    *seconds = elapsed / (double)steps;
}

/* Each host sends to the next, and receives from the one before, all at once. */
static double time_ring(gd_comm *comm, size_t bytes, int times, char *room) {
    const int hosts = gd_comm_hosts(comm), host = gd_comm_host_number(comm);
    const int next = (int)gd_comm_ranks_on(comm, (host + 1) % hosts).first;
    const int before = (int)gd_comm_ranks_on(comm, (host + hosts - 1) % hosts).first;
    const double start = gd_clock_seconds();
    for (int i = 0; i < times; i++) {
        gd_comm_exchange(comm, next, room, bytes, before, room + bytes, bytes);
    }
    return (gd_clock_seconds() - start) / times;
}

static gd_status measure_network(gd_comm *comm, double *bandwidth, double *latency) {
    enum { BYTES = 1 << 20, FEW = 4, MANY = 50 };
    double seconds[2] = {0, 0};
    char *room = NULL;
    gd_status status =
        gd_comm_agree(comm, gd_memory_new(&room, 2, BYTES, "what is sent to measure the network"));
    if (status == GD_OK &&
        gd_comm_rank(comm) == gd_comm_ranks_on(comm, gd_comm_host_number(comm)).first) {
        (void)time_ring(comm, BYTES, 1, room);
        seconds[0] = time_ring(comm, BYTES, FEW, room);
        seconds[1] = time_ring(comm, 1, MANY, room);
    }
    if (status == GD_OK) {
        gd_comm_maximum(comm, seconds, 2);
        *bandwidth = BYTES / fmax(seconds[0] - seconds[1], 1e-9);
        *latency = seconds[1];
    }
    gd_memory_free(&room);
    return status;
}

gd_status gd_plan_measure(gd_trainer *trainer, const gd_plan_options *options,
                          gd_machine *machine) {
    gd_comm *comm = trainer->problem->comm;
    double latency = assumed_latency;
    machine->cores = gd_process_cores();
    machine->bandwidth = assumed_bandwidth;
    measure_reduction(trainer, &machine->reduction);
    gd_status status = measure_memory(comm, &machine->copying);
    machine->network = GD_NETWORK_ASSUMED;
    if (status == GD_OK && gd_comm_hosts(comm) > 1) {
        status = measure_network(comm, &machine->bandwidth, &latency);
        machine->network = GD_NETWORK_MEASURED;
    }
    if (options->bandwidth > 0) {
        machine->bandwidth = options->bandwidth;
        machine->network = GD_NETWORK_GIVEN;
    }
    machine->latency = options->latency > 0 ? options->latency : latency;
    return status;
}

void gd_plan_print_machine(const gd_trainer *trainer, const gd_machine *machine) {
    static const char *const known[] = {[GD_NETWORK_ASSUMED] = "assumed: --network",
                                        [GD_NETWORK_MEASURED] = "measured",
                                        [GD_NETWORK_GIVEN] = "as given"};
    const gd_reducer *reducer = trainer->reducer;
    const double bytes = (double)reducer->size * (double)sizeof(real);
    char time[32];
    printf("\nthis machine, all ranks at once\n");
    printf("  %-20s %8.3g GFLOP/s\n", "GEMM rate", 1e-9 * machine->flops);
    printf("  %-20s %8.3g GB/s, of a host\n", "copies in memory", 1e-9 * machine->copying);
    printf("  %-20s %8.3g GB/s of gradient, %s a step\n",
           reducer->ranks > 1 ? "sums and updates" : "updates", 1e-9 * bytes / machine->reduction,
           gd_text_time(machine->reduction, time));
    printf("  %-20s %8.3g Gbit/s, %s a message (%s)\n", "network of a host",
           8e-9 * machine->bandwidth, gd_text_time(machine->latency, time),
           known[machine->network]);
}
