/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The questions to a directory themselves (LDAP, RFC 4511), one at a time, blocking;
 *           for the worker thread of directory.c alone.
 * SECURITY  Answers are foreign: bounded, and an address counts only when it can be mailed. A
 *           user's name is escaped (RFC 4515). Nothing is asked before the connection is as safe
 *           as the configuration wants it; no password crosses a network in the clear.
 */
#pragma once

#include "people/directory-settings.h"

#include <gio/gio.h>

typedef struct _SpocDirectoryLink SpocDirectoryLink;

/* @settings: borrowed. @cancellable: ends what is waited for, from another thread. */
SpocDirectoryLink *spoc_directory_link_new(const SpocDirectorySettings *settings,
                                           GCancellable *cancellable);
void spoc_directory_link_free(SpocDirectoryLink *link);
gboolean spoc_directory_link_is_connected(const SpocDirectoryLink *link);
/* Hangs up. */
void spoc_directory_link_rest(SpocDirectoryLink *link);

/* @ret_answer: zeroed */
void spoc_directory_link_ask(SpocDirectoryLink *link, const char *user,
                             SpocDirectoryAnswer *ret_answer);

/* Whether this build has LDAP. */
gboolean spoc_directory_is_supported(void);

/* (transfer full): recipientLdapFilter for one user */
char *spoc_directory_filter(const char *filter, const char *user);
/* Whether libldap can make a question of it. */
gboolean spoc_directory_filter_is_valid(const char *filter);
