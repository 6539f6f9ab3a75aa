/* Runs gdmpi again and again in the same ranks, each time with another call that fails: starting
 * MPI costs more than a short run. Every line "RANK CALL FOLDER" of the file GD_FAULT_LIST is a run
 * in that folder, which leaves out.R and err.R there, and in done.R what main returned on rank R,
 * the run's milliseconds, and the name of the call that failed, or none. Without a list, one run as
 * it is. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mpi.h>

#include "faults.h"

__typeof__(MPI_Init_thread) __real_MPI_Init_thread, __wrap_MPI_Init_thread;
__typeof__(MPI_Finalize) __real_MPI_Finalize, __wrap_MPI_Finalize;
int __real_main(int argc, char **argv), __wrap_main(int argc, char **argv);

static bool repeating; /* MPI is started once, and goes on after a run */

int __wrap_MPI_Init_thread(int *argc, char ***argv, int asked, int *level) {
    return repeating ? MPI_Query_thread(level) : __real_MPI_Init_thread(argc, argv, asked, level);
}

int __wrap_MPI_Finalize(void) {
    return repeating ? MPI_SUCCESS : __real_MPI_Finalize();
}

static void check(bool well, const char *what) {
    if (!well) {
        perror(what);
        MPI_Abort(MPI_COMM_WORLD, 99);
    }
}

/* What this process writes to `from` goes to the file NAME.rank; returns where it went before. */
static int redirect(int from, const char *name, int rank) {
    char path[32];
    snprintf(path, sizeof path, "%s.%d", name, rank);
    int kept = dup(from), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    check(kept >= 0 && file >= 0 && dup2(file, from) == from && close(file) == 0, path);
    return kept;
}

static void restore(int from, int kept) {
    check(dup2(kept, from) == from && close(kept) == 0, "dup2");
}

static void run_once(int argc, char **argv, int rank, bool fails, const char *call) {
    char *arguments[argc + 1]; /* main may change them */
    memcpy(arguments, argv, ((size_t)argc + 1) * sizeof *argv);
    int out = redirect(STDOUT_FILENO, "out", rank), err = redirect(STDERR_FILENO, "err", rank);
    double start = MPI_Wtime();
    gd_fault_arm(fails ? call : NULL);
    int code = __real_main(argc, arguments);
    gd_fault_arm(NULL);
    fflush(stdout);
    restore(STDOUT_FILENO, out);
    restore(STDERR_FILENO, err);
    char path[32];
    snprintf(path, sizeof path, "done.%d", rank);
    FILE *done = fopen(path, "w");
    check(done != NULL &&
              fprintf(done, "%d %.0f %s\n", code, 1e3 * (MPI_Wtime() - start),
                      fails ? gd_fault_name() : "none") > 0 &&
              fclose(done) == 0,
          path);
}

int __wrap_main(int argc, char **argv) {
    const char *path = getenv("GD_FAULT_LIST");
    if (path == NULL) {
        return __real_main(argc, argv);
    }
    int level, rank, failing;
    char call[32], folder[64];
    __real_MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    repeating = true;
    FILE *list = fopen(path, "re");
    check(list != NULL, path);
    while (fscanf(list, "%d %31s %63s", &failing, call, folder) == 3) {
        check(chdir(folder) == 0, folder);
        MPI_Barrier(MPI_COMM_WORLD);
        run_once(argc, argv, rank, failing == rank, call);
        MPI_Barrier(MPI_COMM_WORLD);
        check(chdir("..") == 0, "..");
    }
    fclose(list);
    return __real_MPI_Finalize();
}
