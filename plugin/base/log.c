/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/text.h"

#include <string.h>
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
