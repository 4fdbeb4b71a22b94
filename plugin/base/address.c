/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/text.h"
#include "people/rules.h"

#include <gio/gio.h>
#include <string.h>

#define LOCAL_PART_MAX_BYTES 64 /* RFC 5321 4.5.3.1.1 */
#define DOMAIN_MAX_BYTES 253
#define LABEL_MAX_BYTES 63

static gboolean
refuse(GError **error, const char *address, gssize length, const char *reason)
{
    g_autofree char *shown = spoc_text_line(address, length, 100);
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "'%s' is no mail address: %s", shown,
                reason);
    return FALSE;
}

/* RFC 5322 3.2.3 atext, and RFC 6532's characters beyond ASCII */
static gboolean
is_atext(gunichar character)
{
    if (character >= 0x80)
        return g_unichar_isgraph(character) && !spoc_text_is_control(character);
    return g_ascii_isalnum((char)character) ||
           (character != 0 && strchr("!#$%&'*+-/=?^_`{|}~", (int)character) != NULL);
}

gboolean
spoc_local_part_is_valid(const char *local_part, gssize length, GError **error)
{
    gsize size = length < 0 ? strlen(local_part) : (gsize)length;
    if (size == 0 || size > LOCAL_PART_MAX_BYTES)
        return refuse(error, local_part, (gssize)size, "before the @ stand 1 to 64 bytes");
    if (!g_utf8_validate_len(local_part, size, NULL))
        return refuse(error, local_part, (gssize)size, "it is not UTF-8");
    if (local_part[0] == '-')
        return refuse(error, local_part, (gssize)size, "it begins with a hyphen");
    gboolean after_dot = TRUE;
    for (const char *p = local_part; p < local_part + size; p = g_utf8_next_char(p)) {
        gunichar character = g_utf8_get_char(p);
        if (character == '.' ? after_dot : !is_atext(character))
            return refuse(error, local_part, (gssize)size,
                          "before the @ only letters, digits, dots between them and "
                          "!#$%&'*+-/=?^_`{|}~ are accepted");
        after_dot = character == '.';
    }
    if (after_dot)
        return refuse(error, local_part, (gssize)size, "it ends with a dot before the @");
    return TRUE;
}

static gboolean
is_label(const char *label, gsize size)
{
    if (size == 0 || size > LABEL_MAX_BYTES || label[0] == '-' || label[size - 1] == '-')
        return FALSE;
    for (gsize i = 0; i < size; i++) {
        if (!g_ascii_isalnum(label[i]) && label[i] != '-')
            return FALSE;
    }
    return TRUE;
}

/* Letters, digits and hyphens between dots (RFC 5321 4.1.2) */
static gboolean
is_host_name(const char *name)
{
    if (strlen(name) > DOMAIN_MAX_BYTES)
        return FALSE;
    for (const char *label = name;;) {
        gsize size = strcspn(label, ".");
        if (!is_label(label, size))
            return FALSE;
        if (label[size] == '\0')
            return TRUE;
        label += size + 1;
    }
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3) */
static gboolean
is_address_literal(const char *domain)
{
    gsize size = strlen(domain);
    if (size < 3 || domain[0] != '[' || domain[size - 1] != ']')
        return FALSE;
    g_autofree char *inner = g_strndup(domain + 1, size - 2);
    gboolean is_v6 = g_ascii_strncasecmp(inner, "IPv6:", 5) == 0;
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(is_v6 ? inner + 5 : inner);
    return address != NULL && strchr(inner, '%') == NULL &&
           (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6) == is_v6;
}

/* (nullable) (transfer full) */
static char *
canonical_domain(const char *domain)
{
    if (domain[0] == '[') {
        if (!is_address_literal(domain))
            return NULL;
        gboolean is_v6 = g_ascii_strncasecmp(domain, "[IPv6:", 6) == 0;
        g_autofree char *lower = g_ascii_strdown(domain, -1);
        return is_v6 ? g_strconcat("[IPv6:", lower + 6, NULL) : g_steal_pointer(&lower);
    }
    if (!g_utf8_validate(domain, -1, NULL))
        return NULL;
    for (const char *p = domain; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar character = g_utf8_get_char(p);
        if (character >= 0x80 && (!g_unichar_isgraph(character) || spoc_text_is_control(character)))
            return NULL;
    }
    if (strlen(domain) > SPOC_ADDRESS_MAX_BYTES)
        return NULL;
    g_autofree char *ascii = g_hostname_to_ascii(domain);
    if (ascii == NULL || !is_host_name(ascii))
        return NULL;
    return g_ascii_strdown(ascii, -1);
}

char *
spoc_address_canonical(const char *address, GError **error)
{
    const char *at = strrchr(address, '@');
    if (at == NULL) {
        (void)refuse(error, address, -1, "it has no @");
        return NULL;
    }
    if (strlen(address) > SPOC_ADDRESS_MAX_BYTES) {
        (void)refuse(error, address, -1, "it has more than 254 bytes");
        return NULL;
    }
    if (!spoc_local_part_is_valid(address, at - address, error))
        return NULL;
    g_autofree char *domain = canonical_domain(at + 1);
    if (domain == NULL) {
        (void)refuse(error, address, -1,
                     "behind the @ stands a domain such as example.com, or an address such as "
                     "[192.0.2.1] or [IPv6:2001:db8::1]");
        return NULL;
    }
    g_autofree char *canonical = g_strdup_printf("%.*s@%s", (int)(at - address), address, domain);
    if (strlen(canonical) > SPOC_ADDRESS_MAX_BYTES) {
        (void)refuse(error, address, -1, "it has more than 254 bytes");
        return NULL;
    }
    return g_steal_pointer(&canonical);
}

gboolean
spoc_address_is_valid(const char *address, GError **error)
{
    g_autofree char *canonical = spoc_address_canonical(address, error);
    return canonical != NULL;
}

gboolean
spoc_address_equal(const char *left, const char *right)
{
    if (g_ascii_strcasecmp(left, right) == 0)
        return TRUE;
    g_autofree char *folded_left = g_utf8_casefold(left, -1);
    g_autofree char *folded_right = g_utf8_casefold(right, -1);
    return strcmp(folded_left, folded_right) == 0;
}
