#include "gdmpi/data.h"
#include "gdmpi/rng.h"

/* Where the held-out row `index` lies in the file. */
static int64_t held_out(const gd_split *split, int64_t index) {
    gd_rng rng = gd_rng_stream(split->seed, GD_RNG_SPLIT, 0, 0, 0);
    gd_range run = gd_range_part(split->rows, split->held, index);
    return run.first + (int64_t)(gd_rng_uniform(&rng, (uint64_t)index) * (double)run.count);
}

int64_t gd_split_count(const gd_split *split, gd_role role) {
    if (split->held == 0) {
        return split->rows;
    }
    return role == GD_VALIDATION ? split->held : split->rows - split->held;
}

int64_t gd_split_row(const gd_split *split, gd_role role, int64_t row) {
    if (split->held == 0) {
        return row;
    }
    if (role == GD_VALIDATION) {
        return held_out(split, row);
    }
    /* held_out(j) - j training rows lie before the held-out row j, and that never falls as j grows.
     */
    int64_t low = 0, high = split->held;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (held_out(split, middle) - middle <= row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return row + low;
}
