/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Writes mails into a folder for check-mails.py: about titles of every kind, and of every
 *          event in each format and in several languages. NAME.eml stands beside NAME.subject (what
 *          the subject is meant to say), NAME.title and, for events, NAME.text and NAME.html.
 */
#include "base/text.h"
#include "sample.h"

#include <string.h>

static void
write_file(const char *folder, const char *stem, const char *suffix, const char *data, gsize size)
{
    g_autofree char *name = g_strconcat(stem, ".", suffix, NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_file_set_contents(path, data, (gssize)size, &error))
        g_error("%s", error->message);
}

static void
write_mail(const char *folder, const char *stem, const SpocNotification *notification)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(notification, NULL, &error);
    if (mail == NULL)
        g_error("%s", error->message);
    gsize size = 0;
    const char *bytes = g_bytes_get_data(mail->bytes, &size);
    g_autofree char *line = spoc_text_line(notification->notices[0].event->job_name, -1, 400);
    write_file(folder, stem, "eml", bytes, size);
    write_file(folder, stem, "subject", mail->subject, strlen(mail->subject));
    write_file(folder, stem, "title", line, strlen(line));
}

static void
write_title(const char *folder, guint number, const char *title)
{
    Sample sample;
    sample_init(&sample);
    sample.event.job_name = (char *)title;
    sample.person.name = (char *)title;
    sample.person.is_owner = number % 2 == 0;
    g_autofree char *stem = g_strdup_printf("title-%02u", number);
    write_mail(folder, stem, &sample.notification);
}

static void
write_event(const char *folder, const char *name, const char *language, SpocMailKind kind,
            SpocFormat format)
{
    Sample sample;
    sample_init(&sample);
    gboolean is_job = g_str_has_prefix(name, "job-");
    sample.event.name = (char *)name;
    sample.event.kind = spoc_event_kind(name);
    if (!is_job)
        sample.event.job_id = 0;
    if (g_str_has_prefix(name, "server-"))
        sample.event.printer_name = sample.event.printer_uri = NULL;
    sample.event.job_name = (char *)"Quarterly report <Q3> & \"more\".pdf";
    sample.person.name = (char *)"Alice";
    sample.notification.kind = kind;
    sample.notification.format = format;
    sample.notification.language = language;
    sample.notification.web_interface = "https://printhost.example.com:631";
    g_auto(SpocMailContent) content = {0};
    spoc_notification_render(&sample.notification, NULL, &content);
    g_autofree char *stem =
        g_strdup_printf("event-%s-%s-%d-%d", name, language, (int)kind, (int)format);
    write_mail(folder, stem, &sample.notification);
    if (content.text != NULL)
        write_file(folder, stem, "text", content.text, strlen(content.text));
    if (content.html != NULL)
        write_file(folder, stem, "html", content.html, strlen(content.html));
}

static void
write_events(const char *folder)
{
    static const char *const languages[] = {"cs", "de", "fr",    "es", "it",
                                            "pl", "nl", "pt-BR", "ja"};
    for (SpocFormat format = SPOC_FORMAT_BOTH; format <= SPOC_FORMAT_HTML; format++) {
        for (guint i = 0; spoc_event_names_get(i) != NULL; i++)
            write_event(folder, spoc_event_names_get(i), "en", SPOC_MAIL_NOTICE, format);
        for (guint i = 0; i < G_N_ELEMENTS(languages); i++)
            write_event(folder, "job-completed", languages[i], SPOC_MAIL_NOTICE, format);
        write_event(folder, "job-completed", "en", SPOC_MAIL_DIGEST, format);
        write_event(folder, "job-completed", "en", SPOC_MAIL_COLLECTED, format);
    }
}

int
main(int argc, char **argv)
{
    static const char *const titles[] = {
        "Report.pdf",
        "a\r\nBcc: eve@example.net",
        "caf\u00e9 au lait",
        "P\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148 \u00fap\u011bl "
        "\u010f\u00e1belsk\u00e9 \u00f3dy, a long title that has to be folded somewhere",
        "\u65e5\u672c\u8a9e\u306e\u6587\u66f8\u3067\u3059\u65e5\u672c\u8a9e\u306e\u6587\u66f8"
        "\u3067\u3059\u65e5\u672c\u8a9e\u306e\u6587\u66f8\u3067\u3059\u65e5\u672c\u8a9e\u306e",
        "\u0645\u0633\u062a\u0646\u062f \u05de\u05e1\u05de\u05da",
        "\U0001f5a8 printer \U0001f4c4",
        "=?utf-8?Q?=0D=0ABcc:_eve@example.net?=",
        "= equals = and == and =20 and =\u00e9",
        "quote \" backslash \\ (comment) <angle> @ , ; :",
        "tab\there, \x1b[31mescape, bell\x07",
        ".",
        "..",
        "two  blanks   and more",
        "a title of plain words that is so long that it has to be folded at one of its blanks and "
        "then once more at another one because it goes on and on and on",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
        "8901234567890123456789012345678901234567890123456789012345678901234567890123456789012345"
        "6789012345678901234567890123456789012345678901234567890123456789",
        "",
    };
    if (argc != 2)
        return 2;
    for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
        write_title(argv[1], i, titles[i]);
    write_events(argv[1]);
    return 0;
}
