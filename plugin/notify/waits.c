/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/waits.h"

#include "base/durable.h"
#include "queue/list-item.h"

#include <string.h>
#include <unistd.h>

static void
append_wait(const char *journal, const char *reason, gint64 until_unix_s, gpointer user_data)
{
    g_autofree char *line = spoc_wait_line(journal, until_unix_s, reason);
    g_string_append_printf(user_data, "%s\n", line);
}

char *
spoc_waits_text(SpocJournalSet *journals)
{
    GString *text = g_string_new(NULL);
    spoc_journal_set_each_wait(journals, append_wait, text);
    return g_string_free(text, FALSE);
}

void
spoc_waits_forget(SpocSpool *spool)
{
    (void)unlinkat(spoc_spool_folder_fd(spool, "state"), SPOC_WAITS_FILE, 0);
}

void
spoc_waits_keep(SpocJournalSet *journals, SpocSpool *spool, SpocLog *log)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = spoc_waits_text(journals);
    if (*text == '\0')
        spoc_waits_forget(spool);
    else if (!spoc_durable_replace(spoc_spool_folder_fd(spool, "state"), SPOC_WAITS_FILE, text,
                                   strlen(text), 0600, NULL, &error))
        spoc_log(log, SPOC_LOG_WARNING, "cannot keep for spocctl what the events wait for: %s",
                 error->message);
}
