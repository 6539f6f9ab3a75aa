/* Reduction and update: what gdmpi's reducer takes for the sum over ranks and the update of all
 * parameters, next to copies of memory and to MPI_Allreduce alone.
 *
 * Usage: mpirun -np N reduce SECONDS PARAMETERS
 * Prints lines `NAME SECONDS`; each is measured for about SECONDS. */
#define GD_SINGLE

#include "gdmpi/reduce.h"
#include "gdmpi/optimizer.h"
#include "probe.h"

typedef struct {
    gd_reducer *reducer;
    gd_reduction reduction;
    gd_optimizer optimizer;
    int64_t steps;
    char *from, *to; /* of a copy */
    size_t bytes;
    float *values; /* [size] of MPI_Allreduce */
} bench;

/* The gradient is there already. */
static void gradient(void *context, int64_t shard, bool add, real *values, const gd_ready *ready) {
    (void)context, (void)shard, (void)add, (void)values;
    ready->call(ready->context, 0);
}

static void update(void *context, int64_t at, int64_t count, real *mean, real *parameters) {
    bench *bench = context;
    gd_update part = {.step = bench->steps,
                      .lr = 1e-3,
                      .at = at,
                      .count = count,
                      .gradient = mean,
                      .parameters = parameters};
    gd_optimizer_update(&bench->optimizer, &part);
}

static void step(void *context) {
    bench *bench = context;
    double loss = 1;
    bench->steps++;
    gd_reducer_step(bench->reducer, &bench->reduction);
    gd_reducer_publish(bench->reducer, &loss, 1);
}

static void copy(void *context) {
    bench *bench = context;
    memcpy(bench->to, bench->from, bench->bytes);
    MPI_Barrier(MPI_COMM_WORLD); /* at once, as a step ends at once */
}

static void allreduce(void *context) {
    bench *bench = context;
    MPI_Allreduce(MPI_IN_PLACE, bench->values, (int)bench->reducer->size, MPI_FLOAT, MPI_SUM,
                  MPI_COMM_WORLD);
}

static void tell(const gd_comm *comm, const char *name, double seconds) {
    if (gd_comm_rank(comm) == 0) {
        printf("%s %.9g\n", name, seconds);
    }
}

/* Every rank copies as much, `bytes`. */
static void copies(bench *bench, const char *name, double bytes, double seconds) {
    bench->bytes = (size_t)bytes;
    bench->from = probe_memory(bench->bytes, 1);
    bench->to = probe_memory(bench->bytes, 1);
    tell(bench->reducer->comm, name, probe_measure(copy, bench, seconds));
    free(bench->from);
    free(bench->to);
}

/* Next to a copy of the same traffic: each rank reads the gradients of all ranks for what it
 * updates, and reads and writes the parameter and the slots; a copy reads and writes. */
static void one(bench *bench, const gd_optimizer_kind *kind, double seconds) {
    int64_t owned = bench->reducer->owned;
    char name[64];
    bench->optimizer = (gd_optimizer){
        .kind = kind, .options = {1e-3, 0, 0.9, 0.999, 1e-8}, .factor = 1, .count = owned};
    gd_optimizer *optimizer = &bench->optimizer;
    for (int i = 0; kind->slot[i] != NULL; i++) {
        if (kind->uses == NULL || kind->uses(optimizer->options, i)) {
            optimizer->state[i] = probe_memory((size_t)owned, sizeof(real));
            optimizer->slots++;
        }
    }
    tell(bench->reducer->comm, kind->name, probe_measure(step, bench, seconds));
    double numbers = gd_comm_size(bench->reducer->comm) + 2.0 * (1 + bench->optimizer.slots);
    snprintf(name, sizeof name, "%s_copy", kind->name);
    copies(bench, name, numbers / 2 * (double)owned * sizeof(real), seconds);
    for (int i = 0; i < bench->optimizer.slots; i++) {
        free(bench->optimizer.state[i]);
    }
}

static gd_status measure(gd_comm *comm, double seconds, int64_t size) {
    int ranks = gd_comm_size(comm);
    gd_phases phases;
    gd_reducer_plan plan = {.name = "auto",
                            .overlap = true,
                            .size =
                                (size + GD_TENSOR_ALIGN - 1) / GD_TENSOR_ALIGN * GD_TENSOR_ALIGN,
                            .shards = ranks};
    bench bench = {.reduction = {.divisor = ranks, .gradient = gradient, .update = update}};
    gd_phases_start(&phases, GD_OTHER);
    gd_status status = gd_reducer_new(comm, &phases, &plan, &bench.reducer);
    if (status != GD_OK) {
        return status;
    }
    bench.reduction.context = &bench;
    bench.reduction.squares = probe_memory((size_t)bench.reducer->block_count, sizeof(double));
    bench.values = probe_numbers((size_t)plan.size, 0);
    memset(bench.reducer->partial[0], 0, (size_t)plan.size * sizeof(real));
    one(&bench, &gd_optimizer_momentum, seconds);
    one(&bench, &gd_optimizer_adam, seconds);
    copies(&bench, "copy", (double)plan.size * sizeof(real), seconds);
    tell(comm, "allreduce", probe_measure(allreduce, &bench, seconds));
    free(bench.values);
    free(bench.reduction.squares);
    gd_reducer_free(&bench.reducer);
    return GD_OK;
}

int main(int argc, char **argv) {
    gd_comm *comm;
    gd_status status = gd_comm_start(&argc, &argv, &comm);
    if (status == GD_OK && argc == 3) {
        status = measure(comm, atof(argv[1]), atoll(argv[2]));
    } else if (status == GD_OK) {
        status = gd_status_new(GD_BAD_INPUT, "usage: reduce SECONDS PARAMETERS");
    }
    int code = status == GD_OK ? 0 : 1;
    if (code != 0) {
        fprintf(stderr, "reduce: %s\n", gd_status_message(status));
    }
    gd_comm_stop(&comm);
    return code;
}
