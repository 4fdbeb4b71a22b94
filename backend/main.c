/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   CUPS's backend for spoc: queues: puts the document and the metadata of the job into
 *           the spool and tells cupsd what spocd does with them.
 * INPUT     argv: URI JOB USER TITLE COPIES OPTIONS [FILE], else the document on stdin; without
 *           arguments it names itself. Environment: DEVICE_URI, CONTENT_TYPE, PRINTER, ….
 * ERRORS    As lines on stderr. Exit 0: a mail server took the document, or it is safe in the
 *           spool; 3: the job is held; 5: it is cancelled, for nobody will take it; 6: CUPS runs
 *           it again later; 1: usage. Never 4 or 7: a mail server's failure stops no queue.
 * SECURITY  Everything here is foreign, and only kept; what may come of it is decided by spocd.
 */
#include "base/log.h"
#include "base/privilege.h"
#include "control/submit.h"
#include "job.h"
#include "spool/scan-entry.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* cups/backend.h; that header would bring libcups, which this program has no use for. */
enum {
    BACKEND_OK = 0,
    BACKEND_FAILED = 1,
    BACKEND_HOLD = 3,
    BACKEND_CANCEL = 5,
    BACKEND_RETRY = 6,
};

#define MMAP_THRESHOLD_BYTES (64 * 1024)

typedef struct {
    SpocLog *log;
    SpocPlaces *places;
    SpocSpool *spool;
    SpocScanMetadata *metadata;
    guint document; /* its number in the job; 0: not known */
    int input_fd;
    int stop_fd;
    guint percent_said;
    char *server_said;
} Backend;

static int
watch_sigterm(void)
{
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &term, NULL) != 0)
        return -1;
    return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
on_looking(gpointer user_data)
{
    const Backend *backend = user_data;
    spoc_log(backend->log, SPOC_LOG_INFO, "looking up the recipients in the directory");
}

static void
on_progress(guint percent, const char *server, gpointer user_data)
{
    Backend *backend = user_data;
    if (percent == backend->percent_said && g_strcmp0(server, backend->server_said) == 0)
        return;
    spoc_log_steer(backend->log, SPOC_LOG_ATTRIBUTE, "job-media-progress=%u", percent);
    spoc_log(backend->log, SPOC_LOG_INFO, "sending to %s: %u %%", server, percent);
    backend->percent_said = percent;
    g_free(backend->server_said);
    backend->server_said = g_strdup(server);
}

/* CUPS keeps the job, and runs it again from its first document on. */
static int
give_back(Backend *backend, int status)
{
    g_autoptr(GError) error = NULL;
    if (!spoc_scan_expect_rerun(backend->spool, backend->metadata, &error))
        spoc_log(backend->log, SPOC_LOG_WARNING, "%s", error->message);
    return status;
}

static int
report_record(Backend *backend, const char *name, const SpocScanRecord *record)
{
    g_autoptr(GError) error = NULL;
    spoc_log(backend->log, SPOC_LOG_INFO, "%s already, before CUPS ran this job again: %s",
             record->end == SPOC_SCAN_QUEUED ? "queued" : "delivered", record->text);
    if (!spoc_scan_update_record(backend->spool, name, record, backend->metadata->server, &error))
        spoc_log(backend->log, SPOC_LOG_WARNING, "%s", error->message);
    return BACKEND_OK;
}

static int
report_end(Backend *backend, const char *name, SpocSubmitResult end, const char *text)
{
    if (end != SPOC_SUBMIT_DELIVERED && end != SPOC_SUBMIT_QUEUED)
        spoc_scan_withdraw(backend->spool, name);
    switch (end) {
    case SPOC_SUBMIT_DELIVERED:
        spoc_log_steer(backend->log, SPOC_LOG_ATTRIBUTE, "job-media-progress=100");
        spoc_log(backend->log, SPOC_LOG_INFO, "delivered: %s", text);
        return BACKEND_OK;
    case SPOC_SUBMIT_QUEUED:
        spoc_log(backend->log, SPOC_LOG_INFO, "queued: %s", text);
        return BACKEND_OK;
    case SPOC_SUBMIT_HOLD:
        spoc_log(backend->log, SPOC_LOG_ERROR, "the job is held: %s", text);
        return give_back(backend, BACKEND_HOLD);
    case SPOC_SUBMIT_RETRY:
        spoc_log(backend->log, SPOC_LOG_ERROR, "the job is tried again later: %s", text);
        return give_back(backend, BACKEND_RETRY);
    case SPOC_SUBMIT_REFUSED:
        spoc_log(backend->log, SPOC_LOG_ERROR, "not delivered: %s", text);
        return BACKEND_CANCEL;
    case SPOC_SUBMIT_REFUSED_HOLD:
        spoc_log(backend->log, SPOC_LOG_ERROR, "not delivered, the job is held: %s", text);
        return give_back(backend, BACKEND_HOLD);
    case SPOC_SUBMIT_WITHDRAWN:
        break;
    }
    /* For a cancelled job it does not count; one whose cupsd stops is run again. */
    spoc_log(backend->log, SPOC_LOG_INFO, "withdrawn");
    return give_back(backend, BACKEND_RETRY);
}

static int
hand_over(Backend *backend, const SpocSubmission *handover)
{
    g_autofree char *text = NULL;
    spoc_log_steer(backend->log, SPOC_LOG_STATE, "+connecting-to-device");
    SpocSubmitResult end = spoc_submit(handover, &text);
    spoc_log_steer(backend->log, SPOC_LOG_STATE, "-connecting-to-device");
    return report_end(backend, handover->name, end, text);
}

/* Its number among the job's documents when cupsd named the file: "d00042-001" */
static guint
document_number(const char *path)
{
    const char *dash = strrchr(path, '-');
    guint64 number = 0;
    if (dash == NULL || !g_ascii_string_to_unsigned(dash + 1, 10, 0, 99999, &number, NULL))
        return 0;
    return (guint)number;
}

static int
deliver_document(Backend *backend)
{
    g_autoptr(GError) error = NULL;
    g_auto(SpocScanRecord) record = {0};
    gboolean is_done = FALSE;
    g_autofree char *name = spoc_scan_choose_name(backend->spool, backend->metadata,
                                                  backend->document, &is_done, &record, &error);
    if (name == NULL) {
        spoc_log(backend->log, SPOC_LOG_ERROR, "%s", error->message);
        return BACKEND_HOLD;
    }
    if (is_done)
        return report_record(backend, name, &record);

    const SpocSubmission handover = {
        .spool = backend->spool,
        .places = backend->places,
        .name = name,
        .stop_fd = backend->stop_fd,
        .patience_ms = SPOC_SUBMIT_PATIENCE_MS,
        .looking = on_looking,
        .progress = on_progress,
        .user_data = backend,
    };
    const SpocSubmitLimit limit = spoc_submit_ask_limit(&handover);
    const SpocScanCopy copy = {.spool = backend->spool,
                               .log = backend->log,
                               .name = name,
                               .metadata = backend->metadata,
                               .input_fd = backend->input_fd,
                               .stop_fd = backend->stop_fd,
                               .max_bytes = limit.max_bytes};
    SpocScanCopyResult result = spoc_scan_copy_run(&copy, &backend->metadata->size_bytes, &error);
    if (result == SPOC_SCAN_COPY_DONE &&
        !spoc_scan_offer(backend->spool, name, backend->metadata, &error))
        result = SPOC_SCAN_COPY_FAILED;
    if (result == SPOC_SCAN_COPY_DONE)
        return hand_over(backend, &handover);
    const SpocSubmitResult ends[] = {[SPOC_SCAN_COPY_STOPPED] = SPOC_SUBMIT_WITHDRAWN,
                                     [SPOC_SCAN_COPY_TOO_LARGE] = limit.too_large,
                                     [SPOC_SCAN_COPY_FAILED] = SPOC_SUBMIT_HOLD};
    return report_end(backend, name, ends[result], error != NULL ? error->message : "stopped");
}

static int
run_job(Backend *backend, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    if (g_strcmp0(g_getenv("CUPS_FILETYPE"), "job-sheet") == 0) {
        spoc_log(backend->log, SPOC_LOG_INFO, "a banner page is not mailed");
        return BACKEND_OK;
    }
    if (argc == 7) {
        backend->input_fd = open(argv[6], O_RDONLY | O_CLOEXEC);
        backend->document = document_number(argv[6]);
    }
    if (backend->input_fd < 0) {
        spoc_log(backend->log, SPOC_LOG_ERROR, "cannot open the document: %s", g_strerror(errno));
        return BACKEND_FAILED;
    }
    backend->metadata = spoc_job_metadata(argv);
    if (g_ascii_strtoll(argv[4], NULL, 10) > 1)
        spoc_log(backend->log, SPOC_LOG_INFO, "copies are not mailed: each recipient gets one");

    if (!spoc_privilege_drop(backend->places, &error) ||
        (backend->spool = spoc_spool_open(backend->places, &error)) == NULL) {
        spoc_log(backend->log, SPOC_LOG_ERROR, "the job is held: %s", error->message);
        return BACKEND_HOLD;
    }
    return deliver_document(backend);
}

int
main(int argc, char **argv)
{
    if (argc == 1) {
        (void)puts("direct spoc \"Unknown\" \"Scan to mail\"");
        return BACKEND_OK;
    }
    if (argc != 6 && argc != 7) {
        (void)fprintf(stderr, "usage: %s job-id user title copies options [file]\n", argv[0]);
        return BACKEND_FAILED;
    }
#ifdef __GLIBC__
    /* Small, whatever is copied */
    (void)mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, MMAP_THRESHOLD_BYTES);
#endif
    (void)signal(SIGPIPE, SIG_IGN);
    g_autoptr(SpocLog) log = spoc_log_new(STDERR_FILENO, SPOC_LOG_STYLE_CUPS, SPOC_LOG_DEBUG);
    g_autoptr(SpocPlaces) places = spoc_places_new(NULL);
    Backend backend = {.log = log,
                       .places = places,
                       .input_fd = STDIN_FILENO,
                       .stop_fd = watch_sigterm(),
                       .percent_said = G_MAXUINT};
    int status = run_job(&backend, argc, argv);
    spoc_spool_free(backend.spool);
    spoc_scan_metadata_free(backend.metadata);
    g_free(backend.server_said);
    return status;
}
