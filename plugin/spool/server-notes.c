/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/server-notes.h"

#include "base/durable.h"
#include "base/text.h"

#include <string.h>

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
