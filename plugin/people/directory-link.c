/* SPDX-License-Identifier: Apache-2.0 */
#include "people/directory-link.h"

#include "base/error.h"
#include "base/text.h"
#include "people/directory-search.h"
#include "people/directory-socket.h"

#include <sasl/sasl.h>
#include <string.h>

#define WORDS_MAX_BYTES 400

struct _SpocDirectoryLink {
    const SpocDirectorySettings *settings;
    GCancellable *cancellable;
    LDAP *ldap; /* (nullable): while connected */
    SpocDirectorySocket *socket;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LDAPURLDesc, ldap_free_urldesc)

SpocDirectoryLink *
spoc_directory_link_new(const SpocDirectorySettings *settings, GCancellable *cancellable)
{
    SpocDirectoryLink *link = g_new0(SpocDirectoryLink, 1);
    link->settings = settings;
    link->cancellable = g_object_ref(cancellable);
    return link;
}

void
spoc_directory_link_rest(SpocDirectoryLink *link)
{
    if (link->ldap != NULL) {
        spoc_directory_socket_set_deadline(link->socket, g_get_monotonic_time());
        ldap_unbind_ext(link->ldap, NULL, NULL);
    }
    link->ldap = NULL;
    g_clear_pointer(&link->socket, spoc_directory_socket_free);
}

void
spoc_directory_link_free(SpocDirectoryLink *link)
{
    if (link == NULL)
        return;
    spoc_directory_link_rest(link);
    g_object_unref(link->cancellable);
    g_free(link);
}

gboolean
spoc_directory_link_is_connected(const SpocDirectoryLink *link)
{
    return link->ldap != NULL;
}

gboolean
spoc_directory_is_supported(void)
{
    return TRUE;
}

static void
restart_clock(SpocDirectoryLink *link)
{
    spoc_directory_socket_set_deadline(link->socket, g_get_monotonic_time() +
                                                         (gint64)link->settings->timeout_ms * 1000);
}

/* --- opening ---------------------------------------------------------------------------- */

static gboolean
set_options(LDAP *ldap, gboolean is_encrypted, guint timeout_ms)
{
    const int version = LDAP_VERSION3, never = LDAP_DEREF_NEVER;
    const struct timeval timeout = {.tv_sec = MAX(1, timeout_ms / 1000)};
    /* Whatever ldap.conf(5) says. A referral could lead anywhere. */
    return ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ldap, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ldap, LDAP_OPT_RESTART, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ldap, LDAP_OPT_DEREF, &never) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ldap, LDAP_OPT_TIMEOUT, &timeout) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ldap, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON) == LDAP_OPT_SUCCESS &&
           /* Below TLS, Active Directory takes no second layer of protection. */
           ldap_set_option(ldap, LDAP_OPT_X_SASL_SECPROPS,
                           is_encrypted ? "noanonymous,noplain,maxssf=0"
                                        : "noanonymous,noplain,minssf=1") == LDAP_OPT_SUCCESS;
}

/* StartTLS is ours: libldap would encrypt with a library and a store of its own. Bytes that
 * somebody slipped in behind the answer would be taken for TLS, and end it. */
static gboolean
start_tls(SpocDirectoryLink *link, const char *host, GError **error)
{
    int id = 0;
    int code = ldap_extended_operation(link->ldap, LDAP_EXOP_START_TLS, NULL, NULL, NULL, &id);
    gboolean answered = FALSE;
    if (!spoc_directory_finish(link->ldap, link->socket, code, id, &answered, error)) {
        g_prefix_error(error, "%s",
                       answered ? "the server refuses StartTLS (recipientLdapEncryption; ldaps: "
                                  "needs none): "
                                : "asked for StartTLS, the server is silent: ");
        return FALSE;
    }
    restart_clock(link);
    return spoc_directory_socket_start_tls(link->socket, link->settings->tls, host, error);
}

/* SASL asks for a name to act as, and is given none. */
static int
on_interact(LDAP *ldap, unsigned flags, void *defaults, void *list)
{
    for (sasl_interact_t *asked = list; asked->id != SASL_CB_LIST_END; asked++) {
        asked->result = "";
        asked->len = 0;
    }
    return LDAP_SUCCESS;
}

static gboolean
bind_gssapi(SpocDirectoryLink *link, GError **error)
{
    LDAPMessage *message = NULL;
    const char *mechanism = NULL;
    for (;;) {
        int id = 0;
        int code =
            ldap_sasl_interactive_bind(link->ldap, NULL, "GSSAPI", NULL, NULL, LDAP_SASL_QUIET,
                                       on_interact, NULL, message, &mechanism, &id);
        ldap_msgfree(message);
        message = NULL;
        if (code == LDAP_SUCCESS)
            return TRUE;
        if (code != LDAP_SASL_BIND_IN_PROGRESS) {
            spoc_directory_refuse(link->ldap, link->socket, code, NULL, error);
            return FALSE;
        }
        if (!spoc_directory_next(link->ldap, link->socket, id, LDAP_MSG_ALL, &message, error))
            return FALSE;
    }
}

static gboolean
bind_simply(SpocDirectoryLink *link, GError **error)
{
    const SpocDirectorySettings *settings = link->settings;
    if (!spoc_directory_socket_is_encrypted(link->socket) &&
        !spoc_directory_socket_is_local(link->socket)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "recipientLdapPassword is not sent over a connection that is not "
                            "encrypted: set recipientLdapEncryption = STARTTLS_REQUIRED, or name "
                            "the server as ldaps:");
        return FALSE;
    }
    int id = 0;
    const struct berval password = {.bv_len = strlen(settings->password),
                                    .bv_val = settings->password};
    int code = ldap_sasl_bind(link->ldap, settings->bind_dn, LDAP_SASL_SIMPLE,
                              (struct berval *)&password, NULL, NULL, &id);
    return spoc_directory_finish(link->ldap, link->socket, code, id, NULL, error);
}

static gboolean
log_in(SpocDirectoryLink *link, GError **error)
{
    const SpocDirectorySettings *settings = link->settings;
    gboolean good = TRUE;
    if (g_strcmp0(settings->mechanism, "GSSAPI") == 0) {
        good = bind_gssapi(link, error);
    } else if (settings->mechanism != NULL) {
        /* Who we are is said by the connection alone. */
        int id = 0;
        char none[] = "";
        struct berval nothing = {.bv_len = 0, .bv_val = none};
        int code = ldap_sasl_bind(link->ldap, NULL, settings->mechanism, &nothing, NULL, NULL, &id);
        good = spoc_directory_finish(link->ldap, link->socket, code, id, NULL, error);
    } else if (settings->bind_dn != NULL) {
        /* With an empty password a server would let anybody in, as nobody (RFC 4513 5.1.2). */
        good = settings->password != NULL && bind_simply(link, error);
        if (settings->password == NULL)
            g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                                "recipientLdapBindDn has no password; set "
                                "recipientLdapPasswordFile");
    }
    if (!good)
        g_prefix_error(error, "the login failed (%s): ",
                       settings->mechanism != NULL ? "recipientLdapSaslMechanism"
                                                   : "recipientLdapBindDn, recipientLdapPassword");
    return good;
}

static gboolean
make_safe(SpocDirectoryLink *link, const LDAPURLDesc *url, GError **error)
{
    gboolean tls_first = strcmp(url->lud_scheme, "ldaps") == 0;
    gboolean tls_later = strcmp(url->lud_scheme, "ldap") == 0 && link->settings->start_tls;
    const char *host =
        url->lud_host != NULL && *url->lud_host != '\0' ? url->lud_host : "localhost";
    if ((tls_first || tls_later) && link->settings->tls == NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "there is no valid TLS policy to ask it with");
        return FALSE;
    }
    restart_clock(link);
    if (tls_first &&
        !spoc_directory_socket_start_tls(link->socket, link->settings->tls, host, error))
        return FALSE;
    /* Only SASL needs to know where it is; were libldap ever to connect by itself, it could not. */
    g_autofree char *name =
        g_strdup_printf(strchr(host, ':') != NULL ? "ldap://[%s]" : "ldap://%s", host);
    gboolean wants_name = g_strcmp0(link->settings->mechanism, "GSSAPI") == 0;
    link->ldap = spoc_directory_socket_handle(
        link->socket, wants_name ? name : "ldapi://%2Fdev%2Fnull%2Fnowhere", error);
    if (link->ldap == NULL)
        return FALSE;
    if (!set_options(link->ldap, tls_first || tls_later, link->settings->timeout_ms)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_FAILED, "libldap refuses its options");
        return FALSE;
    }
    return !tls_later || start_tls(link, host, error);
}

static gboolean
open_link(SpocDirectoryLink *link, const char *uri, GError **error)
{
    LDAPURLDesc *parsed = NULL;
    if (ldap_url_parse(uri, &parsed) != LDAP_URL_SUCCESS) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "recipientLdapUri: libldap cannot read this address");
        return FALSE;
    }
    g_autoptr(LDAPURLDesc) url = parsed;
    link->socket =
        spoc_directory_socket_open(url, link->settings->timeout_ms, link->cancellable, error);
    if (link->socket == NULL || !make_safe(link, url, error))
        return FALSE;
    restart_clock(link);
    return log_in(link, error);
}

/* --- asking ----------------------------------------------------------------------------- */

static gboolean
search(SpocDirectoryLink *link, const char *user, SpocDirectoryAnswer *ret_answer, GError **error)
{
    restart_clock(link);
    return spoc_directory_search(link->ldap, link->socket, link->settings, user, ret_answer, error);
}

static gboolean
try_server(SpocDirectoryLink *link, const char *uri, const char *user,
           SpocDirectoryAnswer *ret_answer, GString *words)
{
    g_autoptr(GError) error = NULL;
    if (open_link(link, uri, &error) && search(link, user, ret_answer, &error))
        return TRUE;
    spoc_directory_link_rest(link);
    g_autofree char *shown = spoc_text_line(error->message, -1, WORDS_MAX_BYTES);
    g_string_append_printf(words, "%s%s: %s", words->len > 0 ? "; " : "", uri, shown);
    return FALSE;
}

void
spoc_directory_link_ask(SpocDirectoryLink *link, const char *user, SpocDirectoryAnswer *ret_answer)
{
    /* A server hangs up on who has been silent; that is no reason to call it away. */
    if (link->ldap != NULL && search(link, user, ret_answer, NULL))
        return;
    spoc_directory_link_rest(link);
    g_autoptr(GString) words = g_string_new(NULL);
    for (char **uri = link->settings->uris; *uri != NULL; uri++) {
        if (try_server(link, *uri, user, ret_answer, words))
            return;
    }
    ret_answer->outcome = SPOC_DIRECTORY_AWAY;
    ret_answer->words = g_strdup(words->str);
}
