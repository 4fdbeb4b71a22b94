/* SPDX-License-Identifier: Apache-2.0 */
/* Instead of directory-link.c in a build without LDAP, where recipientLdapUri is an error. */
#include "people/directory-link.h"

SpocDirectoryLink *
spoc_directory_link_new(const SpocDirectorySettings *settings, GCancellable *cancellable)
{
    return NULL;
}

void
spoc_directory_link_free(SpocDirectoryLink *link)
{
}

gboolean
spoc_directory_link_is_connected(const SpocDirectoryLink *link)
{
    return FALSE;
}

void
spoc_directory_link_rest(SpocDirectoryLink *link)
{
}

void
spoc_directory_link_ask(SpocDirectoryLink *link, const char *user, SpocDirectoryAnswer *ret_answer)
{
    ret_answer->outcome = SPOC_DIRECTORY_AWAY;
    ret_answer->words = g_strdup("this build of cups-spoc has no LDAP");
}

gboolean
spoc_directory_is_supported(void)
{
    return FALSE;
}

char *
spoc_directory_filter(const char *filter, const char *user)
{
    return g_strdup(filter);
}

gboolean
spoc_directory_filter_is_valid(const char *filter)
{
    return TRUE;
}
