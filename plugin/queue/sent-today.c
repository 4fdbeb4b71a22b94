/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/sent-today.h"

#include "base/durable.h"

#include <string.h>

#define COUNTS_FILE "sent-today"
#define COUNTS_MAX_BYTES ((gsize)16 * 1024)
/* Those that are used now, and the last that were before. */
#define SERVERS_MAX 16

static char **
read_lines(const SpocSpool *spool)
{
    g_autoptr(GBytes) content = spoc_durable_read(spoc_spool_folder_fd(spool, "state"), COUNTS_FILE,
                                                  COUNTS_MAX_BYTES, NULL);
    gsize size = 0;
    const char *data = content != NULL ? g_bytes_get_data(content, &size) : NULL;
    g_autofree char *text = g_strndup(data != NULL ? data : "", size);
    return g_strsplit(text, "\n", SERVERS_MAX + 1);
}

/* (nullable): what stands behind the server's name */
static const char *
find_count(const char *line, const char *server)
{
    gsize length = strlen(server);
    return strncmp(line, server, length) == 0 && line[length] == '\t' ? line + length + 1 : NULL;
}

static char *
load_count(const char *server, gpointer user_data)
{
    g_auto(GStrv) lines = read_lines(user_data);
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *count = find_count(lines[i], server);
        if (count != NULL)
            return g_strdup(count);
    }
    return NULL;
}

static void
save_count(const char *server, const char *text, gpointer user_data)
{
    const SpocSpool *spool = user_data;
    g_auto(GStrv) lines = read_lines(spool);
    g_autoptr(GString) all = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_string_append_printf(all, "%s\t%s\n", server, text);
    for (guint i = 0; lines[i] != NULL && i < SERVERS_MAX - 1; i++)
        if (*lines[i] != '\0' && find_count(lines[i], server) == NULL)
            g_string_append_printf(all, "%s\n", lines[i]);
    if (!spoc_durable_replace(spoc_spool_folder_fd(spool, "state"), COUNTS_FILE, all->str, all->len,
                              0600, NULL, &error))
        g_debug("%s", error->message); /* a full disk says so itself */
}

void
spoc_sent_today_init(SpocDeliveryCounts *counts, SpocSpool *spool)
{
    *counts = (SpocDeliveryCounts){load_count, save_count, spool};
}
