/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/list.h"

#include "base/address.h"
#include "base/durable.h"
#include "base/error.h"
#include "base/text.h"
#include "control/protocol.h"
#include "people/recipient.h"
#include "spool/journal.h"
#include "spool/scan-list.h"

#include <cups/cups.h>
#include <string.h>

#define WAITS_MAX_BYTES (2 * 1024 * 1024)

typedef struct {
    SpocQueueListWarnFunc warn;
    gpointer user_data;
} Warner;

static void
warn_about(const Warner *warner, const char *what, const char *id, const GError *error)
{
    if (g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return; /* it went on while we were looking */
    g_autofree char *text = g_strdup_printf("%s '%s': %s", what, id, error->message);
    warner->warn(text, warner->user_data);
}

/* The messages of one state */
typedef struct {
    SpocSpool *spool;
    SpocState state;
    const Warner *warner;
    GPtrArray *list;
} StateList;

static void
add_message(const char *id, gint64 next_attempt_unix_s, gint64 changed_unix_s, gpointer user_data)
{
    const StateList *found = user_data;
    g_autoptr(GError) problem = NULL;
    SpocEnvelope *envelope = spoc_message_load(found->spool, found->state, id, &problem);
    if (envelope != NULL)
        g_ptr_array_add(found->list, spoc_queue_list_item_new(envelope, found->state));
    else
        warn_about(found->warner, "message", id, problem);
}

/* What keeps the events of a journal */
typedef struct {
    char *reason;
    gint64 until_unix_s;
} Wait;

static void
wait_free(gpointer data)
{
    Wait *wait = data;
    g_free(wait->reason);
    g_free(wait);
}

static void
take_wait(GHashTable *waits, const char *line)
{
    g_autofree Wait *wait = g_new0(Wait, 1);
    char *journal = NULL;
    if (spoc_wait_parse(line, &journal, &wait->until_unix_s, &wait->reason))
        g_hash_table_replace(waits, journal, g_steal_pointer(&wait));
}

/* (nullable): by journal; from the running spocd, else what the last one has left */
static GHashTable *
load_waits(SpocSpool *spool, SpocControlClient *client, GError **error)
{
    g_autoptr(GHashTable) waits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, wait_free);
    if (client == NULL) {
        g_autoptr(GBytes) bytes = spoc_durable_read(spoc_spool_folder_fd(spool, "state"),
                                                    SPOC_WAITS_FILE, WAITS_MAX_BYTES, NULL);
        g_autofree char *text =
            bytes != NULL ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes))
                          : g_strdup("");
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line != NULL; line++)
            take_wait(waits, *line);
        return g_steal_pointer(&waits);
    }
    g_autoptr(GPtrArray) lines = spoc_control_client_ask(client, SPOC_REQUEST_WAITS, NULL, error);
    if (lines == NULL)
        return NULL;
    for (guint i = 0; i < lines->len; i++)
        take_wait(waits, g_ptr_array_index(lines, i));
    return g_steal_pointer(&waits);
}

/* (transfer full) @wait: (nullable) */
static char *
wait_text(const Wait *wait, gboolean is_running)
{
    if (is_running)
        return g_strdup(wait != NULL ? wait->reason : "spocd has not read them yet");
    if (wait == NULL)
        return g_strdup("spocd does not run; it reads them when it is started");
    return g_strconcat(wait->reason, " (when spocd last ran; it does not run now)", NULL);
}

/* (nullable): NULL when all its events are dealt with */
static SpocQueueListItem *
list_journal(SpocJournal *journal, const Wait *wait, gboolean is_running)
{
    guint64 size = spoc_journal_size(journal);
    guint64 done = spoc_journal_marked_before(journal);
    if (size <= done)
        return NULL;
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup(spoc_journal_name(journal));
    envelope->kind = g_strdup(SPOC_QUEUE_LIST_KIND_EVENTS);
    spoc_envelope_add_recipient(envelope, spoc_journal_recipient_uri(journal));
    envelope->subject = g_strdup("events not yet composed");
    envelope->size_bytes = size - done;
    envelope->created_unix_s = spoc_journal_created_unix_s(journal);
    envelope->next_attempt_unix_s = wait != NULL ? wait->until_unix_s : 0;
    envelope->reason = wait_text(wait, is_running);
    return spoc_queue_list_item_new(envelope, SPOC_STATE_NEW);
}

static gboolean
list_journals(SpocSpool *spool, SpocControlClient *client, const Warner *warner, GPtrArray *list,
              GError **error)
{
    g_autoptr(GHashTable) waits = load_waits(spool, client, error);
    g_autoptr(GPtrArray) names = waits != NULL ? spoc_journal_list(spool, error) : NULL;
    if (names == NULL)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autoptr(GError) problem = NULL;
        gboolean ended = FALSE;
        g_autoptr(SpocJournal) journal = spoc_journal_open(spool, name, &problem);
        if (journal == NULL || !spoc_journal_refresh(journal, &ended, &problem)) {
            warn_about(warner, "journal", name, problem);
            continue;
        }
        SpocQueueListItem *listed =
            list_journal(journal, g_hash_table_lookup(waits, name), client != NULL);
        if (listed != NULL)
            g_ptr_array_add(list, listed);
    }
    return TRUE;
}

/* --- documents that are no messages ------------------------------------------------------ */

#define NAME_MAX_BYTES 200
#define TEXT_MAX_BYTES 500

static const char *const stage_reasons[] = {
    [SPOC_SCAN_STAGE_COPYING] = "it is being copied into the spool; CUPS still has the job",
    [SPOC_SCAN_STAGE_CUT_OFF] =
        "whoever copied it has ended in the middle; what is there is "
        "removed after an hour. If CUPS does not run the job again, scan it again",
    [SPOC_SCAN_STAGE_OFFERED] = "its print job waits for spocd's answer; CUPS still has the job",
    [SPOC_SCAN_STAGE_ABANDONED] = "its print job has ended without leaving it to spocd; it is "
                                  "removed after an hour. If CUPS does not run the job again, "
                                  "scan it again",
    [SPOC_SCAN_STAGE_LEFT] = "spocd has not taken it up yet",
    [SPOC_SCAN_STAGE_DAMAGED] = "its document, or what says whose it is, is missing or damaged: it "
                                "cannot be mailed. 'spocctl queue delete' removes it",
    [SPOC_SCAN_STAGE_FOREIGN] = "it is no file of spocd's; look at it in the spool's folder scans/ "
                                "and remove it",
};

gboolean
spoc_queue_list_item_is_document(const SpocQueueListItem *listed)
{
    return listed->state == SPOC_STATE_NEW &&
           g_strcmp0(listed->envelope->kind, SPOC_SCAN_KIND) == 0;
}

static void
add_person(SpocEnvelope *envelope, const char *text)
{
    g_autofree char *shown = spoc_text_line(text, -1, NAME_MAX_BYTES);
    if (*shown != '\0' && envelope->recipients->len < SPOC_ENVELOPE_RECIPIENTS_MAX)
        spoc_envelope_add_recipient(envelope, shown);
}

static void
add_option(SpocEnvelope *envelope, const char *value)
{
    g_auto(GStrv) pieces = g_strsplit(value, ",", SPOC_ENVELOPE_RECIPIENTS_MAX);
    for (guint i = 0; pieces[i] != NULL; i++)
        add_person(envelope, pieces[i]);
}

static void
add_uri(SpocEnvelope *envelope, const SpocScanMetadata *metadata)
{
    const char *names = strchr(metadata->uri, ':');
    g_autofree char *uri = g_strconcat("spoc:", names != NULL ? names + 1 : metadata->uri, NULL);
    g_autoptr(SpocRecipientUri) parsed = spoc_recipient_uri_parse(uri, NULL);
    for (guint i = 0; parsed != NULL && i < parsed->recipients->len; i++) {
        const SpocRecipient *recipient = g_ptr_array_index(parsed->recipients, i);
        add_person(envelope, recipient->who == SPOC_WHO_OWNER ? metadata->user : recipient->text);
    }
    if (parsed == NULL)
        add_person(envelope, metadata->uri);
}

/* As they were asked for: who it is that gets it is found out when it is sent. */
static void
add_recipients(SpocEnvelope *envelope, const SpocScanMetadata *metadata)
{
    cups_option_t *options = NULL;
    int count = cupsParseOptions(metadata->options, 0, &options);
    const char *to = cupsGetOption("mail-to", count, options);
    const char *cc = cupsGetOption("mail-cc", count, options);
    if (to != NULL && *to != '\0')
        add_option(envelope, to);
    else
        add_uri(envelope, metadata);
    if (cc != NULL)
        add_option(envelope, cc);
    cupsFreeOptions(count, options);
}

/* (nullable): what spocd says of it */
static const char *
find_reason(const GPtrArray *reasons, const char *name)
{
    gsize length = strlen(name);
    for (guint i = 0; reasons != NULL && i < reasons->len; i++) {
        const char *line = g_ptr_array_index(reasons, i);
        if (strncmp(line, name, length) == 0 && line[length] == ' ')
            return line + length + 1;
    }
    return NULL;
}

static SpocQueueListItem *
list_scan(const SpocScanListed *scan, const GPtrArray *reasons)
{
    const SpocScanMetadata *metadata = scan->metadata;
    SpocEnvelope *envelope = spoc_envelope_new();
    const char *reason = find_reason(reasons, scan->name);
    envelope->id = spoc_text_line(scan->name, -1, NAME_MAX_BYTES);
    envelope->kind = g_strdup(SPOC_SCAN_KIND);
    envelope->size_bytes = scan->size_bytes;
    envelope->created_unix_s = metadata != NULL ? metadata->created_unix_s : scan->changed_unix_s;
    if (metadata != NULL) {
        add_recipients(envelope, metadata);
        envelope->job_id = metadata->job_id;
    }
    envelope->subject = spoc_text_line(metadata != NULL ? metadata->title : "", -1, TEXT_MAX_BYTES);
    if (reason != NULL)
        envelope->reason = g_strdup(reason);
    else if (scan->stage == SPOC_SCAN_STAGE_LEFT && reasons == NULL)
        envelope->reason = g_strdup("no spocd runs that could take it up");
    else
        envelope->reason = g_strdup(stage_reasons[scan->stage]);
    return spoc_queue_list_item_new(envelope, SPOC_STATE_NEW);
}

gboolean
spoc_queue_list_documents(SpocSpool *spool, const GPtrArray *reasons, GPtrArray *list,
                          GError **error)
{
    g_autoptr(GPtrArray) scans = spoc_scan_list_all(spool, error);
    if (scans == NULL)
        return FALSE;
    for (guint i = 0; i < scans->len; i++)
        g_ptr_array_add(list, list_scan(g_ptr_array_index(scans, i), reasons));
    return TRUE;
}

gboolean
spoc_queue_list_set_aside(SpocSpool *spool, GPtrArray *list, GError **error)
{
    g_autoptr(GPtrArray) files = spoc_spool_list_aside(spool, error);
    if (files == NULL)
        return FALSE;
    for (guint i = 0; i < files->len; i++) {
        const SpocAside *aside = g_ptr_array_index(files, i);
        SpocEnvelope *envelope = spoc_envelope_new();
        envelope->id = spoc_text_line(aside->name, -1, NAME_MAX_BYTES);
        envelope->kind = g_strdup(SPOC_QUEUE_LIST_KIND_ASIDE);
        envelope->subject = g_strdup("a damaged or foreign file");
        envelope->size_bytes = aside->size_bytes;
        envelope->created_unix_s = aside->changed_unix_s;
        envelope->reason =
            g_strdup("it could not be understood and was set aside in the spool's folder corrupt/; "
                     "look at it. 'spocctl queue delete' removes it");
        g_ptr_array_add(list, spoc_queue_list_item_new(envelope, SPOC_STATE_FAILED));
    }
    return TRUE;
}

static gint
compare_age(gconstpointer a, gconstpointer b)
{
    const SpocQueueListItem *left = *(const SpocQueueListItem *const *)a;
    const SpocQueueListItem *right = *(const SpocQueueListItem *const *)b;
    if (left->envelope->created_unix_s != right->envelope->created_unix_s)
        return left->envelope->created_unix_s < right->envelope->created_unix_s ? -1 : 1;
    return strcmp(left->envelope->id, right->envelope->id);
}

void
spoc_queue_list_merge(GPtrArray *list, GPtrArray *other)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        g_hash_table_add(known, listed->envelope->id);
    }
    g_ptr_array_set_free_func(other, NULL);
    for (guint i = 0; i < other->len; i++) {
        SpocQueueListItem *listed = g_ptr_array_index(other, i);
        if (g_hash_table_contains(known, listed->envelope->id)) {
            spoc_queue_list_item_free(listed);
            continue;
        }
        g_hash_table_add(known, listed->envelope->id);
        g_ptr_array_add(list, listed);
    }
    g_ptr_array_unref(other);
    g_ptr_array_sort(list, compare_age);
}

static GPtrArray *
list_memory(SpocControlClient *client, GError **error)
{
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)spoc_queue_list_item_free);
    if (client == NULL)
        return g_steal_pointer(&list);
    g_autoptr(GPtrArray) lines =
        spoc_control_client_ask(client, SPOC_REQUEST_QUEUE_MEMORY, NULL, error);
    if (lines == NULL)
        return NULL;
    for (guint i = 0; i < lines->len; i++) {
        SpocQueueListItem *listed = spoc_queue_list_item_parse(g_ptr_array_index(lines, i), error);
        if (listed == NULL)
            return NULL;
        g_ptr_array_add(list, listed);
    }
    return g_steal_pointer(&list);
}

/* (transfer full) (nullable): what spocd says of documents that wait; NULL when none runs */
static GPtrArray *
ask_reasons(SpocControlClient *client)
{
    if (client == NULL)
        return NULL;
    GPtrArray *lines = spoc_control_client_ask(client, SPOC_REQUEST_SCAN_REASONS, NULL, NULL);
    return lines != NULL ? lines : g_ptr_array_new(); /* of another version */
}

GPtrArray *
spoc_queue_list(SpocSpool *spool, SpocControlClient *client, SpocQueueListWarnFunc warn,
                gpointer user_data, GError **error)
{
    /* Documents first, then memory: a message only ever goes from there to the spool, so none is
     * missed; and where one is in several places the last knows best. */
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)spoc_queue_list_item_free);
    g_autoptr(GPtrArray) reasons = ask_reasons(client);
    if (!spoc_queue_list_documents(spool, reasons, entries, error))
        return NULL;
    g_autoptr(GPtrArray) memory = list_memory(client, error);
    if (memory == NULL)
        return NULL;
    const Warner warner = {warn, user_data};
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)spoc_queue_list_item_free);
    if (!list_journals(spool, client, &warner, list, error))
        return NULL;
    for (guint state = 0; state < SPOC_STATE_FOLDERS; state++) {
        g_autoptr(GPtrArray) found =
            g_ptr_array_new_with_free_func((GDestroyNotify)spoc_queue_list_item_free);
        StateList messages = {spool, (SpocState)state, &warner, found};
        if (!spoc_message_each(spool, messages.state, add_message, &messages, error))
            return NULL;
        spoc_queue_list_merge(list, g_steal_pointer(&found));
    }
    spoc_queue_list_merge(list, g_steal_pointer(&memory));
    spoc_queue_list_merge(list, g_steal_pointer(&entries));
    g_autoptr(GPtrArray) aside =
        g_ptr_array_new_with_free_func((GDestroyNotify)spoc_queue_list_item_free);
    if (!spoc_queue_list_set_aside(spool, aside, error))
        return NULL;
    spoc_queue_list_merge(list, g_steal_pointer(&aside));
    return g_steal_pointer(&list);
}

static gboolean
address_matches(const char *wanted, const char *address)
{
    g_autofree char *wanted_key = spoc_address_key(wanted);
    g_autofree char *key = spoc_address_key(address);
    return wanted[0] == '@' ? g_str_has_suffix(key, wanted_key) : g_str_equal(key, wanted_key);
}

gboolean
spoc_queue_filter_matches(const SpocQueueFilter *filter, const SpocQueueListItem *listed,
                          gint64 now_unix_s)
{
    const SpocEnvelope *envelope = listed->envelope;
    if (filter->job_id != 0 && filter->job_id != envelope->job_id)
        return FALSE;
    if (filter->states != 0 && (filter->states & (1u << listed->state)) == 0)
        return FALSE;
    if (filter->older_than_s > 0 && now_unix_s - envelope->created_unix_s < filter->older_than_s)
        return FALSE;
    if (filter->recipient == NULL)
        return TRUE;
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        if (address_matches(filter->recipient, recipient->address))
            return TRUE;
    }
    return FALSE;
}

gboolean
spoc_queue_filter_parse_age(const char *text, gint64 *ret_s, GError **error)
{
    static const struct {
        const char *unit;
        gint64 seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    char *end = NULL;
    guint64 number = g_ascii_isdigit(text[0]) ? g_ascii_strtoull(text, &end, 10) : 0;
    for (guint i = 0; end != NULL && i < G_N_ELEMENTS(units); i++) {
        if (g_str_equal(end, units[i].unit) && number <= G_MAXINT32) {
            *ret_s = (gint64)number * units[i].seconds;
            return TRUE;
        }
    }
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                "'%s' is not an age; give seconds, or 15m, 2h, 3d", text);
    return FALSE;
}

gboolean
spoc_queue_filter_parse_state(const char *text, guint *ret_bit, GError **error)
{
    for (guint state = 0; state < SPOC_STATE_FOLDERS; state++) {
        if (g_str_equal(text, spoc_message_state_name((SpocState)state))) {
            *ret_bit = 1u << state;
            return TRUE;
        }
    }
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                "'%s' is not a state; there are new, waiting, sending, held and failed", text);
    return FALSE;
}
