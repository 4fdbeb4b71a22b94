/* SPDX-License-Identifier: Apache-2.0 */
#include "people/directory-link.h"

#include "base/address.h"
#include "base/error.h"
#include "base/text.h"
#include "people/directory-socket.h"
#include "people/uri.h"

#include <ldap.h>
#include <sasl/sasl.h>
#include <string.h>

/* Of the entries only this matters: none, one or more. */
#define ENTRIES_WANTED 2
/* References and other things between the entries */
#define MESSAGES_MAX 1000
#define VALUES_MAX 100
#define NAME_MAX_BYTES 120
#define SERVER_WORDS_MAX_BYTES 200
#define WORDS_MAX_BYTES 400 /* of all that failed with a server */

typedef LDAPMessage Message;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LDAPURLDesc, ldap_free_urldesc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, ldap_msgfree)

struct _SpocDirectoryLink {
    const SpocDirectorySettings *settings;
    GCancellable *cancellable;
    LDAP *ldap; /* (nullable): while connected */
    SpocDirectorySocket *socket;
};

static void
restart_clock(SpocDirectoryLink *link)
{
    spoc_directory_socket_set_deadline(link->socket, g_get_monotonic_time() +
                                                         (gint64)link->settings->timeout_ms * 1000);
}

/* --- the filter ------------------------------------------------------------------------- */

char *
spoc_directory_filter(const char *filter, const char *user)
{
    struct berval plain = {.bv_len = strlen(user), .bv_val = (char *)user};
    struct berval escaped = {0};
    if (ldap_bv2escaped_filter_value(&plain, &escaped) != 0)
        return g_strdup("(!(objectClass=*))"); /* no memory: nobody is found */
    g_auto(GStrv) pieces = g_strsplit(filter, "%u", -1);
    char *text = g_strjoinv(escaped.bv_val, pieces);
    ldap_memfree(escaped.bv_val);
    return text;
}

gboolean
spoc_directory_filter_is_valid(const char *filter)
{
    LDAP *ldap = NULL;
    int id = 0;
    /* The question is put together before libldap connects, which it cannot to this. */
    if (ldap_initialize(&ldap, "ldapi://%2Fdev%2Fnull%2Fnowhere") != LDAP_SUCCESS)
        return TRUE;
    g_autofree char *text = spoc_directory_filter(filter, "user");
    int code = ldap_search_ext(ldap, "", LDAP_SCOPE_BASE, text, NULL, 0, NULL, NULL, NULL, 1, &id);
    ldap_unbind_ext(ldap, NULL, NULL);
    return code != LDAP_FILTER_ERROR;
}

/* --- results ---------------------------------------------------------------------------- */

static const char *
remedy_of(int code)
{
    switch (code) {
    case LDAP_NO_SUCH_OBJECT:
        return "; set recipientLdapBase to an entry that exists and may be read";
    case LDAP_FILTER_ERROR:
        return "; mend recipientLdapFilter, such as (uid=%u)";
    case LDAP_CONFIDENTIALITY_REQUIRED:
    case LDAP_STRONG_AUTH_REQUIRED:
        return "; set recipientLdapEncryption = STARTTLS_REQUIRED, or name the server as ldaps:";
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_OPERATIONS_ERROR: /* Active Directory's word for who has not logged in */
        return "; set recipientLdapBindDn and recipientLdapPasswordFile of somebody who may";
    case LDAP_AUTH_UNKNOWN:
        return "; GSSAPI needs the package libsasl2-modules-gssapi-mit and a Kerberos ticket";
    case LDAP_REFERRAL:
        return "; it sends us elsewhere: name that server in recipientLdapUri";
    default:
        return "";
    }
}

/* Sets @error to what @code means; @diagnostic: (nullable): the server's own words */
static void
set_refusal(SpocDirectoryLink *link, int code, const char *diagnostic, GError **error)
{
    g_autofree char *problem = spoc_directory_socket_problem(link->socket);
    g_autofree char *words = spoc_text_line(diagnostic, -1, SERVER_WORDS_MAX_BYTES);
    const char *meaning =
        code == LDAP_SERVER_DOWN ? "the server closed the connection" : ldap_err2string(code);
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, "%s%s%s%s",
                problem != NULL ? problem : meaning, *words != '\0' ? ": " : "", words,
                remedy_of(code));
}

static void
set_own_refusal(SpocDirectoryLink *link, GError **error)
{
    int code = LDAP_SERVER_DOWN;
    (void)ldap_get_option(link->ldap, LDAP_OPT_RESULT_CODE, &code);
    set_refusal(link, code, NULL, error);
}

/* Waits for the next message of operation @id, as much as @how says (LDAP_MSG_ONE, LDAP_MSG_ALL);
 * freed with ldap_msgfree(). */
static gboolean
next_message(SpocDirectoryLink *link, int id, int how, LDAPMessage **ret_message, GError **error)
{
    for (;;) {
        struct timeval at_once = {0};
        LDAPMessage *message = NULL;
        int kind = ldap_result(link->ldap, id, how, &at_once, &message);
        if (kind > 0) {
            *ret_message = message;
            return TRUE;
        }
        if (kind < 0) {
            set_own_refusal(link, error);
            return FALSE;
        }
        if (!spoc_directory_socket_wait(link->socket, error))
            return FALSE;
    }
}

/* The result that @message is; LDAP_SUCCESS, or another code with @error set */
static int
take_result(SpocDirectoryLink *link, LDAPMessage *message, GError **error)
{
    int code = LDAP_OTHER;
    char *diagnostic = NULL;
    int parsed = ldap_parse_result(link->ldap, message, &code, NULL, &diagnostic, NULL, NULL, 0);
    if (parsed != LDAP_SUCCESS)
        code = parsed;
    if (code != LDAP_SUCCESS)
        set_refusal(link, code, diagnostic, error);
    ldap_memfree(diagnostic);
    return code;
}

/* Waits for the result of operation @id, which was begun with @code. @ret_answered: (out)
 * (optional): whether the server has said something. */
static gboolean
finish_operation(SpocDirectoryLink *link, int code, int id, gboolean *ret_answered, GError **error)
{
    g_autoptr(Message) message = NULL;
    if (ret_answered != NULL)
        *ret_answered = FALSE;
    if (code != LDAP_SUCCESS) {
        set_refusal(link, code, NULL, error);
        return FALSE;
    }
    if (!next_message(link, id, LDAP_MSG_ALL, &message, error))
        return FALSE;
    if (ret_answered != NULL)
        *ret_answered = TRUE;
    return take_result(link, message, error) == LDAP_SUCCESS;
}

/* --- entries ---------------------------------------------------------------------------- */

/* The first value that @accept makes something of; (transfer full) (nullable) */
static char *
first_value(LDAP *ldap, LDAPMessage *entry, const char *attribute, char *(*accept)(const char *))
{
    struct berval **values = attribute != NULL ? ldap_get_values_len(ldap, entry, attribute) : NULL;
    char *found = NULL;
    for (gsize i = 0; values != NULL && values[i] != NULL && i < VALUES_MAX && found == NULL; i++) {
        gsize size = values[i]->bv_len;
        if (memchr(values[i]->bv_val, '\0', size) != NULL)
            continue;
        g_autofree char *text = g_strndup(values[i]->bv_val, size);
        found = g_utf8_validate(text, -1, NULL) ? accept(text) : NULL;
    }
    ldap_value_free_len(values);
    return found;
}

static char *
accept_address(const char *text)
{
    return spoc_address_canonical(text, NULL);
}

static char *
accept_name(const char *text)
{
    g_autofree char *name = spoc_text_line(text, -1, NAME_MAX_BYTES);
    return *name != '\0' ? g_steal_pointer(&name) : NULL;
}

/* preferredLanguage is like HTTP's Accept-Language (RFC 2798 2.7): "de, en;q=0.5"; people also
 * write "de_DE.UTF-8". */
static char *
accept_language(const char *text)
{
    g_autofree char *first = g_strndup(text, strcspn(text, ",;. @"));
    return spoc_language_canonical(first);
}

static void
take_entry(LDAP *ldap, LDAPMessage *entry, const SpocDirectorySettings *settings,
           SpocDirectoryAnswer *answer)
{
    answer->address = first_value(ldap, entry, settings->address_attribute, accept_address);
    answer->name = first_value(ldap, entry, settings->name_attribute, accept_name);
    answer->language = first_value(ldap, entry, settings->language_attribute, accept_language);
    answer->outcome = answer->address != NULL ? SPOC_DIRECTORY_FOUND : SPOC_DIRECTORY_NO_ADDRESS;
    if (answer->address != NULL)
        return;
    char *dn = ldap_get_dn(ldap, entry);
    answer->words = spoc_text_line(dn, -1, SERVER_WORDS_MAX_BYTES);
    ldap_memfree(dn);
}

/* --- the search ------------------------------------------------------------------------- */

static int
begin_search(LDAP *ldap, const SpocDirectorySettings *settings, const char *user, int *ret_id)
{
    const char *attributes[4] = {settings->address_attribute};
    guint count = 1;
    if (settings->name_attribute != NULL)
        attributes[count++] = settings->name_attribute;
    if (settings->language_attribute != NULL)
        attributes[count++] = settings->language_attribute;
    struct timeval limit = {.tv_sec = MAX(1, settings->timeout_ms / 1000)};
    g_autofree char *filter = spoc_directory_filter(settings->filter, user);
    return ldap_search_ext(ldap, settings->base != NULL ? settings->base : "", LDAP_SCOPE_SUBTREE,
                           filter, (char **)attributes, 0, NULL, NULL, &limit, ENTRIES_WANTED,
                           ret_id);
}

static void
set_several(SpocDirectoryAnswer *answer)
{
    spoc_directory_answer_clear(answer);
    answer->outcome = SPOC_DIRECTORY_SEVERAL;
}

static gboolean
end_search(SpocDirectoryLink *link, LDAPMessage *message, guint entries,
           SpocDirectoryAnswer *answer, GError **error)
{
    g_autoptr(GError) problem = NULL;
    int code = take_result(link, message, &problem);
    if (code == LDAP_SIZELIMIT_EXCEEDED) {
        set_several(answer);
        return TRUE;
    }
    if (code != LDAP_SUCCESS) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (entries == 0)
        answer->outcome = SPOC_DIRECTORY_NOT_FOUND;
    return TRUE;
}

/* Entries are counted as they come, and the search is abandoned at the second. FALSE: it could not
 * be found out. */
static gboolean
search_user(SpocDirectoryLink *link, const char *user, SpocDirectoryAnswer *ret_answer,
            GError **error)
{
    int id = 0;
    restart_clock(link);
    int code = begin_search(link->ldap, link->settings, user, &id);
    if (code != LDAP_SUCCESS) {
        set_refusal(link, code, NULL, error);
        return FALSE;
    }
    SpocDirectoryAnswer answer = {0};
    gboolean good = FALSE;
    guint entries = 0;
    for (guint i = 0; i < MESSAGES_MAX; i++) {
        g_autoptr(Message) message = NULL;
        if (!next_message(link, id, LDAP_MSG_ONE, &message, error))
            break;
        int kind = ldap_msgtype(message);
        if (kind == LDAP_RES_SEARCH_RESULT) {
            good = end_search(link, message, entries, &answer, error);
            break;
        }
        if (kind != LDAP_RES_SEARCH_ENTRY)
            continue;
        if (++entries == ENTRIES_WANTED) {
            ldap_abandon_ext(link->ldap, id, NULL, NULL);
            set_several(&answer);
            good = TRUE;
            break;
        }
        take_entry(link->ldap, ldap_first_entry(link->ldap, message), link->settings, &answer);
    }
    if (good)
        *ret_answer = answer;
    else
        spoc_directory_answer_clear(&answer);
    if (!good && error != NULL && *error == NULL)
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "the answer has no end");
    return good;
}

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
    if (!finish_operation(link, code, id, &answered, error)) {
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
            set_refusal(link, code, NULL, error);
            return FALSE;
        }
        if (!next_message(link, id, LDAP_MSG_ALL, &message, error))
            return FALSE;
    }
}

static gboolean
bind_simply(SpocDirectoryLink *link, GError **error)
{
    const SpocDirectorySettings *settings = link->settings;
    if (!spoc_directory_socket_is_encrypted(link->socket) &&
        !spoc_directory_socket_is_local(link->socket))
        return spoc_error_set(error, SPOC_ERROR_INVALID,
                              "recipientLdapPassword is not sent over a connection that is not "
                              "encrypted: set recipientLdapEncryption = STARTTLS_REQUIRED, or name "
                              "the server as ldaps:");
    int id = 0;
    const struct berval password = {.bv_len = strlen(settings->password),
                                    .bv_val = (char *)settings->password};
    int code = ldap_sasl_bind(link->ldap, settings->bind_dn, LDAP_SASL_SIMPLE,
                              (struct berval *)&password, NULL, NULL, &id);
    return finish_operation(link, code, id, NULL, error);
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
        good = finish_operation(link, code, id, NULL, error);
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
    if ((tls_first || tls_later) && link->settings->tls == NULL)
        return spoc_error_set(error, SPOC_ERROR_INVALID,
                              "there is no valid TLS policy to ask it with");
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
    if (!set_options(link->ldap, tls_first || tls_later, link->settings->timeout_ms))
        return spoc_error_set(error, SPOC_ERROR_FAILED, "libldap refuses its options");
    return !tls_later || start_tls(link, host, error);
}

static gboolean
open_link(SpocDirectoryLink *link, const char *uri, GError **error)
{
    LDAPURLDesc *parsed = NULL;
    if (ldap_url_parse(uri, &parsed) != LDAP_URL_SUCCESS)
        return spoc_error_set(error, SPOC_ERROR_INVALID,
                              "recipientLdapUri: libldap cannot read this address");
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
try_server(SpocDirectoryLink *link, const char *uri, const char *user,
           SpocDirectoryAnswer *ret_answer, GString *words)
{
    g_autoptr(GError) error = NULL;
    if (open_link(link, uri, &error) && search_user(link, user, ret_answer, &error))
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
    if (link->ldap != NULL && search_user(link, user, ret_answer, NULL))
        return;
    spoc_directory_link_rest(link);
    g_autoptr(GString) words = g_string_new(NULL);
    for (const char *const *uri = link->settings->uris; *uri != NULL; uri++) {
        if (try_server(link, *uri, user, ret_answer, words))
            return;
    }
    ret_answer->outcome = SPOC_DIRECTORY_AWAY;
    ret_answer->words = g_strdup(words->str);
}
