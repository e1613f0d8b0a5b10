/* Put before the C library of a gateway under test: a disk that is slow, fails to sync or takes no writes, and a clock
   that is off, as the file named by CLAIMGATE_IT_DISK says: one line, `slow MS`, `nosync`, `nowrite` or `well`, and
   on the line behind it the seconds that the clock is off. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void told(char *text, size_t room) {
    const char *path = getenv("CLAIMGATE_IT_DISK");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;
    long got = fd < 0 ? 0 : syscall(SYS_read, fd, text, room - 1);
    text[got > 0 ? got : 0] = 0;
    if (fd >= 0) syscall(SYS_close, fd);
}

static int sync_trouble(void) {
    char text[64];
    told(text, sizeof text);
    if (strncmp(text, "slow ", 5) == 0) {
        long ms = atol(text + 5);
        struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
        nanosleep(&wait, 0);
    }
    return strncmp(text, "nosync", 6) == 0 ? EIO : 0;
}

/* Of files only: not of sockets, pipes and the log. */
static int write_trouble(int fd) {
    struct stat about;
    char text[64];
    if (fd <= 2 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
    told(text, sizeof text);
    return strncmp(text, "nowrite", 7) == 0 ? EROFS : 0;
}

#define FAIL_WITH(trouble) do { int error = (trouble); if (error) { errno = error; return -1; } } while (0)

int fsync(int fd) { FAIL_WITH(sync_trouble()); return (int)syscall(SYS_fsync, fd); }
int fdatasync(int fd) { FAIL_WITH(sync_trouble()); return (int)syscall(SYS_fdatasync, fd); }

ssize_t write(int fd, const void *bytes, size_t count) {
    FAIL_WITH(write_trouble(fd));
    return syscall(SYS_write, fd, bytes, count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    FAIL_WITH(write_trouble(fd));
    return syscall(SYS_pwrite64, fd, bytes, count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return pwrite64(fd, bytes, count, at); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    int done = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME && done == 0) {
        char text[64];
        told(text, sizeof text);
        const char *line = strchr(text, '\n');
        if (line) now->tv_sec += atol(line + 1);
    }
    return done;
}
