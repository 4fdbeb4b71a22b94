/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct _SpocLog {
    int fd;
    SpocLogStyle style;
    SpocLogLevel level;
    SpocLogSinkFunc sink; /* (nullable) */
    gpointer sink_data;
};

static const char *const cups_prefixes[] = {"ERROR: ", "WARNING: ", "INFO: ", "DEBUG: "};
static const char *const syslog_prefixes[] = {"<3>", "<4>", "<6>", "<7>"};
static const char *const steer_prefixes[] = {"ATTR: ", "STATE: "};

SpocLog *
spoc_log_new(int fd, SpocLogStyle style, SpocLogLevel level)
{
    SpocLog *log = g_new0(SpocLog, 1);
    log->fd = fd;
    log->style = style;
    log->level = level;
    return log;
}

void
spoc_log_free(SpocLog *log)
{
    g_free(log);
}

void
spoc_log_set_fd(SpocLog *log, int fd)
{
    log->fd = fd;
}

gboolean
spoc_log_wants(const SpocLog *log, SpocLogLevel level)
{
    return log != NULL && level <= log->level;
}

/* One line, whatever @raw holds, in one write(2). */
static void
put_line(const SpocLog *log, const char *stamp, const char *prefix, const char *raw)
{
    g_autofree char *text = spoc_text_line(raw, -1, SPOC_LOG_LINE_MAX_BYTES - 64);
    g_autofree char *line = g_strconcat(stamp, prefix, text, "\n", NULL);
    ssize_t written = write(log->fd, line, strlen(line));
    (void)written; /* there is nobody left to tell */
}

void
spoc_log_set_sink(SpocLog *log, SpocLogSinkFunc sink, gpointer user_data)
{
    log->sink = sink;
    log->sink_data = user_data;
}

static gboolean
sink_took(const SpocLog *log, SpocLogLevel level, const SpocLogFields *fields, const char *raw)
{
    if (log->sink == NULL)
        return FALSE;
    g_autofree char *text = spoc_text_line(raw, -1, SPOC_LOG_LINE_MAX_BYTES - 64);
    return log->sink(level, text, fields, log->sink_data);
}

static void G_GNUC_PRINTF(4, 0)
    log_valist(SpocLog *log, SpocLogLevel level, const SpocLogFields *fields, const char *format,
               va_list args)
{
    if (!spoc_log_wants(log, level))
        return;
    g_autofree char *raw = g_strdup_vprintf(format, args);
    if (sink_took(log, level, fields, raw))
        return;
    g_autofree char *stamp = NULL;
    if (log->style == SPOC_LOG_STYLE_FILE) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ ");
    }
    const char *prefix =
        log->style == SPOC_LOG_STYLE_SYSLOG ? syslog_prefixes[level] : cups_prefixes[level];
    put_line(log, stamp != NULL ? stamp : "", prefix, raw);
}

void
spoc_log(SpocLog *log, SpocLogLevel level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_valist(log, level, NULL, format, args);
    va_end(args);
}

void
spoc_log_about(SpocLog *log, SpocLogLevel level, const SpocLogFields *fields, const char *format,
               ...)
{
    va_list args;
    va_start(args, format);
    log_valist(log, level, fields, format, args);
    va_end(args);
}

void
spoc_log_steer(SpocLog *log, SpocLogSteer kind, const char *format, ...)
{
    if (log == NULL || log->style != SPOC_LOG_STYLE_CUPS)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *raw = g_strdup_vprintf(format, args);
    va_end(args);
    put_line(log, "", steer_prefixes[kind], raw);
}

/* --- the log in the spool ----------------------------------------------------------------- */

/* Whether the file under the log's name is what stderr writes to */
static gboolean
is_in_place(int folder, const struct stat *ours)
{
    struct stat info;
    return fstatat(folder, SPOC_OWN_LOG_NAME, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           info.st_dev == ours->st_dev && info.st_ino == ours->st_ino;
}

static void
reopen_own_log(int folder)
{
    struct stat info;
    int fd = openat(folder, SPOC_OWN_LOG_NAME,
                    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1)
        (void)dup2(fd, STDERR_FILENO);
    close(fd);
}

void
spoc_own_log_tend(int folder)
{
    struct stat ours;
    if (fstat(STDERR_FILENO, &ours) != 0)
        return;
    if (!is_in_place(folder, &ours)) {
        reopen_own_log(folder);
        return;
    }
    if (ours.st_size + SPOC_LOG_LINE_MAX_BYTES <= SPOC_OWN_LOG_MAX_BYTES)
        return;
    if (renameat(folder, SPOC_OWN_LOG_NAME, folder, SPOC_OWN_LOG_OLD_NAME) == 0)
        reopen_own_log(folder);
    else if (ftruncate(STDERR_FILENO, 0) != 0)
        return; /* a file system that lets nothing be changed lets nothing grow either */
}
