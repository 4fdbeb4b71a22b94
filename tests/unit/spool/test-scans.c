/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: scan-format.c scan-entry.c scan-list.c */
#include "base/error.h"
#include "root.h"
#include "spool/message.h"
#include "spool/scan-entry.h"
#include "spool/scan-format.h"
#include "spool/scan-list.h"
#include "spool/scans.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UUID "urn:uuid:AD15C0A3-f83e-3b46-7d4f-900530dda223"

static SpocScanMetadata *
new_metadata(const char *uuid, const char *server)
{
    SpocScanMetadata *metadata = spoc_scan_metadata_new();
    metadata->job_id = 42;
    metadata->created_unix_s = 1700000000;
    metadata->accepted_unix_s = 1699999999;
    spoc_scan_metadata_set(&metadata->user, "alice");
    spoc_scan_metadata_set(&metadata->title, "Gr\u00fc\u00dfe\r\nCheck: 00000000\n\"\\\x01");
    spoc_scan_metadata_set(&metadata->uri, "spoc:%40owner");
    spoc_scan_metadata_set(&metadata->options, "mail-to=bob media=a4");
    spoc_scan_metadata_set(&metadata->uuid, uuid);
    spoc_scan_metadata_set(&metadata->server, server);
    return metadata;
}

static char *
choose(Root *root, const SpocScanMetadata *metadata, guint document, gboolean *ret_is_done)
{
    g_autoptr(GError) error = NULL;
    g_auto(SpocScanRecord) record = {0};
    char *name =
        spoc_scan_choose_name(root->spool, metadata, document, ret_is_done, &record, &error);
    g_assert_no_error(error);
    g_assert_true(spoc_spool_name_is_valid(name));
    return name;
}

static void
offer(Root *root, const char *name, SpocScanMetadata *metadata, const char *content)
{
    g_autoptr(GError) error = NULL;
    int fd = spoc_scan_begin(root->spool, name, metadata, &error);
    g_assert_no_error(error);
    g_assert_cmpint(write(fd, content, strlen(content)), ==, strlen(content));
    close(fd);
    metadata->size_bytes = strlen(content);
    g_assert_true(spoc_scan_offer(root->spool, name, metadata, &error));
    g_assert_no_error(error);
}

static void
write_record(Root *root, const char *name, SpocScanEnd end, const char *server)
{
    g_autoptr(GError) error = NULL;
    const SpocScanRecord record = {
        .end = end, .owner = (char *)"alice", .server = (char *)server, .text = (char *)"250\nok"};
    g_assert_true(spoc_scan_write_record(root->spool, name, &record, &error));
}

static void
test_metadata(void)
{
    g_autoptr(SpocScanMetadata) metadata = new_metadata(UUID, "1-2");
    metadata->size_bytes = 12345678901;
    g_autoptr(GString) text = spoc_scan_metadata_format(metadata);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocScanMetadata) parsed = spoc_scan_metadata_parse(text->str, text->len, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(parsed->title, ==, metadata->title);
    g_assert_cmpstr(parsed->options, ==, metadata->options);
    g_assert_cmpuint(parsed->size_bytes, ==, metadata->size_bytes);
    /* Every flipped byte and every cut is seen. */
    for (gsize i = 0; i < text->len; i++) {
        g_autofree char *bad = g_strndup(text->str, text->len);
        bad[i] ^= 1;
        g_assert_null(spoc_scan_metadata_parse(bad, text->len, NULL));
        g_assert_null(spoc_scan_metadata_parse(text->str, i, NULL));
    }
}

static void
test_names(Root *root, gconstpointer data)
{
    gboolean is_done = FALSE;
    g_autoptr(SpocScanMetadata) first = new_metadata(UUID, "100-1");
    g_autoptr(SpocScanMetadata) later = new_metadata(UUID, "200-2");
    g_autofree char *name = choose(root, first, 1, &is_done);
    g_assert_cmpstr(name, ==, "scan-42-1699999999-1-1");
    g_assert_false(is_done);
    write_record(root, name, SPOC_SCAN_DELIVERED, "100-1");

    /* The cupsd that was told wants it again: another document. */
    g_autofree char *again = choose(root, first, 1, &is_done);
    g_assert_cmpstr(again, ==, "scan-42-1699999999-1-2");
    g_assert_false(is_done);
    /* One that has restarted doesn't know. */
    g_autofree char *rerun = choose(root, later, 1, &is_done);
    g_assert_cmpstr(rerun, ==, name);
    g_assert_true(is_done);
    /* Unless CUPS said that it will run the job again. */
    g_autoptr(GError) error = NULL;
    g_assert_true(spoc_scan_expect_rerun(root->spool, first, &error));
    g_autofree char *retried = choose(root, first, 1, &is_done);
    g_assert_cmpstr(retried, ==, name);
    g_assert_true(is_done);
    /* Other documents and jobs have nothing to do with it. */
    g_autofree char *second = choose(root, first, 2, &is_done);
    g_assert_false(is_done);
    g_autoptr(SpocScanMetadata) other = new_metadata(UUID, "200-2");
    other->job_id = 4;
    g_autofree char *others = choose(root, other, 1, &is_done);
    g_assert_false(is_done);
    g_assert_cmpstr(second, !=, name);
    g_assert_cmpstr(others, !=, name);
}

/* Several texts come on stdin without a number: they are counted, before and after a crash. */
static void
test_documents_without_numbers(Root *root, gconstpointer data)
{
    gboolean is_done = FALSE;
    g_autoptr(SpocScanMetadata) before = new_metadata(UUID, "100-1");
    g_autoptr(SpocScanMetadata) after = new_metadata(UUID, "200-2");
    g_autofree char *first = choose(root, before, 0, &is_done);
    write_record(root, first, SPOC_SCAN_DELIVERED, "100-1");
    g_autofree char *rerun = choose(root, after, 0, &is_done);
    g_assert_true(is_done);
    g_autoptr(GError) error = NULL;
    const SpocScanRecord record = {.end = SPOC_SCAN_DELIVERED, .text = (char *)""};
    g_assert_true(spoc_scan_update_record(root->spool, rerun, &record, after->server, &error));
    g_autofree char *second = choose(root, after, 0, &is_done);
    g_assert_false(is_done);
    g_assert_cmpstr(second, !=, first);
}

/* Where cupsd does not say when it took the job, or which it is, nothing is the same again. */
static void
test_unknown_job(Root *root, gconstpointer data)
{
    for (guint i = 0; i < 2; i++) {
        gboolean is_done = FALSE;
        g_autoptr(SpocScanMetadata) metadata = new_metadata(UUID, "1-1");
        metadata->accepted_unix_s = i == 0 ? 0 : metadata->accepted_unix_s;
        metadata->job_id = i == 1 ? 0 : metadata->job_id;
        g_autofree char *name = choose(root, metadata, 0, &is_done);
        g_assert_false(spoc_scan_name_recurs(name));
        write_record(root, name, SPOC_SCAN_DELIVERED, "");
        g_autofree char *again = choose(root, metadata, 0, &is_done);
        g_assert_false(is_done);
        g_assert_cmpstr(name, !=, again);
    }
}

/* Whatever a stranger's job says, and should its number and time come again (CUPS has lost its
 * state): it neither learns of another's document nor takes its place. */
static void
test_strangers(Root *root, gconstpointer data)
{
    gboolean is_done = FALSE;
    g_autoptr(SpocScanMetadata) alices = new_metadata(UUID, "100-1");
    g_autofree char *name = choose(root, alices, 1, &is_done);
    g_assert_true(spoc_scan_name_recurs(name));

    g_autoptr(SpocScanMetadata) forged = new_metadata(UUID, "100-1");
    forged->job_id = 43;
    spoc_scan_metadata_set(&forged->user, "mallory");
    g_autofree char *own = choose(root, forged, 1, &is_done);
    g_assert_cmpstr(own, !=, name);

    forged->job_id = 42;
    offer(root, name, alices, "document");
    g_autofree char *beside = choose(root, forged, 1, &is_done);
    g_assert_false(is_done);
    g_assert_cmpstr(beside, ==, "scan-42-1699999999-1-2");
    g_autofree char *rerun = choose(root, alices, 1, &is_done);
    g_assert_cmpstr(rerun, ==, name);

    write_record(root, name, SPOC_SCAN_DELIVERED, "");
    g_autofree char *after = choose(root, forged, 1, &is_done);
    g_assert_false(is_done);
    g_assert_cmpstr(after, ==, beside);
    g_autofree char *again = choose(root, alices, 1, &is_done);
    g_assert_true(is_done);
    g_assert_cmpstr(again, ==, name);
    /* And does not make it count for the cupsd that was told. */
    write_record(root, name, SPOC_SCAN_DELIVERED, "100-1");
    g_autoptr(GError) error = NULL;
    g_assert_true(spoc_scan_expect_rerun(root->spool, forged, &error));
    g_autofree char *wished = choose(root, alices, 1, &is_done);
    g_assert_false(is_done);
    g_assert_cmpstr(wished, !=, name);
}

/* What the version before left: names after the job's UUID, records without an owner */
static void
test_older(Root *root, gconstpointer data)
{
    static const char name[] = "scan-ad15c0a3-f83e-3b46-7d4f-900530dda223-1-1";
    static const char old[] = "Spoc-Scan-Record: 1\nEnd: delivered\nServer: 100-1\n"
                              "Text: 250 taken\nCheck: 0ba39b40\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocScanMetadata) metadata = new_metadata(UUID, "100-1");
    root_put(root, "scans", "scan-ad15c0a3-f83e-3b46-7d4f-900530dda223-1-1.done", old, strlen(old));
    g_auto(SpocScanRecord) record = {0};
    g_assert_true(spoc_scan_find_record(root->spool, name, &record, &error));
    g_assert_no_error(error);
    g_assert_null(record.owner);
    g_assert_cmpstr(record.text, ==, "250 taken");
    offer(root, name, metadata, "document");
    g_assert_true(spoc_scan_leave(root->spool, name, &error));
    g_autoptr(GPtrArray) left = spoc_scan_list_left(root->spool, &error);
    g_assert_cmpuint(left->len, ==, 1);
    g_autoptr(SpocScanMetadata) loaded = spoc_scan_load(root->spool, name, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(loaded->uuid, ==, UUID);
}

static void
test_life(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocScanMetadata) metadata = new_metadata(UUID, "1-1");
    offer(root, "a", metadata, "old");
    offer(root, "a", metadata, "document");
    g_autoptr(SpocScanMetadata) loaded = spoc_scan_load(root->spool, "a", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(loaded->user, ==, "alice");
    int fd = spoc_scan_open_document(root->spool, "a", 8, &error);
    g_assert_no_error(error);
    close(fd);
    g_assert_cmpint(spoc_scan_open_document(root->spool, "a", 9, &error), ==, -1);
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    g_clear_error(&error);

    g_autoptr(GPtrArray) none = spoc_scan_list_left(root->spool, &error);
    g_assert_cmpuint(none->len, ==, 0);
    g_assert_true(spoc_scan_leave(root->spool, "a", &error));
    g_autoptr(GPtrArray) left = spoc_scan_list_left(root->spool, &error);
    g_assert_cmpuint(left->len, ==, 1);
    g_assert_cmpstr(left->pdata[0], ==, "a");
    g_autoptr(SpocScanMetadata) again = spoc_scan_load(root->spool, "a", &error);
    g_assert_nonnull(again);
    g_assert_true(spoc_scan_taken(root->spool, "a", &error));
    g_assert_true(spoc_scan_taken(root->spool, "a", &error));
    g_autoptr(GPtrArray) taken = spoc_scan_list_left(root->spool, &error);
    g_assert_cmpuint(taken->len, ==, 0);
    g_assert_true(spoc_scan_remove(root->spool, "a", &error));
    g_assert_cmpuint(root_count(root, "scans"), ==, 0);

    int begun = spoc_scan_begin(root->spool, "b", metadata, &error);
    close(begun);
    spoc_scan_withdraw(root->spool, "b");
    offer(root, "b", metadata, "x");
    spoc_scan_withdraw(root->spool, "b");
    g_assert_cmpuint(root_count(root, "scans"), ==, 0);
    g_assert_null(spoc_scan_load(root->spool, "b", &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_cmpint(spoc_scan_begin(root->spool, "../b", metadata, &error), ==, -1);
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

/* A document that the queue has goes with its message, and not before. */
static void
test_queued(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocScanMetadata) metadata = new_metadata(UUID, "1-1");
    offer(root, "q", metadata, "document");
    g_autoptr(SpocEnvelope) envelope = spoc_envelope_new();
    envelope->id = g_strdup("q");
    envelope->kind = g_strdup("scan");
    envelope->sender = g_strdup("");
    envelope->message_id = g_strdup("q@example.com");
    spoc_envelope_add_recipient(envelope, "alice@example.com");
    g_autoptr(GBytes) frame = g_bytes_new_static("frame", 5);
    g_assert_true(
        spoc_message_add(root->spool, &(SpocMessage){envelope, frame}, SPOC_STATE_WAITING, &error));
    g_assert_true(spoc_scan_sweep(root->spool, G_MAXINT64 / 2, &error));
    g_assert_cmpuint(root_count(root, "scans"), ==, 2);
    /* The same, should only the record be missing. */
    gboolean is_done = FALSE;
    g_assert_true(spoc_message_delete(root->spool, SPOC_STATE_WAITING, "q", &error));
    g_assert_cmpuint(root_count(root, "scans"), ==, 0);

    g_free(envelope->id);
    envelope->id = choose(root, metadata, 1, &is_done);
    g_assert_true(
        spoc_message_add(root->spool, &(SpocMessage){envelope, frame}, SPOC_STATE_WAITING, &error));
    g_autofree char *name = choose(root, metadata, 1, &is_done);
    g_assert_cmpstr(name, ==, envelope->id);
    g_assert_true(is_done);
}

static void
test_sweep(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(SpocScanMetadata) dead = new_metadata(UUID, "1-1");
    g_autoptr(SpocScanMetadata) living = new_metadata(UUID, "1-1");
    g_free(living->writer);
    living->writer = spoc_process_stamp(getpid());
    g_assert_true(spoc_process_lives(living->writer));
    g_assert_false(spoc_process_lives("1-0"));
    g_assert_false(spoc_process_lives(""));
    g_assert_true(spoc_process_answers(getpid()));
    g_assert_false(spoc_process_answers(G_MAXINT32));
    offer(root, "dead", dead, "x");
    offer(root, "living", living, "x");
    offer(root, "left", dead, "x");
    g_assert_true(spoc_scan_leave(root->spool, "left", &error));
    g_assert_true(spoc_scan_leave(root->spool, "left", &error)); /* by another client */
    write_record(root, "done", SPOC_SCAN_QUEUED, "1-1");
    close(spoc_scan_begin(root->spool, "copying", living, &error));
    g_assert_true(spoc_scan_sweep(root->spool, now, &error));
    g_assert_cmpuint(root_count(root, "scans"), ==, 9);
    close(spoc_scan_begin(root->spool, "half", dead, &error));
    g_assert_true(spoc_scan_sweep(root->spool, now + 2 * 3600, &error));
    g_assert_cmpuint(root_count(root, "scans"), ==, 7);
    spoc_scan_withdraw(root->spool, "copying");
    g_assert_true(spoc_scan_sweep(root->spool, now + 2 * 3600, &error));
    g_assert_cmpuint(root_count(root, "scans"), ==, 5);
    g_assert_true(spoc_scan_sweep(root->spool, now + 2 * SPOC_SCAN_RECORD_KEEP_S, &error));
    g_assert_cmpuint(root_count(root, "scans"), ==, 4);
}

static void
test_planted(Root *root, gconstpointer data)
{
    g_autofree char *link = root_path(root, "scans", "p.job");
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);
    g_assert_null(spoc_scan_load(root->spool, "p", &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    g_autofree char *document = root_path(root, "scans", "p.doc");
    g_assert_cmpint(mkfifo(document, 0600), ==, 0);
    g_assert_cmpint(spoc_scan_open_document(root->spool, "p", 0, NULL), ==, -1);
}

/* A file is copied in the kernel, a pipe by hand; both whole. */
static void
test_copy(Root *root, gconstpointer data)
{
    static const char content[] = "a document";
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        int fds[2], stop[2];
        g_assert_cmpint(pipe(fds), ==, 0);
        g_assert_cmpint(pipe(stop), ==, 0);
        root_put(root, "state", "source", content, strlen(content));
        g_autofree char *source = root_path(root, "state", "source");
        g_assert_cmpint(write(fds[1], content, strlen(content)), ==, strlen(content));
        close(fds[1]);
        int file = open(source, O_RDONLY);
        guint64 size = 0;
        g_autoptr(SpocScanMetadata) metadata = new_metadata(UUID, "1-1");
        const SpocScanCopy copy = {.spool = root->spool,
                                   .name = "c",
                                   .metadata = metadata,
                                   .input_fd = i == 0 ? file : fds[0],
                                   .stop_fd = stop[0]};
        g_assert_cmpint(spoc_scan_copy_run(&copy, &size, &error), ==, SPOC_SCAN_COPY_DONE);
        g_assert_cmpuint(size, ==, strlen(content));
        g_autoptr(GBytes) copied = root_get(root, "scans", ".tmp-c.doc");
        g_assert_cmpmem(g_bytes_get_data(copied, NULL), g_bytes_get_size(copied), content,
                        strlen(content));
        g_assert_cmpint(write(stop[1], "x", 1), ==, 1);
        g_assert_cmpint(spoc_scan_copy_run(&copy, &size, &error), ==, SPOC_SCAN_COPY_STOPPED);
        close(file);
        close(fds[0]);
        close(stop[0]);
        close(stop[1]);
    }
}

/* A file says how large it is; of a pipe no more than one byte beyond the limit is written. */
static void
test_limit(Root *root, gconstpointer data)
{
    static const char content[100000];
    g_autoptr(SpocScanMetadata) metadata = new_metadata(UUID, "1-1");
    root_put(root, "state", "source", content, sizeof content);
    g_autofree char *source = root_path(root, "state", "source");
    static const struct {
        guint64 max_bytes;
        gboolean is_pipe;
        const char *says; /* NULL: copied */
    } cases[] = {
        {0, FALSE, NULL},
        {0, TRUE, NULL},
        {100000, FALSE, NULL},
        {100000, TRUE, NULL},
        {99998, FALSE, "has 100000 bytes, and scanMaxSize is 99998"},
        {99999, TRUE, "has more than 99999 bytes, and scanMaxSize is 99999"},
        {1, TRUE, "has more than 1 bytes, and scanMaxSize is 1"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        const char *argv[] = {"cat", source, NULL};
        int fd = -1;
        guint64 size = 0;
        if (!cases[i].is_pipe)
            fd = open(source, O_RDONLY | O_CLOEXEC);
        else
            g_assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH,
                                                   NULL, NULL, NULL, NULL, &fd, NULL, &error));
        const SpocScanCopy copy = {.spool = root->spool,
                                   .name = "l",
                                   .metadata = metadata,
                                   .input_fd = fd,
                                   .stop_fd = -1,
                                   .max_bytes = cases[i].max_bytes};
        SpocScanCopyResult result = spoc_scan_copy_run(&copy, &size, &error);
        close(fd);
        if (cases[i].says == NULL) {
            g_assert_no_error(error);
            g_assert_cmpint(result, ==, SPOC_SCAN_COPY_DONE);
            g_assert_cmpuint(size, ==, sizeof content);
        } else {
            g_assert_cmpint(result, ==, SPOC_SCAN_COPY_TOO_LARGE);
            g_assert_nonnull(strstr(error->message, cases[i].says));
        }
        if (cases[i].says != NULL && cases[i].is_pipe) {
            g_autoptr(GBytes) copied = root_get(root, "scans", ".tmp-l.doc");
            g_assert_cmpuint(g_bytes_get_size(copied), ==, cases[i].max_bytes + 1);
        }
        spoc_scan_withdraw(root->spool, "l");
        g_assert_cmpuint(root_count(root, "scans"), ==, 0);
    }
}

static const SpocScanListed *
find_listed(const GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        const SpocScanListed *listed = g_ptr_array_index(list, i);
        if (g_str_equal(listed->name, name))
            return listed;
    }
    return NULL;
}

/* Whatever lies there is seen, and can be taken away when no client is at work. */
static void
test_list(Root *root, gconstpointer data)
{
    static const struct {
        const char *name;
        SpocScanStage stage;
        gboolean has_metadata;
    } cases[] = {
        {"copying", SPOC_SCAN_STAGE_COPYING, TRUE},
        {"half", SPOC_SCAN_STAGE_CUT_OFF, TRUE},
        {"lone", SPOC_SCAN_STAGE_CUT_OFF, FALSE},
        {"offered", SPOC_SCAN_STAGE_OFFERED, TRUE},
        {"orphan", SPOC_SCAN_STAGE_ABANDONED, TRUE},
        {"left", SPOC_SCAN_STAGE_LEFT, TRUE},
        {"damaged", SPOC_SCAN_STAGE_DAMAGED, FALSE},
        {"undocumented", SPOC_SCAN_STAGE_DAMAGED, TRUE},
        {"paper", SPOC_SCAN_STAGE_DAMAGED, FALSE},
        {"alien \xff.txt", SPOC_SCAN_STAGE_FOREIGN, FALSE},
        {".tmp-alien", SPOC_SCAN_STAGE_FOREIGN, FALSE},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocScanMetadata) dead = new_metadata(UUID, "1-1");
    g_autoptr(SpocScanMetadata) living = new_metadata(UUID, "1-1");
    g_free(living->writer);
    living->writer = spoc_process_stamp(getpid());
    close(spoc_scan_begin(root->spool, "copying", living, &error));
    close(spoc_scan_begin(root->spool, "half", dead, &error));
    root_put(root, "scans", ".tmp-lone.doc", "x", 1);
    offer(root, "offered", living, "12345");
    offer(root, "orphan", dead, "x");
    offer(root, "left", dead, "x");
    g_assert_true(spoc_scan_leave(root->spool, "left", &error));
    root_put(root, "scans", "damaged.left", "x", 1);
    root_put(root, "scans", "damaged.doc", "x", 1);
    g_autoptr(GString) text = spoc_scan_metadata_format(dead);
    root_put(root, "scans", "undocumented.left", text->str, text->len);
    root_put(root, "scans", "paper.doc", "x", 1);
    root_put(root, "scans", "alien \xff.txt", "x", 1);
    root_put(root, "scans", ".tmp-alien", "x", 1);
    write_record(root, "record", SPOC_SCAN_DELIVERED, "1-1");

    g_autoptr(GPtrArray) list = spoc_scan_list_all(root->spool, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(list->len, ==, G_N_ELEMENTS(cases));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SpocScanListed *listed = find_listed(list, cases[i].name);
        g_assert_nonnull(listed);
        g_assert_cmpint(listed->stage, ==, cases[i].stage);
        g_assert_cmpint(listed->metadata != NULL, ==, cases[i].has_metadata);
        g_assert_cmpint(listed->changed_unix_s, >, 0);
        gboolean works =
            listed->stage == SPOC_SCAN_STAGE_COPYING || listed->stage == SPOC_SCAN_STAGE_OFFERED;
        g_assert_cmpint(spoc_scan_discard(root->spool, cases[i].name, &error), ==, !works);
        if (works)
            g_assert_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
        g_clear_error(&error);
    }
    g_assert_cmpuint(find_listed(list, "offered")->size_bytes, ==, 5);
    g_autoptr(GPtrArray) rest = spoc_scan_list_all(root->spool, &error);
    g_assert_cmpuint(rest->len, ==, 2);
    static const char *const others[] = {"../state", "", ".", "record", "none"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_assert_false(spoc_scan_discard(root->spool, others[i], &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
        g_clear_error(&error);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scans/metadata", test_metadata);
#define ADD(name, function)                                                                        \
    g_test_add("/scans/" name, Root, NULL, root_set_up, function, root_tear_down)
    ADD("names", test_names);
    ADD("documents-without-numbers", test_documents_without_numbers);
    ADD("unknown-job", test_unknown_job);
    ADD("strangers", test_strangers);
    ADD("older", test_older);
    ADD("life", test_life);
    ADD("queued", test_queued);
    ADD("sweep", test_sweep);
    ADD("planted", test_planted);
    ADD("copy", test_copy);
    ADD("limit", test_limit);
    ADD("list", test_list);
    return g_test_run();
}
