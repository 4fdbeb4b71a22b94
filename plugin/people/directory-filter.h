/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  recipientLdapFilter becomes the filter of a search.
 */
#pragma once

#include <glib.h>

/* (transfer full): the filter for one user */
char *spoc_directory_filter(const char *filter, const char *user);
/* Whether libldap can make a question of it. */
gboolean spoc_directory_filter_is_valid(const char *filter);
