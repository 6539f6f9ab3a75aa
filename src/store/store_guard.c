/* The HDF5 library (1.10.8, and others) crashes on some damaged files and reads others for ever. So
 * a process that may be lost reads such a file first. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gdmpi/text.h"
#include "store_private.h"

/* Of the processor; and by the clock, should it wait for something that never comes. */
enum { SECONDS = 5, BYTES_A_SECOND = 64 << 20, CLOCK_TIMES = 24, MEMORY = 1 << 30 };

static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU};

enum { DEADLY = sizeof deadly / sizeof *deadly };

static void limit(int resource, int64_t most) {
    struct rlimit now;
    if (getrlimit(resource, &now) == 0 && (rlim_t)most < now.rlim_cur) {
        now.rlim_cur = (rlim_t)most;
        (void)setrlimit(resource, &now);
    }
}

/* The address space of this process. */
static int64_t address_space(void) {
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%lld", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

/* Ends with its parent, without a core or a report of its crash, and when it takes more time or
 * memory than so many bytes can need. */
static void confine(int64_t bytes) {
    int64_t space = address_space(), seconds = SECONDS + bytes / BYTES_A_SECOND;
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < DEADLY; i++) {
        (void)signal(deadly[i], SIG_DFL);
    }
    if (nowhere >= 0) {
        (void)dup2(nowhere, STDERR_FILENO);
    }
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, seconds);
    (void)signal(SIGALRM, SIG_DFL);
    alarm((unsigned)(CLOCK_TIMES * seconds));
    if (space > 0) {
        limit(RLIMIT_AS, space + MEMORY + 2 * bytes);
    }
}

static bool send(int out, const void *bytes, size_t count) {
    const char *at = bytes;
    while (count > 0) {
        ssize_t put = write(out, at, count);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        at += put > 0 ? put : 0;
        count -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* Its code and its message, with the NUL at its end. */
static bool send_status(int out, gd_status status) {
    const char *message = gd_status_message(status);
    int32_t code = (int32_t)gd_status_code(status);
    return send(out, &code, sizeof code) && send(out, message, strlen(message) + 1);
}

static size_t receive(int in, void *bytes, size_t count) {
    size_t got = 0;
    while (got < count) {
        ssize_t part = read(in, (char *)bytes + got, count - got);
        if (part == 0 || (part < 0 && errno != EINTR)) {
            break;
        }
        got += part > 0 ? (size_t)part : 0;
    }
    return got;
}

/* False if the end of the message is missing. */
static bool receive_status(int in, gd_status *status) {
    char message[4096];
    int32_t code;
    if (receive(in, &code, sizeof code) < sizeof code) {
        return false;
    }
    size_t got = receive(in, message, sizeof message);
    if (got == 0 || (got < sizeof message && message[got - 1] != '\0')) {
        return false;
    }
    message[got - 1] = '\0';
    *status = code == GD_DONE ? GD_OK : gd_status_new((gd_code)code, "%s", message);
    return true;
}

static gd_status ended(const char *path, int how) {
    int number = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    if (number == SIGXCPU) {
        return gd_status_new(GD_BAD_INPUT,
                             "%s: is damaged: the HDF5 library reads it without coming to an end",
                             path);
    }
    if (number == SIGALRM) {
        return gd_status_new(GD_FAILED, "%s: to read it has taken too long; is its disk in order?",
                             path);
    }
    for (int i = 0; i < DEADLY; i++) {
        if (number == deadly[i]) {
            return gd_status_new(GD_BAD_INPUT,
                                 "%s: is damaged: the HDF5 library crashes when it reads it "
                                 "(signal %d)",
                                 path, number);
        }
    }
    return gd_status_new(GD_FAILED, "%s: the process that reads it first has ended with %s %d",
                         path, number != 0 ? "signal" : "code",
                         number != 0 ? number : WEXITSTATUS(how));
}

static gd_status outcome(const char *path, pid_t child, int in) {
    gd_status status = GD_OK;
    int how = 0;
    bool told = receive_status(in, &status);
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    return told ? status : ended(path, how);
}

gd_status gd_store_guard(const char *path, gd_status (*reader)(void *context), void *context) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return reader(context);
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        confine(gd_store_file_bytes(path));
        bool sent = send_status(ends[1], reader(context));
        _exit(sent ? 0 : 1);
    }
    close(ends[1]);
    gd_status status = child < 0 ? reader(context) : outcome(path, child, ends[0]);
    close(ends[0]);
    return status;
}
