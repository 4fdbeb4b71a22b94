/* SPDX-License-Identifier: Apache-2.0 */
#include "config/host.h"

#include "config/file.h"
#include "config/server.h"

#include <string.h>
#include <unistd.h>

#define HOSTS_FILE "/etc/hosts"
#define HOSTS_MAX_BYTES (1024 * 1024)

/* (transfer full) (nullable): the first name with a dot on a line that has @name too:
 * hosts(5) puts the canonical name first */
static char *
find_in_hosts(const char *name, const char *hosts)
{
    g_auto(GStrv) lines = g_strsplit(hosts, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        lines[i][strcspn(lines[i], "#")] = '\0';
        g_auto(GStrv) words = g_strsplit_set(lines[i], " \t\r", -1);
        const char *full = NULL;
        gboolean is_ours = FALSE, is_address = TRUE;
        for (guint j = 0; words[j] != NULL; j++) {
            if (*words[j] == '\0')
                continue;
            if (!is_address && full == NULL && strchr(words[j], '.') != NULL)
                full = words[j];
            is_ours |= !is_address && g_ascii_strcasecmp(words[j], name) == 0;
            is_address = FALSE;
        }
        g_autofree char *domain = is_ours && full != NULL ? spoc_domain_parse(full, NULL) : NULL;
        if (domain != NULL && !g_str_has_prefix(domain, "localhost."))
            return g_steal_pointer(&domain);
    }
    return NULL;
}

char *
spoc_host_qualify(const char *name, const char *hosts)
{
    g_autofree char *own = spoc_domain_parse(name, NULL);
    char *full = NULL;
    if (own != NULL && strchr(own, '.') == NULL && hosts != NULL)
        full = find_in_hosts(own, hosts);
    if (full != NULL)
        return full;
    return own != NULL ? g_steal_pointer(&own) : g_strdup("localhost");
}

char *
spoc_host_name(void)
{
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) != 0)
        name[0] = '\0';
    g_autoptr(GBytes) content = spoc_config_file_read(HOSTS_FILE, HOSTS_MAX_BYTES, NULL);
    g_autofree char *hosts = NULL;
    if (content != NULL)
        hosts = g_strndup(g_bytes_get_data(content, NULL), g_bytes_get_size(content));
    return spoc_host_qualify(name, hosts);
}
