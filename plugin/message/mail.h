/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What all mails of ours have in common: the headers of an automatic mail, and
 *           Message-IDs.
 * SECURITY  Names and subjects may be foreign: each is made one line.
 */
#pragma once

#include "message/catalogue.h"

typedef struct {
    char *id;         /* a valid spool name */
    char *message_id; /* without brackets */
    char *subject;    /* readable, one line */
    GBytes *bytes;
} SpocComposedMail;

/* Takes all of them. */
SpocComposedMail *spoc_composed_mail_new(char *id, char *message_id, char *subject, GString *bytes);
void spoc_composed_mail_free(SpocComposedMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocComposedMail, spoc_composed_mail_free)

/* (transfer full): ID@DOMAIN without brackets; "localhost" where @domain, a host's name or a
 * sender's domain, is none */
char *spoc_mail_message_id(const char *id, const char *domain);
/* (transfer full): the same with the domain of an address */
char *spoc_mail_message_id_of_sender(const char *id, const char *sender);

/* (transfer full): the name in From: @own_name, else the one that the reader's language has */
char *spoc_mail_sender_name(const SpocCatalogue *catalogue, const char *own_name,
                            const char *host_name);

/**
 * SpocMailHeaders:
 * @catalogue: of the sender's name
 * @sender_name: (nullable): mailfrom's, instead of one of ours
 * @to_name: (nullable)
 * @cc: (nullable) (array zero-terminated=1)
 * @thread: (nullable): the identifier that the mail answers
 * @language: (nullable): of the content
 */
typedef struct {
    const SpocCatalogue *catalogue;
    const char *sender;
    const char *sender_name;
    const char *host_name;
    const char *to_name;
    const char *to;
    const char *const *cc;
    const char *subject;
    gint64 date_unix_s;
    const char *message_id;
    const char *thread;
    const char *language;
} SpocMailHeaders;

/* From, To, Cc, Subject, Date, Message-ID, the thread, MIME-Version, and what keeps automatic
 * answers away. The content's headers come behind them. The addresses must be valid. */
void spoc_mail_append_headers(GString *mail, const SpocMailHeaders *headers);

/* (transfer full): a mail of plain text. Takes @id, @message_id and @subject, which @headers
 * need not have; @text: UTF-8 with \n line ends */
SpocComposedMail *spoc_mail_compose_text(char *id, char *message_id, char *subject,
                                         const SpocMailHeaders *headers, const char *text);
