/* Makes one of the calls that can fail do so. The program gdmpi_faults is gdmpi, with every call of
 * tests/faults/calls wrapped by the linker (--wrap), so gdmpi's sources know nothing of it, and
 * what MPI, HDF5 and BLAS call themselves is left alone. The environment says which calls fail:
 *
 * GD_FAULT_CALL=N.T   the N-th of thread T, counted from 1; threads from 0, as they were made,
 * GD_FAULT_TIMES=K    and those of this thread behind it: K in all (1),
 * GD_FAULT_RANK=R     on this rank (0) of MPI;
 * GD_FAULT_RECORD=F   and the file F.R gets a line for each call that failed on rank R, or without
 *                     GD_FAULT_CALL for each call: its name, its thread, and a number for the place
 *                     in the program, that is, for the functions that made it. */
#ifndef GD_FAULTS_H
#define GD_FAULTS_H

#include <stdbool.h>

/* From now on, this call (as in GD_FAULT_CALL) is to fail; NULL: none is. Calls and threads are
 * counted anew. For one thread, while there is no other. */
void gd_fault_arm(const char *call);

/* The name of the call that has failed since, or "none", which may be of a process that this one
 * made. It stays when none is to fail any more. */
const char *gd_fault_name(void);

/* Stands for an error number where HDF5 keeps the cause. */
enum { HDF5 = -1 };

/* Counts a call of this name. True: it has to fail, and errno, or HDF5's error, is set. */
bool gd_fault(const char *name, int cause);

#endif
