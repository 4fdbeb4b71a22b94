/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The parts that spoc_people_resolve() is put together from. For this layer and its
 *           tests.
 */
#pragma once

#include "people/recipient.h"

#define SPOC_USER_NAME_MAX_BYTES 255
#define SPOC_ALIAS_FILE_MAX_BYTES (4 * 1024 * 1024)
#define SPOC_ALIAS_TARGETS_MAX 100
#define SPOC_ALIAS_DEPTH_MAX 8

/* --- addresses: address.c --------------------------------------------------------------- */

/* (transfer full): @address with its domain in lower case and ASCII form (RFC 5890), so that
 * an international domain asks no more of a mail server than another; NULL with
 * SPOC_ERROR_INVALID */
char *spoc_address_canonical(const char *address, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether it can stand before an @: a dot-atom (RFC 5322 3.2.3) of at most 64 bytes. */
gboolean spoc_local_part_is_valid(const char *local_part, gssize length, GError **error);

/* The same mailbox: the local part is compared without regard to case as well. */
gboolean spoc_address_equal(const char *left, const char *right);

/* (transfer full) (nullable): "pt-BR" for "pt_BR" or "pt-BR"; NULL for what is no language: uri.c
 */
char *spoc_language_canonical(const char *text);

/* --- the alias file: alias.c ------------------------------------------------------------ */

typedef struct _SpocAliases SpocAliases;

/* Reads the text of an aliases(5) file. Never fails: a target that is refused is an error
 * when somebody's mail would go there. */
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
 * @name: a user's name or an address
 *
 * Returns: (transfer full) (element-type SpocAliasTarget): where @name leads to, which is
 *   itself alone when there is no such alias; NULL with SPOC_ERROR_INVALID (a command, a
 *   file, an include, a loop) or SPOC_ERROR_LIMIT
 */
GPtrArray *spoc_aliases_expand(const SpocAliases *aliases, const char *name,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* --- notifyAllowedRecipients: allow.c --------------------------------------------------- */

typedef struct _SpocAllowed SpocAllowed;

/* @patterns: NULL-terminated: "@owner", "@domain", an address, "*"; another entry allows
 * nothing */
SpocAllowed *spoc_allowed_new(const char *const *patterns);
void spoc_allowed_free(SpocAllowed *allowed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAllowed, spoc_allowed_free)

/* By an address, a domain or "*" */
gboolean spoc_allowed_has(const SpocAllowed *allowed, const char *address);
/* "@owner" or "*" is in the list. */
gboolean spoc_allowed_has_owner(const SpocAllowed *allowed);

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

/* @key: static: the setting that refusals name, instead of notifyAllowedRecipients */
void spoc_people_set_allowed_key(SpocPeople *people, const char *key);
