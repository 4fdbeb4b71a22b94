/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check-directory.h"

#include "config/snapshot.h"

#include <gio/gio.h>
#include <string.h>

static const char *const mechanisms[] = {"EXTERNAL", "GSSAPI", NULL};

static void G_GNUC_PRINTF(3, 4)
    refuse(SpocConfig *config, SpocOptionId option, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    SpocConfigOrigin origin = spoc_config_origin(config, option);
    spoc_snapshot_add_problem(config, SPOC_SEVERITY_ERROR, TRUE, spoc_option_get(option)->name,
                              origin.file, origin.line, "%s", text);
}

/* On this host, as far as the name tells. */
static gboolean
is_local(const char *host)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return (address != NULL && g_inet_address_get_is_loopback(address)) ||
           g_ascii_strcasecmp(host, "localhost") == 0;
}

static void
check_password_way(SpocConfig *config)
{
    const char *const *uris = spoc_config_list(config, SPOC_OPTION_RECIPIENT_LDAP_URI);
    for (gsize i = 0; uris[i] != NULL; i++) {
        g_autoptr(GUri) uri = g_uri_parse(uris[i], G_URI_FLAGS_NONE, NULL);
        if (uri == NULL || g_strcmp0(g_uri_get_scheme(uri), "ldap") != 0 ||
            is_local(g_uri_get_host(uri)))
            continue;
        refuse(config, SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION,
               "is NONE, and recipientLdapPassword is never sent to %s over a connection that is "
               "not encrypted; set STARTTLS_REQUIRED, or name the server as ldaps:",
               g_uri_get_host(uri));
        return;
    }
}

static void
check_login(SpocConfig *config)
{
    const char *mechanism = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_SASL_MECHANISM);
    const char *dn = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_BIND_DN);
    gboolean has_password = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_PASSWORD) != NULL;
    if (mechanism != NULL && !g_strv_contains(mechanisms, mechanism))
        refuse(config, SPOC_OPTION_RECIPIENT_LDAP_SASL_MECHANISM,
               "'%s' is not known; accepted: EXTERNAL or GSSAPI, or empty for no SASL", mechanism);
    if (mechanism != NULL || dn == NULL)
        return;
    if (!has_password)
        refuse(config, SPOC_OPTION_RECIPIENT_LDAP_BIND_DN,
               "is set without a password; set recipientLdapPasswordFile, or recipientLdapBindDn = "
               "[EMPTY] to ask anonymously");
    else if (spoc_config_choice(config, SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION) ==
             SPOC_LDAP_ENCRYPTION_NONE)
        check_password_way(config);
}

/* RFC 4512 2.5: a name or a number, perhaps with options */
static void
check_attribute(SpocConfig *config, SpocOptionId option)
{
    const char *name = spoc_config_string(config, option);
    if (name == NULL)
        return;
    for (const char *p = name; *p != '\0'; p++) {
        if (g_ascii_isalnum(*p) || strchr("-;.", *p) != NULL)
            continue;
        refuse(config, option, "'%s' is no attribute; accepted: one name such as mail", name);
        return;
    }
}

void
spoc_check_directory(SpocConfig *config)
{
    if (spoc_config_list(config, SPOC_OPTION_RECIPIENT_LDAP_URI)[0] == NULL)
        return;
    if (spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_BASE) == NULL)
        refuse(config, SPOC_OPTION_RECIPIENT_LDAP_BASE,
               "is not set, but recipientLdapUri is; write a line such as 'recipientLdapBase = "
               "ou=people,dc=example,dc=com'");
    const char *filter = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_FILTER);
    if (filter != NULL && strstr(filter, "%u") == NULL)
        refuse(config, SPOC_OPTION_RECIPIENT_LDAP_FILTER,
               "does not name the user; accepted: a filter with %%u in it, such as (uid=%%u)");
    check_attribute(config, SPOC_OPTION_RECIPIENT_LDAP_ADDRESS_ATTRIBUTE);
    check_attribute(config, SPOC_OPTION_RECIPIENT_LDAP_NAME_ATTRIBUTE);
    check_attribute(config, SPOC_OPTION_RECIPIENT_LDAP_LANGUAGE_ATTRIBUTE);
    check_login(config);
}
