/* What the fuzzing harnesses share. Each defines LLVMFuzzerTestOneInput, which libFuzzer calls with
 * bytes that it makes up, and replay.c with the bytes of files. A harness aborts where something
 * does not hold. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gdmpi/status.h"

/* Whether files are first read by a process that may be lost, as in a run; libFuzzer is faster
 * without, and what it then finds in the HDF5 library, a replay must survive. */
#ifdef FUZZ_GUARDED
static const bool fuzz_guarded = true;
#else
static const bool fuzz_guarded = false;
#endif

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t most);

typedef struct input {
    char path[48];
} input;

/* A new file in the working directory, number `number` of this input, with these bytes: new, or the
 * library could take it for the one before. Returns its path. */
char *input_write(input *file, int number, const uint8_t *bytes, size_t count);
void input_remove(const input *file);

/* Makes every checksum of HDF5's metadata right that can be found by its signature, so that what
 * was changed is read rather than refused. */
void mend_checksums(uint8_t *bytes, size_t count);

/* Frees an error after a look at it: what a reader may say of its input, in one line. */
void expect_told(gd_status status);

/* Aborts, with the words. */
void broken(const char *what) __attribute__((noreturn));

#endif
