/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/pending-marks.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/journal.h"
#include "spool/message.h"

#include <string.h>
#include <unistd.h>

#define FILE_NAME "pending-marks"
/* Marks of the largest group, with room to spare */
#define FILE_MAX_BYTES (4 * 1024 * 1024)

gboolean
spoc_pending_marks_write(SpocSpool *spool, const char *message_id, const char *marks,
                         GError **error)
{
    g_autofree char *text = g_strconcat(message_id, "\n", marks, NULL);
    return spoc_durable_replace(spoc_spool_folder_fd(spool, "state"), FILE_NAME, text, strlen(text),
                                0600, NULL, error);
}

void
spoc_pending_marks_forget(SpocSpool *spool)
{
    (void)unlinkat(spoc_spool_folder_fd(spool, "state"), FILE_NAME, 0);
}

/* FALSE with @error set: the journal cannot be marked. */
static gboolean
mark_line(SpocSpool *spool, SpocJournal **journal, const char *line, GError **error)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 4);
    guint64 offset = 0, part = 0;
    if (g_strv_length(words) != 3 ||
        !g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXINT64, &offset, NULL) ||
        !g_ascii_string_to_unsigned(words[2], 10, 0, G_MAXUINT32, &part, NULL)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "state/%s is damaged", FILE_NAME);
        return FALSE;
    }
    if (*journal == NULL || strcmp(spoc_journal_name(*journal), words[0]) != 0) {
        g_clear_pointer(journal, spoc_journal_free);
        *journal = spoc_journal_open(spool, words[0], error);
    }
    return *journal != NULL && spoc_journal_mark(*journal, offset, (guint)part, error);
}

static gint
compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* @lines: the message's identifier, then the marks. FALSE: not all could be made. */
static gboolean
make_marks(SpocSpool *spool, char **lines, GError **error)
{
    guint count = g_strv_length(lines);
    g_autoptr(SpocJournal) journal = NULL;
    g_autoptr(GError) first = NULL;
    qsort(lines + 1, count - 1, sizeof *lines, compare_lines); /* each journal is opened once */
    for (guint i = 1; i < count; i++) {
        g_autoptr(GError) problem = NULL;
        if (*lines[i] != '\0' && !mark_line(spool, &journal, lines[i], &problem) &&
            !g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND) && first == NULL)
            first = g_steal_pointer(&problem);
    }
    if (first == NULL)
        return TRUE;
    g_propagate_prefixed_error(
        error, g_steal_pointer(&first),
        "%s: an event of this mail cannot be marked as done and may be mailed again: ", lines[0]);
    return FALSE;
}

gboolean
spoc_pending_marks_finish(SpocSpool *spool, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(GBytes) bytes = spoc_durable_read(spoc_spool_folder_fd(spool, "state"), FILE_NAME,
                                                FILE_MAX_BYTES, &problem);
    if (bytes == NULL) {
        if (g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_prefixed_error(error, g_steal_pointer(&problem),
                                   "cannot read which events were being marked: ");
        return FALSE;
    }
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *text = g_strndup(data != NULL ? data : "", size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    SpocState state = SPOC_STATE_NEW;
    gboolean is_stored =
        lines[0] != NULL && *lines[0] != '\0' && spoc_message_find(spool, lines[0], &state, NULL);
    gboolean good = !is_stored || make_marks(spool, lines, error);
    spoc_pending_marks_forget(spool);
    return good;
}
