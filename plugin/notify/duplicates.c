/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file state/duplicates: a line an entry, the oldest first:
 *
 *   EVENT PLACE JOURNAL TIME TURN FIRST
 *
 * EVENT, PLACE and JOURNAL are hexadecimal digests: of what the event says and to whom, of the
 * place where it stands, and of its journal. TURN: which of its journal's equal events it is; FIRST
 * is 0 for a duplicate. Lines are appended; now and then the file is written anew.
 */
#include "notify/duplicates.h"

#include "base/address.h"
#include "base/durable.h"
#include "event/severity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "duplicates"
#define LINE_MAX_BYTES 160
/* Lines beyond which the file is written anew */
#define FILE_LINES_MAX (4 * SPOC_DUPLICATES_MAX)
#define BUCKETS 8192

typedef struct {
    guint64 event, place, journal;
    gint64 when_unix_s;
    guint turn;
    gboolean is_first;
    guint64 before; /* number of the one before it in its bucket */
} Entry;

struct _SpocDuplicates {
    SpocSpool *spool;
    SpocLog *log;
    GArray *entries; /* of Entry, a ring: number N stands at (N - 1) % SPOC_DUPLICATES_MAX */
    guint64 count;   /* the number of the latest; 0: none */
    guint64 *buckets;
    int fd; /* -1: closed */
    guint lines;
    gboolean said;
};

/* --- entries ------------------------------------------------------------------------------ */

/* (nullable): NULL when it has gone */
static Entry *
entry_at(const SpocDuplicates *duplicates, guint64 number)
{
    if (number == 0 || number + SPOC_DUPLICATES_MAX <= duplicates->count)
        return NULL;
    return &g_array_index(duplicates->entries, Entry, (number - 1) % SPOC_DUPLICATES_MAX);
}

static void
put_entry(SpocDuplicates *duplicates, const Entry *entry)
{
    guint64 *bucket = &duplicates->buckets[entry->event % BUCKETS];
    guint place = (guint)(duplicates->count % SPOC_DUPLICATES_MAX);
    if (place >= duplicates->entries->len)
        g_array_set_size(duplicates->entries, place + 1);
    Entry *kept = &g_array_index(duplicates->entries, Entry, place);
    *kept = *entry;
    kept->before = *bucket;
    *bucket = ++duplicates->count;
}

/* --- the file ----------------------------------------------------------------------------- */

static void
append_line(GString *text, const Entry *entry)
{
    g_string_append_printf(text, "%" PRIx64 " %" PRIx64 " %" PRIx64 " %" G_GINT64_FORMAT " %u %d\n",
                           entry->event, entry->place, entry->journal, entry->when_unix_s,
                           entry->turn, entry->is_first ? 1 : 0);
}

/* Once, until it works again */
static void
say_problem(SpocDuplicates *duplicates, const char *reason)
{
    if (!duplicates->said)
        spoc_log(duplicates->log, SPOC_LOG_ERROR,
                 "cannot note in %s/state which events were mailed; after a restart an event that "
                 "several subscriptions bring may be mailed twice: %s",
                 spoc_spool_path(duplicates->spool), reason);
    duplicates->said = TRUE;
}

static void
open_file(SpocDuplicates *duplicates)
{
    int folder = spoc_spool_folder_fd(duplicates->spool, "state");
    duplicates->fd =
        openat(folder, FILE_NAME,
               O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (duplicates->fd < 0)
        say_problem(duplicates, g_strerror(errno));
}

static void
rewrite_file(SpocDuplicates *duplicates)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    guint64 first =
        duplicates->count > SPOC_DUPLICATES_MAX ? duplicates->count - SPOC_DUPLICATES_MAX : 0;
    for (guint64 number = first + 1; number <= duplicates->count; number++)
        append_line(text, entry_at(duplicates, number));
    if (duplicates->fd >= 0)
        close(duplicates->fd);
    duplicates->fd = -1;
    if (!spoc_durable_replace(spoc_spool_folder_fd(duplicates->spool, "state"), FILE_NAME,
                              text->str, text->len, 0600, NULL, &error))
        say_problem(duplicates, error->message);
    duplicates->lines = (guint)(duplicates->count - first);
    open_file(duplicates);
}

/* The kernel has it when this returns; only a power cut loses it. */
static void
append_entry(SpocDuplicates *duplicates, const Entry *entry)
{
    g_autoptr(GString) line = g_string_sized_new(LINE_MAX_BYTES);
    g_autoptr(GError) error = NULL;
    if (duplicates->lines >= FILE_LINES_MAX) {
        rewrite_file(duplicates); /* @entry is in it already */
        return;
    }
    if (duplicates->fd < 0)
        open_file(duplicates);
    if (duplicates->fd < 0)
        return;
    if (duplicates->said) /* the one before may be cut short */
        g_string_append_c(line, '\n');
    append_line(line, entry);
    duplicates->lines++;
    if (spoc_durable_write_all(duplicates->fd, line->str, line->len, &error))
        duplicates->said = FALSE;
    else
        say_problem(duplicates, error->message);
}

static void
read_line(SpocDuplicates *duplicates, const char *line)
{
    Entry entry = {0};
    int is_first = 0, end = 0;
    if (strlen(line) < LINE_MAX_BYTES &&
        sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNd64 " %u %d%n", &entry.event,
               &entry.place, &entry.journal, &entry.when_unix_s, &entry.turn, &is_first,
               &end) == 6 &&
        line[end] == '\0' && entry.turn > 0) {
        entry.is_first = is_first != 0;
        put_entry(duplicates, &entry);
    }
}

static void
load_file(SpocDuplicates *duplicates)
{
    g_autoptr(GBytes) content =
        spoc_durable_read(spoc_spool_folder_fd(duplicates->spool, "state"), FILE_NAME,
                          (gsize)2 * FILE_LINES_MAX * LINE_MAX_BYTES, NULL);
    if (content != NULL) {
        gsize size = 0;
        const char *data = g_bytes_get_data(content, &size);
        g_autofree char *text = g_strndup(data != NULL ? data : "", size);
        char *rest = text, *line = NULL;
        while ((line = strsep(&rest, "\n")) != NULL)
            read_line(duplicates, line);
    }
    rewrite_file(duplicates); /* behind a line that a crash cut short nothing may be appended */
}

SpocDuplicates *
spoc_duplicates_new(SpocSpool *spool, SpocLog *log)
{
    SpocDuplicates *duplicates = g_new0(SpocDuplicates, 1);
    duplicates->spool = spool;
    duplicates->log = log;
    duplicates->entries = g_array_new(FALSE, TRUE, sizeof(Entry));
    duplicates->buckets = g_new0(guint64, BUCKETS);
    duplicates->fd = -1;
    load_file(duplicates);
    return duplicates;
}

void
spoc_duplicates_free(SpocDuplicates *duplicates)
{
    if (duplicates == NULL)
        return;
    if (duplicates->fd >= 0)
        close(duplicates->fd);
    g_array_unref(duplicates->entries);
    g_free(duplicates->buckets);
    g_free(duplicates);
}

/* --- the question ------------------------------------------------------------------------- */

/* Whoever makes subscriptions chooses what is in @text: a checksum that can be met would let
 * somebody else's event pass for a duplicate. */
static guint64
digest_text(const char *text)
{
    guint8 sum[32];
    gsize size = sizeof sum;
    guint64 number = 0;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)text, -1);
    g_checksum_get_digest(checksum, sum, &size);
    memcpy(&number, sum, sizeof number);
    return number;
}

/* What the event says, as far as it is the same for two subscriptions */
static guint64
digest_event(const char *address, SpocMailKind kind, const SpocEvent *event)
{
    const char *name = event->name != NULL ? event->name : "";
    g_autofree char *what = NULL;
    if (event->job_id > 0) {
        what = g_strdup_printf("job %d %d %d", event->job_id, event->job_state,
                               event->job_impressions_completed);
    } else {
        g_autofree char *printer = spoc_event_printer(event);
        g_autofree char *state = spoc_event_state_signature(event);
        what = g_strdup_printf("printer %s %d %s %s", printer != NULL ? printer : "",
                               event->printer_state, state, event->text != NULL ? event->text : "");
    }
    g_autofree char *who = spoc_address_key(address);
    g_autofree char *all = g_strdup_printf("%s\n%d\n%s\n%s", who, kind, name, what);
    return digest_text(all);
}

gboolean
spoc_duplicates_is_one(SpocDuplicates *duplicates, const char *address, SpocMailKind kind,
                       const SpocEvent *event, const char *journal)
{
    g_autofree char *place =
        g_strdup_printf("%s\n%s %" G_GUINT64_FORMAT, address, journal, event->offset);
    Entry entry = {.event = digest_event(address, kind, event),
                   .place = digest_text(place),
                   .journal = digest_text(journal),
                   .when_unix_s = event->when_unix_s,
                   .turn = 1};
    guint others = 0;
    const Entry *other = NULL;
    for (guint64 number = duplicates->buckets[entry.event % BUCKETS];
         (other = entry_at(duplicates, number)) != NULL; number = other->before) {
        if (other->event != entry.event)
            continue;
        if (other->place == entry.place)
            return !other->is_first;
        if (ABS(other->when_unix_s - entry.when_unix_s) > SPOC_DUPLICATES_WINDOW_S)
            continue;
        if (other->journal == entry.journal)
            entry.turn = MAX(entry.turn, other->turn + 1);
        else
            others = MAX(others, other->turn);
    }
    entry.is_first = entry.turn > others;
    put_entry(duplicates, &entry);
    append_entry(duplicates, &entry);
    return !entry.is_first;
}
