/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The parts that spoc_people_resolve() is put together from. For this layer and its
 *           tests.
 */
#pragma once

#include "config/file.h"
#include "people/recipient.h"

#define SPOC_USER_NAME_MAX_BYTES 255
#define SPOC_ALIAS_TARGETS_MAX 100
#define SPOC_ALIAS_DEPTH_MAX 8

/* (transfer full) (nullable): "pt-BR" for "pt_BR" or "pt-BR"; NULL for what is no language: uri.c
 */
char *spoc_language_canonical(const char *text);

/* --- the alias file: alias.c ------------------------------------------------------------ */

typedef struct _SpocAliases SpocAliases;

/* Reads the text of an aliases(5) file, with or without a BOM. Never fails: a target that is
 * refused is an error when somebody's mail would go there; spoc_aliases_check() finds it before. */
SpocAliases *spoc_aliases_parse(const char *text, gssize length);
void spoc_aliases_free(SpocAliases *aliases);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAliases, spoc_aliases_free)

/**
 * SpocAliasTarget:
 * @text: an address or a user name
 * @is_address: which of them
 * @language: (nullable): from "?language=de" behind a target on the way there
 */
typedef struct {
    char *text;
    gboolean is_address;
    char *language;
} SpocAliasTarget;

void spoc_alias_target_free(SpocAliasTarget *target);

/**
 * spoc_aliases_expand:
 * @name: a user's name, whatever stands in it
 * @refusals: (nullable) (element-type GError): filled, spoc_refusals_new(): targets that are left
 *   out while others remain
 *
 * Returns: (transfer full) (element-type SpocAliasTarget): where @name leads to, which is
 *   itself alone, and never an address, when there is no such alias; NULL with SPOC_ERROR_INVALID
 *   (nothing but commands, files, includes, loops) or SPOC_ERROR_LIMIT
 */
GPtrArray *spoc_aliases_expand(const SpocAliases *aliases, const char *name, GPtrArray *refusals,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full) (element-type SpocAliasProblem): every line that cannot be followed */
GPtrArray *spoc_aliases_check(const char *text, gssize length);

/* --- notifyAllowedRecipients: allow.c --------------------------------------------------- */

typedef struct _SpocAllowed SpocAllowed;

/* @patterns: NULL-terminated: "@owner", "@domain", an address, "*"; another entry allows
 * nothing */
SpocAllowed *spoc_allowed_new(const char *const *patterns);
void spoc_allowed_free(SpocAllowed *allowed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAllowed, spoc_allowed_free)

/* By an address, a domain or "*" */
gboolean spoc_allowed_has(const SpocAllowed *allowed, const char *address);
/* By that very address */
gboolean spoc_allowed_lists(const SpocAllowed *allowed, const char *address);
/* "@owner" or "*" is in the list. */
gboolean spoc_allowed_has_owner(const SpocAllowed *allowed);
/* "*" is in the list. */
gboolean spoc_allowed_has_everybody(const SpocAllowed *allowed);

/* --- accounts: account.c ---------------------------------------------------------------- */

typedef struct _SpocAccounts SpocAccounts;

SpocAccounts *spoc_accounts_new(void);
void spoc_accounts_free(SpocAccounts *accounts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAccounts, spoc_accounts_free)

/* (nullable): the full name of the account, one line; the accounts' own. Looked up once, for
 * the name service may be a slow network. */
const char *spoc_accounts_full_name(SpocAccounts *accounts, const char *user);

/* --- all together: recipient.c ---------------------------------------------------------- */

/**
 * spoc_people_new_from_rules:
 * @domain: (nullable): appended to bare user names
 * @allowed: NULL-terminated patterns
 * @alias_file: (nullable): path
 *
 * What spoc_people_new() makes of a configuration.
 */
SpocPeople *spoc_people_new_from_rules(const char *domain, const char *const *allowed,
                                       const char *alias_file);

/* While the directory cannot be asked, users are NAME@domain: recipientLdapWhenAway. */
void spoc_people_set_guesses(SpocPeople *people, gboolean guesses);

/* ownerIsAddress: the name of a job's owner may be an address. */
void spoc_people_set_owner_is_address(SpocPeople *people, gboolean owner_is_address);

/* mailto:USER@NAME, with one of these names, is USER: (transfer none) NULL-terminated */
void spoc_people_set_host_names(SpocPeople *people, const char *const *names);

/* Addresses come from an administrator, not from jobs and URIs. */
void spoc_people_set_trusts_names(SpocPeople *people, gboolean trusts_names);

/* @patterns: of notifyTitles; without it nobody is shown any */
void spoc_people_set_titles(SpocPeople *people, const char *const *patterns);

/* @key: static: the setting that refusals name, instead of notifyAllowedRecipients */
void spoc_people_set_allowed_key(SpocPeople *people, const char *key);
