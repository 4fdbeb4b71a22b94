/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/service.h"

#include "build-config.h"

#ifdef HAVE_SYSTEMD
#include <fcntl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
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

gboolean
spoc_service_logs_to_journal(void)
{
    return g_getenv("JOURNAL_STREAM") != NULL;
}
