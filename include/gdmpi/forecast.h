/* How long an epoch takes on any number of ranks: arithmetic over what was measured. Nothing here
 * is collective.
 *
 * The model behind it: a step of P parameters takes 6 P b floating-point operations on a rank that
 * works b rows of it (2 P forward, 4 P backward, for the gradients of outputs and of weights), so
 * 6 P b / F seconds at F operations a second. A sum over ranks in pieces sends the 4 P bytes of a
 * gradient in single precision once, and brings the new parameters once, which is what Rabenseifner
 * 2004 does to be near the least possible: 8 P bytes each way, 8 P / BW seconds at BW bytes a
 * second. What is left of N times the speed is
 *
 *     efficiency = computing / (computing + moving) = 1 / (1 + 8 F / (6 b BW)),
 *
 * which P does not matter for. It is refined here: computing is timed, on as many ranks of a host
 * at once as there are cores, together with the sums and updates in their memory; BW is that of the
 * link of a host, whose ranks share it; the bytes are counted. */
#ifndef GDMPI_FORECAST_H
#define GDMPI_FORECAST_H

#include <stdbool.h>

#include "gdmpi/shards.h"

/* What is trained, and where. */
typedef struct gd_forecast_job {
    int64_t rows, batch;    /* as of gd_shards */
    int64_t shards;         /* data.shards; 0: one a rank */
    int64_t shard_rows_min; /* that a shard needs in a step: 1, or 2 with batch_norm */
    int64_t val_tiles;      /* validation is tiles of rows, each for one rank */
    int64_t size;           /* of the flat vector, */
    int64_t block;          /* of which ranks update whole blocks, */
    int64_t real_bytes;     /* and each element has so many */
    int64_t per_host;       /* ranks: one a core, but for more BLAS threads */
    double bandwidth;       /* of the link of a host, bytes a second each way */
    double latency;         /* seconds of a message between hosts */
    double dealt;           /* bytes of rows that ranks send each other in an epoch */
} gd_forecast_job;

/* A number of ranks, and what follows for them. */
typedef struct gd_spread {
    int64_t ranks, hosts, per_host;
    gd_shards shards;   /* its count is the number of ranks where data.shards is 0, or less */
    gd_range host_most; /* the ranks of the host that has the rank with most to do */
    int64_t rank_most;  /* shards of that rank, */
    int64_t rank_rows;  /* and their rows in a step */
    int64_t rows_min;   /* the rows, and the batch_size, that so many ranks need; 0: those of the */
    int64_t batch_min;  /* job will do */
} gd_spread;

gd_spread gd_forecast_spread(const gd_forecast_job *job, int64_t ranks);

/* What the link of a host has to carry in a step, in the busier of its two directions, of the host
 * that has most: 0 on one host. Partial sums of its ranks go to the hosts that update them, and
 * come from all others for what it updates itself; new parameters go the other way. */
double gd_forecast_traffic(const gd_forecast_job *job, const gd_spread *spread);

/* Seconds that a step spends on it: for the bytes, and for as many messages as wait for each other,
 * which are sums, parameters, and those of a small sum over the hosts. */
double gd_forecast_exchange(const gd_forecast_job *job, const gd_spread *spread);

/* What was measured. */
typedef struct gd_timing {
    double
        step; /* seconds of a full step on this number of ranks, without messages between hosts */
    double compute; /* what of that goes into rows, of the rank that has most */
    double tile;    /* of validating a tile; all ranks of a host at once */
    double order;   /* of drawing the order of an epoch's rows, and of dealing them */
    double scores;  /* of what an epoch's validation takes besides its tiles */
} gd_timing;

/* What a checkpoint costs; it is written by a thread of rank 0. */
typedef struct gd_saving {
    double steps, seconds; /* between two; one of them is 0, or both: there are none */
    double copy;           /* seconds for which training stands still */
    double write_free;     /* seconds of the thread, where a core is free for it, */
    double write_full;     /* and where none is; */
    double processor;      /* those of them in which it keeps a core busy */
    double once;           /* seconds of a run: its files, and what the first ones take longer */
} gd_saving;

typedef struct gd_forecast {
    double step;                  /* seconds */
    double exchange;              /* those of a step's messages between hosts */
    double train, validate, save; /* of an epoch; dealing is a part of training */
    double epoch;                 /* all of these */
    double rate;                  /* training rows a second of the epoch */
} gd_forecast;

/* Whether the ranks on the host of rank 0, whose thread writes, leave no core free. */
bool gd_spread_is_full(const gd_spread *spread);

/* Seconds that the thread takes for a checkpoint, on so many ranks. */
double gd_forecast_write(const gd_spread *spread, const gd_saving *saving);

gd_forecast gd_forecast_epoch(const gd_forecast_job *job, const gd_spread *spread,
                              const gd_timing *timing, const gd_saving *saving);

/* 1 / (1 + 8 F / (6 b BW)), as above, with bytes of a real instead of 4. */
double gd_forecast_efficiency(double flops, double rows, double bandwidth, double real_bytes);

/* The rows that a rank must have in a step for this efficiency: the same, the other way round, for
 * computing that takes `row` seconds each, and `exchange` seconds of moving. */
double gd_forecast_rows(double efficiency, double row, double exchange);

#endif
