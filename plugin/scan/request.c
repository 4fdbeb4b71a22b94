/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/request.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/text.h"
#include "message/scan.h"
#include "message/words.h"

#include <cups/cups.h>
#include <string.h>

#define COUNTER_FILE "scan-counter"
#define COUNTER_MAX_BYTES 32
#define NO_TITLE "Scan"

void
spoc_scan_request_free(SpocScanRequest *order)
{
    if (order == NULL)
        return;
    g_ptr_array_unref(order->to);
    g_ptr_array_unref(order->cc);
    g_ptr_array_unref(order->refused);
    spoc_person_free(order->owner);
    g_free(order->subject);
    g_free(order->body);
    g_free(order->filename);
    g_free(order);
}

/* --- people ----------------------------------------------------------------------------- */

static gboolean
has_person(const GPtrArray *people, const char *address)
{
    for (guint i = 0; i < people->len; i++) {
        const SpocPerson *person = g_ptr_array_index(people, i);
        if (spoc_address_equal(person->address, address))
            return TRUE;
    }
    return FALSE;
}

static void
add_people(SpocScanRequest *order, GPtrArray *people, GPtrArray *found)
{
    while (found->len > 0) {
        SpocPerson *person = g_ptr_array_steal_index(found, 0);
        if (has_person(order->to, person->address) || has_person(order->cc, person->address))
            spoc_person_free(person);
        else
            g_ptr_array_add(people, person);
    }
}

/* What an order is made from */
typedef struct {
    const SpocScanMetadata *facts;
    const SpocRuntime *setup;
    SpocScanAsking *asking;
} Source;

/* spoc_people_resolve(), and asks when it must */
static GPtrArray *
find_people(const Source *source, SpocPeople *rules, const SpocRecipient *recipient,
            GPtrArray *refusals, GError **error)
{
    const char *user = source->facts->user;
    SpocScanAsking *asking = source->asking;
    g_autoptr(GError) problem = NULL;
    GPtrArray *found = spoc_people_resolve(rules, recipient, user, refusals, &problem);
    if (found != NULL)
        return found;
    if (asking->ask == 0 && g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_PENDING))
        asking->ask = spoc_people_ask(rules, recipient, user, asking->answered, asking->user_data);
    g_propagate_error(error, g_steal_pointer(&problem));
    return NULL;
}

static gboolean
is_for_now(const GError *error)
{
    return g_error_matches(error, SPOC_ERROR, SPOC_ERROR_PENDING) || spoc_scan_may_pass(error);
}

/* Whoever is refused is left to @order->refused: each stands for itself. FALSE: it cannot be told
 * now, or the document goes to too many. */
static gboolean
resolve(const Source *source, SpocScanRequest *order, GPtrArray *people, const char *uri,
        SpocPeople *rules, GError **error)
{
    GError *no_uri = NULL;
    g_autoptr(SpocRecipientUri) parsed = spoc_recipient_uri_parse(uri, &no_uri);
    if (parsed == NULL) {
        g_ptr_array_add(order->refused, no_uri);
        return TRUE;
    }
    while (parsed->refused->len > 0)
        g_ptr_array_add(order->refused, g_ptr_array_steal_index(parsed->refused, 0));
    for (guint i = 0; i < parsed->recipients->len; i++) {
        GError *refusal = NULL;
        g_autoptr(GPtrArray) found = find_people(
            source, rules, g_ptr_array_index(parsed->recipients, i), order->refused, &refusal);
        if (found != NULL) {
            add_people(order, people, found);
        } else if (is_for_now(refusal)) {
            g_propagate_error(error, refusal);
            return FALSE;
        } else {
            g_ptr_array_add(order->refused, refusal);
        }
    }
    if (order->to->len + order->cc->len > SPOC_RECIPIENTS_MAX) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "a document goes to at most %d people",
                    SPOC_RECIPIENTS_MAX);
        return FALSE;
    }
    return TRUE;
}

/* "alice@example.com, bob" as somebody writes it in an option becomes a URI. */
static char *
option_to_uri(const char *value)
{
    g_auto(GStrv) pieces = g_strsplit(value, ",", SPOC_RECIPIENTS_MAX + 2);
    GString *uri = g_string_new("spoc:");
    for (guint i = 0; pieces[i] != NULL; i++) {
        g_autofree char *valid = g_utf8_make_valid(g_strstrip(pieces[i]), -1);
        g_autofree char *escaped = g_uri_escape_string(valid, NULL, FALSE);
        g_string_append_printf(uri, "%s%s", i > 0 ? "," : "", escaped);
    }
    return g_string_free(uri, FALSE);
}

static gboolean
resolve_all(const Source *source, SpocScanRequest *order, const char *mail_to, const char *mail_cc,
            GError **error)
{
    const SpocScanMetadata *facts = source->facts;
    gboolean is_command = g_str_has_prefix(facts->uri, SPOC_SCAN_COMMAND_SCHEME);
    SpocPeople *rules = is_command ? source->setup->command_people : source->setup->scan_people;
    g_autofree char *uri = NULL;
    if (mail_to != NULL && *mail_to != '\0')
        uri = option_to_uri(mail_to);
    else if (is_command)
        uri = g_strconcat("spoc:", facts->uri + strlen(SPOC_SCAN_COMMAND_SCHEME), NULL);
    else
        uri = g_strdup(facts->uri);
    if (!resolve(source, order, order->to, uri, rules, error))
        return FALSE;
    if (mail_cc != NULL && *mail_cc != '\0') {
        g_autofree char *cc = option_to_uri(mail_cc);
        if (!resolve(source, order, order->cc, cc, rules, error))
            return FALSE;
    }
    if (order->to->len + order->cc->len > 0)
        return TRUE;
    g_autofree char *all = spoc_refusals_join(order->refused);
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_DENIED, all);
    return FALSE;
}

/* FALSE: the owner is being looked up. One who cannot be found is no reason to keep a document
 * from others. */
static gboolean
find_owner(const Source *source, SpocScanRequest *order, GError **error)
{
    const SpocRecipient owner = {.who = SPOC_WHO_OWNER};
    g_autoptr(GError) problem = NULL;
    g_autoptr(GPtrArray) people =
        find_people(source, source->setup->owner_people, &owner, NULL, &problem);
    if (people != NULL)
        order->owner = g_ptr_array_steal_index(people, 0);
    if (!g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_PENDING))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

/* --- words ------------------------------------------------------------------------------ */

/* One more for each document, also across restarts; (transfer full) */
static char *
next_number(SpocSpool *spool, GError **error)
{
    int folder = spoc_spool_folder_fd(spool, "state");
    g_autoptr(GBytes) old = spoc_durable_read(folder, COUNTER_FILE, COUNTER_MAX_BYTES, NULL);
    g_autofree char *text =
        old != NULL ? g_strndup(g_bytes_get_data(old, NULL), g_bytes_get_size(old)) : g_strdup("");
    g_autofree char *number =
        g_strdup_printf("%" G_GUINT64_FORMAT, g_ascii_strtoull(text, NULL, 10) + 1);
    if (!spoc_durable_replace(folder, COUNTER_FILE, number, strlen(number), 0600, NULL, error))
        return NULL;
    return g_steal_pointer(&number);
}

static const char *
title_of(const SpocScanMetadata *facts)
{
    /* What lp calls what comes on its stdin */
    if (*facts->title == '\0' || strcmp(facts->title, "(stdin)") == 0)
        return NO_TITLE;
    return facts->title;
}

/* What the job wishes, else what the configuration says; (transfer full). Bounded, for each
 * placeholder may become a hundred times as long. */
static char *
wish_or_option(const char *wish, const SpocRuntime *setup, SpocOptionId option)
{
    if (wish != NULL && *wish != '\0')
        return g_strndup(wish, SPOC_SCAN_BODY_MAX_BYTES);
    const char *value = spoc_config_string(setup->config, option);
    return g_strdup(value != NULL ? value : "");
}

static gboolean
fill_words(const Source *source, SpocScanRequest *order, int count, cups_option_t *options,
           SpocSpool *spool, GError **error)
{
    const SpocScanMetadata *facts = source->facts;
    const SpocRuntime *setup = source->setup;
    g_autofree char *subject = wish_or_option(cupsGetOption("mail-subject", count, options), setup,
                                              SPOC_OPTION_SCAN_SUBJECT);
    g_autofree char *body =
        wish_or_option(cupsGetOption("mail-body", count, options), setup, SPOC_OPTION_SCAN_BODY);
    g_autofree char *filename = wish_or_option(cupsGetOption("mail-filename", count, options),
                                               setup, SPOC_OPTION_SCAN_FILENAME);
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(facts->created_unix_s);
    g_autofree char *date = now != NULL ? g_date_time_format(now, "%Y-%m-%d") : g_strdup("");
    g_autofree char *time = now != NULL ? g_date_time_format(now, "%H:%M") : g_strdup("");
    g_autofree char *number = NULL;
    if (strstr(subject, "{counter}") != NULL || strstr(body, "{counter}") != NULL ||
        strstr(filename, "{counter}") != NULL) {
        number = next_number(spool, error);
        if (number == NULL)
            return FALSE;
    }
    g_autofree char *title = spoc_text_line(title_of(facts), -1, 500);
    g_autofree char *user = spoc_text_line(facts->user, -1, 200);
    g_autofree char *printer = spoc_text_line(
        *facts->printer_info != '\0' ? facts->printer_info : facts->printer, -1, 200);
    g_autofree char *location = spoc_text_line(facts->location, -1, 200);
    const char *name =
        order->owner != NULL && order->owner->name != NULL ? order->owner->name : user;
    const SpocWordValue values[] = {
        {"title", title},
        {"user", user},
        {"name", name},
        {"printer", *printer != '\0' ? printer : "spocctl"},
        {"location", location},
        {"date", date},
        {"time", time},
        {"counter", number},
        {"host", setup->host_name},
        {"newline", "\n"},
    };
    order->subject = spoc_words_expand(subject, values, G_N_ELEMENTS(values));
    order->body = spoc_words_expand(body, values, G_N_ELEMENTS(values));
    order->filename = spoc_words_expand(filename, values, G_N_ELEMENTS(values));
    return TRUE;
}

gboolean
spoc_scan_may_pass(const GError *error)
{
    return g_error_matches(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE) ||
           g_error_matches(error, SPOC_ERROR, SPOC_ERROR_IO);
}

SpocScanRequest *
spoc_scan_request_new(const SpocScanMetadata *facts, const SpocRuntime *setup, SpocSpool *spool,
                      SpocScanAsking *asking, GError **error)
{
    const Source source = {facts, setup, asking};
    g_autoptr(SpocScanRequest) order = g_new0(SpocScanRequest, 1);
    order->to = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_person_free);
    order->cc = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_person_free);
    order->refused = spoc_refusals_new();
    cups_option_t *options = NULL;
    int count = cupsParseOptions(facts->options, 0, &options);
    gboolean good = find_owner(&source, order, error) &&
                    resolve_all(&source, order, cupsGetOption("mail-to", count, options),
                                cupsGetOption("mail-cc", count, options), error);
    good = good && fill_words(&source, order, count, options, spool, error);
    cupsFreeOptions(count, options);
    return good ? g_steal_pointer(&order) : NULL;
}

SpocComposedMail *
spoc_scan_request_compose(const SpocScanRequest *order, const char *name,
                          const SpocScanMetadata *facts, const SpocRuntime *setup,
                          const guint8 *start, gsize size, GError **error)
{
    g_autofree char *type = spoc_scan_content_type(facts->content_type, start, size);
    g_autofree char *filename = spoc_scan_filename(order->filename, type);
    g_autofree char *subject = spoc_text_line(order->subject, -1, 500);
    const SpocScanMail mail = {
        .name = name,
        .uuid = facts->uuid,
        .to = order->to,
        .cc = order->cc,
        .owner = order->owner,
        .is_from_owner =
            spoc_config_choice(setup->config, SPOC_OPTION_SCAN_FROM) == SPOC_SCAN_FROM_USER,
        .sender = setup->sender,
        .sender_name = setup->sender_name,
        .host_name = setup->host_name,
        .language = setup->language,
        .subject = *subject != '\0' ? subject : NO_TITLE,
        .body = order->body,
        .filename = filename,
        .content_type = type,
        .when_unix_s = facts->created_unix_s,
    };
    return spoc_scan_compose(&mail, error);
}
