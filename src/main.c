#include "gdmpi/blas.h"
#include "gdmpi/command.h"
#include "gdmpi/stop.h"
#include "gdmpi/store.h"
#include "gdmpi/terminal.h"

int main(int argc, char **argv) {
    gd_comm *comm = NULL;
    gd_blas_use_one_thread(argv);
    gd_stop_install();
    gd_status status = gd_comm_start(&argc, &argv, &comm);
    if (status == GD_OK) {
        gd_store_start();
        status = gd_command_run(comm, argc, argv);
        status = gd_comm_agree(comm, gd_status_first(status, gd_terminal_finish()));
    }
    if (status != GD_OK && (comm == NULL || gd_comm_rank(comm) == 0)) {
        gd_terminal_error("%s", gd_status_message(status));
    }
    gd_code code = gd_status_code(status);
    gd_status_free(&status);
    gd_comm_stop(&comm);
    return code;
}
