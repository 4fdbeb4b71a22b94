/* SPDX-License-Identifier: Apache-2.0 */
#include "config/server.h"

#include "base/error.h"

#include <gio/gio.h>
#include <string.h>

#define LOCAL_PART_MAX_BYTES 64 /* RFC 5321 4.5.3.1.1 */
#define PORT_MAX 65535

/* RFC 1123 2.1, and the underscore that internal names have in practice. */
static gboolean
is_host_name(const char *name)
{
    gsize length = strlen(name);
    if (length > 0 && name[length - 1] == '.')
        length--; /* fully qualified in DNS's own notation */
    if (length == 0 || length > SPOC_HOST_NAME_MAX_BYTES)
        return FALSE;
    gsize label = 0;
    for (gsize i = 0; i < length; i++) {
        if (name[i] == '.') {
            if (label == 0 || name[i - 1] == '-')
                return FALSE;
            label = 0;
            continue;
        }
        if (!g_ascii_isalnum(name[i]) && name[i] != '_' && !(name[i] == '-' && label > 0))
            return FALSE;
        if (++label > 63)
            return FALSE;
    }
    return label > 0 && name[length - 1] != '-';
}

/* (transfer full) (nullable): the ASCII form, NULL when it cannot be a host's name */
static char *
to_host_name(const char *text)
{
    g_autofree char *ascii = g_str_is_ascii(text) ? g_strdup(text) : g_hostname_to_ascii(text);
    return ascii != NULL && is_host_name(ascii) ? g_steal_pointer(&ascii) : NULL;
}

static gboolean
parse_port(const char *text, guint *ret_port, GError **error)
{
    guint64 port = 0;
    if (!g_ascii_string_to_unsigned(text, 10, 1, PORT_MAX, &port, NULL)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "the port behind the colon is not a number from 1 to %d", PORT_MAX);
        return FALSE;
    }
    *ret_port = (guint)port;
    return TRUE;
}

static gboolean
parse_bracketed(const char *text, char **ret_host, guint *ret_port, GError **error)
{
    const char *close = text + strcspn(text, "]");
    g_autofree char *inside = g_strndup(text + 1, (gsize)(close - text - 1));
    const char *rest = *close == ']' ? close + 1 : "]";
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(inside);
    if (address == NULL || g_inet_address_get_family(address) != G_SOCKET_FAMILY_IPV6 ||
        (*rest != '\0' && *rest != ':')) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "what stands in brackets is not an IPv6 address");
        return FALSE;
    }
    guint port = 0;
    if (*rest == ':' && !parse_port(rest + 1, &port, error))
        return FALSE;
    *ret_host = g_steal_pointer(&inside);
    *ret_port = port;
    return TRUE;
}

gboolean
spoc_server_parse(const char *text, char **ret_host, guint *ret_port, GError **error)
{
    if (text[0] == '[')
        return parse_bracketed(text, ret_host, ret_port, error);
    if (strstr(text, "://") != NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "a server is named without 'smtp://' or the like before it");
        return FALSE;
    }
    const char *colon = strchr(text, ':');
    if (colon != NULL && strchr(colon + 1, ':') != NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "an IPv6 address stands in brackets");
        return FALSE;
    }
    g_autofree char *name = colon != NULL ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
    g_autofree char *host = to_host_name(name);
    if (host == NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, "it is not the name of a host");
        return FALSE;
    }
    guint port = 0;
    if (colon != NULL && !parse_port(colon + 1, &port, error))
        return FALSE;
    *ret_host = g_steal_pointer(&host);
    *ret_port = port;
    return TRUE;
}

char *
spoc_server_name(const char *host, guint port)
{
    return g_strdup_printf(strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
}

char *
spoc_domain_parse(const char *text, GError **error)
{
    g_autofree char *name = to_host_name(text);
    if (name == NULL || g_str_has_suffix(name, ".")) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            strchr(text, '@') != NULL ? "a domain has no '@' in it"
                                                      : "it is not the name of a domain");
        return NULL;
    }
    return g_ascii_strdown(name, -1);
}

/* atext and dots between atoms, RFC 5322 3.2.3 */
static gboolean
is_dot_string(const char *text, gsize length)
{
    if (length == 0 || length > LOCAL_PART_MAX_BYTES || text[0] == '.' || text[length - 1] == '.')
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        gboolean atom = g_ascii_isalnum(text[i]) ||
                        (text[i] != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", text[i]) != NULL);
        if (!atom && !(text[i] == '.' && text[i - 1] != '.'))
            return FALSE;
    }
    return TRUE;
}

char *
spoc_sender_parse(const char *text, GError **error)
{
    const char *at = strrchr(text, '@');
    if (at == NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, "an address has an '@' in it");
        return NULL;
    }
    if (!is_dot_string(text, (gsize)(at - text))) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "what stands before the '@' cannot be a mailbox's name");
        return NULL;
    }
    g_autofree char *domain = spoc_domain_parse(at + 1, error);
    if (domain == NULL) {
        g_prefix_error(error, "behind the '@': ");
        return NULL;
    }
    return g_strdup_printf("%.*s@%s", (int)(at - text), text, domain);
}
