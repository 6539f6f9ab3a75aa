#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "comm_private.h"
#include "gdmpi/memory.h"
#include "gdmpi/text.h"

struct gd_window {
    MPI_Win handle;
    gd_comm *comm;
    void **part; /* [ranks of the host]: on cache-line boundaries */
};

/* Of the file behind the memory of all; some of it is the library's own. */
static gd_status check_limit(double bytes) {
    struct rlimit limit;
    char needed[32], most[32];
    const double total = 2 * bytes + (1 << 16);
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        total <= (double)limit.rlim_cur) {
        return GD_OK;
    }
    return gd_status_new(
        GD_FAILED, "shared memory needs a file of %s, and files may have %s (ulimit -f)",
        gd_text_amount(total, needed), gd_text_amount((double)limit.rlim_cur, most));
}

/* The folder where implementations put shared memory, unless Open MPI is told otherwise. */
static gd_status check_folder(double bytes) {
    const char *told = getenv("OMPI_MCA_osc_sm_backing_directory");
    const char *path = told != NULL ? told : "/dev/shm";
    struct statvfs folder;
    if (told != NULL && access(told, W_OK | X_OK) != 0) {
        return gd_status_new(GD_FAILED, "%s: there can be no shared memory in it: %s", told,
                             strerror(errno));
    }
    if (statvfs(path, &folder) != 0) {
        return GD_OK;
    }
    const double room = (double)folder.f_bavail * (double)folder.f_frsize;
    char needed[32], left[32];
    return bytes <= room
               ? GD_OK
               : gd_status_new(GD_FAILED,
                               "%s: shared memory needs %s, and %s are left; make it "
                               "larger, or use train.reduce = message",
                               path, gd_text_amount(bytes, needed), gd_text_amount(room, left));
}

/* Some implementations hang when only one rank finds that there is no room, or that the folder
 * cannot be written, so all look first. */
static gd_status check_room(gd_comm *comm, size_t bytes) {
    double total = (double)bytes;
    MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, comm->here);
    gd_status status = check_limit(total);
    if (status == GD_OK) {
        status = check_folder(total);
    }
    return gd_comm_agree(comm, status);
}

static gd_status allocate(gd_comm *comm, size_t bytes, gd_window *window) {
    MPI_Info info;
    MPI_Info_create(&info);
    /* Each rank's part on pages of its own, near to the processor that touches them first. */
    MPI_Info_set(info, "alloc_shared_noncontig", "true");
    void *base;
    MPI_Comm_set_errhandler(comm->here, MPI_ERRORS_RETURN);
    int error =
        MPI_Win_allocate_shared((MPI_Aint)bytes, 1, info, comm->here, &base, &window->handle);
    MPI_Comm_set_errhandler(comm->here, comm->handler);
    MPI_Info_free(&info);
    gd_status status = GD_OK;
    if (error != MPI_SUCCESS) {
        char text[MPI_MAX_ERROR_STRING] = "";
        int length;
        MPI_Error_string(error, text, &length);
        window->handle = MPI_WIN_NULL;
        status = gd_status_new(GD_FAILED, "MPI cannot make shared memory: %s", text);
    }
    status = gd_comm_agree(comm, status);
    if (status != GD_OK) {
        /* Where only some ranks have it, it stays: to free it takes all of them. */
        window->handle = MPI_WIN_NULL;
    }
    return status;
}

static void *round_up(void *address) {
    size_t beyond = (size_t)(uintptr_t)address % GD_CACHE_LINE;
    return (char *)address + (beyond > 0 ? GD_CACHE_LINE - beyond : 0);
}

gd_status gd_window_new(gd_comm *comm, size_t bytes, gd_window **window) {
    /* Room to round the address up, by the same amount in every process since they differ by whole
     * pages. */
    size_t room = bytes + GD_CACHE_LINE;
    gd_window *new = NULL;
    gd_status status = gd_memory_new(&new, 1, sizeof *new, "a window");
    if (status == GD_OK) {
        new->comm = comm;
        new->handle = MPI_WIN_NULL;
        status = gd_memory_new(&new->part, (size_t)gd_comm_ranks_here(comm), sizeof *new->part,
                               "a window");
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        status = check_room(comm, room);
    }
    if (status == GD_OK) {
        status = allocate(comm, room, new);
    }
    if (status != GD_OK) {
        gd_window_free(&new);
        *window = NULL;
        return status;
    }
    MPI_Win_set_errhandler(new->handle, comm->window_handler);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, new->handle);
    for (int rank = 0; rank < gd_comm_ranks_here(comm); rank++) {
        MPI_Aint size;
        int unit;
        void *base;
        MPI_Win_shared_query(new->handle, rank, &size, &unit, &base);
        new->part[rank] = round_up(base);
    }
    memset(new->part[comm->rank - comm->ranks_on[comm->host].first], 0, bytes);
    gd_window_sync(new);
    *window = new;
    return GD_OK;
}

void gd_window_free(gd_window **window) {
    gd_window *old = *window;
    if (old == NULL) {
        return;
    }
    if (old->handle != MPI_WIN_NULL) {
        MPI_Win_unlock_all(old->handle);
        MPI_Win_free(&old->handle);
    }
    gd_memory_free(&old->part);
    gd_memory_free(window);
}

void *gd_window_of(const gd_window *window, int rank) {
    return window->part[rank];
}

void gd_window_sync(gd_window *window) {
    MPI_Win_sync(window->handle);
    MPI_Barrier(window->comm->here);
    MPI_Win_sync(window->handle);
}
