/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/server-health.h"

#include "base/durable.h"
#include "base/text.h"
#include "delivery/route.h"

#include <string.h>

struct _SpocServerHealth {
    SpocSpool *spool;
    GPtrArray *notes; /* as in the file */
};

SpocServerHealth *
spoc_server_health_new(SpocSpool *spool)
{
    SpocServerHealth *health = g_new0(SpocServerHealth, 1);
    health->spool = spool;
    health->notes = spoc_server_notes_load(spool);
    return health;
}

void
spoc_server_health_free(SpocServerHealth *health)
{
    if (health == NULL)
        return;
    g_ptr_array_unref(health->notes);
    g_free(health);
}

static gboolean
is_equal(const GPtrArray *left, const GPtrArray *right)
{
    for (guint i = 0; left->len == right->len && i < left->len; i++) {
        const SpocServerNote *a = g_ptr_array_index(left, i), *b = g_ptr_array_index(right, i);
        if (strcmp(a->name, b->name) != 0 || strcmp(a->words, b->words) != 0)
            return FALSE;
    }
    return left->len == right->len;
}

void
spoc_server_health_update(SpocServerHealth *health, const SpocDelivery *delivery, gint64 now_unix_s)
{
    if (delivery == NULL)
        return;
    g_autoptr(GPtrArray) notes = spoc_server_notes_new();
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++) {
        SpocServerReport report;
        if (!spoc_delivery_report(delivery, i, &report) || report.works)
            continue;
        const SpocServerNote *known = spoc_server_notes_find(health->notes, report.name);
        if (report.words != NULL)
            g_ptr_array_add(notes,
                            spoc_server_note_new(report.name,
                                                 known != NULL ? known->since_unix_s : now_unix_s,
                                                 report.words));
        else if (known != NULL)
            g_ptr_array_add(notes,
                            spoc_server_note_new(known->name, known->since_unix_s, known->words));
    }
    if (is_equal(notes, health->notes))
        return;
    g_autoptr(GError) error = NULL;
    if (!spoc_server_notes_save(health->spool, notes, &error))
        g_debug("%s", error->message); /* a full disk says so itself */
    g_ptr_array_unref(health->notes);
    health->notes = g_steal_pointer(&notes);
}

/* --- the file ---------------------------------------------------------------------------- */

#define NOTES_FILE "servers"
#define NOTES_MAX_BYTES ((gsize)16 * 1024)
#define NAME_MAX_BYTES 300
#define WORDS_MAX_BYTES 900

static void
note_free(gpointer data)
{
    SpocServerNote *note = data;
    g_free(note->name);
    g_free(note->words);
    g_free(note);
}

SpocServerNote *
spoc_server_note_new(const char *name, gint64 since_unix_s, const char *words)
{
    SpocServerNote *note = g_new0(SpocServerNote, 1);
    note->name = spoc_text_line(name, -1, NAME_MAX_BYTES);
    note->since_unix_s = since_unix_s;
    note->words = spoc_text_line(words, -1, WORDS_MAX_BYTES);
    return note;
}

GPtrArray *
spoc_server_notes_new(void)
{
    return g_ptr_array_new_with_free_func(note_free);
}

GPtrArray *
spoc_server_notes_load(const SpocSpool *spool)
{
    GPtrArray *notes = spoc_server_notes_new();
    g_autoptr(GBytes) content =
        spoc_durable_read(spoc_spool_folder_fd(spool, "state"), NOTES_FILE, NOTES_MAX_BYTES, NULL);
    gsize size = 0;
    const char *data = content != NULL ? g_bytes_get_data(content, &size) : NULL;
    g_autofree char *text = g_strndup(data != NULL ? data : "", size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", SPOC_SERVER_NOTES_MAX + 1);
    for (guint i = 0; lines[i] != NULL && i < SPOC_SERVER_NOTES_MAX; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], "\t", 3);
        if (g_strv_length(fields) == 3)
            g_ptr_array_add(notes, spoc_server_note_new(
                                       fields[1], g_ascii_strtoll(fields[0], NULL, 10), fields[2]));
    }
    return notes;
}

const SpocServerNote *
spoc_server_notes_find(const GPtrArray *notes, const char *name)
{
    for (guint i = 0; i < notes->len; i++) {
        const SpocServerNote *note = g_ptr_array_index(notes, i);
        if (strcmp(note->name, name) == 0)
            return note;
    }
    return NULL;
}

gboolean
spoc_server_notes_save(const SpocSpool *spool, const GPtrArray *notes, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < notes->len; i++) {
        const SpocServerNote *note = g_ptr_array_index(notes, i);
        g_string_append_printf(text, "%" G_GINT64_FORMAT "\t%s\t%s\n", note->since_unix_s,
                               note->name, note->words);
    }
    return spoc_durable_replace(spoc_spool_folder_fd(spool, "state"), NOTES_FILE, text->str,
                                text->len, 0600, NULL, error);
}
