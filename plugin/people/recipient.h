/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Recipient URIs become recipients, and recipients addresses that may be mailed.
 * SECURITY  cupsd passes recipient URIs through unchecked and anybody local can make one.
 *           An address that comes out of here is safe as an SMTP envelope address and in
 *           a header: no control characters, blanks, angle brackets, quotes or parameters.
 * ERRORS    SPOC_ERROR_INVALID for a URI or address, SPOC_ERROR_DENIED for one that
 *           notifyAllowedRecipients does not allow; the message says what is accepted and
 *           never contains a line break.
 */
#pragma once

#include "base/address.h"
#include "people/directory.h"

#define SPOC_RECIPIENTS_MAX 100

typedef enum {
    SPOC_FORMAT_BOTH,
    SPOC_FORMAT_TEXT,
    SPOC_FORMAT_HTML,
} SpocFormat;

typedef enum {
    SPOC_DIGEST_NONE,
    SPOC_DIGEST_DAILY, /* all in one mail a day */
} SpocDigest;

typedef enum {
    SPOC_WHO_OWNER,   /* @owner */
    SPOC_WHO_ADDRESS, /* local@domain */
    SPOC_WHO_USER,    /* a bare name */
} SpocWho;

typedef struct {
    SpocWho who;
    char *text; /* the address or the user name; NULL for the owner */
    gboolean
        is_mailto; /* from a mailto: URI: at this host's name it is a user, as lp -m means it */
} SpocRecipient;

/* (transfer full): for the refusals of one recipient while others get their mail: (element-type
 * GError) */
GPtrArray *spoc_refusals_new(void);
/* (transfer full): their words in one line */
char *spoc_refusals_join(const GPtrArray *refusals);

typedef struct {
    GPtrArray *recipients; /* (element-type SpocRecipient), at least one */
    GPtrArray *refused;    /* (element-type GError): those that are none, one each */
    char *language;        /* (nullable): "de", "pt-BR" */
    SpocFormat format;
    SpocDigest digest;
    char *subject; /* (nullable): mailto's subject, one line */
    GPtrArray
        *warnings; /* (element-type utf8): parameters that were passed over, and what counts */
} SpocRecipientUri;

/**
 * spoc_recipient_uri_parse:
 * @uri: "spoc:alice@example.com,%40owner?language=de" or "mailto:…" (RFC 6068)
 *
 * Split at commas first, then percent-decoded. Unknown parameters and values are passed over with a
 * warning: none can add a recipient or a header, and better a mail in the usual form than none. One
 * that is no recipient is refused by itself; only where none is one, the URI is.
 */
SpocRecipientUri *spoc_recipient_uri_parse(const char *uri,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_recipient_uri_free(SpocRecipientUri *uri);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocRecipientUri, spoc_recipient_uri_free)

/* Whether the owner of the job is among its recipients; @uri: (nullable) */
gboolean spoc_recipient_uri_has_owner(const SpocRecipientUri *uri);

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
 * SpocAliasProblem:
 * @line: from 1
 * @loses_mail: somebody whom the line names gets no mail; else it is as in the alias file of a mail
 *   server, where commands and files are usual
 * @text: what is wrong and what mends it
 */
typedef struct {
    guint line;
    gboolean loses_mail;
    char *text;
} SpocAliasProblem;

/**
 * SpocPerson:
 * @address: to mail; canonical: domain in lower case
 * @name: (nullable): full name from the directory or the account, one line
 * @language: (nullable): "pt-BR", from the alias file or the directory
 * @is_owner: it is (also) the owner of the event's job, and the allow-list may let it in as such
 */
typedef struct {
    char *address;
    char *name;
    char *language;
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
