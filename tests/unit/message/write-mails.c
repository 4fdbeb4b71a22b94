/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Writes mails about titles of every kind into a folder, N.eml beside N.subject (what
 *          the subject is meant to say) and N.title, for check-mails.py.
 */
#include "base/text.h"
#include "sample.h"

#include <string.h>

static void
write_file(const char *folder, guint number, const char *suffix, const char *data, gsize size)
{
    g_autofree char *name = g_strdup_printf("%u.%s", number, suffix);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_file_set_contents(path, data, (gssize)size, &error))
        g_error("%s", error->message);
}

static void
write_mail(const char *folder, guint number, const char *title)
{
    Sample sample;
    sample_init(&sample);
    sample.event.job_name = (char *)title;
    sample.person.name = (char *)title;
    sample.person.is_owner = number % 2 == 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocComposedMail) mail = spoc_notification_compose(&sample.notification, NULL, &error);
    if (mail == NULL)
        g_error("%s", error->message);
    gsize size = 0;
    const char *bytes = g_bytes_get_data(mail->bytes, &size);
    g_autofree char *line = spoc_text_line(title, -1, 400);
    write_file(folder, number, "eml", bytes, size);
    write_file(folder, number, "subject", mail->subject, strlen(mail->subject));
    write_file(folder, number, "title", line, strlen(line));
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
        write_mail(argv[1], i, titles[i]);
    return 0;
}
