/* SPDX-License-Identifier: Apache-2.0 */
#include "config/server.h"

#include "base/address.h"
#include "base/error.h"
#include "base/text.h"

#include <gio/gio.h>
#include <string.h>

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
    if (!g_ascii_string_to_unsigned(text, 10, 1, PORT_MAX, &port, NULL))
        return spoc_error_set(error, SPOC_ERROR_INVALID,
                              "the port after the colon is not a number from 1 to %d", PORT_MAX);
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
        (*rest != '\0' && *rest != ':'))
        return spoc_error_set(error, SPOC_ERROR_INVALID,
                              "what stands in brackets is not an IPv6 address");
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
    if (strstr(text, "://") != NULL)
        return spoc_error_set(error, SPOC_ERROR_INVALID,
                              "a server is named without 'smtp://' or the like before it");
    const char *colon = strchr(text, ':');
    if (colon != NULL && strchr(colon + 1, ':') != NULL)
        return spoc_error_set(error, SPOC_ERROR_INVALID, "an IPv6 address stands in brackets");
    g_autofree char *name = colon != NULL ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
    g_autofree char *host = to_host_name(name);
    if (host == NULL)
        return spoc_error_set(error, SPOC_ERROR_INVALID, "it is not the name of a host");
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
    char *domain = spoc_domain_canonical(text);
    if (domain == NULL)
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            strchr(text, '@') != NULL ? "a domain has no '@' in it"
                                                      : "it is not the name of a domain");
    return domain;
}

char *
spoc_sender_parse(const char *text, GError **error)
{
    const char *why = NULL;
    g_autofree char *address = spoc_address_parse(text, &why);
    if (address != NULL && !g_str_is_ascii(address))
        why = "a sender has only ASCII before the @, for not every server takes more";
    else if (address != NULL && strchr(address, '[') != NULL)
        why = "after the @ of a sender must stand a domain";
    if (why == NULL)
        return g_steal_pointer(&address);
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, why);
    return NULL;
}

/* --- names before addresses ------------------------------------------------------------- */

/* What cannot stand in a name without quotes (RFC 5322 3.2.3), the dot aside, which all take */
#define SPECIALS "()<>[]:;@\\,\""

static gboolean
is_name(const char *name, const char **ret_why)
{
    if (strlen(name) > SPOC_MAILBOX_NAME_MAX_BYTES) {
        *ret_why = "the name before the address is longer than 200 bytes";
        return FALSE;
    }
    for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar character = g_utf8_get_char(p);
        if (spoc_text_is_control(character) || g_unichar_type(character) == G_UNICODE_FORMAT) {
            *ret_why = "the name before the address has a control character in it";
            return FALSE;
        }
    }
    return TRUE;
}

/* (transfer full) (nullable): the name that stands in quotes, or without them */
static char *
parse_name(const char *text, const char **ret_why)
{
    g_autoptr(GString) name = g_string_new(NULL);
    gboolean is_quoted = text[0] == '"';
    const char *p = is_quoted ? text + 1 : text;
    for (; *p != '\0' && !(is_quoted && *p == '"'); p++) {
        if (is_quoted && *p == '\\' && p[1] != '\0') {
            p++;
        } else if (!is_quoted && strchr(SPECIALS, *p) != NULL) {
            *ret_why = "a name with one of ()<>[]:;@\\,\" in it stands in quotes, and only one "
                       "address after it, in < and >";
            return NULL;
        }
        g_string_append_c(name, *p);
    }
    if (is_quoted && (*p != '"' || p[1] != '\0')) {
        *ret_why = "the quotes around the name are not where it begins and ends";
        return NULL;
    }
    g_autofree char *stripped = g_strstrip(g_string_free(g_steal_pointer(&name), FALSE));
    return is_name(stripped, ret_why) ? g_steal_pointer(&stripped) : NULL;
}

gboolean
spoc_mailbox_parse(const char *text, char **ret_name, char **ret_address, GError **error)
{
    gsize length = strlen(text);
    const char *open = length > 0 && text[length - 1] == '>' ? strrchr(text, '<') : NULL;
    if (open == NULL) {
        char *address = spoc_sender_parse(text, error);
        if (address != NULL) {
            *ret_name = NULL;
            *ret_address = address;
        }
        return address != NULL;
    }
    const char *why = NULL;
    g_autofree char *before = g_strchomp(g_strndup(text, (gsize)(open - text)));
    g_autofree char *name = g_utf8_validate(text, -1, NULL) ? parse_name(before, &why) : NULL;
    if (name == NULL)
        return spoc_error_set(error, SPOC_ERROR_INVALID, "%s",
                              why != NULL ? why : "it is not UTF-8");
    g_autofree char *inside = g_strndup(open + 1, length - 2 - (gsize)(open - text));
    char *address = spoc_sender_parse(inside, error);
    if (address == NULL)
        return FALSE;
    *ret_name = *name != '\0' ? g_steal_pointer(&name) : NULL;
    *ret_address = address;
    return TRUE;
}

char *
spoc_mailbox_text(const char *name, const char *address)
{
    if (name == NULL)
        return g_strdup(address);
    if (strpbrk(name, SPECIALS) == NULL)
        return g_strdup_printf("%s <%s>", name, address);
    g_autoptr(GString) text = g_string_new("\"");
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(text, '\\');
        g_string_append_c(text, *p);
    }
    g_string_append_printf(text, "\" <%s>", address);
    return g_string_free(g_steal_pointer(&text), FALSE);
}
