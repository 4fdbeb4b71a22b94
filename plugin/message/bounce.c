/* SPDX-License-Identifier: Apache-2.0 */
#include "message/bounce.h"

#include "base/address.h"
#include "base/text.h"
#include "message/words.h"

#include <string.h>

#define DIGEST_DIGITS 24
#define LINE_MAX_BYTES 900 /* of foreign text */

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same messages to the same address are the same bounce, in whatever order they came. */
static char *
make_id(const SpocBounce *bounce)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (gsize i = 0; i < bounce->count; i++)
        g_ptr_array_add(names, (gpointer)bounce->returned[i].id);
    g_ptr_array_sort(names, compare_names);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guchar *)bounce->recipient, -1);
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
    append_field(text, catalogue, SPOC_WORD_BOUNCE_REASON, returned->reason);
    append_field(text, catalogue, SPOC_WORD_BOUNCE_ID, returned->id);
}

static char *
make_text(const SpocBounce *bounce, const SpocWordValue *values, gsize value_count)
{
    const SpocCatalogue *catalogue = spoc_catalogue_find(bounce->language);
    g_autofree char *intro =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_BOUNCE_TEXT), values, value_count);
    GString *text = g_string_new(intro);
    g_string_append_c(text, '\n');
    gsize listed = MIN(bounce->count, SPOC_BOUNCE_LISTED_MAX);
    for (gsize i = 0; i < listed; i++)
        append_returned(text, catalogue, &bounce->returned[i]);
    if (listed < bounce->count) {
        g_autofree char *left = g_strdup_printf("%" G_GSIZE_FORMAT, bounce->count - listed);
        const SpocWordValue more[] = {{"count", left}};
        g_autofree char *sentence = spoc_words_expand(spoc_word(catalogue, SPOC_WORD_BOUNCE_MORE),
                                                      more, G_N_ELEMENTS(more));
        g_string_append_printf(text, "\n%s\n", sentence);
    }
    g_string_append_printf(text, "\n%s\n", spoc_word(catalogue, SPOC_WORD_BOUNCE_REMEDY));
    return g_string_free(text, FALSE);
}

SpocComposedMail *
spoc_bounce_compose(const SpocBounce *bounce, GError **error)
{
    g_return_val_if_fail(bounce->count > 0, NULL);
    if (!spoc_address_is_valid(bounce->sender, error) ||
        !spoc_address_is_valid(bounce->recipient, error))
        return NULL;
    const SpocCatalogue *catalogue = spoc_catalogue_find(bounce->language);
    g_autofree char *host = spoc_text_line(bounce->host_name, -1, 100);
    g_autofree char *count = g_strdup_printf("%" G_GSIZE_FORMAT, bounce->count);
    const SpocWordValue values[] = {{"host", host}, {"count", count}};
    gsize value_count = G_N_ELEMENTS(values);
    g_autofree char *text = make_text(bounce, values, value_count);

    char *id = make_id(bounce);
    char *message_id = spoc_mail_message_id_of_sender(id, bounce->sender);
    char *subject =
        spoc_words_expand(spoc_word(catalogue, SPOC_WORD_BOUNCE_SUBJECT), values, value_count);
    const SpocMailHeaders headers = {.catalogue = catalogue,
                                     .sender = bounce->sender,
                                     .sender_name = bounce->sender_name,
                                     .host_name = bounce->host_name,
                                     .to = bounce->recipient,
                                     .date_unix_s = bounce->now_unix_s};
    return spoc_mail_compose_text(id, message_id, subject, &headers, text);
}
