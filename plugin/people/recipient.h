/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Recipients become addresses that may be mailed.
 * SECURITY  cupsd passes recipient URIs through unchecked and anybody local can make one.
 *           An address that comes out of here is safe as an SMTP envelope address and in
 *           a header: no control characters, blanks, angle brackets, quotes or parameters.
 * ERRORS    SPOC_ERROR_INVALID for a URI or address, SPOC_ERROR_DENIED for one that
 *           notifyAllowedRecipients does not allow; the message says what is accepted and
 *           never contains a line break.
 */
#pragma once

#include "base/address.h"
#include "people/alias.h"
#include "people/directory.h"
#include "people/uri.h"

typedef struct _SpocPeople SpocPeople;

/* The rules for people of one configuration: domain, aliases, allow-list. Immutable. */
SpocPeople *spoc_people_new(const SpocConfig *config);
/* The same with scanAllowedRecipients */
SpocPeople *spoc_people_new_for_scans(const SpocConfig *config);
/* Allows whoever is named: for an administrator's own commands. */
SpocPeople *spoc_people_new_for_anybody(const SpocConfig *config);
/* Allows the owner of a job alone. */
SpocPeople *spoc_people_new_for_owners(const SpocConfig *config);
/* Users whom the alias file does not name are looked up in @directory, which is borrowed;
 * (nullable): they are NAME@recipientDomain. */
void spoc_people_set_directory(SpocPeople *people, SpocDirectory *directory);
void spoc_people_free(SpocPeople *people);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocPeople, spoc_people_free)

/* (nullable): why recipientAliasFile cannot be used. Until that is mended a user's name, and
 * with it the owner, resolves to SPOC_ERROR_UNAVAILABLE: that mail waits. */
const char *spoc_people_problem(const SpocPeople *people);

/**
 * spoc_people_check_aliases:
 * @path: of recipientAliasFile
 *
 * Returns: (transfer full) (nullable) (element-type SpocAliasProblem): every line that cannot be
 *   followed; NULL when the file cannot be read, which loading the configuration has found
 */
GPtrArray *spoc_people_check_aliases(const char *path);

/**
 * SpocPerson:
 * @address: to mail; canonical: domain in lower case
 * @name: (nullable): full name from the directory or the account, one line
 * @language: (nullable): "pt-BR", from the alias file or the directory
 * @only: from the alias file
 * @is_owner: it is (also) the owner of the event's job, and the allow-list may let it in as such
 */
typedef struct {
    char *address;
    char *name;
    char *language;
    SpocOnly only;
    gboolean is_owner;
} SpocPerson;

void spoc_person_free(SpocPerson *person);

/* Moves those of @found to @persons that are not there yet, both (element-type SpocPerson): nobody
 * gets the same mail twice. @found is empty then. */
void spoc_persons_add(GPtrArray *persons, GPtrArray *found);

/**
 * spoc_people_resolve:
 * @recipient: from a URI
 * @owner: (nullable): user name of the job's owner, for SPOC_WHO_OWNER and the allow-list
 * @refusals: (nullable) (element-type GError): filled: why some that an alias leads to get nothing
 *   while others do; SPOC_ERROR_DENIED may be another answer once the owner is known
 *
 * Aliases may lead to several. Each address is checked against notifyAllowedRecipients;
 * "@owner" in that list allows what @owner resolves to. What a name is, whoever said it, is told
 * by the alias file, the directory and recipientDomain alone: a name with an @ in it is an address
 * only where an alias or ownerIsAddress says so, and then "@owner" allows it at recipientDomain
 * alone. An address in which mail servers may see another (spoc_address_hazard()) must be listed
 * itself.
 *
 * Returns: (transfer full) (element-type SpocPerson): at least one person, or NULL with
 *   SPOC_ERROR_INVALID, SPOC_ERROR_DENIED, SPOC_ERROR_NOT_FOUND (no owner, no domain),
 *   SPOC_ERROR_LIMIT (an alias to too many), SPOC_ERROR_UNAVAILABLE (spoc_people_problem(), or
 *   the directory cannot be asked now), SPOC_ERROR_PENDING (spoc_people_ask(), then again).
 *   Somebody whom the directory does not have is SPOC_ERROR_NOT_FOUND, more than one such entry
 *   or an unusable one SPOC_ERROR_INVALID
 */
GPtrArray *spoc_people_resolve(const SpocPeople *people, const SpocRecipient *recipient,
                               const char *owner, GPtrArray *refusals,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* By notifyTitles: whether @person may know the title and the owner of a job. @by_owner: it is told
 * because of a subscription that the owner made with the job */
gboolean spoc_people_shows_title(const SpocPeople *people, const SpocPerson *person,
                                 gboolean by_owner);
/* Whether that can depend on who the owner is */
gboolean spoc_people_titles_need_owner(const SpocPeople *people);

/**
 * spoc_people_ask:
 *
 * After SPOC_ERROR_PENDING: asks for what is missing. After SPOC_ERROR_UNAVAILABLE it does so
 * too, a few seconds later when the directory was found away just now. Not while there is a
 * spoc_people_problem(): that is no matter of asking, and "answered" at once.
 *
 * Returns: never 0: for spoc_people_ask_cancel(), as long as @answered has not been called. That
 *   comes from the main loop, once, also when the directory is freed meanwhile: resolve again.
 */
guint spoc_people_ask(SpocPeople *people, const SpocRecipient *recipient, const char *owner,
                      SpocAnsweredFunc answered, gpointer user_data);
/* @people may be another than was asked. */
void spoc_people_ask_cancel(SpocPeople *people, guint id);

/**
 * SpocPeopleRules: what spoc_people_new() makes of a configuration, for tests
 * @domain: (nullable): appended to bare user names
 * @alias_file: (nullable): path
 * @allowed: NULL-terminated patterns
 * @allowed_key: (nullable): static: the setting that refusals name, instead of
 *   notifyAllowedRecipients
 * @titles: (nullable): patterns of notifyTitles; without it nobody is shown any
 * @host_names: (nullable): mailto:USER@NAME, with one of these names, is USER
 * @guesses: while the directory cannot be asked, users are NAME@domain: recipientLdapWhenAway
 * @owner_is_address: the name of a job's owner may be an address: ownerIsAddress
 * @trusts_names: addresses come from an administrator, not from jobs and URIs
 */
typedef struct {
    const char *domain;
    const char *alias_file;
    const char *const *allowed;
    const char *allowed_key;
    const char *const *titles;
    const char *const *host_names;
    gboolean guesses;
    gboolean owner_is_address;
    gboolean trusts_names;
} SpocPeopleRules;

SpocPeople *spoc_people_new_from_rules(const SpocPeopleRules *rules);
