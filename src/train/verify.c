#include "gdmpi/memory.h"
#include "train_private.h"

enum { NAMED_MOST = 4 }; /* ranks in a message */

static int count_of(const uint64_t *digests, int ranks, uint64_t digest) {
    int count = 0;
    for (int rank = 0; rank < ranks; rank++) {
        count += digests[rank] == digest;
    }
    return count;
}

/* The lowest rank of the largest number of ranks that agree. */
static int find_reference(const uint64_t *digests, int ranks) {
    int reference = 0, most = 0;
    for (int rank = 0; rank < ranks && 2 * most <= ranks; rank++) {
        int count = count_of(digests, ranks, digests[rank]);
        if (count > most) {
            reference = rank;
            most = count;
        }
    }
    return reference;
}

static gd_status different(const gd_trainer *trainer, const uint64_t *digests) {
    const gd_comm *comm = trainer->problem->comm;
    int ranks = gd_comm_size(comm), reference = find_reference(digests, ranks), named = 0;
    int others = ranks - count_of(digests, ranks, digests[reference]);
    gd_text list = {0};
    for (int rank = 0; rank < ranks && named < NAMED_MOST; rank++) {
        if (digests[rank] != digests[reference]) {
            gd_text_add(&list, "%srank %d on %s", named++ > 0 ? ", " : "", rank,
                        gd_comm_host_of(comm, rank));
        }
    }
    gd_status status = gd_status_new(
        GD_FAILED,
        "after step %lld, %d of %d ranks hold%s other parameters than rank %d on %s: %s%s; this is "
        "a fault of a machine or of gdmpi; the last checkpoint is from before it: run the same "
        "command again to continue",
        (long long)trainer->progress.step, others, ranks, others == 1 ? "s" : "", reference,
        gd_comm_host_of(comm, reference), gd_text_bytes(&list), others > named ? ", ..." : "");
    gd_text_free(&list);
    return status;
}

gd_status gd_trainer_digest(gd_trainer *trainer, uint64_t *digest) {
    const gd_reducer *reducer = trainer->reducer;
    int ranks = gd_comm_size(reducer->comm);
    uint64_t *digests;
    *digest = gd_checkpoint_digest(reducer->parameters, GD_REAL_TYPE, reducer->size);
    gd_status status = gd_comm_collect(reducer->comm, digest, sizeof *digest, &digests,
                                       "the digests of the ranks' parameters");
    if (status == GD_OK && count_of(digests, ranks, *digest) != ranks) {
        status = different(trainer, digests);
    }
    gd_memory_free(&digests);
    return status;
}
