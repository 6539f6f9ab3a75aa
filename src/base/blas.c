#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gdmpi/blas.h"

/* OpenBLAS's buffer for each thread: address space, of which it mostly touches little. */
static const size_t buffer_bytes = (128 << 20) + (1 << 16);

/* OpenBLAS tries for ever to get a buffer that it cannot have, as where the address space is
 * limited. This product computes nothing, but has it take the one of this thread. */
static void take_buffer(void) {
    enum { SIDE = 256 }; /* small ones do without */
    float number = 0;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 0, &number, SIDE,
                &number, SIDE, 1, &number, SIDE);
}

gd_status gd_blas_reserve(int threads) {
    size_t bytes = buffer_bytes * (size_t)threads;
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) {
        return gd_status_no_memory("the buffers of OpenBLAS", (double)bytes);
    }
    (void)munmap(room, bytes);
    return GD_OK;
}

/* The library has made threads by now, each of which waits for ever for a buffer that it cannot
 * have where address space is limited; and at the next fork they are waited for. */
static void begin_without_threads(char **argv) {
    static const char key[] = "OPENBLAS_NUM_THREADS";
    const char *now = getenv(key);
    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY &&
        (now == NULL || strcmp(now, "1") != 0)) {
        (void)setenv(key, "1", 1);
        (void)execv("/proc/self/exe", argv);
    }
}

void gd_blas_use_one_thread(char **argv) {
    begin_without_threads(argv);
    openblas_set_num_threads(1);
}

gd_status gd_blas_start(int threads) {
    const int more = threads - openblas_get_num_threads();
    gd_status status = gd_blas_reserve(more > 0 ? more + 1 : 1);
    if (status != GD_OK) {
        return status;
    }
    if (more != 0) { /* after a fork, to set what is set would make threads anew */
        openblas_set_num_threads(threads);
    }
    take_buffer();
    return GD_OK;
}

const char *gd_blas_version(void) {
    return openblas_get_config();
}

char *gd_blas_kernels(char out[GD_BLAS_KERNELS]) {
    const char *config = openblas_get_config(); /* name and version come first */
    size_t length = strcspn(config, " ");
    length += config[length] == '\0' ? 0 : 1 + strcspn(config + length + 1, " ");
    snprintf(out, GD_BLAS_KERNELS, "%.*s %s", (int)length, config, openblas_get_corename());
    return out;
}
