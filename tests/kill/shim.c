/* Kills the process at a chosen call that changes files below a folder; loaded with LD_PRELOAD.
 *
 * A site is what is done and to which kind of file: "rename warehouse.duckdb.landing/.../run.json", where
 * parts of a name that hold a digit are written "#". Until kill_at() is called nothing is watched. Then each
 * call is written to a log, or the n-th call of one site kills the process: before the call, after it, or,
 * where something is written, with half of it written.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BEFORE, HALF, AFTER };

static char folder[PATH_MAX], wanted[2 * PATH_MAX];
static int watching, nth, how, log_to = -1;
static atomic_int met;

/* What is watched from now on: the log of all calls, or one call of a site. The log is an open file, or -1. */
void kill_at(const char *below, const char *site, int occurrence, int moment, int log)
{
    snprintf(folder, sizeof folder, "%s/", below);
    snprintf(wanted, sizeof wanted, "%s", site);
    nth = occurrence, how = moment, log_to = log, watching = 1;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* The absolute path of what a descriptor stands for, "" if it is no file. */
static void path_of(int fd, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
}

static void join(int at, const char *name, char *path)
{
    if (name[0] == '/' || at == AT_FDCWD) {
        snprintf(path, PATH_MAX, "%s", name);
        return;
    }
    path_of(at, path);
    size_t length = strlen(path);
    snprintf(path + length, PATH_MAX - length, "/%s", name);
}

/* Copy a path with the parts that differ from run to run blanked. */
static void blank(const char *path, char *out)
{
    while (*path) {
        size_t length = 0, digits = 0;
        while (isalnum((unsigned char)path[length]))
            digits += isdigit((unsigned char)path[length++]) != 0;
        if (!length)
            *out++ = *path++;
        else if (digits)
            *out++ = '#';
        else {
            memcpy(out, path, length);
            out += length;
        }
        path += length;
    }
    *out = 0;
}

/* Note one call; return whether the process is to die in it. */
static int meet(const char *operation, const char *path)
{
    if (!watching || strncmp(path, folder, strlen(folder)))
        return 0;
    int kept = errno;
    char site[2 * PATH_MAX], line[4 * PATH_MAX];
    int start = snprintf(site, sizeof site, "%s ", operation);
    blank(path + strlen(folder), site + start);
    if (log_to >= 0) {
        int length = snprintf(line, sizeof line, "%s\t%s\n", site, path + strlen(folder));
        syscall(SYS_write, log_to, line, length);
    }
    errno = kept;
    return !strcmp(site, wanted) && atomic_fetch_add(&met, 1) + 1 == nth;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

/* Do the call, and die before or after it where that was asked for. */
#define AROUND(type, operation, path, call)                \
    int dies = meet(operation, path);                      \
    if (dies && how != AFTER) die();                       \
    type result = (call);                                  \
    if (dies) die();                                       \
    return result

#define WRITING(operation, half, call)                     \
    char path[PATH_MAX];                                   \
    path[0] = 0;                                           \
    if (watching) path_of(fd, path);                       \
    int dies = meet(operation, path);                      \
    if (dies && how == BEFORE) die();                      \
    if (dies && how == HALF) { (void)!(half); die(); }     \
    ssize_t result = (call);                               \
    if (dies) die();                                       \
    return result

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(write);
    WRITING("write", real(fd, data, size / 2), real(fd, data, size));
}

#define POSITIONED(name, offset_type)                                                       \
    ssize_t name(int fd, const void *data, size_t size, offset_type at)                     \
    {                                                                                       \
        REAL(name);                                                                         \
        WRITING("write", real(fd, data, size / 2, at), real(fd, data, size, at));           \
    }
POSITIONED(pwrite, off_t)
POSITIONED(pwrite64, off64_t)

/* Half of several parts: the first of them. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev);
    WRITING("write", real(fd, parts, 1), real(fd, parts, count));
}

#define POSITIONED_PARTS(name, offset_type)                                                 \
    ssize_t name(int fd, const struct iovec *parts, int count, offset_type at)              \
    {                                                                                       \
        REAL(name);                                                                         \
        WRITING("write", real(fd, parts, 1, at), real(fd, parts, count, at));               \
    }
POSITIONED_PARTS(pwritev, off_t)
POSITIONED_PARTS(pwritev64, off64_t)

#define ON_DESCRIPTOR(name, operation, parameters, ...)    \
    int name parameters                                    \
    {                                                      \
        REAL(name);                                        \
        char path[PATH_MAX];                               \
        path[0] = 0;                                       \
        if (watching) path_of(fd, path);                   \
        AROUND(int, operation, path, real(__VA_ARGS__));   \
    }
ON_DESCRIPTOR(fsync, "fsync", (int fd), fd)
ON_DESCRIPTOR(fdatasync, "fsync", (int fd), fd)
ON_DESCRIPTOR(ftruncate, "truncate", (int fd, off_t size), fd, size)
ON_DESCRIPTOR(ftruncate64, "truncate", (int fd, off64_t size), fd, size)
ON_DESCRIPTOR(posix_fallocate, "allocate", (int fd, off_t at, off_t size), fd, at, size)
ON_DESCRIPTOR(posix_fallocate64, "allocate", (int fd, off64_t at, off64_t size), fd, at, size)
ON_DESCRIPTOR(fallocate, "allocate", (int fd, int mode, off_t at, off_t size), fd, mode, at, size)
ON_DESCRIPTOR(fallocate64, "allocate", (int fd, int mode, off64_t at, off64_t size), fd, mode, at, size)
ON_DESCRIPTOR(fchmod, "chmod", (int fd, mode_t mode), fd, mode)

#define ON_PATH(name, operation, watched, parameters, ...) \
    int name parameters                                    \
    {                                                      \
        REAL(name);                                        \
        AROUND(int, operation, watched, real(__VA_ARGS__)); \
    }
ON_PATH(rename, "rename", to, (const char *from, const char *to), from, to)
ON_PATH(unlink, "unlink", name, (const char *name), name)
ON_PATH(remove, "unlink", name, (const char *name), name)
ON_PATH(rmdir, "rmdir", name, (const char *name), name)
ON_PATH(mkdir, "mkdir", name, (const char *name, mode_t mode), name, mode)
ON_PATH(truncate, "truncate", name, (const char *name, off_t size), name, size)
ON_PATH(truncate64, "truncate", name, (const char *name, off64_t size), name, size)
ON_PATH(chmod, "chmod", name, (const char *name, mode_t mode), name, mode)
ON_PATH(link, "link", to, (const char *from, const char *to), from, to)
ON_PATH(symlink, "link", to, (const char *from, const char *to), from, to)

#define ON_PATH_AT(name, operation, at, watched, parameters, ...) \
    int name parameters                                           \
    {                                                             \
        REAL(name);                                               \
        char path[PATH_MAX];                                      \
        join(at, watched, path);                                  \
        AROUND(int, operation, path, real(__VA_ARGS__));          \
    }
ON_PATH_AT(renameat, "rename", b, to, (int a, const char *from, int b, const char *to), a, from, b, to)
ON_PATH_AT(renameat2, "rename", b, to, (int a, const char *from, int b, const char *to, unsigned flags),
           a, from, b, to, flags)
ON_PATH_AT(unlinkat, "unlink", at, name, (int at, const char *name, int flags), at, name, flags)
ON_PATH_AT(mkdirat, "mkdir", at, name, (int at, const char *name, mode_t mode), at, name, mode)
ON_PATH_AT(linkat, "link", b, to, (int a, const char *from, int b, const char *to, int flags),
           a, from, b, to, flags)
ON_PATH_AT(fchmodat, "chmod", at, name, (int at, const char *name, mode_t mode, int flags),
           at, name, mode, flags)

/* Opening counts where it makes or empties a file. */
#define OPENING(name, at, parameters, ...)                                  \
    int name parameters                                                     \
    {                                                                       \
        REAL(name);                                                         \
        mode_t mode = 0;                                                    \
        if (flags & (O_CREAT | O_TMPFILE)) {                                \
            va_list rest;                                                   \
            va_start(rest, flags);                                          \
            mode = va_arg(rest, mode_t);                                    \
            va_end(rest);                                                   \
        }                                                                   \
        if (!(flags & (O_CREAT | O_TRUNC)))                                 \
            return real(__VA_ARGS__, mode);                                 \
        char path[PATH_MAX];                                                \
        join(at, file, path);                                               \
        AROUND(int, "create", path, real(__VA_ARGS__, mode));               \
    }
OPENING(open, AT_FDCWD, (const char *file, int flags, ...), file, flags)
OPENING(open64, AT_FDCWD, (const char *file, int flags, ...), file, flags)
OPENING(openat, dir, (int dir, const char *file, int flags, ...), dir, file, flags)
OPENING(openat64, dir, (int dir, const char *file, int flags, ...), dir, file, flags)

ON_PATH(creat, "create", name, (const char *name, mode_t mode), name, mode)
ON_PATH(creat64, "create", name, (const char *name, mode_t mode), name, mode)

/* What is written through a stream of the C library cannot be seen from here; a test says that nobody does. */
#define STREAM(name)                                                                    \
    FILE *name(const char *file, const char *mode)                                      \
    {                                                                                   \
        REAL(name);                                                                     \
        if (strpbrk(mode, "wa+") && meet("stream", file)) die();                        \
        return real(file, mode);                                                        \
    }
STREAM(fopen)
STREAM(fopen64)
