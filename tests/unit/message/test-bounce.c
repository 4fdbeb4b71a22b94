/* SPDX-License-Identifier: Apache-2.0 */
#include "message/bounce.h"

#include <string.h>

static const SpocReturned samples[] = {
    {.id = "j1-10-aa",
     .recipient = "bob@example.com",
     .subject = "Printed: A\r\nBcc: eve@example.com",
     .reason = "mail.example.com:25, final reply: 550 5.7.1 no\r\n.\r\nMAIL FROM:<x>",
     .job_id = 17,
     .created_unix_s = 1790000000},
    {.id = "j1-20-bb", .recipient = "eva@example.org", .subject = "Gr\303\274n"},
};

static SpocComposedMail *
compose(const SpocReturned *returned, gsize count)
{
    const SpocBounce report = {.returned = returned,
                               .count = count,
                               .sender = "print-server@example.com",
                               .recipient = "admin@example.com",
                               .host_name = "ph1",
                               .now_unix_s = 1790000100};
    g_autoptr(GError) error = NULL;
    SpocComposedMail *mail = spoc_bounce_compose(&report, &error);
    g_assert_no_error(error);
    return mail;
}

static char *
text_of(const SpocComposedMail *mail)
{
    gsize size = 0;
    const char *bytes = g_bytes_get_data(mail->bytes, &size);
    return g_strndup(bytes, size);
}

static void
test_content(void)
{
    g_autoptr(SpocComposedMail) mail = compose(samples, 1);
    g_autofree char *text = text_of(mail);
    static const char *const pieces[] = {
        "From: \"Print server ph1\" <print-server@example.com>\r\n",
        "To: <admin@example.com>\r\n",
        "Subject: Undeliverable mail of the print server ph1: 1\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "\r\nbob@example.com\r\n",
        "  Title: Printed: A Bcc: eve@example.com\r\n",
        "  Job: 17\r\n",
        "  Reason: mail.example.com:25, final reply: 550 5.7.1 no . MAIL FROM:<x>\r\n",
        "  Message: j1-10-aa\r\n",
        "spocctl queue retry MESSAGE",
    };
    for (guint i = 0; i < G_N_ELEMENTS(pieces); i++)
        if (strstr(text, pieces[i]) == NULL)
            g_error("no '%s' in\n%s", pieces[i], text);
    g_assert_null(strstr(text, "\r\nBcc:"));
    g_assert_true(g_str_has_prefix(mail->id, "report-"));
}

/* The same messages are the same report; others are another. */
static void
test_identity(void)
{
    const SpocReturned turned[] = {samples[1], samples[0]};
    const SpocReturned twice[] = {samples[0], samples[0]};
    g_autoptr(SpocComposedMail) one = compose(samples, 2);
    g_autoptr(SpocComposedMail) same = compose(turned, 2);
    g_autoptr(SpocComposedMail) other = compose(samples, 1);
    g_autoptr(SpocComposedMail) one_message = compose(twice, 2);
    g_assert_cmpstr(one->id, ==, same->id);
    g_assert_cmpstr(one->message_id, ==, same->message_id);
    g_assert_cmpstr(one->id, !=, other->id);
    g_assert_cmpstr(other->id, ==, one_message->id);
}

static void
test_many(void)
{
    g_autoptr(GArray) many = g_array_new(FALSE, FALSE, sizeof(SpocReturned));
    for (guint i = 0; i < SPOC_BOUNCE_LISTED_MAX + 7; i++)
        g_array_append_val(many, samples[i % 2]);
    g_autoptr(SpocComposedMail) mail =
        compose((const SpocReturned *)(gpointer)many->data, many->len);
    g_autofree char *text = text_of(mail);
    g_assert_nonnull(strstr(text, "And 7 more."));
}

static void
test_bad_address(void)
{
    g_autoptr(GError) error = NULL;
    const SpocBounce report = {.returned = samples,
                               .count = 1,
                               .sender = "a@example.com",
                               .recipient = "a@example.com>\r\nRCPT TO:<b@example.com",
                               .host_name = "ph1"};
    g_assert_null(spoc_bounce_compose(&report, &error));
    g_assert_nonnull(error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/message/report/content", test_content);
    g_test_add_func("/message/report/identity", test_identity);
    g_test_add_func("/message/report/many", test_many);
    g_test_add_func("/message/report/bad-address", test_bad_address);
    return g_test_run();
}
