/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

#include "base/error.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

#define LOCAL_PART_MAX_BYTES 64 /* RFC 5321 4.5.3.1.1 */
#define DOMAIN_MAX_BYTES 253
#define LABEL_MAX_BYTES 63

/* The percent hack (RFC 5321 never had it, servers do), a bang path, a path, a pipe; Exim's own
 * list. The @ can only come out of a character that is made an @. */
#define HAZARDS "%!/|@"

static const char TOO_LONG[] = "it has more than 254 bytes";
static const char BAD_DOMAIN[] =
    "after the @ must stand a domain such as example.com, or an address "
    "such as [192.0.2.1] or [IPv6:2001:db8::1]";

/* RFC 5322 3.2.3 atext, and RFC 6532's characters beyond ASCII */
static gboolean
is_atext(gunichar character)
{
    if (character >= 0x80)
        return g_unichar_isgraph(character) && !spoc_text_is_control(character);
    return g_ascii_isalnum((char)character) ||
           (character != 0 && strchr("!#$%&'*+-/=?^_`{|}~", (int)character) != NULL);
}

/* (nullable): what is wrong with it */
static const char *
check_local_part(const char *local_part, gsize size)
{
    if (size == 0 || size > LOCAL_PART_MAX_BYTES)
        return "before the @ stand 1 to 64 bytes";
    if (!g_utf8_validate_len(local_part, size, NULL))
        return "it is not UTF-8";
    if (local_part[0] == '-')
        return "it begins with a hyphen";
    gboolean after_dot = TRUE;
    for (const char *p = local_part; p < local_part + size; p = g_utf8_next_char(p)) {
        gunichar character = g_utf8_get_char(p);
        if (character == '.' ? after_dot : !is_atext(character))
            return "before the @ only letters, digits, dots between them and "
                   "!#$%&'*+-/=?^_`{|}~ are accepted";
        after_dot = character == '.';
    }
    return after_dot ? "it ends with a dot before the @" : NULL;
}

static gboolean
refuse_address(GError **error, const char *address, gssize length, const char *reason)
{
    g_autofree char *shown = spoc_text_line(address, length, 100);
    return spoc_error_set(error, SPOC_ERROR_INVALID, "'%s' is no mail address: %s", shown, reason);
}

gboolean
spoc_local_part_is_valid(const char *local_part, gssize length, GError **error)
{
    gsize size = length < 0 ? strlen(local_part) : (gsize)length;
    const char *why = check_local_part(local_part, size);
    return why == NULL || refuse_address(error, local_part, (gssize)size, why);
}

/* --- domains ---------------------------------------------------------------------------- */

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

/* The letters that GLib's IDNA (RFC 3490) makes others of and today's registries (RFC 5892) keep:
 * the mail would go to somebody else's domain. */
static gboolean
is_ambiguous(gunichar character)
{
    return character == 0xdf || character == 0x1e9e || character == 0x3c2 || character == 0x200c ||
           character == 0x200d;
}

char *
spoc_domain_canonical(const char *domain)
{
    if (is_host_name(domain)) /* IDNA has nothing to do: the usual case, several times a mail */
        return g_ascii_strdown(domain, -1);
    if (strlen(domain) > SPOC_ADDRESS_MAX_BYTES || !g_utf8_validate(domain, -1, NULL))
        return NULL;
    gunichar last = 0;
    for (const char *p = domain; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar character = last = g_utf8_get_char(p);
        if (character >= 0x80 && (!g_unichar_isgraph(character) ||
                                  spoc_text_is_control(character) || is_ambiguous(character)))
            return NULL;
    }
    /* IDNA's other dots (RFC 3490 3.1): GLib drops one at the end. */
    if (last == 0x3002 || last == 0xff0e || last == 0xff61)
        return NULL;
    g_autofree char *ascii = g_hostname_to_ascii(domain);
    if (ascii == NULL || !is_host_name(ascii))
        return NULL;
    return g_ascii_strdown(ascii, -1);
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3); (transfer full) (nullable): the one
 * form of it */
static char *
canonical_literal(const char *domain)
{
    gsize size = strlen(domain);
    if (size < 3 || domain[size - 1] != ']')
        return NULL;
    g_autofree char *inner = g_strndup(domain + 1, size - 2);
    gboolean is_v6 = g_ascii_strncasecmp(inner, "IPv6:", 5) == 0;
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];
    int family = is_v6 ? AF_INET6 : AF_INET;
    if (inet_pton(family, is_v6 ? inner + 5 : inner, &address) != 1 ||
        inet_ntop(family, &address, text, sizeof text) == NULL)
        return NULL;
    return g_strdup_printf("[%s%s]", is_v6 ? "IPv6:" : "", text);
}

static char *
canonical_domain(const char *domain)
{
    return domain[0] == '[' ? canonical_literal(domain) : spoc_domain_canonical(domain);
}

/* --- addresses -------------------------------------------------------------------------- */

char *
spoc_address_parse(const char *address, const char **ret_why)
{
    const char *at = strrchr(address, '@');
    if (at == NULL || strlen(address) > SPOC_ADDRESS_MAX_BYTES) {
        *ret_why = at == NULL ? "it has no @" : TOO_LONG;
        return NULL;
    }
    *ret_why = check_local_part(address, (gsize)(at - address));
    if (*ret_why != NULL)
        return NULL;
    g_autofree char *domain = canonical_domain(at + 1);
    if (domain == NULL) {
        *ret_why = BAD_DOMAIN;
        return NULL;
    }
    g_autofree char *canonical = g_strdup_printf("%.*s@%s", (int)(at - address), address, domain);
    if (strlen(canonical) > SPOC_ADDRESS_MAX_BYTES) {
        *ret_why = TOO_LONG;
        return NULL;
    }
    return g_steal_pointer(&canonical);
}

char *
spoc_address_canonical(const char *address, GError **error)
{
    const char *why = NULL;
    char *canonical = spoc_address_parse(address, &why);
    if (canonical == NULL)
        (void)refuse_address(error, address, -1, why);
    return canonical;
}

gboolean
spoc_address_is_valid(const char *address, GError **error)
{
    g_autofree char *canonical = spoc_address_canonical(address, error);
    return canonical != NULL;
}

/* Whether Unicode's compatibility mappings make one of HAZARDS of it: "＠", "％", "℀" */
static gboolean
becomes_hazard(gunichar character)
{
    char bytes[6];
    int size = g_unichar_to_utf8(character, bytes);
    g_autofree char *mapped = g_utf8_normalize(bytes, size, G_NORMALIZE_NFKC);
    return mapped != NULL && strpbrk(mapped, HAZARDS) != NULL;
}

char *
spoc_address_hazard(const char *address)
{
    const char *at = strrchr(address, '@');
    const char *end = at != NULL ? at : address + strlen(address);
    for (const char *p = address; p < end; p = g_utf8_next_char(p)) {
        gunichar character = g_utf8_get_char(p);
        gboolean is_one =
            character < 0x80 ? strchr(HAZARDS, (int)character) != NULL : becomes_hazard(character);
        if (is_one)
            return g_strndup(p, (gsize)(g_utf8_next_char(p) - p));
    }
    return NULL;
}

/* --- comparing -------------------------------------------------------------------------- */

char *
spoc_address_key(const char *text)
{
    const char *at = strrchr(text, '@');
    g_autofree char *domain = at != NULL ? canonical_domain(at + 1) : NULL;
    if (domain == NULL)
        return g_ascii_strdown(text, -1);
    g_autofree char *local_part = g_ascii_strdown(text, at - text);
    return g_strconcat(local_part, "@", domain, NULL);
}

gboolean
spoc_address_equal(const char *left, const char *right)
{
    g_autofree char *left_key = spoc_address_key(left);
    g_autofree char *right_key = spoc_address_key(right);
    return strcmp(left_key, right_key) == 0;
}
