/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   LDAP operations on a connection that is open: their results, and the search for one
 *           user. For directory-link.c alone.
 * SECURITY  A server can send what it likes: entries are counted as they come, and the search is
 *           abandoned at the second; its words become one line.
 */
#pragma once

#include "people/directory-settings.h"
#include "people/directory-socket.h"

/* Waits for the next message of operation @id, as much as @how says (LDAP_MSG_ONE, LDAP_MSG_ALL);
 * freed with ldap_msgfree(). */
gboolean spoc_directory_next(LDAP *ldap, SpocDirectorySocket *socket, int id, int how,
                             LDAPMessage **ret_message, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Waits for the result of operation @id, which was begun with @code. @ret_answered: (out)
 * (optional): whether the server has said something. */
gboolean spoc_directory_finish(LDAP *ldap, SpocDirectorySocket *socket, int code, int id,
                               gboolean *ret_answered, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sets @error to what @code means; @diagnostic: (nullable): the server's own words */
void spoc_directory_refuse(LDAP *ldap, SpocDirectorySocket *socket, int code,
                           const char *diagnostic, GError **error);

/* Looks for @user. FALSE: it could not be found out. */
gboolean spoc_directory_search(LDAP *ldap, SpocDirectorySocket *socket,
                               const SpocDirectorySettings *settings, const char *user,
                               SpocDirectoryAnswer *ret_answer,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
