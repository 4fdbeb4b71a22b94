/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cupsd-conf.h"

#include "base/durable.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((gsize)1024 * 1024)
#define DIRECTIVE "MaxSubscriptions"

gint64
spoc_cupsd_conf_max_subscriptions(const char *text)
{
    gint64 limit = SPOC_CUPSD_MAX_SUBSCRIPTIONS_DEFAULT;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = g_strstrip(lines[i]);
        gsize length = strlen(DIRECTIVE);
        if (g_ascii_strncasecmp(line, DIRECTIVE, length) != 0 || !g_ascii_isspace(line[length]))
            continue;
        const char *number = line + length;
        while (g_ascii_isspace(*number))
            number++;
        if (g_ascii_isdigit(*number))
            limit = g_ascii_strtoll(number, NULL, 10);
    }
    return limit;
}

gint64
spoc_cupsd_conf_read_max_subscriptions(const SpocPlaces *places, gboolean *ret_known)
{
    *ret_known = FALSE;
    int folder = open(places->server_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return SPOC_CUPSD_MAX_SUBSCRIPTIONS_DEFAULT;
    g_autoptr(GBytes) content = spoc_durable_read(folder, "cupsd.conf", FILE_MAX_BYTES, NULL);
    close(folder);
    if (content == NULL)
        return SPOC_CUPSD_MAX_SUBSCRIPTIONS_DEFAULT;
    *ret_known = TRUE;
    gsize size = 0;
    const char *data = g_bytes_get_data(content, &size);
    g_autofree char *text = g_strndup(data != NULL ? data : "", size);
    return spoc_cupsd_conf_max_subscriptions(text);
}
