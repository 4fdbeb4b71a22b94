/* SPDX-License-Identifier: Apache-2.0 */
#include "people/directory-filter.h"

#include <ldap.h>
#include <string.h>

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
