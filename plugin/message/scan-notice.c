/* SPDX-License-Identifier: Apache-2.0 */
#include "message/scan-notice.h"

#include "base/text.h"
#include "message/mime.h"
#include "message/words.h"

#include <string.h>

#define LINE_MAX_BYTES 900

static char *
make_text(const SpocScanNotice *notice, const SpocCatalogue *catalogue, const SpocWordValue *values,
          gsize value_count)
{
    g_autofree char *intro =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_SCAN_FAILED_TEXT), values, value_count);
    g_autofree char *cure =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_SCAN_FAILED_CURE), values, value_count);
    GString *text = g_string_new(intro);
    for (gsize i = 0; i < notice->count; i++) {
        g_autofree char *address =
            spoc_text_line(notice->undelivered[i].address, -1, LINE_MAX_BYTES);
        g_autofree char *reason = spoc_text_line(notice->undelivered[i].reason, -1, LINE_MAX_BYTES);
        g_string_append_printf(text, "\n%s\n", address);
        if (*reason != '\0')
            g_string_append_printf(text, "  %s: %s\n",
                                   spoc_word(catalogue, SPOC_WORD_REPORT_REASON), reason);
    }
    g_string_append_printf(text, "\n%s\n", cure);
    return g_string_free(text, FALSE);
}

SpocComposedMail *
spoc_scan_notice_compose(const SpocScanNotice *notice, GError **error)
{
    g_return_val_if_fail(notice->count > 0, NULL);
    if (!spoc_address_is_valid(notice->sender, error) ||
        !spoc_address_is_valid(notice->owner->address, error))
        return NULL;
    const SpocCatalogue *catalogue = spoc_catalogue_find(notice->language);
    g_autofree char *host = spoc_text_line(notice->host_name, -1, 100);
    g_autofree char *title = spoc_text_line(notice->title, -1, 300);
    g_autofree char *printer = spoc_text_line(notice->printer, -1, 200);
    g_autofree char *when = spoc_words_when(catalogue, notice->sent_unix_s);
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, notice->size_bytes);
    g_autofree char *mail_size = g_strdup_printf("%" G_GUINT64_FORMAT, notice->mail_size_bytes);
    const SpocWordValue values[] = {
        {"host", host},
        {"title", *title != '\0' ? title : spoc_word(catalogue, SPOC_WORD_UNTITLED)},
        {"size", size},
        {"mail_size", mail_size},
        {"when", when},
        {"printer", *printer != '\0' ? printer : "spocctl"},
        {"id", notice->id}};
    gsize count = G_N_ELEMENTS(values);
    g_autofree char *name =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_SENDER), values, count);
    g_autofree char *text = make_text(notice, catalogue, values, count);
    const char *domain = strrchr(notice->sender, '@') + 1;

    SpocComposedMail *mail = g_new0(SpocComposedMail, 1);
    mail->id = g_strconcat("notice-", notice->id, NULL);
    mail->message_id =
        g_strdup_printf("%s@%s", mail->id, g_str_is_ascii(domain) ? domain : "localhost");
    mail->subject =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_SCAN_FAILED_SUBJECT), values, count);
    g_autofree char *identifier = g_strdup_printf("<%s>", mail->message_id);
    GString *bytes = g_string_sized_new(2048);
    spoc_mime_append_mailbox(
        bytes, "From", notice->sender_name != NULL ? notice->sender_name : name, notice->sender);
    spoc_mime_append_mailbox(bytes, "To", notice->owner->name, notice->owner->address);
    spoc_mime_append_text_header(bytes, "Subject", mail->subject);
    spoc_mime_append_date(bytes, notice->now_unix_s);
    spoc_mime_append_header(bytes, "Message-ID", identifier);
    spoc_mime_append_header(bytes, "MIME-Version", "1.0");
    spoc_mime_append_header(bytes, "Auto-Submitted", "auto-generated"); /* RFC 3834 5 */
    spoc_mime_append_header(bytes, "X-Auto-Response-Suppress", "All");
    spoc_mime_append_text_part(bytes, "plain", text);
    mail->bytes = g_string_free_to_bytes(bytes);
    return mail;
}
