#include "gdmpi/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 4096 }; /* bytes of a message; ranks do not tell each other more */

static const char erase[] = "\r\033[K";

static bool silent;
static atomic_int standing; /* the descriptor with a line that stands, and 1; 0: there is none */

/* Whether it is what mpirun gives its ranks: a terminal of their own for standard output, and a
 * pipe for standard error. */
static bool is_of_mpirun(int file) {
    struct stat about;
    return isatty(file) == 1 || (fstat(file, &about) == 0 && S_ISFIFO(about.st_mode));
}

/* Behind mpirun, what is written goes on to mpirun's own standard output or error, which this
 * process can look at where that runs on its host. Sets `path` to what it ends in. */
static bool find_terminal(int file, char path[64]) {
    char target[256];
    if (getenv("OMPI_COMM_WORLD_RANK") == NULL) {
        snprintf(path, 64, "/proc/self/fd/%d", file);
        return isatty(file) == 1;
    }
    snprintf(path, 64, "/proc/%ld/fd/%d", (long)getppid(), file);
    ssize_t length = is_of_mpirun(file) ? readlink(path, target, sizeof target - 1) : -1;
    target[length < 0 ? 0 : length] = '\0';
    return strncmp(target, "/dev/pts/", 9) == 0 || strncmp(target, "/dev/tty", 8) == 0;
}

bool gd_terminal_is(FILE *stream) {
    char path[64];
    const char *kind = getenv("TERM");
    return kind != NULL && strcmp(kind, "dumb") != 0 && find_terminal(fileno(stream), path);
}

int gd_terminal_width(FILE *stream) {
    struct winsize size = {0};
    char path[64];
    int file =
        find_terminal(fileno(stream), path) ? open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC) : -1;
    if (file >= 0) {
        (void)ioctl(file, TIOCGWINSZ, &size);
        close(file);
    }
    return size.ws_col > 0 ? size.ws_col : GD_TERMINAL_COLUMNS;
}

const char *gd_terminal_style(FILE *stream, gd_style style) {
    static const char *const codes[] = {[GD_STYLE_PLAIN] = "\033[0m",
                                        [GD_STYLE_GOOD] = "\033[32m",
                                        [GD_STYLE_WARNING] = "\033[33m",
                                        [GD_STYLE_ERROR] = "\033[31m"};
    const char *unwanted = getenv("NO_COLOR");
    return (unwanted == NULL || unwanted[0] == '\0') && gd_terminal_is(stream) ? codes[style] : "";
}

/* The last column stays free, or a terminal might go to the next line. The cursor goes back to the
 * first one, so that what others print, such as the ^C of a terminal, is written over the text. */
void gd_terminal_draw(FILE *stream, const char *text) {
    fprintf(stream, "\r%.*s\033[K\r", gd_terminal_width(stream) - 1, text);
    fflush(stream);
    atomic_store(&standing, fileno(stream) + 1);
}

/* What was drawn is not in the stream any more, so this comes after it. */
void gd_terminal_clear(void) {
    int file = atomic_exchange(&standing, 0) - 1;
    if (file >= 0 && write(file, erase, sizeof erase - 1) < 0) {
        return; /* there is nobody to tell */
    }
}

gd_status gd_terminal_silence(void) {
    gd_status status = GD_OK;
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) {
        status = gd_status_new(GD_FAILED, "/dev/null: cannot be opened: %s", strerror(errno));
    }
    if (nowhere >= 0) {
        close(nowhere);
    }
    silent = true;
    return status;
}

bool gd_terminal_silent(void) {
    return silent;
}

gd_status gd_terminal_finish(void) {
    return fflush(stdout) == 0 && !ferror(stdout)
               ? GD_OK
               : gd_status_new(GD_FAILED, "standard output: not all of it could be written");
}

/* In one piece, for ranks write at the same time. What was drawn is erased by the same stream, too:
 * mpirun may hand on standard error before the standard output that came earlier. */
static void tell(gd_style style, const char *prefix, const char *format, va_list arguments) {
    char message[MOST];
    vsnprintf(message, sizeof message, format, arguments);
    gd_terminal_clear();
    fflush(stdout);
    fprintf(stderr, "%s%s%s%s%s\n", gd_terminal_is(stderr) ? erase : "",
            gd_terminal_style(stderr, style), prefix, gd_terminal_style(stderr, GD_STYLE_PLAIN),
            message);
}

void gd_terminal_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tell(GD_STYLE_ERROR, "gdmpi: ", format, arguments);
    va_end(arguments);
}

void gd_terminal_warn(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tell(GD_STYLE_WARNING, "gdmpi: warning: ", format, arguments);
    va_end(arguments);
}
