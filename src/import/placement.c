#include <math.h>
#include <stdlib.h>

#include "gdmpi/memory.h"
#include "gdmpi/rng.h"
#include "import_private.h"

/* Rows that are alike, such as those of a class. */
struct gd_stratum {
    int64_t rows, seen;
    int64_t share[GD_IMPORT_GROUPS];  /* how many of its rows each group has */
    int64_t before[GD_IMPORT_GROUPS]; /* rows of the strata before it that a group has */
    gd_permutation order;
};

enum { ORDER_OF_STRATUM, ORDER_OF_GROUP };

gd_status gd_split_parse(const char *text, double shares[GD_IMPORT_GROUPS]) {
    double all = 0;
    bool good = true;
    int count = 0;
    shares[0] = 1;
    shares[1] = shares[2] = 0;
    for (const char *at = text; good && at != NULL; count++) {
        char *end;
        double share = strtod(at, &end);
        good = count < GD_IMPORT_GROUPS && end != at && share >= 0 && share <= 1 &&
               (*end == ',' || *end == '\0');
        if (good) {
            shares[count] = share;
            all += share;
            at = *end == ',' ? end + 1 : NULL;
        }
    }
    if (good && fabs(all - 1) < 1e-6 && shares[0] > 0) {
        return GD_OK;
    }
    return gd_status_new(GD_BAD_INPUT,
                         "--split %s: shares of train, val and test are needed that add up to 1, "
                         "such as 0.8,0.1,0.1 or 0.8,0.2",
                         text);
}

/* Divides one stratum; `owed` is what each group has had too little of the strata before. */
static void divide(gd_stratum *stratum, const double shares[GD_IMPORT_GROUPS],
                   double owed[GD_IMPORT_GROUPS]) {
    int64_t left = stratum->rows;
    for (int group = 0; group < GD_IMPORT_GROUPS; group++) {
        double ideal = shares[group] * (double)stratum->rows;
        stratum->share[group] = (int64_t)ideal < left ? (int64_t)ideal : left;
        left -= stratum->share[group];
        owed[group] += ideal - (double)stratum->share[group];
    }
    for (; left > 0; left--) {
        int most = 0;
        for (int group = 1; group < GD_IMPORT_GROUPS; group++) {
            most = shares[group] > 0 && owed[group] > owed[most] + 1e-9 ? group : most;
        }
        stratum->share[most]++;
        owed[most]--;
    }
}

/* Once the shares of all strata are known. */
static void arrange(gd_placement *placement, int64_t seed) {
    placement->shuffled = seed >= 0;
    for (int64_t i = 0; i < placement->strata; i++) {
        gd_stratum *stratum = &placement->stratum[i];
        for (int group = 0; group < GD_IMPORT_GROUPS; group++) {
            stratum->before[group] = placement->rows[group];
            placement->rows[group] += stratum->share[group];
        }
        if (placement->shuffled && stratum->rows > 0) {
            gd_rng rng = gd_rng_stream((uint64_t)seed, GD_RNG_IMPORT, ORDER_OF_STRATUM, i, 0);
            stratum->order = gd_permutation_new(&rng, stratum->rows);
        }
    }
    for (int group = 0; placement->shuffled && group < GD_IMPORT_GROUPS; group++) {
        if (placement->rows[group] > 0) {
            gd_rng rng = gd_rng_stream((uint64_t)seed, GD_RNG_IMPORT, ORDER_OF_GROUP, group, 0);
            placement->order[group] = gd_permutation_new(&rng, placement->rows[group]);
        }
    }
}

gd_status gd_placement_new(gd_placement *placement, int64_t strata, const int64_t *rows,
                           const double shares[GD_IMPORT_GROUPS], int64_t seed) {
    double owed[GD_IMPORT_GROUPS] = {0};
    *placement = (gd_placement){.strata = strata};
    gd_status status = gd_memory_new(&placement->stratum, (size_t)strata,
                                     sizeof *placement->stratum, "the division into groups");
    if (status == GD_OK) {
        for (int64_t i = 0; i < strata; i++) {
            placement->stratum[i].rows = rows[i];
            divide(&placement->stratum[i], shares, owed);
        }
        arrange(placement, seed);
    }
    return status;
}

bool gd_placement_next(gd_placement *placement, int64_t stratum, gd_place *place) {
    if (stratum < 0 || stratum >= placement->strata ||
        placement->stratum[stratum].seen == placement->stratum[stratum].rows) {
        return false;
    }
    gd_stratum *of = &placement->stratum[stratum];
    int64_t row = placement->shuffled ? gd_permutation_of(&of->order, of->seen) : of->seen;
    of->seen++;
    place->group = 0;
    while (row >= of->share[place->group]) {
        row -= of->share[place->group++];
    }
    row += of->before[place->group];
    place->row =
        placement->shuffled ? gd_permutation_of(&placement->order[place->group], row) : row;
    return true;
}

void gd_placement_rewind(gd_placement *placement) {
    for (int64_t i = 0; i < placement->strata; i++) {
        placement->stratum[i].seen = 0;
    }
}

void gd_placement_free(gd_placement *placement) {
    gd_memory_free(&placement->stratum);
}
