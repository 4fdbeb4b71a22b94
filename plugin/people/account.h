/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The full names of this host's accounts.
 */
#pragma once

#include <glib.h>

typedef struct _SpocAccounts SpocAccounts;

SpocAccounts *spoc_accounts_new(void);
void spoc_accounts_free(SpocAccounts *accounts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAccounts, spoc_accounts_free)

/* (nullable): the full name of the account, one line; the accounts' own. Looked up once, for
 * the name service may be a slow network. */
const char *spoc_accounts_full_name(SpocAccounts *accounts, const char *user);
