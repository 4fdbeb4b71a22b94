/* SPDX-License-Identifier: Apache-2.0 */
#include "people/directory-search.h"

#include "base/address.h"
#include "base/error.h"
#include "base/text.h"
#include "people/directory-filter.h"
#include "people/uri.h"

#include <string.h>

/* Of the entries only this matters: none, one or more. */
#define ENTRIES_WANTED 2
/* References and other things between the entries */
#define MESSAGES_MAX 1000
#define VALUES_MAX 100
#define NAME_MAX_BYTES 120
#define WORDS_MAX_BYTES 200

typedef LDAPMessage Message;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, ldap_msgfree)

/* --- results ---------------------------------------------------------------------------- */

static const char *
cure_of(int code)
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

void
spoc_directory_refuse(LDAP *ldap, SpocDirectorySocket *socket, int code, const char *diagnostic,
                      GError **error)
{
    g_autofree char *problem = spoc_directory_socket_problem(socket);
    g_autofree char *words = spoc_text_line(diagnostic, -1, WORDS_MAX_BYTES);
    const char *meaning =
        code == LDAP_SERVER_DOWN ? "the server closed the connection" : ldap_err2string(code);
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, "%s%s%s%s",
                problem != NULL ? problem : meaning, *words != '\0' ? ": " : "", words,
                cure_of(code));
}

static void
refuse_locally(LDAP *ldap, SpocDirectorySocket *socket, GError **error)
{
    int code = LDAP_SERVER_DOWN;
    (void)ldap_get_option(ldap, LDAP_OPT_RESULT_CODE, &code);
    spoc_directory_refuse(ldap, socket, code, NULL, error);
}

gboolean
spoc_directory_next(LDAP *ldap, SpocDirectorySocket *socket, int id, int how,
                    LDAPMessage **ret_message, GError **error)
{
    for (;;) {
        struct timeval at_once = {0};
        LDAPMessage *message = NULL;
        int kind = ldap_result(ldap, id, how, &at_once, &message);
        if (kind > 0) {
            *ret_message = message;
            return TRUE;
        }
        if (kind < 0) {
            refuse_locally(ldap, socket, error);
            return FALSE;
        }
        if (!spoc_directory_socket_wait(socket, error))
            return FALSE;
    }
}

/* The result that @message is; LDAP_SUCCESS, or another code with @error set */
static int
take_result(LDAP *ldap, SpocDirectorySocket *socket, LDAPMessage *message, GError **error)
{
    int code = LDAP_OTHER;
    char *diagnostic = NULL;
    int parsed = ldap_parse_result(ldap, message, &code, NULL, &diagnostic, NULL, NULL, 0);
    if (parsed != LDAP_SUCCESS)
        code = parsed;
    if (code != LDAP_SUCCESS)
        spoc_directory_refuse(ldap, socket, code, diagnostic, error);
    ldap_memfree(diagnostic);
    return code;
}

gboolean
spoc_directory_finish(LDAP *ldap, SpocDirectorySocket *socket, int code, int id,
                      gboolean *ret_answered, GError **error)
{
    g_autoptr(Message) message = NULL;
    if (ret_answered != NULL)
        *ret_answered = FALSE;
    if (code != LDAP_SUCCESS) {
        spoc_directory_refuse(ldap, socket, code, NULL, error);
        return FALSE;
    }
    if (!spoc_directory_next(ldap, socket, id, LDAP_MSG_ALL, &message, error))
        return FALSE;
    if (ret_answered != NULL)
        *ret_answered = TRUE;
    return take_result(ldap, socket, message, error) == LDAP_SUCCESS;
}

/* --- the filter ------------------------------------------------------------------------- */

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
    answer->words = spoc_text_line(dn, -1, WORDS_MAX_BYTES);
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
end_search(LDAP *ldap, SpocDirectorySocket *socket, LDAPMessage *message, guint entries,
           SpocDirectoryAnswer *answer, GError **error)
{
    g_autoptr(GError) problem = NULL;
    int code = take_result(ldap, socket, message, &problem);
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

gboolean
spoc_directory_search(LDAP *ldap, SpocDirectorySocket *socket,
                      const SpocDirectorySettings *settings, const char *user,
                      SpocDirectoryAnswer *ret_answer, GError **error)
{
    int id = 0;
    int code = begin_search(ldap, settings, user, &id);
    if (code != LDAP_SUCCESS) {
        spoc_directory_refuse(ldap, socket, code, NULL, error);
        return FALSE;
    }
    SpocDirectoryAnswer answer = {0};
    gboolean good = FALSE;
    guint entries = 0;
    for (guint i = 0; i < MESSAGES_MAX; i++) {
        g_autoptr(Message) message = NULL;
        if (!spoc_directory_next(ldap, socket, id, LDAP_MSG_ONE, &message, error))
            break;
        int kind = ldap_msgtype(message);
        if (kind == LDAP_RES_SEARCH_RESULT) {
            good = end_search(ldap, socket, message, entries, &answer, error);
            break;
        }
        if (kind != LDAP_RES_SEARCH_ENTRY)
            continue;
        if (++entries == ENTRIES_WANTED) {
            ldap_abandon_ext(ldap, id, NULL, NULL);
            set_several(&answer);
            good = TRUE;
            break;
        }
        take_entry(ldap, ldap_first_entry(ldap, message), settings, &answer);
    }
    if (good)
        *ret_answer = answer;
    else
        spoc_directory_answer_clear(&answer);
    if (!good && error != NULL && *error == NULL)
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "the answer has no end");
    return good;
}
