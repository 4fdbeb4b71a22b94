/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/service.h"

#include "base/text.h"
#include "build-config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_SYSTEMD
#include <fcntl.h>
#include <sys/socket.h>
#include <syslog.h>
/* Where the program is does not concern the journal. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#define FIELD_MAX_BYTES 1000
#define FIELDS_MAX 10
#endif

int
spoc_service_take_socket(void)
{
#ifdef HAVE_SYSTEMD
    if (sd_listen_fds(1) == 1 &&
        sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, 1, NULL, 0) > 0 &&
        fcntl(SD_LISTEN_FDS_START, F_SETFL, O_NONBLOCK) == 0)
        return SD_LISTEN_FDS_START;
#endif
    return -1;
}

void
spoc_service_ready(void)
{
#ifdef HAVE_SYSTEMD
    (void)sd_notify(0, "READY=1");
#endif
}

void
spoc_service_stopping(void)
{
#ifdef HAVE_SYSTEMD
    (void)sd_notify(0, "STOPPING=1");
#endif
}

void
spoc_service_status(const char *text)
{
#ifdef HAVE_SYSTEMD
    g_autofree char *line = spoc_text_line(text, -1, FIELD_MAX_BYTES);
    (void)sd_notifyf(0, "STATUS=%s", line);
#endif
}

#ifdef HAVE_SYSTEMD
static gboolean
ping_watchdog(gpointer user_data)
{
    (void)sd_notify(0, "WATCHDOG=1");
    return G_SOURCE_CONTINUE;
}
#endif

guint
spoc_service_watch(void)
{
#ifdef HAVE_SYSTEMD
    uint64_t interval_us = 0;
    if (sd_watchdog_enabled(0, &interval_us) > 0) {
        guint64 half_ms = interval_us / 2 / 1000;
        return g_timeout_add((guint)CLAMP(half_ms, 1, G_MAXINT), ping_watchdog, NULL);
    }
#endif
    return 0;
}

gboolean
spoc_service_logs_to_journal(void)
{
    const char *stream = g_getenv("JOURNAL_STREAM");
    unsigned long long device = 0, inode = 0;
    struct stat info;
    /* The variable is inherited; the stream may be another by now. */
    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &info) == 0 && info.st_dev == (dev_t)device &&
           info.st_ino == (ino_t)inode;
}

#ifdef HAVE_SYSTEMD
static void
add_field(GPtrArray *fields, const char *name, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    g_autofree char *line = spoc_text_line(value, -1, FIELD_MAX_BYTES);
    g_ptr_array_add(fields, g_strconcat(name, "=", line, NULL));
}

static gboolean
send_to_journal(SpocLogLevel level, const char *line, const SpocLogFields *about,
                gpointer user_data)
{
    static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
    g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
    add_field(fields, "MESSAGE", line);
    g_ptr_array_add(fields, g_strdup_printf("PRIORITY=%d", priorities[level]));
    g_ptr_array_add(fields, g_strdup("SYSLOG_IDENTIFIER=spocd"));
    if (about != NULL) {
        add_field(fields, "SPOC_QUEUE_ID", about->queue_id);
        if (about->job_id > 0)
            g_ptr_array_add(fields,
                            g_strdup_printf("SPOC_JOB_ID=%" G_GINT64_FORMAT, about->job_id));
        add_field(fields, "SPOC_RECIPIENT", about->recipient);
        add_field(fields, "SPOC_SERVER", about->server);
        add_field(fields, "SPOC_STAGE", about->stage);
        add_field(fields, "SPOC_REPLY", about->reply);
    }
    struct iovec vectors[FIELDS_MAX];
    guint count = MIN(fields->len, FIELDS_MAX);
    for (guint i = 0; i < count; i++) {
        vectors[i].iov_base = g_ptr_array_index(fields, i);
        vectors[i].iov_len = strlen(vectors[i].iov_base);
    }
    return sd_journal_sendv(vectors, (int)count) == 0;
}
#endif

void
spoc_service_use_journal(SpocLog *log)
{
#ifdef HAVE_SYSTEMD
    spoc_log_set_sink(log, send_to_journal, NULL);
#endif
}
