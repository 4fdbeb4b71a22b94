/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Events and a person become a mail: RFC 5322 bytes with CRLF; text, HTML or both as
 *           alternatives, made with templates and encoded by GMime; no line beyond 998 bytes.
 * SECURITY  Foreign text (title, printer, server's words) is made one line before it
 *           stands in a header or the body, and can add neither.
 *
 * Composing is idempotent: the same input gives the same identifier and bytes.
 */
#pragma once

#include "message/mail.h"
#include "message/notice.h"

/* What templates have made of a notification; a part that the format does not want is NULL */
typedef struct {
    char *subject; /* one line */
    char *text;
    char *html;
} SpocMailContent;

void spoc_mail_content_clear(SpocMailContent *content);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocMailContent, spoc_mail_content_clear)

/**
 * spoc_notification_render:
 * @ret_warning: (out) (optional) (nullable) (transfer full): a template that cannot be used, with
 *   file, line and what is wrong; the stock one was used
 *
 * What the mail will say.
 */
void spoc_notification_render(const SpocNotification *notification, char **ret_warning,
                              SpocMailContent *ret_content);

/**
 * spoc_notification_compose:
 * @ret_warning: (out) (optional) (nullable) (transfer full): as spoc_notification_render() gives it
 */
SpocComposedMail *spoc_notification_compose(const SpocNotification *notification,
                                            char **ret_warning,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A mail of our own for spocctl test: says who sent it and why. */
SpocComposedMail *spoc_test_mail_compose(const char *sender, const char *sender_name,
                                         const char *recipient, const char *host_name,
                                         const char *language, gint64 now_unix_s,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
