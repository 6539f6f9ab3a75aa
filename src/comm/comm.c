#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "comm_private.h"
#include "gdmpi/memory.h"

static void end_job(int error) {
    char text[MPI_MAX_ERROR_STRING] = "", host[MPI_MAX_PROCESSOR_NAME] = "";
    int length, rank = 0, size = 0;
    MPI_Error_string(error, text, &length);
    MPI_Get_processor_name(host, &length);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    fprintf(stderr, "gdmpi: MPI failed: %s (rank %d of %d on %s)\n", text, rank, size, host);
    MPI_Abort(MPI_COMM_WORLD, GD_FAILED);
}

static void comm_failed(MPI_Comm *comm, int *error, ...) {
    (void)comm;
    end_job(*error);
}

static void window_failed(MPI_Win *window, int *error, ...) {
    (void)window;
    end_job(*error);
}

static void count_hosts(gd_comm *comm) {
    MPI_Comm here;
    int rank_here;
    MPI_Comm_split_type(comm->world, MPI_COMM_TYPE_SHARED, comm->rank, MPI_INFO_NULL, &here);
    MPI_Comm_rank(here, &rank_here);
    MPI_Comm_size(here, &comm->ranks_here);
    MPI_Comm_free(&here);
    int first = rank_here == 0;
    MPI_Allreduce(&first, &comm->hosts, 1, MPI_INT, MPI_SUM, comm->world);
}

static void start(gd_comm *comm) {
    int length;
    MPI_Comm_create_errhandler(comm_failed, &comm->handler);
    MPI_Win_create_errhandler(window_failed, &comm->window_handler);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, comm->handler);
    MPI_Comm_dup(MPI_COMM_WORLD, &comm->world);
    MPI_Comm_set_errhandler(comm->world, comm->handler);
    MPI_Comm_rank(comm->world, &comm->rank);
    MPI_Comm_size(comm->world, &comm->size);
    MPI_Get_processor_name(comm->host, &length);
    count_hosts(comm);
}

gd_status gd_comm_start(int *argc, char ***argv, gd_comm **comm) {
    gd_status status = gd_memory_new(comm, 1, sizeof **comm, "the communicator");
    if (status != GD_OK) {
        return status;
    }
    /* Threads of BLAS do not call MPI, so a lower level than asked for serves too. */
    int level;
    if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS) {
        gd_memory_free(comm);
        return gd_status_new(GD_FAILED, "MPI cannot be started");
    }
    gd_comm *new = *comm;
    start(new);
    status = gd_memory_new(&new->counts, (size_t) new->size, sizeof *new->counts, "counts");
    if (status == GD_OK) {
        status = gd_memory_new(&new->places, (size_t) new->size, sizeof *new->places, "places");
    }
    status = gd_comm_agree(new, status);
    if (status != GD_OK) {
        gd_comm_stop(comm);
    }
    return status;
}

void gd_comm_stop(gd_comm **comm) {
    gd_comm *old = *comm;
    if (old == NULL) {
        return;
    }
    gd_memory_free(&old->counts);
    gd_memory_free(&old->places);
    MPI_Comm_free(&old->world);
    MPI_Errhandler_free(&old->handler);
    MPI_Errhandler_free(&old->window_handler);
    MPI_Finalize();
    gd_memory_free(comm);
}

int gd_comm_rank(const gd_comm *comm) {
    return comm->rank;
}

int gd_comm_size(const gd_comm *comm) {
    return comm->size;
}

int gd_comm_hosts(const gd_comm *comm) {
    return comm->hosts;
}

int gd_comm_ranks_here(const gd_comm *comm) {
    return comm->ranks_here;
}

const char *gd_comm_host(const gd_comm *comm) {
    return comm->host;
}

/* "Open MPI v4.1.4, package: ..." and "MPICH Version:      4.0.2\n..." become "Open MPI 4.1.4" and
 * "MPICH 4.0.2". */
const char *gd_comm_version(void) {
    static char version[MPI_MAX_LIBRARY_VERSION_STRING + 1];
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length;
    MPI_Get_library_version(text, &length);
    text[strcspn(text, ",\n")] = '\0';
    size_t end = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " \t\r", &rest); word != NULL;
         word = strtok_r(NULL, " \t\r", &rest)) {
        if (strcmp(word, "Version:") == 0) {
            continue;
        }
        if (word[0] == 'v' && isdigit((unsigned char)word[1])) {
            word++;
        }
        size_t letters = strlen(word);
        memcpy(version + end, word, letters);
        end += letters;
        version[end++] = ' ';
    }
    version[end > 0 ? end - 1 : 0] = '\0';
    return version;
}

/* What the lowest rank that failed tells the others. A longer message is cut. */
typedef struct failure {
    int code;
    char host[MPI_MAX_PROCESSOR_NAME];
    char message[4096];
} failure;

gd_status gd_comm_agree(gd_comm *comm, gd_status mine) {
    /* The minimum over ranks: the lowest rank that failed, and 1 if all failed. */
    int vote[2] = {mine != GD_OK ? comm->rank : comm->size, mine != GD_OK};
    MPI_Allreduce(MPI_IN_PLACE, vote, 2, MPI_INT, MPI_MIN, comm->world);
    int lowest = vote[0];
    if (lowest == comm->size) {
        return GD_OK;
    }
    failure told = {.code = gd_status_code(mine)};
    memcpy(told.host, comm->host, sizeof told.host);
    snprintf(told.message, sizeof told.message, "%s", gd_status_message(mine));
    gd_status_free(&mine);
    MPI_Bcast(&told, sizeof told, MPI_BYTE, lowest, comm->world);
    if (vote[1] == 1) {
        return gd_status_new((gd_code)told.code, "%s", told.message);
    }
    return gd_status_new((gd_code)told.code, "%s (rank %d of %d on %s)", told.message, lowest,
                         comm->size, told.host);
}

void gd_comm_barrier(gd_comm *comm) {
    MPI_Barrier(comm->world);
}
