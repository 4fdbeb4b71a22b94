/* SPDX-License-Identifier: Apache-2.0 */
#include "message/bounce.h"

#include "base/address.h"
#include "base/text.h"
#include "message/mime.h"
#include "message/words.h"

#include <string.h>

#define DIGEST_DIGITS 24
#define LINE_MAX_BYTES 900 /* of foreign text */

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same messages to the same address are the same report, in whatever order they came. */
static char *
identifier(const SpocBounce *report)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (gsize i = 0; i < report->count; i++)
        g_ptr_array_add(names, (gpointer)report->returned[i].id);
    g_ptr_array_sort(names, compare_names);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guchar *)report->recipient, -1);
    const char *last = "";
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (strcmp(name, last) == 0)
            continue; /* one message, several recipients */
        g_checksum_update(sum, (const guchar *)"\n", 1);
        g_checksum_update(sum, (const guchar *)name, -1);
        last = name;
    }
    return g_strdup_printf("report-%.*s", DIGEST_DIGITS, g_checksum_get_string(sum));
}

static void
append_field(GString *text, const SpocCatalogue *catalogue, SpocWord label, const char *value)
{
    g_autofree char *line = spoc_text_line(value, -1, LINE_MAX_BYTES);
    if (*line != '\0')
        g_string_append_printf(text, "  %s: %s\n", spoc_word(catalogue, label), line);
}

static void
append_returned(GString *text, const SpocCatalogue *catalogue, const SpocReturned *returned)
{
    g_autofree char *created = spoc_words_when(catalogue, returned->created_unix_s);
    g_autofree char *job =
        returned->job_id > 0 ? g_strdup_printf("%" G_GINT64_FORMAT, returned->job_id) : NULL;
    g_autofree char *recipient = spoc_text_line(returned->recipient, -1, LINE_MAX_BYTES);
    g_string_append_printf(text, "\n%s\n", recipient);
    append_field(text, catalogue, SPOC_WORD_TITLE, returned->subject);
    append_field(text, catalogue, SPOC_WORD_JOB, job);
    append_field(text, catalogue, SPOC_WORD_WHEN, created);
    append_field(text, catalogue, SPOC_WORD_REPORT_REASON, returned->reason);
    append_field(text, catalogue, SPOC_WORD_REPORT_ID, returned->id);
}

static char *
make_text(const SpocBounce *report, const SpocWordValue *values, gsize value_count)
{
    const SpocCatalogue *catalogue = spoc_catalogue_find(report->language);
    g_autofree char *intro =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_REPORT_TEXT), values, value_count);
    GString *text = g_string_new(intro);
    g_string_append_c(text, '\n');
    gsize listed = MIN(report->count, SPOC_BOUNCE_LISTED_MAX);
    for (gsize i = 0; i < listed; i++)
        append_returned(text, catalogue, &report->returned[i]);
    if (listed < report->count) {
        g_autofree char *left = g_strdup_printf("%" G_GSIZE_FORMAT, report->count - listed);
        const SpocWordValue more[] = {{"count", left}};
        g_autofree char *sentence = spoc_words_expand(spoc_word(catalogue, SPOC_WORD_REPORT_MORE),
                                                      more, G_N_ELEMENTS(more));
        g_string_append_printf(text, "\n%s\n", sentence);
    }
    g_string_append_printf(text, "\n%s\n", spoc_word(catalogue, SPOC_WORD_REPORT_CURE));
    return g_string_free(text, FALSE);
}

SpocComposedMail *
spoc_bounce_compose(const SpocBounce *report, GError **error)
{
    g_return_val_if_fail(report->count > 0, NULL);
    if (!spoc_address_is_valid(report->sender, error) ||
        !spoc_address_is_valid(report->recipient, error))
        return NULL;
    const SpocCatalogue *catalogue = spoc_catalogue_find(report->language);
    g_autofree char *host = spoc_text_line(report->host_name, -1, 100);
    g_autofree char *count = g_strdup_printf("%" G_GSIZE_FORMAT, report->count);
    const SpocWordValue values[] = {{"host", host}, {"count", count}};
    gsize value_count = G_N_ELEMENTS(values);
    g_autofree char *text = make_text(report, values, value_count);

    char *id = identifier(report);
    char *message_id = spoc_mail_message_id_of_sender(id, report->sender);
    char *subject =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_REPORT_SUBJECT), values, value_count);
    const SpocMailHeaders headers = {.catalogue = catalogue,
                                     .sender = report->sender,
                                     .sender_name = report->sender_name,
                                     .host_name = report->host_name,
                                     .to = report->recipient,
                                     .subject = subject,
                                     .date_unix_s = report->now_unix_s,
                                     .message_id = message_id};
    GString *bytes = g_string_sized_new(2048);
    spoc_mail_append_headers(bytes, &headers);
    spoc_mime_append_text_part(bytes, "plain", text);
    return spoc_composed_mail_new(id, message_id, subject, bytes);
}
