#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "gdmpi/blas.h"

static void a_start_takes_the_memory_for_products(void **state) {
    (void)state;
    assert_int_equal(gd_blas_start(1), GD_OK);
}

static int count_threads(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (const struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
        count += task->d_name[0] != '.';
    }
    closedir(tasks);
    return count;
}

static void a_fork_does_not_bring_threads_that_nobody_needs(void **state) {
    (void)state;
    gd_blas_use_one_thread(NULL);
    const pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    const int before = count_threads();
    assert_int_equal(gd_blas_start(1), GD_OK);
    assert_int_equal(count_threads(), before);
}

static void without_memory_a_start_fails_instead_of_waiting(void **state) {
    (void)state;
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    gd_status status = gd_blas_start(1);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(gd_status_code(status), GD_FAILED);
    gd_status_free(&status);
}

static void its_kernels_are_those_of_the_version(void **state) {
    (void)state;
    char kernels[GD_BLAS_KERNELS];
    char *core = strrchr(gd_blas_kernels(kernels), ' ');
    assert_non_null(core);
    assert_non_null(strstr(gd_blas_version(), core)); /* with the blank before it */
    *core = '\0';
    assert_int_equal(strncmp(gd_blas_version(), kernels, strlen(kernels)), 0);
    assert_true(strncmp(kernels, "OpenBLAS ", 9) == 0);
}

/* With the number of threads that users have; the library looks when it is loaded. */
int main(int argc, char **argv) {
    (void)argc;
    if (getenv("OPENBLAS_NUM_THREADS") != NULL) {
        unsetenv("OPENBLAS_NUM_THREADS");
        unsetenv("OMP_NUM_THREADS");
        execv("/proc/self/exe", argv);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_fork_does_not_bring_threads_that_nobody_needs), /* the first to start it */
        cmocka_unit_test(a_start_takes_the_memory_for_products),
        cmocka_unit_test(its_kernels_are_those_of_the_version),
        cmocka_unit_test(without_memory_a_start_fails_instead_of_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
