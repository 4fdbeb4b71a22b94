/* SPDX-License-Identifier: Apache-2.0 */
#include "message/scan-notice.h"

#include "base/address.h"
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
    g_autofree char *text = make_text(notice, catalogue, values, count);
    char *id = g_strconcat("notice-", notice->id, NULL);
    char *message_id = spoc_mail_message_id_of_sender(id, notice->sender);
    char *subject =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_SCAN_FAILED_SUBJECT), values, count);
    const SpocMailHeaders headers = {.catalogue = catalogue,
                                     .sender = notice->sender,
                                     .sender_name = notice->sender_name,
                                     .host_name = notice->host_name,
                                     .to_name = notice->owner->name,
                                     .to = notice->owner->address,
                                     .subject = subject,
                                     .date_unix_s = notice->now_unix_s,
                                     .message_id = message_id};
    GString *bytes = g_string_sized_new(2048);
    spoc_mail_append_headers(bytes, &headers);
    spoc_mime_append_text_part(bytes, "plain", text);
    return spoc_composed_mail_new(id, message_id, subject, bytes);
}
