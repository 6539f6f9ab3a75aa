#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "comm_private.h"
#include "gdmpi/memory.h"
#include "gdmpi/terminal.h"

/* For what cannot be agreed on. */
static void end_job(const char *what, const char *why) {
    char host[MPI_MAX_PROCESSOR_NAME] = "";
    int length, rank = 0, size = 0;
    MPI_Get_processor_name(host, &length);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    gd_terminal_error("%s%s (rank %d of %d on %s)", what, why, rank, size, host);
    MPI_Abort(MPI_COMM_WORLD, GD_FAILED);
}

static void mpi_failed(int error) {
    char text[MPI_MAX_ERROR_STRING] = "";
    int length;
    MPI_Error_string(error, text, &length);
    end_job("MPI failed: ", text);
}

static void comm_failed(MPI_Comm *comm, int *error, ...) {
    (void)comm;
    mpi_failed(*error);
}

static void window_failed(MPI_Win *window, int *error, ...) {
    (void)window;
    mpi_failed(*error);
}

/* Which ranks each host has. They are numbered host by host, so a host is where the number of the
 * host's first rank changes. */
static void list_hosts(gd_comm *comm, const int *first_of) {
    comm->hosts = 0;
    for (int rank = 0; rank < comm->size; rank++) {
        if (rank == 0 || first_of[rank] != first_of[rank - 1]) {
            comm->ranks_on[comm->hosts++] = (gd_range){.first = rank};
        }
        comm->ranks_on[comm->hosts - 1].count++;
        if (rank == comm->rank) {
            comm->host = comm->hosts - 1;
        }
    }
}

static void free_communicators(gd_comm *comm) {
    MPI_Comm *const all[] = {&comm->firsts, &comm->here, &comm->world};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (*all[i] != MPI_COMM_NULL) {
            MPI_Comm_free(all[i]);
        }
    }
}

/* Numbers the ranks of `old` anew: those of `here` one after another, by the lowest of them. */
static void number_ranks(gd_comm *comm, MPI_Comm old, MPI_Comm here, int *first_of) {
    int rank, rank_here;
    MPI_Comm_rank(old, &rank);
    MPI_Comm_rank(here, &rank_here);
    int first = rank;
    MPI_Bcast(&first, 1, MPI_INT, 0, here);
    free_communicators(comm);
    comm->here = here;
    MPI_Comm_split(old, 0, first, &comm->world);
    MPI_Comm_set_errhandler(comm->world, comm->handler);
    MPI_Comm_set_errhandler(comm->here, comm->handler);
    MPI_Comm_split(comm->world, rank_here == 0 ? 0 : MPI_UNDEFINED, 0, &comm->firsts);
    MPI_Comm_rank(comm->world, &comm->rank);
    MPI_Allgather(&first, 1, MPI_INT, first_of, 1, MPI_INT, comm->world);
    snprintf(comm->name_of[comm->rank], GD_COMM_NAME, "%.*s", GD_COMM_NAME - 1, comm->name);
    MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, comm->name_of, GD_COMM_NAME, MPI_CHAR,
                  comm->world);
    list_hosts(comm, first_of);
}

gd_status gd_comm_group(gd_comm *comm, int group) {
    int *first_of = NULL;
    gd_status status =
        gd_memory_new(&first_of, (size_t)comm->size, sizeof *first_of, "the list of hosts");
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        MPI_Comm host, here;
        MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
        MPI_Comm_split(host, group, 0, &here);
        MPI_Comm_free(&host);
        number_ranks(comm, MPI_COMM_WORLD, here, first_of);
    }
    gd_memory_free(&first_of);
    return status;
}

static gd_status start(gd_comm *comm) {
    int length;
    MPI_Comm_create_errhandler(comm_failed, &comm->handler);
    MPI_Win_create_errhandler(window_failed, &comm->window_handler);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, comm->handler);
    comm->here = comm->firsts = MPI_COMM_NULL;
    MPI_Comm_dup(MPI_COMM_WORLD, &comm->world);
    MPI_Comm_rank(comm->world, &comm->rank);
    MPI_Comm_size(comm->world, &comm->size);
    MPI_Get_processor_name(comm->name, &length);
    gd_status status = gd_memory_new(&comm->ranks_on, (size_t)comm->size, sizeof *comm->ranks_on,
                                     "the list of hosts");
    if (status == GD_OK) {
        status = gd_memory_new(&comm->name_of, (size_t)comm->size, sizeof *comm->name_of,
                               "the names of hosts");
    }
    status = gd_comm_agree(comm, status);
    return status == GD_OK ? gd_comm_group(comm, 0) : status;
}

gd_status gd_comm_start(int *argc, char ***argv, gd_comm **comm) {
    *comm = NULL;
    /* Threads of BLAS do not call MPI, so a lower level than asked for serves too. */
    int level;
    if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS) {
        return gd_status_new(GD_FAILED, "MPI cannot be started");
    }
    gd_status status = gd_memory_new(comm, 1, sizeof **comm, "the communicator");
    if (status != GD_OK) {
        end_job("", gd_status_message(status));
        return status;
    }
    (*comm)->threads = level >= MPI_THREAD_FUNNELED;
    return start(*comm);
}

void gd_comm_stop(gd_comm **comm) {
    gd_comm *old = *comm;
    if (old == NULL) {
        return;
    }
    gd_memory_free(&old->ranks_on);
    gd_memory_free(&old->name_of);
    free_communicators(old);
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

bool gd_comm_threads(const gd_comm *comm) {
    return comm->threads;
}

int gd_comm_hosts(const gd_comm *comm) {
    return comm->hosts;
}

int gd_comm_ranks_here(const gd_comm *comm) {
    return (int)comm->ranks_on[comm->host].count;
}

const char *gd_comm_host(const gd_comm *comm) {
    return comm->name;
}

const char *gd_comm_host_of(const gd_comm *comm, int rank) {
    return comm->name_of[rank];
}

int gd_comm_host_number(const gd_comm *comm) {
    return comm->host;
}

gd_range gd_comm_ranks_on(const gd_comm *comm, int host) {
    return comm->ranks_on[host];
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
    memcpy(told.host, comm->name, sizeof told.host);
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
