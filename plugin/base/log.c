/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/text.h"

#include <string.h>
#include <unistd.h>

struct _SpocLog {
    int fd;
    SpocLogStyle style;
    SpocLogLevel level;
};

static const char *const cups_prefixes[] = {"ERROR: ", "WARNING: ", "INFO: ", "DEBUG: "};
static const char *const syslog_prefixes[] = {"<3>", "<4>", "<6>", "<7>"};

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

void
spoc_log(SpocLog *log, SpocLogLevel level, const char *format, ...)
{
    if (!spoc_log_wants(log, level))
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *raw = g_strdup_vprintf(format, args);
    va_end(args);

    g_autofree char *stamp = NULL;
    if (log->style == SPOC_LOG_STYLE_FILE) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ ");
    }
    const char *prefix =
        log->style == SPOC_LOG_STYLE_SYSLOG ? syslog_prefixes[level] : cups_prefixes[level];
    g_autofree char *text = spoc_text_line(raw, -1, SPOC_LOG_LINE_MAX_BYTES - 64);
    g_autofree char *line = g_strconcat(stamp != NULL ? stamp : "", prefix, text, "\n", NULL);
    ssize_t written = write(log->fd, line, strlen(line));
    (void)written; /* there is nobody left to tell */
}
