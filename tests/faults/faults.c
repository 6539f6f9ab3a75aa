#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <hdf5.h>

#include "faults.h"

enum { NAME = 64 };

/* Set while there is one thread, and only read after, but for the number of threads, and the name.
 */
static struct {
    long first, end; /* of the calls that fail; no calls if both are 0 */
    long thread;     /* that makes them */
    int record;      /* a file, or -1 */
    char *failed;    /* the name of the last of them, shared with processes that this one makes */
    atomic_long threads;
} faults = {.record = -1};

static _Thread_local struct {
    long number; /* of this thread, in the order in which they were made */
    long calls;
} self;

__typeof__(fork) __real_fork, __wrap_fork;
__typeof__(malloc) __real_malloc;
__typeof__(open) __real_open, __wrap_open;
__typeof__(pthread_create) __real_pthread_create, __wrap_pthread_create;
__typeof__(write) __real_write, __wrap_write;

static long number(const char *variable, long otherwise) {
    const char *text = getenv(variable);
    return text == NULL ? otherwise : strtol(text, NULL, 10);
}

void gd_fault_arm(const char *call) {
    char *thread = NULL;
    faults.first = call == NULL ? 0 : strtol(call, &thread, 10);
    faults.end = faults.first + (faults.first > 0 ? number("GD_FAULT_TIMES", 1) : 0);
    faults.thread = thread != NULL && *thread == '.' ? strtol(thread + 1, NULL, 10) : 0;
    if (call != NULL) {
        snprintf(faults.failed, NAME, "none");
    }
    faults.threads = 0;
    self.number = self.calls = 0;
}

const char *gd_fault_name(void) {
    return faults.failed;
}

__attribute__((constructor)) static void start(void) {
    static const char *const variables[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"};
    long rank = 0;
    for (int i = 2; i >= 0; i--) {
        rank = number(variables[i], rank);
    }
    faults.failed = mmap(NULL, NAME, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (faults.failed == MAP_FAILED) {
        abort();
    }
    gd_fault_arm(rank == number("GD_FAULT_RANK", 0) ? getenv("GD_FAULT_CALL") : NULL);
    const char *path = getenv("GD_FAULT_RECORD");
    char name[4096];
    if (path != NULL && snprintf(name, sizeof name, "%s.%ld", path, rank) < (int)sizeof name) {
        faults.record = __real_open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    }
}

/* The name of a call, its thread, and a number that stands for the chain of calls that led to it in
 * this process. */
static void record(const char *name) {
    enum { DEPTH = 6 }; /* two of them are this file's */
    void *chain[DEPTH];
    char line[80];
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a, a word at a time */
    int depth = backtrace(chain, DEPTH);
    for (int i = 0; i < depth; i++) {
        hash = (hash ^ (uintptr_t)chain[i]) * UINT64_C(0x100000001b3);
    }
    int length = snprintf(line, sizeof line, "%s %ld %" PRIx64 "\n", name, self.number, hash);
    (void)!__real_write(faults.record, line, (size_t)length);
}

bool gd_fault(const char *name, int cause) {
    self.calls++;
    bool fails =
        self.number == faults.thread && self.calls >= faults.first && self.calls < faults.end;
    if (faults.record >= 0 && (fails || getenv("GD_FAULT_CALL") == NULL)) {
        record(name);
    }
    if (!fails) {
        return false;
    }
    snprintf(faults.failed, NAME, "%s", name);
    if (cause == HDF5) {
        (void)H5Eclear2(H5E_DEFAULT); /* as a call of the library begins */
        H5Epush2(H5E_DEFAULT, __FILE__, name, __LINE__, H5E_ERR_CLS, H5E_RESOURCE, H5E_SYSERRSTR,
                 "a fault was injected");
    } else {
        errno = cause;
    }
    return true;
}

/* Has an argument more where it makes a file. */
int __wrap_open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return gd_fault("open", EIO) ? -1 : __real_open(path, flags, mode);
}

/* A process that this one makes counts for another thread. */
pid_t __wrap_fork(void) {
    if (gd_fault("fork", EAGAIN)) {
        return -1;
    }
    long number = atomic_fetch_add(&faults.threads, 1) + 1;
    pid_t child = __real_fork();
    if (child == 0) {
        self.number = number;
        self.calls = 0;
    }
    return child;
}

typedef struct thread_start {
    void *(*work)(void *);
    void *context;
    long number;
} thread_start;

static void *number_thread(void *context) {
    thread_start start = *(thread_start *)context;
    free(context);
    self.number = start.number;
    return start.work(start.context);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void *context) {
    thread_start *start = gd_fault("pthread_create", EAGAIN) ? NULL : __real_malloc(sizeof *start);
    if (start == NULL) {
        return EAGAIN;
    }
    *start = (thread_start){work, context, atomic_fetch_add(&faults.threads, 1) + 1};
    return __real_pthread_create(thread, attributes, number_thread, start);
}

/* As on a disk that is full: half of it finds room. */
ssize_t __wrap_write(int file, const void *bytes, size_t count) {
    if (!gd_fault("write", ENOSPC)) {
        return __real_write(file, bytes, count);
    }
    (void)!__real_write(file, bytes, count / 2);
    errno = ENOSPC;
    return -1;
}
