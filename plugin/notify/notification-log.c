/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file state/told: a line a record, fields separated by tabs and escaped as g_strescape() does.
 *
 *   told ADDRESS PRINTER SIGNATURE IS-FAULT FAULT-TIME TIME COUNT WINDOW-TIME
 *   seen PRINTER STATE STATE-BEFORE TIME
 *   sent ADDRESS TIME,TIME,…
 *   rest ADDRESS                  what exceeds the rate is being collected
 */
#include "notify/notification-log.h"

#include "base/address.h"
#include "base/durable.h"

#include <string.h>

#define FILE_NAME "told"
#define FILE_MAX_BYTES (16 * 1024 * 1024)
/* What changes within this is written together. */
#define SAVE_MS 200

/* Of each kind of record; about 300 bytes each */
#define RECORDS_MAX 5000

#define HOUR_S 3600

/* Every record begins with this: the links of its kind's list, used last first. */
typedef struct {
    char *key;
    GList link;
} Record;

typedef struct {
    Record record; /* ADDRESS\tPRINTER, escaped */
    SpocLastNotification last;
} NotifiedRecord;

typedef struct {
    Record record; /* PRINTER, escaped */
    gint state, before;
    gint64 when_unix_s;
} SeenRecord;

typedef struct {
    Record record;        /* ADDRESS, escaped */
    GArray *times_unix_s; /* of the last hour, the oldest first; NULL: none */
    gboolean has_rest;
} SentRecord;

typedef struct {
    GHashTable *by_key;
    GQueue used;
    gsize size_bytes; /* of one */
} Records;

struct _SpocNotificationLog {
    SpocSpool *spool;
    SpocLog *log;
    Records notified, seen, sent;
    guint timer;
};

/* --- records ------------------------------------------------------------------------------ */

static void
notified_free(gpointer data)
{
    NotifiedRecord *record = data;
    spoc_last_notification_clear(&record->last);
    g_free(record->record.key);
    g_free(record);
}

static void
seen_free(gpointer data)
{
    SeenRecord *record = data;
    g_free(record->record.key);
    g_free(record);
}

static void
sent_free(gpointer data)
{
    SentRecord *record = data;
    g_clear_pointer(&record->times_unix_s, g_array_unref);
    g_free(record->record.key);
    g_free(record);
}

static void
records_init(Records *records, gsize size_bytes, GDestroyNotify destroy)
{
    records->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, destroy);
    records->size_bytes = size_bytes;
    g_queue_init(&records->used);
}

/* (nullable): counts as a use */
static gpointer
records_find(Records *records, const char *key)
{
    Record *record = g_hash_table_lookup(records->by_key, key);
    if (record == NULL)
        return NULL;
    g_queue_unlink(&records->used, &record->link);
    g_queue_push_head_link(&records->used, &record->link);
    return record;
}

static gpointer
records_get(Records *records, const char *key)
{
    Record *record = records_find(records, key);
    if (record != NULL)
        return record;
    if (records->used.length >= RECORDS_MAX) {
        Record *oldest = g_queue_peek_tail(&records->used);
        g_queue_unlink(&records->used, &oldest->link);
        g_hash_table_remove(records->by_key, oldest->key);
    }
    record = g_malloc0(records->size_bytes);
    record->key = g_strdup(key);
    record->link.data = record;
    g_hash_table_insert(records->by_key, record->key, record);
    g_queue_push_head_link(&records->used, &record->link);
    return record;
}

/* (transfer full): fields of a line */
static char *
escape_fields(const char *first, const char *second)
{
    g_autofree char *one = g_strescape(first, NULL);
    g_autofree char *two = second != NULL ? g_strescape(second, NULL) : NULL;
    return two != NULL ? g_strconcat(one, "\t", two, NULL) : g_steal_pointer(&one);
}

/* (transfer full): of a person, and a printer (nullable) */
static char *
person_key(const char *address, const char *printer)
{
    g_autofree char *who = spoc_address_key(address);
    return escape_fields(who, printer);
}

/* --- the file --------------------------------------------------------------------------- */

static char *
export_text(const SpocNotificationLog *store)
{
    GString *text = g_string_new(NULL);
    for (const GList *link = store->notified.used.head; link != NULL; link = link->next) {
        const NotifiedRecord *record = link->data;
        const SpocLastNotification *last = &record->last;
        g_autofree char *signature = g_strescape(last->signature, NULL);
        g_string_append_printf(text,
                               "told\t%s\t%s\t%d\t%" G_GINT64_FORMAT "\t%" G_GINT64_FORMAT
                               "\t%u\t%" G_GINT64_FORMAT "\n",
                               record->record.key, signature, last->severity, last->fault_unix_s,
                               last->notified_unix_s, last->count, last->window_unix_s);
    }
    for (const GList *link = store->seen.used.head; link != NULL; link = link->next) {
        const SeenRecord *record = link->data;
        g_string_append_printf(text, "seen\t%s\t%d\t%d\t%" G_GINT64_FORMAT "\n", record->record.key,
                               record->state, record->before, record->when_unix_s);
    }
    for (const GList *link = store->sent.used.head; link != NULL; link = link->next) {
        const SentRecord *record = link->data;
        if (record->has_rest)
            g_string_append_printf(text, "rest\t%s\n", record->record.key);
        if (record->times_unix_s == NULL)
            continue;
        g_string_append_printf(text, "sent\t%s\t", record->record.key);
        for (guint i = 0; i < record->times_unix_s->len; i++)
            g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "",
                                   g_array_index(record->times_unix_s, gint64, i));
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static gboolean
read_numbers(char *const *fields, gsize count, gint64 maximum, gint64 *ret_numbers)
{
    for (gsize i = 0; i < count; i++)
        if (!g_ascii_string_to_signed(fields[i], 10, 0, maximum, &ret_numbers[i], NULL))
            return FALSE;
    return TRUE;
}

static void
import_notified(SpocNotificationLog *store, char *const *fields)
{
    gint64 numbers[5];
    g_autofree char *written = g_strcompress(fields[3]);
    if (!read_numbers(fields + 4, 5, G_MAXINT64, numbers) ||
        numbers[0] > SPOC_EVENT_SEVERITY_FAULT || numbers[3] > G_MAXINT ||
        !g_utf8_validate(written, -1, NULL))
        return;
    SpocEventSeverity severity = (SpocEventSeverity)numbers[0];
    gboolean is_old = spoc_state_signature_is_old(written);
    if (is_old && numbers[0] > 1)
        return;
    if (is_old) /* then the number said only whether it is a fault */
        severity = numbers[0] == 0
                       ? SPOC_EVENT_SEVERITY_INFO
                       : MAX(spoc_state_signature_severity(written), SPOC_EVENT_SEVERITY_ATTENTION);
    g_autofree char *signature = spoc_state_signature_part(written, SPOC_EVENT_SEVERITY_GOOD);
    g_autofree char *key = g_strconcat(fields[1], "\t", fields[2], NULL);
    NotifiedRecord *record = records_get(&store->notified, key);
    spoc_last_notification_clear(&record->last);
    record->last = (SpocLastNotification){.signature = g_steal_pointer(&signature),
                                          .severity = severity,
                                          .fault_unix_s = numbers[1],
                                          .notified_unix_s = numbers[2],
                                          .count = (guint)numbers[3],
                                          .window_unix_s = numbers[4]};
}

static void
import_seen(SpocNotificationLog *store, char *const *fields)
{
    gint64 numbers[3];
    if (!read_numbers(fields + 2, 3, G_MAXINT64, numbers) || numbers[0] > G_MAXINT ||
        numbers[1] > G_MAXINT)
        return;
    SeenRecord *record = records_get(&store->seen, fields[1]);
    record->state = (gint)numbers[0];
    record->before = (gint)numbers[1];
    record->when_unix_s = numbers[2];
}

static void
import_sent(SpocNotificationLog *store, char *const *fields)
{
    g_auto(GStrv) times = g_strsplit(fields[2], ",", SPOC_MAILS_AN_HOUR_MAX + 1);
    g_autoptr(GArray) numbers = g_array_new(FALSE, TRUE, sizeof(gint64));
    g_array_set_size(numbers, g_strv_length(times));
    if (numbers->len > SPOC_MAILS_AN_HOUR_MAX ||
        !read_numbers(times, numbers->len, G_MAXINT64, (gint64 *)(void *)numbers->data))
        return;
    SentRecord *record = records_get(&store->sent, fields[1]);
    g_clear_pointer(&record->times_unix_s, g_array_unref);
    record->times_unix_s = g_steal_pointer(&numbers);
}

static void
import_rest(SpocNotificationLog *store, char *const *fields)
{
    SentRecord *record = records_get(&store->sent, fields[1]);
    record->has_rest = TRUE;
}

static void
import_text(SpocNotificationLog *store, const char *text)
{
    static const struct {
        const char *name;
        guint fields;
        void (*import)(SpocNotificationLog *store, char *const *fields);
    } kinds[] = {{"told", 9, import_notified},
                 {"seen", 5, import_seen},
                 {"sent", 3, import_sent},
                 {"rest", 2, import_rest}};
    g_auto(GStrv) lines = g_strsplit(text, "\n", 4 * RECORDS_MAX + 1);
    /* Used last first in the text, so the others are put first. */
    for (guint i = g_strv_length(lines); i > 0; i--) {
        g_auto(GStrv) fields = g_strsplit(lines[i - 1], "\t", 10);
        for (gsize kind = 0; kind < G_N_ELEMENTS(kinds); kind++)
            if (g_strv_length(fields) == kinds[kind].fields &&
                strcmp(fields[0], kinds[kind].name) == 0)
                kinds[kind].import(store, fields);
    }
}

static gboolean
save_log(gpointer user_data)
{
    SpocNotificationLog *store = user_data;
    g_autoptr(GError) error = NULL;
    store->timer = 0;
    g_autofree char *text = export_text(store);
    if (!spoc_durable_replace(spoc_spool_folder_fd(store->spool, "state"), FILE_NAME, text,
                              strlen(text), 0600, NULL, &error))
        spoc_log(store->log, SPOC_LOG_ERROR,
                 "cannot write state/" FILE_NAME ", which notifications were sent: after a restart "
                 "somebody may be notified of the same again: %s",
                 error->message);
    return G_SOURCE_REMOVE;
}

static void
save_soon(SpocNotificationLog *store)
{
    if (store->timer == 0)
        store->timer = g_timeout_add(SAVE_MS, save_log, store);
}

SpocNotificationLog *
spoc_notification_log_new(SpocSpool *spool, SpocLog *log)
{
    SpocNotificationLog *store = g_new0(SpocNotificationLog, 1);
    store->spool = spool;
    store->log = log;
    records_init(&store->notified, sizeof(NotifiedRecord), notified_free);
    records_init(&store->seen, sizeof(SeenRecord), seen_free);
    records_init(&store->sent, sizeof(SentRecord), sent_free);
    g_autoptr(GBytes) bytes =
        spoc_durable_read(spoc_spool_folder_fd(spool, "state"), FILE_NAME, FILE_MAX_BYTES, NULL);
    if (bytes != NULL) {
        g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        import_text(store, text);
    }
    return store;
}

void
spoc_notification_log_free(SpocNotificationLog *store)
{
    if (store == NULL)
        return;
    if (store->timer != 0) {
        g_source_remove(store->timer);
        (void)save_log(store);
    }
    g_hash_table_unref(store->notified.by_key);
    g_hash_table_unref(store->seen.by_key);
    g_hash_table_unref(store->sent.by_key);
    g_free(store);
}

/* --- printers --------------------------------------------------------------------------- */

const SpocLastNotification *
spoc_notification_log_find(SpocNotificationLog *store, const char *address, const char *printer)
{
    g_autofree char *key = person_key(address, printer);
    NotifiedRecord *record = records_find(&store->notified, key);
    return record != NULL ? &record->last : NULL;
}

void
spoc_notification_log_record(SpocNotificationLog *store, const char *address, const char *printer,
                             const SpocEvent *event, gint64 interval_s, gint64 now_unix_s)
{
    g_autofree char *key = person_key(address, printer);
    NotifiedRecord *record = records_get(&store->notified, key);
    spoc_suppression_record(&record->last, event, interval_s, now_unix_s);
    save_soon(store);
}

gint
spoc_notification_log_note_state(SpocNotificationLog *store, const SpocEvent *event)
{
    g_autofree char *printer = spoc_event_printer(event);
    if (printer == NULL || event->printer_state <= 0)
        return 0;
    g_autofree char *key = escape_fields(printer, NULL);
    SeenRecord *record = records_get(&store->seen, key);
    if (event->when_unix_s < record->when_unix_s)
        return 0; /* read again after a restart: what it followed is forgotten */
    if (event->printer_state != record->state) {
        record->before = record->state;
        record->state = event->printer_state;
        save_soon(store);
    }
    record->when_unix_s = event->when_unix_s;
    return record->before;
}

/* --- the rate --------------------------------------------------------------------------- */

/* (nullable): the times of the last hour */
static GArray *
recent_times(SpocNotificationLog *store, const char *address, gint64 now_unix_s)
{
    g_autofree char *key = person_key(address, NULL);
    SentRecord *record = records_find(&store->sent, key);
    if (record == NULL || record->times_unix_s == NULL)
        return NULL;
    GArray *times = record->times_unix_s;
    guint old = 0;
    /* Those in the future were counted before the clock was set back. */
    while (old < times->len && (g_array_index(times, gint64, old) <= now_unix_s - HOUR_S ||
                                g_array_index(times, gint64, old) > now_unix_s))
        old++;
    if (old > 0)
        g_array_remove_range(times, 0, old);
    return times;
}

gint64
spoc_notification_log_next_unix_s(SpocNotificationLog *store, const char *address,
                                  guint max_per_hour, gint64 now_unix_s)
{
    const GArray *times = recent_times(store, address, now_unix_s);
    if (times == NULL || times->len < max_per_hour)
        return now_unix_s;
    return g_array_index(times, gint64, times->len - max_per_hour) + HOUR_S;
}

void
spoc_notification_log_count(SpocNotificationLog *store, const char *address, gint64 now_unix_s)
{
    GArray *times = recent_times(store, address, now_unix_s);
    if (times == NULL) {
        g_autofree char *key = person_key(address, NULL);
        SentRecord *record = records_get(&store->sent, key);
        times = record->times_unix_s = g_array_new(FALSE, FALSE, sizeof(gint64));
    }
    if (times->len >= SPOC_MAILS_AN_HOUR_MAX)
        g_array_remove_index(times, 0);
    g_array_append_val(times, now_unix_s);
    save_soon(store);
}

gboolean
spoc_notification_log_has_rest(SpocNotificationLog *store, const char *address)
{
    g_autofree char *key = escape_fields(address, NULL);
    const SentRecord *record = records_find(&store->sent, key);
    return record != NULL && record->has_rest;
}

void
spoc_notification_log_set_rest(SpocNotificationLog *store, const char *address, gboolean has_rest)
{
    g_autofree char *key = escape_fields(address, NULL);
    SentRecord *record = records_get(&store->sent, key);
    if (record->has_rest != has_rest)
        save_soon(store);
    record->has_rest = has_rest;
}
