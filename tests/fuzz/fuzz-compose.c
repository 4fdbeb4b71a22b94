/* SPDX-License-Identifier: Apache-2.0 */
#include "message/notification.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* CRLF everywhere, no long line, no NUL, and always the same number of headers. */
static void
check_mail(const char *bytes, gsize size, guint expected_headers)
{
    guint headers = 0;
    gboolean in_head = TRUE;
    const char *end = bytes + size;
    for (const char *p = bytes; p < end;) {
        const char *line_end = memmem(p, (gsize)(end - p), "\r\n", 2);
        if (line_end == NULL || line_end - p > 998 ||
            memchr(p, '\n', (gsize)(line_end - p)) != NULL ||
            memchr(p, '\r', (gsize)(line_end - p)) != NULL ||
            memchr(p, '\0', (gsize)(line_end - p)) != NULL)
            abort();
        if (line_end == p)
            in_head = FALSE;
        if (in_head && *p != ' ' && *p != '\t')
            headers++;
        p = line_end + 2;
    }
    if (in_head || headers != expected_headers)
        abort();
}

/* One text, in every place where a stranger can put it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *raw = g_strndup((const char *)data, size);
    g_autofree char *text = g_utf8_make_valid(raw, -1);
    char *reasons[] = {text, NULL};
    SpocEvent event = {.kind = SPOC_EVENT_JOB_COMPLETED,
                       .name = text,
                       .text = text,
                       .when_unix_s = 1790000000,
                       .job_id = 17,
                       .job_name = text,
                       .job_state = 9,
                       .job_state_reasons = reasons,
                       .printer_name = text,
                       .printer_state = 5,
                       .printer_state_reasons = reasons};
    SpocPerson person = {.address = (char *)"alice@example.com", .name = text};
    const SpocStateAttributes facts = {.printer_info = text,
                                       .printer_location = text,
                                       .printer_message = text,
                                       .printer_state = 5,
                                       .printer_state_reasons = reasons,
                                       .job_state_reasons = reasons,
                                       .job_message = text};
    const SpocNotice notices[] = {
        {.event = &event,
         .journal = text,
         .owner = text,
         .job_title = text,
         .attributes = &facts,
         .hides_title = size % 2 == 0,
         .times = 2},
        {.event = &event, .owner = text, .attributes = &facts, .is_resolved = size % 3 == 0},
    };
    static const char *const cc[] = {"bob@example.com", "carol@example.com", NULL};
    const SpocNotification notification = {.kind =
                                               size % 5 == 0 ? SPOC_MAIL_DIGEST : SPOC_MAIL_NOTICE,
                                           .notices = notices,
                                           .notice_count = G_N_ELEMENTS(notices),
                                           .members = text,
                                           .thread = text,
                                           .person = &person,
                                           .sender = "print-server@example.com",
                                           .host_name = text,
                                           .cc = cc,
                                           .language = text,
                                           .format = (SpocFormat)(size % 3),
                                           .subject_prefix = text,
                                           .web_interface = "https://printhost:631",
                                           .subject = size % 4 == 0 ? text : NULL};
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&notification, NULL, NULL);
    if (mail == NULL)
        abort();
    gsize mail_size = 0;
    const char *bytes = g_bytes_get_data(mail->bytes, &mail_size);
    /* The encoding is its parts' where there are two. */
    check_mail(bytes, mail_size, notification.format == SPOC_FORMAT_BOTH ? 13 : 14);
    return 0;
}
