/* Named views into the flat vector of parameters. */
#ifndef GDMPI_TENSOR_H
#define GDMPI_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tensors start on multiples of this many elements: a cache line in either precision. */
#define GD_TENSOR_ALIGN 16

typedef struct gd_tensor {
    char name[32]; /* "0.weight" */
    int rank;
    int64_t dims[4];
    int64_t count;           /* elements */
    int64_t offset;          /* of the first element, in elements */
    int64_t fan_in, fan_out; /* 0: it multiplies no inputs, and starts as `initial` */
    double initial;
    bool table;     /* its rows are looked up: it multiplies nothing */
    bool statistic; /* not trained: its "gradient" is what it moves by, downwards */
    double gain;    /* of the activation that follows, as PyTorch's calculate_gain has it */
} gd_tensor;

/* In the order of their offsets; `size` elements in all, alignment gaps included, which stay zero.
 */
typedef struct gd_tensors {
    gd_tensor *list;
    int count;
    int64_t size;
    int64_t trained;  /* from this element on there are statistics alone */
    int64_t elements; /* without gaps and statistics: the number of parameters */
} gd_tensors;

/* Backward goes from the last layer to the first, and so through a gradient from its end. It says
 * time and again that the elements from `first` on are final, and their parameters not needed any
 * more; the last time from 0 on. */
typedef struct gd_ready {
    void (*call)(void *context, int64_t first);
    void *context;
} gd_ready;

static inline void gd_ready_from(const gd_ready *ready, int64_t first) {
    if (ready != NULL) {
        ready->call(ready->context, first);
    }
}

#endif
