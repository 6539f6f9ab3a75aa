/* What would make a run faster, in plain words: arithmetic over what is known of it. Nothing here
 * is collective. */
#ifndef GDMPI_ADVICE_H
#define GDMPI_ADVICE_H

#include "gdmpi/forecast.h"
#include "gdmpi/text.h"
#include "gdmpi/type.h"

/* A number of ranks in the forecast. */
typedef struct gd_forecast_row {
    gd_spread spread;
    gd_timing timing;
    gd_forecast forecast; /* NaN where spread.batch_min says that it cannot be */
    double efficiency;    /* of so many ranks against one */
} gd_forecast_row;

typedef struct gd_advice_facts {
    gd_forecast_job job;
    int count;
    const gd_forecast_row *row;  /* [count]: rising numbers of ranks */
    const gd_forecast_row *mine; /* one of them: the ranks that there are, */
    int64_t hosts;               /* which are on so many hosts, */
    int64_t here;                /* and so many at most on one, */
    int64_t threads, cores;      /* with threads each, on a host with so many cores */
    double joined; /* seconds of a step with one shard a rank; NaN: not known, or there is one */
    gd_saving saving;
    double reading;       /* seconds until the data was there */
    gd_shape x;           /* of the training rows in their file, */
    gd_shape chunk;       /* and of its chunks; of rank 0: it is contiguous */
    double needed, there; /* bytes of memory, of the host that needs most; 0: not known */
} gd_advice_facts;

/* Appends a line for each thing that is worth saying, the most important first. */
void gd_advise(const gd_advice_facts *facts, gd_text *lines);

#endif
