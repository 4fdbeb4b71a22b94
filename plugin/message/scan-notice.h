/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Tells the owner of a document that it was not delivered: title, sizes, to whom, and
 *           why in the server's words.
 * SECURITY  Title, addresses and words are foreign: each is made one line.
 */
#pragma once

#include "message/mail.h"
#include "people/recipient.h"

typedef struct {
    const char *address;
    const char *reason; /* (nullable) */
} SpocUndelivered;

/**
 * SpocScanNotice:
 * @id: of the message that failed; the notice's own derives from it
 * @owner: whom it is for
 * @undelivered: (array length=count): at least one
 * @size_bytes: of the document
 * @mail_size_bytes: of the mail that it became
 */
typedef struct {
    const char *id;
    const SpocPerson *owner;
    const SpocUndelivered *undelivered;
    gsize count;
    const char *title;
    const char *printer;
    const char *sender;
    const char *sender_name; /* (nullable): mailfrom's, instead of one of ours */
    const char *host_name;
    const char *language; /* (nullable): English */
    guint64 size_bytes;
    guint64 mail_size_bytes;
    gint64 sent_unix_s;
    gint64 now_unix_s;
} SpocScanNotice;

SpocComposedMail *spoc_scan_notice_compose(const SpocScanNotice *notice,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
