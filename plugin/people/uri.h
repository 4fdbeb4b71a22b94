/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Recipient URIs become recipients.
 * SECURITY  cupsd passes recipient URIs through unchecked, and any local user can make one.
 */
#pragma once

#include <glib.h>

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

/* What somebody wants to hear of; in the order of notifyOnly's choices */
typedef enum {
    SPOC_ONLY_UNSET,
    SPOC_ONLY_ALL,
    SPOC_ONLY_PROBLEMS, /* what needs attention, and faults */
    SPOC_ONLY_FAULTS,
} SpocOnly;

/* SPOC_ONLY_UNSET for another word than "all", "problems" and "faults" */
SpocOnly spoc_only_parse(const char *text);
/* (nullable): its word; NULL for SPOC_ONLY_UNSET */
const char *spoc_only_name(SpocOnly only);

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
    SpocOnly only;
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

/* (transfer full) (nullable): "pt-BR" for "pt_BR" or "pt-BR"; NULL for what is no language */
char *spoc_language_canonical(const char *text);
