/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Fills a spool with messages that wait, as the spool layer writes them.
 * INPUT    fill COUNT DUE_IN_S: the spool of CUPS_REQUESTROOT; each message is for another of
 *          1,000 recipients, of 1.4 KB, and due in DUE_IN_S seconds.
 */
#include "base/privilege.h"
#include "spool/message.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH 256
#define RECIPIENTS 1000
#define LINES 20

static SpocEnvelope *
make_envelope(guint number, gint64 due_unix_s, gsize size)
{
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup_printf("1790000000-00000001-000000-%u-0123456789abcdef", number);
    envelope->kind = g_strdup("notification");
    envelope->sender = g_strdup("print-server@example.com");
    g_autofree char *recipient = g_strdup_printf("user%u@example.com", number % RECIPIENTS);
    spoc_envelope_add_recipient(envelope, recipient);
    envelope->job_id = number;
    envelope->subject = g_strdup_printf("Printed: Report number %u", number);
    envelope->message_id = g_strdup_printf("%s@example.com", envelope->id);
    envelope->size_bytes = size;
    envelope->created_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    envelope->next_attempt_unix_s = due_unix_s;
    return envelope;
}

static GBytes *
make_body(guint number)
{
    GString *mail = g_string_new(NULL);
    g_string_append_printf(mail,
                           "From: <print-server@example.com>\r\nSubject: Report number %u\r\n"
                           "Message-ID: <%u@example.com>\r\n\r\n",
                           number, number);
    for (guint i = 0; i < LINES; i++)
        g_string_append(mail, "A line of a mail, as long as many lines of mails happen to be\r\n");
    return g_string_free_to_bytes(mail);
}

static gboolean
fill(SpocSpool *spool, guint count, gint64 due_unix_s, GError **error)
{
    g_autoptr(GPtrArray) batch = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_message_free);
    for (guint i = 0; i < count; i++) {
        g_autoptr(GBytes) body = make_body(i);
        g_ptr_array_add(
            batch, spoc_message_new(make_envelope(i, due_unix_s, g_bytes_get_size(body)), body));
        if (batch->len < BATCH && i + 1 < count)
            continue;
        if (!spoc_message_add_batch(spool, (SpocMessage *const *)batch->pdata, batch->len,
                                    SPOC_STATE_WAITING, error))
            return FALSE;
        g_ptr_array_set_size(batch, 0);
    }
    return TRUE;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    if (argc != 3) {
        (void)fprintf(stderr, "usage: fill COUNT DUE_IN_S\n");
        return 2;
    }
    g_autoptr(SpocPlaces) places = spoc_places_new(NULL);
    g_autoptr(SpocSpool) spool =
        spoc_privilege_drop(places, &error) ? spoc_spool_open(places, &error) : NULL;
    gint64 begun = g_get_monotonic_time();
    guint count = (guint)strtoul(argv[1], NULL, 10);
    gint64 due = g_get_real_time() / G_USEC_PER_SEC + strtoll(argv[2], NULL, 10);
    if (spool == NULL || !fill(spool, count, due, &error)) {
        (void)fprintf(stderr, "fill: %s\n", error->message);
        return 1;
    }
    double took_s = (double)(g_get_monotonic_time() - begun) / G_USEC_PER_SEC;
    (void)printf("%.0f\n", count / MAX(took_s, 1e-6));
    return 0;
}
