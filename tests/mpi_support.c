#include <stdio.h>
#include <stdlib.h>

#include "mpi_support.h"

gd_comm *mpi_support_start(int *argc, char ***argv) {
    gd_comm *comm = NULL;
    gd_status status = gd_comm_start(argc, argv, &comm);
    if (status != GD_OK) {
        fprintf(stderr, "%s\n", gd_status_message(status));
        exit(EXIT_FAILURE);
    }
    bool quiet = gd_comm_rank(comm) > 0 && freopen("/dev/null", "w", stdout) == NULL;
    if (quiet || setenv("CMOCKA_TEST_ABORT", "1", 1) != 0) {
        perror("the tests cannot start");
        exit(EXIT_FAILURE);
    }
    return comm;
}

int mpi_support_stop(gd_comm *comm, int failed) {
    gd_comm_stop(&comm);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
