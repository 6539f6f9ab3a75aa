/* Brings the rows of data.shuffle = global to the ranks that work them: each rank holds the rows of
 * its shards in the file, and sends them, block by block, to where they are dealt to. */
#ifndef GDMPI_DEALER_H
#define GDMPI_DEALER_H

#include "gdmpi/comm.h"
#include "gdmpi/data.h"
#include "gdmpi/phases.h"

typedef struct gd_dealer gd_dealer;

/* `own` are the rows that this rank holds, those of its shards; they and `phases` outlive the
 * dealer. Not collective. */
gd_status gd_dealer_new(gd_comm *comm, gd_phases *phases, const gd_shards *shards,
                        const gd_rows *own, gd_dealer **dealer);
void gd_dealer_free(gd_dealer **dealer);
double gd_dealer_bytes(const gd_dealer *dealer);

/* Deals the rows of an epoch. Not collective. */
void gd_dealer_epoch(gd_dealer *dealer, uint64_t seed, int64_t epoch);

/* Brings the rows that this rank works in step `step` of the epoch, if they are not here yet.
 * Collective. */
void gd_dealer_step(gd_dealer *dealer, int64_t step);

/* The rows that are here, and which of them are at place `place` of a shard and those after it in
 * the same step: for gd_batch_gather. Not collective. */
const gd_rows *gd_dealer_rows(const gd_dealer *dealer);
const uint32_t *gd_dealer_order(const gd_dealer *dealer, int64_t shard, int64_t place);

#endif
