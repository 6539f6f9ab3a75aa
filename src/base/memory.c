#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "gdmpi/memory.h"

/* Asks for large pages, where the system has them: rows in a random order would else wait for the
 * page tables as well. A refusal does no harm. */
static void enlarge_pages(void *block, size_t bytes) {
    enum { PAGE = 4096, LARGE = 4 << 20 };
    const size_t skip = -(uintptr_t)block % PAGE;
    if (bytes >= LARGE) {
        (void)madvise((char *)block + skip, bytes - skip, MADV_HUGEPAGE);
    }
}

gd_status gd_memory_new(void *pointer, size_t count, size_t size, const char *what) {
    void *block = NULL;
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, GD_CACHE_LINE - 1, &bytes)) {
        memcpy(pointer, &block, sizeof block);
        return gd_status_no_memory(what, (double)count * (double)size);
    }
    bytes -= bytes % GD_CACHE_LINE;
    block = aligned_alloc(GD_CACHE_LINE, bytes > 0 ? bytes : GD_CACHE_LINE);
    memcpy(pointer, &block, sizeof block);
    if (block == NULL) {
        return gd_status_no_memory(what, (double)bytes);
    }
    enlarge_pages(block, bytes);
    memset(block, 0, bytes > 0 ? bytes : GD_CACHE_LINE);
    return GD_OK;
}

void gd_memory_free(void *pointer) {
    void *block;
    memcpy(&block, pointer, sizeof block);
    free(block);
    block = NULL;
    memcpy(pointer, &block, sizeof block);
}
