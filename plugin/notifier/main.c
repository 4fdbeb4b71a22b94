/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   CUPS's notifier for spoc: and mailto: recipients. Copies the events from stdin
 *           into the spool and wakes spocd; what they mean is spocd's business.
 * INPUT     argv: RECIPIENT-URI [BASE64 of the user data]; stdin: IPP messages
 * ERRORS    As ERROR: lines on stderr, which cupsd puts into its log. Exit 0: all that was
 *           read is on disk; 1: not all; 2: used from a terminal.
 * SECURITY  Runs inside cupsd's AppArmor profile, as lp. Neither arguments nor events are
 *           interpreted.
 */
#include "base/privilege.h"
#include "notifier/copier.h"
#include "spool/journal-writer.h"
#include "spool/journal.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 65536
#define MMAP_THRESHOLD_BYTES (64 * 1024)

static void
block_sigterm(sigset_t *ret_term)
{
    sigemptyset(ret_term);
    sigaddset(ret_term, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, ret_term, NULL); /* a second thread inherits it */
}

/* One heap for both threads, and large blocks go back to the system when freed. */
static void
keep_memory_small(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, MMAP_THRESHOLD_BYTES);
#endif
}

/* cupsd leaves a stray descriptor open in its notifiers. */
static void
close_strays(void)
{
    /* musl has no function for it. */
    if (syscall(SYS_close_range, 3u, ~0u, 0) == 0)
        return;
    for (int fd = 3; fd < DESCRIPTORS_MAX; fd++)
        close(fd);
}

/* What it says, or as it came where it is not base64; at most what a journal takes. */
static guint8 *
decode_user_data(const char *argument, gsize *ret_size)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    gsize length = strlen(argument);
    gsize digits = strspn(argument, alphabet);
    gsize padding = strspn(argument + digits, "=");
    guint8 *data = NULL;
    if (length % 4 == 0 && digits + padding == length && padding <= 2) {
        data = g_base64_decode(argument, ret_size);
    } else {
        data = (guint8 *)g_strdup(argument);
        *ret_size = length;
    }
    *ret_size = MIN(*ret_size, SPOC_JOURNAL_USER_DATA_MAX_BYTES);
    return data;
}

static const char *
recipient_uri(int argc, char **argv, SpocLog *log)
{
    if (argc < 2) {
        spoc_log(log, SPOC_LOG_ERROR,
                 "no recipient: cupsd calls this program as %s RECIPIENT-URI [USER-DATA]; the "
                 "events are kept, but nobody gets them",
                 argv[0] != NULL ? argv[0] : "spoc");
        return "";
    }
    if (strlen(argv[1]) > SPOC_JOURNAL_URI_MAX_BYTES) {
        /* Cut short it might be somebody else. */
        spoc_log(log, SPOC_LOG_ERROR,
                 "the recipient URI is longer than %d bytes; the events are kept, but nobody "
                 "gets them",
                 SPOC_JOURNAL_URI_MAX_BYTES);
        return "";
    }
    return argv[1];
}

int
main(int argc, char **argv)
{
    /* First of all: cupsd may be stopped a moment after it started us, and SIGTERM must not end
     * us before its events are read. */
    sigset_t term;
    block_sigterm(&term);
    keep_memory_small();
    close_strays();
    (void)signal(SIGPIPE, SIG_IGN);
    int stop_fd = signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
    g_autoptr(SpocLog) log = spoc_log_new(STDERR_FILENO, SPOC_LOG_STYLE_CUPS, SPOC_LOG_DEBUG);
    if (argc < 2 && isatty(STDIN_FILENO)) {
        spoc_log(log, SPOC_LOG_ERROR,
                 "usage: spoc RECIPIENT-URI [BASE64-USER-DATA] < events; CUPS runs this program");
        return 2;
    }

    g_autoptr(SpocPlaces) places = spoc_places_new(NULL);
    gsize user_data_size = 0;
    g_autofree guint8 *user_data = argc > 2 ? decode_user_data(argv[2], &user_data_size) : NULL;
    const SpocCopierTask task = {
        .input_fd = STDIN_FILENO,
        .stop_fd = stop_fd,
        .recipient_uri = recipient_uri(argc, argv, log),
        .user_data = user_data,
        .user_data_size = user_data_size,
        .places = places,
        .log = log,
        .limits = &spoc_copier_limits_default,
    };
    return spoc_copier_run(&task) ? 0 : 1;
}
