/* SPDX-License-Identifier: Apache-2.0 */
#include "message/values.h"

#include "base/text.h"
#include "message/values-notice.h"

#include <string.h>

#define SUBJECT_MAX_BYTES 200
#define HOST_MAX_BYTES 130

void
spoc_values_clear(SpocValues *description)
{
    g_clear_pointer(&description->scope.slots, g_free);
    g_clear_pointer(&description->scopes, g_ptr_array_unref);
    g_clear_pointer(&description->arrays, g_ptr_array_unref);
    g_clear_pointer(&description->strings, g_string_chunk_free);
}

const char *
spoc_values_get(const SpocValues *description, SpocSlotName name)
{
    const char *text = description->scope.slots[name].text;
    return text != NULL ? text : "";
}

static void
scope_free(gpointer data)
{
    SpocTemplateScope *scope = data;
    g_free(scope->slots);
    g_free(scope);
}

static const char *
keep(SpocValues *description, const char *text)
{
    return text != NULL ? g_string_chunk_insert(description->strings, text) : "";
}

static void
set(SpocValues *description, SpocSlotName name, const char *text)
{
    description->scope.slots[name].text = keep(description, text);
}

/* How many events there are, however many of them are listed */
static gulong
count_events(const SpocNotification *notification)
{
    gulong count = notification->left_out;
    for (guint i = 0; i < notification->notice_count; i++)
        count += MAX(notification->notices[i].times, 1);
    return count;
}

/* --- lists ------------------------------------------------------------------------------ */

SpocTemplateSlot *
spoc_values_add_element(SpocValues *description, GPtrArray *elements)
{
    SpocTemplateScope *scope = g_new0(SpocTemplateScope, 1);
    scope->slots = g_new0(SpocTemplateSlot, SPOC_SLOT_COUNT);
    /* An element has no lists, rather than those of the mail. */
    static const SpocTemplateScope *const none[1];
    scope->slots[SPOC_SLOT_EVENTS].elements = none;
    scope->slots[SPOC_SLOT_FACTS].elements = none;
    g_ptr_array_add(description->scopes, scope);
    g_ptr_array_add(elements, scope);
    return scope->slots;
}

void
spoc_values_set_list(SpocValues *description, SpocTemplateSlot *slots, SpocSlotName name,
                     GPtrArray *elements)
{
    slots[name].elements = (const SpocTemplateScope *const *)elements->pdata;
    slots[name].count = elements->len;
    g_ptr_array_add(description->arrays, elements);
}

static void
set_left_out(SpocValues *description, const SpocCatalogue *catalogue, gulong count)
{
    if (count == 0)
        return;
    g_autofree char *text = spoc_words_count(catalogue, SPOC_COUNT_LEFT_OUT, count);
    set(description, SPOC_SLOT_LEFT_OUT, text);
}

/* The first @count notices, or the latest ones of them where they are too many */
static void
add_events(SpocValues *description, const SpocValuesContext *context, guint count)
{
    const SpocNotification *notification = context->notification;
    gulong left_out = notification->left_out;
    guint first = count > SPOC_NOTICES_LISTED_MAX ? count - SPOC_NOTICES_LISTED_MAX : 0;
    for (guint i = 0; i < first; i++)
        left_out += MAX(notification->notices[i].times, 1);
    GPtrArray *elements = g_ptr_array_sized_new(count - first);
    for (guint i = first; i < count; i++)
        spoc_values_add_notice(description, context, &notification->notices[i],
                               spoc_values_add_element(description, elements));
    spoc_values_set_list(description, description->scope.slots, SPOC_SLOT_EVENTS, elements);
    set_left_out(description, context->catalogue, left_out);
    if (count > 0 || left_out > 0)
        set(description, SPOC_SLOT_EVENTS_LABEL,
            spoc_word(context->catalogue, SPOC_WORD_WHAT_ELSE));
}

/* --- the mail --------------------------------------------------------------------------- */

static void
describe_news(SpocValues *description, const SpocValuesContext *context)
{
    const SpocNotification *notification = context->notification;
    SpocTemplateSlot *slots = description->scope.slots;
    guint last = notification->notice_count - 1;
    spoc_values_add_notice(description, context, &notification->notices[last], slots);
    spoc_values_add_attributes(description, context, &notification->notices[last], slots);
    add_events(description, context, last);
    set(description, SPOC_SLOT_PREHEADER,
        *slots[SPOC_SLOT_ADVICE].text != '\0' ? slots[SPOC_SLOT_ADVICE].text
                                              : slots[SPOC_SLOT_SENTENCE].text);
}

static void
describe_list(SpocValues *description, const SpocValuesContext *context)
{
    const SpocNotification *notification = context->notification;
    const SpocCatalogue *catalogue = context->catalogue;
    gboolean is_digest = notification->kind == SPOC_MAIL_DIGEST;
    g_autofree char *events =
        spoc_words_count(catalogue, SPOC_COUNT_EVENTS, count_events(notification));
    const SpocWordValue values[] = {{"host", context->host}, {"events", events}};
    g_autofree char *intro = spoc_words_expand(
        spoc_word(catalogue, is_digest ? SPOC_WORD_DIGEST_INTRO : SPOC_WORD_COLLECTED_INTRO),
        values, G_N_ELEMENTS(values));
    g_autofree char *subject = spoc_words_expand(
        spoc_word(catalogue, is_digest ? SPOC_WORD_DIGEST_SUBJECT : SPOC_WORD_COLLECTED_SUBJECT),
        values, G_N_ELEMENTS(values));
    set(description, SPOC_SLOT_INTRO, intro);
    set(description, SPOC_SLOT_PREHEADER, intro);
    set(description, SPOC_SLOT_SUBJECT, subject);
    set(description, is_digest ? SPOC_SLOT_IS_DIGEST : SPOC_SLOT_IS_COLLECTED, "1");
    add_events(description, context, notification->notice_count);
}

/* The recipient's own wish, if it may be shown, else what has happened */
static void
set_subject(SpocValues *description, const SpocNotification *notification)
{
    g_autofree char *wish = spoc_text_line(notification->subject, -1, SUBJECT_MAX_BYTES);
    if (*wish == '\0' || spoc_values_gives_away(notification, wish)) {
        g_autofree char *line =
            spoc_text_line(spoc_values_get(description, SPOC_SLOT_SUBJECT), -1, SUBJECT_MAX_BYTES);
        set(description, SPOC_SLOT_SUBJECT, line);
    } else {
        set(description, SPOC_SLOT_SUBJECT, wish);
        description->is_subject_wished = TRUE;
    }
}

void
spoc_values_make(const SpocNotification *notification, const SpocCatalogue *catalogue,
                 gint64 when_unix_s, SpocValues *ret_description)
{
    *ret_description = (SpocValues){
        .scope = {g_new0(SpocTemplateSlot, SPOC_SLOT_COUNT)},
        .strings = g_string_chunk_new(4096),
        .scopes = g_ptr_array_new_with_free_func(scope_free),
        .arrays = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref),
    };
    g_autofree char *host = spoc_text_line(notification->host_name, -1, HOST_MAX_BYTES);
    const SpocValuesContext context = {.notification = notification,
                                       .catalogue = catalogue,
                                       .host = host,
                                       .when_unix_s = when_unix_s};
    const SpocWordValue values[] = {{"host", host}};
    g_autofree char *footer = spoc_words_expand(spoc_word(catalogue, notification->person->is_owner
                                                                         ? SPOC_WORD_SENT_TO_OWNER
                                                                         : SPOC_WORD_SENT_BY),
                                                values, G_N_ELEMENTS(values));
    set(ret_description, SPOC_SLOT_LANG, spoc_catalogue_language(catalogue));
    set(ret_description, SPOC_SLOT_HOST, host);
    set(ret_description, SPOC_SLOT_FOOTER, footer);
    set(ret_description, SPOC_SLOT_ADVICE_LABEL, spoc_word(catalogue, SPOC_WORD_WHAT_TO_DO));
    set(ret_description, SPOC_SLOT_PRINTER_LINK, spoc_word(catalogue, SPOC_WORD_LINK));
    if (notification->kind == SPOC_MAIL_NOTICE)
        describe_news(ret_description, &context);
    else
        describe_list(ret_description, &context);
    set_subject(ret_description, notification);
}
