/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   An event and a person become a mail: RFC 5322 bytes with CRLF, made with
 *           GMime, 8bit or quoted-printable text, no line beyond 998 bytes.
 * SECURITY  Foreign text (title, printer, server's words) is made one line before it
 *           stands in a header or the body, and can add neither.
 *
 * Composing is idempotent: the same input gives the same identifier and bytes.
 */
#pragma once

#include "event/event.h"
#include "people/recipient.h"

/**
 * SpocNotification:
 * @journal: name of the journal that the event stands in
 * @person: whom it is for
 * @sender: the From address
 * @host_name: this print server's name, for people and for Message-ID's domain
 * @job_title: (nullable): when CUPS told more than the event does
 * @language: (nullable): as spoc_catalogue_find() takes it
 * @subject: (nullable): replaces the subject (mailto's subject parameter)
 * @fallback_unix_s: the time for Date where the event says none: the journal's
 */
typedef struct {
    const SpocEvent *event;
    const char *journal;
    const SpocPerson *person;
    const char *sender;
    const char *host_name;
    const char *owner;
    const char *job_title;
    const char *subject;
    const char *language;
    SpocFormat format;
    gint64 fallback_unix_s;
} SpocNotification;

typedef struct {
    char *id;         /* a valid spool name, from journal, offset and address */
    char *message_id; /* without brackets */
    char *subject;    /* readable, one line */
    GBytes *bytes;
} SpocComposedMail;

void spoc_composed_mail_free(SpocComposedMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocComposedMail, spoc_composed_mail_free)

SpocComposedMail *spoc_notification_compose(const SpocNotification *notification,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A mail of our own for spocctl test: says who sent it and why. */
SpocComposedMail *spoc_test_mail_compose(const char *sender, const char *recipient,
                                         const char *host_name, const char *language,
                                         gint64 now_unix_s,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
