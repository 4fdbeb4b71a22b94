/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl send: documents that an administrator or a script mails, each as one mail */
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "control/client.h"
#include "control/submit.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "people/recipient.h"
#include "spool/scan-entry.h"
#include "spool/scan-format.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define URI_SCHEME "spocctl:" /* spocd takes these recipients as they are */
#define BAR_WIDTH 30

typedef struct {
    char **to;
    char **cc;
    char *subject;
    char *body;
    char *filename;
    gboolean queue;
} Wishes;

typedef struct {
    const SpocPlaces *places;
    SpocSpool *spool;
    SpocLog *log;
    const Wishes *wishes;
    const char *user;
    int stop_fd;
    gboolean shows_bar;
} Sender;

typedef struct {
    const char *name; /* as it was given */
    int fd;
} Document;

/* --- what is asked for ------------------------------------------------------------------ */

/* As cupsParseOptions() understands it */
static void
append_option(GString *options, const char *name, const char *value)
{
    if (value == NULL)
        return;
    g_string_append_printf(options, "%s%s=\"", options->len > 0 ? " " : "", name);
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(options, '\\');
        g_string_append_c(options, *p);
    }
    g_string_append_c(options, '"');
}

/* "--to a,b --to c" names three. */
static char *
make_uri(char **addresses)
{
    g_autofree char *joined = g_strjoinv(",", addresses);
    g_auto(GStrv) pieces = g_strsplit(joined, ",", -1);
    GString *uri = g_string_new(URI_SCHEME);
    for (guint i = 0; pieces[i] != NULL; i++) {
        g_autofree char *escaped = g_uri_escape_string(g_strstrip(pieces[i]), NULL, FALSE);
        g_string_append_printf(uri, "%s%s", i > 0 ? "," : "", escaped);
    }
    return g_string_free(uri, FALSE);
}

/* Names every address that is none; spocd mails the others. FALSE: there was one */
static gboolean
check_addresses(char **addresses)
{
    if (addresses == NULL)
        return TRUE;
    g_autofree char *uri = make_uri(addresses);
    g_autofree char *as_recipients = g_strconcat("spoc:", uri + strlen(URI_SCHEME), NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocRecipientUri) parsed = spoc_recipient_uri_parse(as_recipients, &error);
    for (guint i = 0; parsed != NULL && i < parsed->refused->len; i++)
        (void)spoc_ctl_fail("%s", ((const GError *)g_ptr_array_index(parsed->refused, i))->message);
    if (parsed == NULL)
        (void)spoc_ctl_fail("%s", error->message);
    return parsed != NULL && parsed->refused->len == 0;
}

static SpocScanMetadata *
make_metadata(const Sender *sender, const Document *document)
{
    const Wishes *wishes = sender->wishes;
    SpocScanMetadata *metadata = spoc_scan_metadata_new();
    g_autofree char *title =
        strcmp(document->name, "-") == 0 ? g_strdup("") : g_path_get_basename(document->name);
    g_autofree char *cc = wishes->cc != NULL ? g_strjoinv(",", wishes->cc) : NULL;
    GString *options = g_string_new(NULL);
    append_option(options, "mail-cc", cc);
    append_option(options, "mail-subject", wishes->subject);
    append_option(options, "mail-body", wishes->body);
    append_option(options, "mail-filename", wishes->filename);
    g_free(metadata->options);
    metadata->options = g_string_free(options, FALSE);
    g_free(metadata->uri);
    metadata->uri = make_uri(wishes->to);
    spoc_scan_metadata_set(&metadata->user, sender->user);
    spoc_scan_metadata_set(&metadata->title, title);
    g_free(metadata->writer);
    metadata->writer = spoc_process_stamp(getpid());
    metadata->created_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    return metadata;
}

/* --- one document ----------------------------------------------------------------------- */

static void
on_progress(guint percent, const char *server, gpointer user_data)
{
    const Sender *sender = user_data;
    if (!sender->shows_bar)
        return;
    char bar[BAR_WIDTH + 1];
    guint done = percent * BAR_WIDTH / 100;
    for (guint i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < done ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    g_autofree char *shown = spoc_text_line(server, -1, 60);
    (void)fprintf(stderr, "\r[%s] %3u %% %s", bar, percent, shown);
    (void)fflush(stderr);
}

static int
say_end(const Sender *sender, const Document *document, SpocSubmitResult end, const char *text)
{
    if (sender->shows_bar)
        (void)fprintf(stderr, "\r%*s\r", BAR_WIDTH + 72, "");
    g_autofree char *shown = spoc_ctl_shown(text);
    if (end != SPOC_SUBMIT_DELIVERED && end != SPOC_SUBMIT_QUEUED)
        return spoc_ctl_fail("%s: not sent: %s", document->name, shown);
    (void)spoc_ctl_put("%s: %s: %s\n", document->name, spoc_submit_result_name(end), shown);
    (void)fflush(stdout);
    return SPOC_CTL_GOOD;
}

static int
leave_document(const Sender *sender, const Document *document, const char *name)
{
    g_autoptr(GError) error = NULL;
    if (!spoc_scan_leave(sender->spool, name, &error)) {
        spoc_scan_withdraw(sender->spool, name);
        return spoc_ctl_fail("%s: not sent: %s", document->name, error->message);
    }
    if (!spoc_control_wake(sender->spool, sender->places, &error))
        spoc_ctl_warn("it is in the queue, but spocd cannot be started: %s", error->message);
    return say_end(sender, document, SPOC_SUBMIT_QUEUED, name);
}

static int
submit_document(const Sender *sender, const Document *document, const SpocSubmission *submission)
{
    g_autofree char *text = NULL;
    SpocSubmitResult end = spoc_submit(submission, &text);
    if (end != SPOC_SUBMIT_DELIVERED && end != SPOC_SUBMIT_QUEUED)
        spoc_scan_withdraw(sender->spool, submission->name);
    return say_end(sender, document, end, text);
}

static int
send_document(const Sender *sender, const Document *document)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocScanMetadata) metadata = make_metadata(sender, document);
    g_auto(SpocScanRecord) record = {0};
    gboolean is_recorded = FALSE;
    /* It is no job, so it is new each time, and has no record. */
    g_autofree char *name =
        spoc_scan_choose_name(sender->spool, metadata, 0, &is_recorded, &record, &error);
    if (name == NULL)
        return spoc_ctl_fail("%s", error->message);
    const SpocSubmission submission = {
        .spool = sender->spool,
        .places = sender->places,
        .name = name,
        .stop_fd = sender->stop_fd,
        .patience_ms = SPOC_SUBMIT_PATIENCE_MS,
        .progress = on_progress,
        .user_data = (gpointer)sender,
    };
    const SpocScanCopy copy = {.spool = sender->spool,
                               .log = sender->log,
                               .name = name,
                               .metadata = metadata,
                               .input_fd = document->fd,
                               .stop_fd = sender->stop_fd,
                               .max_bytes = spoc_submit_ask_limit(&submission).max_bytes};
    SpocScanCopyResult result = spoc_scan_copy_run(&copy, &metadata->size_bytes, &error);
    if (result == SPOC_SCAN_COPY_DONE && spoc_scan_offer(sender->spool, name, metadata, &error))
        return sender->wishes->queue ? leave_document(sender, document, name)
                                     : submit_document(sender, document, &submission);
    spoc_scan_withdraw(sender->spool, name);
    return spoc_ctl_fail("%s: not sent: %s", document->name,
                         error != NULL ? error->message : "stopped");
}

/* --- all of them ------------------------------------------------------------------------ */

/* With the rights of whoever calls, before they are given up. FALSE: it has been said. */
static gboolean
open_documents(GArray *documents, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        Document document = {.name = argv[i], .fd = STDIN_FILENO};
        if (strcmp(argv[i], "-") != 0)
            document.fd = open(argv[i], O_RDONLY | O_CLOEXEC);
        if (document.fd < 0) {
            (void)spoc_ctl_fail("cannot open '%s': %s", argv[i], g_strerror(errno));
            return FALSE;
        }
        g_array_append_val(documents, document);
    }
    return TRUE;
}

static int
watch_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
        return -1;
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
send_all(const Wishes *wishes, const GArray *documents, const SpocPlaces *places)
{
    const struct passwd *account = getpwuid(getuid());
    g_autofree char *user = g_strdup(account != NULL ? account->pw_name : "");
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocSpool) spool = spoc_ctl_open_spool(places, &error);
    if (spool == NULL)
        return spoc_ctl_fail("%s", error->message);
    g_autoptr(SpocLog) log = spoc_log_new(STDERR_FILENO, SPOC_LOG_STYLE_CUPS, SPOC_LOG_WARNING);
    const Sender sender = {
        .places = places,
        .spool = spool,
        .log = log,
        .wishes = wishes,
        .user = user,
        .stop_fd = watch_signals(),
        .shows_bar = isatty(STDERR_FILENO) != 0 && !wishes->queue,
    };
    int status = SPOC_CTL_GOOD;
    for (guint i = 0; i < documents->len; i++) {
        int one = send_document(&sender, &g_array_index(documents, Document, i));
        status = one != SPOC_CTL_GOOD ? one : status;
    }
    return status;
}

static int
run_send(int argc, char **argv, const SpocPlaces *places)
{
    g_auto(GStrv) to = NULL;
    g_auto(GStrv) cc = NULL;
    g_autofree char *subject = NULL;
    g_autofree char *body = NULL;
    g_autofree char *filename = NULL;
    gboolean queue = FALSE;
    const GOptionEntry entries[] = {
        {"to", 't', 0, G_OPTION_ARG_STRING_ARRAY, &to, "Who gets it; several: again, or commas",
         "ADDRESS"},
        {"cc", 'c', 0, G_OPTION_ARG_STRING_ARRAY, &cc, "Who gets a copy", "ADDRESS"},
        {"subject", 's', 0, G_OPTION_ARG_STRING, &subject, "Instead of scanSubject", "TEXT"},
        {"body", 'b', 0, G_OPTION_ARG_STRING, &body, "Instead of scanBody", "TEXT"},
        {"filename", 'f', 0, G_OPTION_ARG_STRING, &filename, "Instead of scanFilename", "NAME"},
        {"queue", 'q', 0, G_OPTION_ARG_NONE, &queue, "Don't wait until a server has taken it",
         NULL},
        G_OPTION_ENTRY_NULL};
    if (!spoc_ctl_parse(entries, "FILE…|-",
                        "Mails each file, or what comes on standard input. Only root and the user "
                        "that CUPS runs its programs as may do that.",
                        &argc, &argv))
        return SPOC_CTL_USAGE;
    if (to == NULL || argc < 2)
        return spoc_ctl_usage(to == NULL ? "who gets it? give --to ADDRESS"
                                         : "what is to be sent? give a FILE, or -");
    const Wishes wishes = {
        .to = to, .cc = cc, .subject = subject, .body = body, .filename = filename, .queue = queue};
    g_autoptr(GArray) documents = g_array_new(FALSE, FALSE, sizeof(Document));
    int status = SPOC_CTL_PROBLEM;
    gboolean all_good = check_addresses(to);
    all_good = check_addresses(cc) && all_good;
    if (open_documents(documents, argc, argv))
        status = send_all(&wishes, documents, places);
    if (!all_good && status == SPOC_CTL_GOOD)
        status = SPOC_CTL_PROBLEM;
    for (guint i = 0; i < documents->len; i++)
        if (g_array_index(documents, Document, i).fd != STDIN_FILENO)
            close(g_array_index(documents, Document, i).fd);
    return status;
}

const SpocCommand spoc_command_send = {
    .name = "send",
    .run = run_send,
    .help = "mail a document",
};
