/* SPDX-License-Identifier: Apache-2.0 */
#include "message/notification.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* CRLF everywhere, no long line, no NUL, and always the same number of headers. */
static void
check_mail(const char *bytes, gsize size)
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
    if (in_head || headers != 12)
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
    const SpocNotification notification = {.event = &event,
                                           .journal = text,
                                           .person = &person,
                                           .sender = "print-server@example.com",
                                           .host_name = text,
                                           .owner = text,
                                           .subject = size % 2 == 0 ? text : NULL};
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&notification, NULL);
    if (mail == NULL)
        abort();
    gsize mail_size = 0;
    const char *bytes = g_bytes_get_data(mail->bytes, &mail_size);
    check_mail(bytes, mail_size);
    return 0;
}
