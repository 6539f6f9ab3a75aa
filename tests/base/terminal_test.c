/* With terminals that this process makes, by itself and as mpirun would have them. */
#define _GNU_SOURCE

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "gdmpi/terminal.h"

/* A terminal in the place of one of this process's streams. */
typedef struct terminal {
    int file, saved; /* the descriptor, and what it was before */
    int master;      /* the other side */
} terminal;

/* A new one: the side of a program, and in *master that of who looks at it. */
static int make_terminal(unsigned short columns, int *master) {
    const struct winsize size = {.ws_row = 24, .ws_col = columns};
    *master = posix_openpt(O_RDWR | O_NOCTTY);
    if (*master < 0) {
        skip();
    }
    assert_true(grantpt(*master) == 0 && unlockpt(*master) == 0);
    int slave = open(ptsname(*master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0 && ioctl(slave, TIOCSWINSZ, &size) == 0);
    return slave;
}

static terminal terminal_open(FILE *stream, unsigned short columns) {
    terminal self = {.file = fileno(stream)};
    int slave = make_terminal(columns, &self.master);
    fflush(stream);
    self.saved = dup(self.file);
    assert_true(dup2(slave, self.file) == self.file);
    close(slave);
    return self;
}

/* Sets `seen` to what was written to it. */
static void terminal_close(terminal *self, char seen[256]) {
    size_t length = 0;
    dup2(self->saved, self->file);
    close(self->saved);
    for (ssize_t got = 1; got > 0 && length<255; length += got> 0 ? (size_t)got : 0) {
        got = read(self->master, seen + length, 255 - length); /* fails after the last of it */
    }
    seen[length] = '\0';
    close(self->master);
}

static int setup(void **state) {
    (void)state;
    unsetenv("NO_COLOR");
    unsetenv("OMPI_COMM_WORLD_RANK");
    return setenv("TERM", "xterm", 1);
}

static void a_file_is_no_terminal(void **state) {
    (void)state;
    int saved = dup(STDOUT_FILENO), file = open("/dev/null", O_WRONLY);
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    bool is = gd_terminal_is(stdout);
    int width = gd_terminal_width(stdout);
    const char *style = gd_terminal_style(stdout, GD_STYLE_GOOD);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(file);
    assert_false(is);
    assert_int_equal(width, GD_TERMINAL_COLUMNS);
    assert_string_equal(style, "");
}

static void a_terminal_has_a_width_and_colours(void **state) {
    (void)state;
    char seen[256];
    terminal terminal = terminal_open(stdout, 61);
    bool is = gd_terminal_is(stdout);
    int width = gd_terminal_width(stdout);
    const char *good = gd_terminal_style(stdout, GD_STYLE_GOOD);
    const char *plain = gd_terminal_style(stdout, GD_STYLE_PLAIN);
    setenv("NO_COLOR", "1", 1);
    const char *unwanted = gd_terminal_style(stdout, GD_STYLE_GOOD);
    setenv("NO_COLOR", "", 1);
    const char *empty = gd_terminal_style(stdout, GD_STYLE_GOOD);
    setenv("TERM", "dumb", 1);
    bool dumb = gd_terminal_is(stdout);
    const char *none = gd_terminal_style(stdout, GD_STYLE_GOOD);
    terminal_close(&terminal, seen);
    assert_true(is);
    assert_int_equal(width, 61);
    assert_string_equal(good, "\033[32m");
    assert_string_equal(plain, "\033[0m");
    assert_string_equal(unwanted, "");
    assert_string_equal(empty, good);
    assert_false(dumb);
    assert_string_equal(none, "");
}

static void a_terminal_that_does_not_say_has_the_width_of_a_page(void **state) {
    (void)state;
    char seen[256];
    terminal terminal = terminal_open(stdout, 0);
    int width = gd_terminal_width(stdout);
    terminal_close(&terminal, seen);
    assert_int_equal(width, GD_TERMINAL_COLUMNS);
}

static void a_line_that_stands_is_cut_and_taken_away_once(void **state) {
    (void)state;
    char seen[256];
    terminal terminal = terminal_open(stdout, 10);
    gd_terminal_draw(stdout, "0123456789abc");
    gd_terminal_clear();
    gd_terminal_clear();
    terminal_close(&terminal, seen);
    assert_string_equal(seen, "\r012345678\033[K\r\r\033[K");
}

static void a_message_takes_the_line_away(void **state) {
    (void)state;
    char seen[256];
    terminal terminal = terminal_open(stderr, 80);
    gd_terminal_draw(stderr, "bar");
    gd_terminal_warn("%d of %s", 3, "four");
    gd_terminal_error("five");
    terminal_close(&terminal, seen);
    assert_string_equal(seen, "\rbar\033[K\r\r\033[K"
                              "\r\033[K\033[33mgdmpi: warning: \033[0m3 of four\r\n"
                              "\r\033[K\033[31mgdmpi: \033[0mfive\r\n");
}

/* What a rank sees whose own standard output and error are `out` and `err`, where this process is
 * mpirun; bit 0: standard output is a terminal, bit 1: standard error is, bit 2: of 61 columns. */
static int seen_by_rank(int out, int err) {
    int how = 0;
    pid_t child = fork();
    if (child == 0) {
        setenv("OMPI_COMM_WORLD_RANK", "0", 1);
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        _exit((gd_terminal_is(stdout) ? 1 : 0) + (gd_terminal_is(stderr) ? 2 : 0) +
              (gd_terminal_width(stdout) == 61 ? 4 : 0));
    }
    assert_true(child > 0 && waitpid(child, &how, 0) == child && WIFEXITED(how));
    return WEXITSTATUS(how);
}

static void behind_mpirun_it_is_where_mpirun_writes_to(void **state) {
    (void)state;
    char seen[256];
    int ends[2], master, file = open("/dev/null", O_WRONLY), pty = make_terminal(33, &master);
    assert_true(pipe(ends) == 0 && file >= 0);
    terminal out = terminal_open(stdout, 61), err = terminal_open(stderr, 61);
    int both = seen_by_rank(pty, ends[1]), redirected = seen_by_rank(file, file);
    terminal_close(&err, seen);
    dup2(file, STDERR_FILENO);
    int one = seen_by_rank(pty, ends[1]);
    dup2(file, STDOUT_FILENO);
    int none = seen_by_rank(pty, ends[1]);
    terminal_close(&out, seen);
    assert_int_equal(both, 1 + 2 + 4);
    assert_int_equal(redirected & 3, 0);
    assert_int_equal(one, 1 + 4);
    assert_int_equal(none, 0);
    close(pty);
    close(master);
    close(file);
    close(ends[0]);
    close(ends[1]);
}

static void silence_takes_standard_output_away(void **state) {
    (void)state;
    char seen[256];
    terminal terminal = terminal_open(stdout, 80);
    assert_false(gd_terminal_silent());
    gd_status status = gd_terminal_silence();
    bool silent = gd_terminal_silent();
    printf("nobody reads this\n");
    fflush(stdout);
    terminal_close(&terminal, seen);
    assert_true(status == GD_OK);
    assert_true(silent);
    assert_string_equal(seen, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_file_is_no_terminal, setup),
        cmocka_unit_test_setup(a_terminal_has_a_width_and_colours, setup),
        cmocka_unit_test_setup(a_terminal_that_does_not_say_has_the_width_of_a_page, setup),
        cmocka_unit_test_setup(a_line_that_stands_is_cut_and_taken_away_once, setup),
        cmocka_unit_test_setup(a_message_takes_the_line_away, setup),
        cmocka_unit_test_setup(behind_mpirun_it_is_where_mpirun_writes_to, setup),
        cmocka_unit_test_setup(silence_takes_standard_output_away, setup), /* for good: the last */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
