/* SPDX-License-Identifier: Apache-2.0 */
#include "config/host.h"

#include "base/address.h"
#include "config/file.h"

#include <string.h>
#include <unistd.h>

#define HOSTS_FILE "/etc/hosts"
#define RESOLV_FILE "/etc/resolv.conf"
#define FILE_MAX_BYTES (1024 * 1024)
#define NAMES_MAX 100

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
            is_ours |= !is_address && spoc_address_equal(words[j], name);
            is_address = FALSE;
        }
        g_autofree char *domain = is_ours && full != NULL ? spoc_domain_canonical(full) : NULL;
        if (domain != NULL && !g_str_has_prefix(domain, "localhost."))
            return g_steal_pointer(&domain);
    }
    return NULL;
}

char *
spoc_host_qualify(const char *name, const char *hosts)
{
    g_autofree char *own = spoc_domain_canonical(name);
    char *full = NULL;
    if (own != NULL && strchr(own, '.') == NULL && hosts != NULL)
        full = find_in_hosts(own, hosts);
    if (full != NULL)
        return full;
    return own != NULL ? g_steal_pointer(&own) : g_strdup("localhost");
}

/* --- all names -------------------------------------------------------------------------- */

static void
add_name(GPtrArray *names, const char *text)
{
    char *name = spoc_domain_canonical(text);
    if (name != NULL && names->len < NAMES_MAX &&
        !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        g_ptr_array_add(names, name);
    else
        g_free(name);
}

static void
add_joined(GPtrArray *names, const char *host, const char *domain)
{
    g_autofree char *name = g_strconcat(host, ".", domain, NULL);
    add_name(names, name);
}

/* Each on a line of hosts(5) that has one of @names already */
static void
add_from_hosts(GPtrArray *names, const char *hosts)
{
    guint known = names->len;
    g_auto(GStrv) lines = g_strsplit(hosts, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        lines[i][strcspn(lines[i], "#")] = '\0';
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(lines[i]), " \t\r", -1);
        gboolean is_ours = FALSE;
        for (guint j = 1; words[0] != NULL && words[j] != NULL; j++) {
            for (guint k = 0; k < known; k++)
                is_ours |= spoc_address_equal(words[j], g_ptr_array_index(names, k));
        }
        for (guint j = 1; is_ours && words[j] != NULL; j++)
            add_name(names, words[j]);
    }
}

static void
add_from_resolv(GPtrArray *names, const char *short_name, const char *resolv)
{
    g_auto(GStrv) lines = g_strsplit(resolv, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(lines[i]), " \t\r", -1);
        if (words[0] == NULL ||
            (!g_str_equal(words[0], "search") && !g_str_equal(words[0], "domain")))
            continue;
        for (guint j = 1; words[j] != NULL; j++) {
            /* "example.com." is the same in DNS's own notation. */
            gsize length = strlen(words[j]);
            if (length > 1 && words[j][length - 1] == '.')
                words[j][length - 1] = '\0';
            add_joined(names, short_name, words[j]);
        }
    }
}

char **
spoc_host_list_names(const char *name, const char *hosts, const char *resolv, const char *domain)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *full = spoc_host_qualify(name, hosts);
    g_autofree char *short_name = g_strndup(full, strcspn(full, "."));
    add_name(names, full);
    add_name(names, short_name);
    if (hosts != NULL)
        add_from_hosts(names, hosts);
    if (resolv != NULL)
        add_from_resolv(names, short_name, resolv);
    if (domain != NULL)
        add_joined(names, short_name, domain);
    add_name(names, "localhost");
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

/* --- this host -------------------------------------------------------------------------- */

/* (transfer full) (nullable) */
static char *
read_text(const char *path)
{
    g_autoptr(GBytes) content = spoc_config_file_read(path, FILE_MAX_BYTES, NULL);
    return content != NULL ? g_strndup(g_bytes_get_data(content, NULL), g_bytes_get_size(content))
                           : NULL;
}

/* Fills @name, of 256 bytes. */
static void
read_own_name(char *name)
{
    if (gethostname(name, 255) != 0)
        name[0] = '\0';
    name[255] = '\0';
}

char *
spoc_host_name(void)
{
    char name[256];
    read_own_name(name);
    g_autofree char *hosts = read_text(HOSTS_FILE);
    return spoc_host_qualify(name, hosts);
}

char **
spoc_host_names(const char *domain)
{
    char name[256];
    read_own_name(name);
    g_autofree char *hosts = read_text(HOSTS_FILE);
    g_autofree char *resolv = read_text(RESOLV_FILE);
    return spoc_host_list_names(name, hosts, resolv, domain);
}
