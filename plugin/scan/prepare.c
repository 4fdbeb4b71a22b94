/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/prepare.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/text.h"
#include "message/scan.h"
#include "message/words.h"
#include "queue/bounces.h"
#include "queue/message.h"

#include <cups/cups.h>
#include <string.h>
#include <unistd.h>

/* Instead of "spoc:" in the metadata's URI: from spocctl. cupsd starts the backend for spoc: alone,
 * and the URI is nothing that a job can set. */
#define COMMAND_SCHEME "spocctl:"

#define COUNTER_FILE "scan-counter"
#define COUNTER_MAX_BYTES 32
#define NO_TITLE "Scan"

/* What a mail is made from */
typedef struct {
    SpocSpool *spool;
    const SpocRuntime *runtime;
    const char *name; /* of the scan entry */
    const SpocScanMetadata *metadata;
    SpocScanAsking *asking; /* (nullable): nobody is asked for */
} Source;

/* Who gets it, and what it says */
typedef struct {
    GPtrArray *to; /* (element-type SpocPerson) */
    GPtrArray *cc;
    GPtrArray *refused; /* (element-type GError): why others get nothing, one each */
    SpocPerson *owner;  /* (nullable) */
    char *subject;
    char *body;
    char *filename; /* as wished */
} Request;

static void
request_free(Request *request)
{
    if (request == NULL)
        return;
    g_ptr_array_unref(request->to);
    g_ptr_array_unref(request->cc);
    g_ptr_array_unref(request->refused);
    spoc_person_free(request->owner);
    g_free(request->subject);
    g_free(request->body);
    g_free(request->filename);
    g_free(request);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Request, request_free)

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
add_people(Request *request, GPtrArray *people, GPtrArray *found)
{
    while (found->len > 0) {
        SpocPerson *person = g_ptr_array_steal_index(found, 0);
        if (has_person(request->to, person->address) || has_person(request->cc, person->address))
            spoc_person_free(person);
        else
            g_ptr_array_add(people, person);
    }
}

/* spoc_people_resolve(), and asks when it must */
static GPtrArray *
find_people(const Source *source, SpocPeople *rules, const SpocRecipient *recipient,
            GPtrArray *refusals, GError **error)
{
    const char *user = source->metadata->user;
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

/* Whoever is refused is left to @request->refused: each stands for itself. FALSE: it cannot be told
 * now, or the document goes to too many. */
static gboolean
resolve_uri(const Source *source, Request *request, GPtrArray *people, const char *uri,
            SpocPeople *rules, GError **error)
{
    GError *no_uri = NULL;
    g_autoptr(SpocRecipientUri) parsed = spoc_recipient_uri_parse(uri, &no_uri);
    if (parsed == NULL) {
        g_ptr_array_add(request->refused, no_uri);
        return TRUE;
    }
    while (parsed->refused->len > 0)
        g_ptr_array_add(request->refused, g_ptr_array_steal_index(parsed->refused, 0));
    for (guint i = 0; i < parsed->recipients->len; i++) {
        GError *refusal = NULL;
        g_autoptr(GPtrArray) found = find_people(
            source, rules, g_ptr_array_index(parsed->recipients, i), request->refused, &refusal);
        if (found != NULL) {
            add_people(request, people, found);
        } else if (is_for_now(refusal)) {
            g_propagate_error(error, refusal);
            return FALSE;
        } else {
            g_ptr_array_add(request->refused, refusal);
        }
    }
    if (request->to->len + request->cc->len > SPOC_RECIPIENTS_MAX) {
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
resolve_all(const Source *source, Request *request, const char *mail_to, const char *mail_cc,
            GError **error)
{
    const SpocScanMetadata *metadata = source->metadata;
    gboolean is_command = g_str_has_prefix(metadata->uri, COMMAND_SCHEME);
    SpocPeople *rules = is_command ? source->runtime->command_people : source->runtime->scan_people;
    g_autofree char *uri = NULL;
    if (mail_to != NULL && *mail_to != '\0')
        uri = option_to_uri(mail_to);
    else if (is_command)
        uri = g_strconcat("spoc:", metadata->uri + strlen(COMMAND_SCHEME), NULL);
    else
        uri = g_strdup(metadata->uri);
    if (!resolve_uri(source, request, request->to, uri, rules, error))
        return FALSE;
    if (mail_cc != NULL && *mail_cc != '\0') {
        g_autofree char *cc = option_to_uri(mail_cc);
        if (!resolve_uri(source, request, request->cc, cc, rules, error))
            return FALSE;
    }
    if (request->to->len + request->cc->len > 0)
        return TRUE;
    g_autofree char *all = spoc_refusals_join(request->refused);
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_DENIED, all);
    return FALSE;
}

/* FALSE: the owner is being looked up. One who cannot be found is no reason to keep a document
 * from others. */
static gboolean
find_owner(const Source *source, Request *request, GError **error)
{
    const SpocRecipient owner = {.who = SPOC_WHO_OWNER};
    g_autoptr(GError) problem = NULL;
    g_autoptr(GPtrArray) people =
        find_people(source, source->runtime->owner_people, &owner, NULL, &problem);
    if (people != NULL)
        request->owner = g_ptr_array_steal_index(people, 0);
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
title_of(const SpocScanMetadata *metadata)
{
    /* What lp calls what comes on its stdin */
    if (*metadata->title == '\0' || strcmp(metadata->title, "(stdin)") == 0)
        return NO_TITLE;
    return metadata->title;
}

/* What the job wishes, else what the configuration says; (transfer full). Bounded, for each
 * placeholder may become a hundred times as long. */
static char *
wish_or_option(const char *wish, const SpocRuntime *runtime, SpocOptionId option)
{
    if (wish != NULL && *wish != '\0')
        return g_strndup(wish, SPOC_SCAN_BODY_MAX_BYTES);
    const char *value = spoc_config_string(runtime->config, option);
    return g_strdup(value != NULL ? value : "");
}

static gboolean
fill_words(const Source *source, Request *request, int count, cups_option_t *options,
           GError **error)
{
    const SpocScanMetadata *metadata = source->metadata;
    const SpocRuntime *runtime = source->runtime;
    g_autofree char *subject = wish_or_option(cupsGetOption("mail-subject", count, options),
                                              runtime, SPOC_OPTION_SCAN_SUBJECT);
    g_autofree char *body =
        wish_or_option(cupsGetOption("mail-body", count, options), runtime, SPOC_OPTION_SCAN_BODY);
    g_autofree char *filename = wish_or_option(cupsGetOption("mail-filename", count, options),
                                               runtime, SPOC_OPTION_SCAN_FILENAME);
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(metadata->created_unix_s);
    g_autofree char *date = now != NULL ? g_date_time_format(now, "%Y-%m-%d") : g_strdup("");
    g_autofree char *time = now != NULL ? g_date_time_format(now, "%H:%M") : g_strdup("");
    g_autofree char *number = NULL;
    if (strstr(subject, "{counter}") != NULL || strstr(body, "{counter}") != NULL ||
        strstr(filename, "{counter}") != NULL) {
        number = next_number(source->spool, error);
        if (number == NULL)
            return FALSE;
    }
    g_autofree char *title = spoc_text_line(title_of(metadata), -1, 500);
    g_autofree char *user = spoc_text_line(metadata->user, -1, 200);
    g_autofree char *printer = spoc_text_line(
        *metadata->printer_info != '\0' ? metadata->printer_info : metadata->printer, -1, 200);
    g_autofree char *location = spoc_text_line(metadata->location, -1, 200);
    const char *name =
        request->owner != NULL && request->owner->name != NULL ? request->owner->name : user;
    const SpocWordValue values[] = {
        {"title", title},
        {"user", user},
        {"name", name},
        {"printer", *printer != '\0' ? printer : "spocctl"},
        {"location", location},
        {"date", date},
        {"time", time},
        {"counter", number},
        {"host", runtime->host_name},
        {"newline", "\n"},
    };
    request->subject = spoc_words_expand(subject, values, G_N_ELEMENTS(values));
    request->body = spoc_words_expand(body, values, G_N_ELEMENTS(values));
    request->filename = spoc_words_expand(filename, values, G_N_ELEMENTS(values));
    return TRUE;
}

/* NULL: SPOC_ERROR_PENDING: the directory is being asked; SPOC_ERROR_UNAVAILABLE or
 * SPOC_ERROR_IO: it cannot be told now; any other: it is never to be mailed */
static Request *
make_request(const Source *source, GError **error)
{
    g_autoptr(Request) request = g_new0(Request, 1);
    request->to = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_person_free);
    request->cc = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_person_free);
    request->refused = spoc_refusals_new();
    cups_option_t *options = NULL;
    int count = cupsParseOptions(source->metadata->options, 0, &options);
    gboolean good = find_owner(source, request, error) &&
                    resolve_all(source, request, cupsGetOption("mail-to", count, options),
                                cupsGetOption("mail-cc", count, options), error) &&
                    fill_words(source, request, count, options, error);
    cupsFreeOptions(count, options);
    return good ? g_steal_pointer(&request) : NULL;
}

/* --- the message ------------------------------------------------------------------------ */

static gboolean
check_size(const Source *source, GError **error)
{
    gint64 limit = spoc_config_integer(source->runtime->config, SPOC_OPTION_SCAN_MAX_SIZE);
    guint64 size = source->metadata->size_bytes;
    if (limit == 0 || size <= (guint64)limit)
        return TRUE;
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                "the document has %" G_GUINT64_FORMAT
                " bytes, and scanMaxSize is %" G_GINT64_FORMAT,
                size, limit);
    return FALSE;
}

static SpocComposedMail *
compose_scan(const Source *source, const Request *request, GError **error)
{
    const SpocScanMetadata *metadata = source->metadata;
    const SpocRuntime *runtime = source->runtime;
    guint8 start[SPOC_SCAN_START_BYTES];
    int fd = spoc_scan_open_document(source->spool, source->name, metadata->size_bytes, error);
    if (fd < 0)
        return NULL;
    ssize_t count = pread(fd, start, sizeof start, 0);
    close(fd);
    g_autofree char *type =
        spoc_scan_content_type(metadata->content_type, start, (gsize)MAX(count, 0));
    g_autofree char *filename = spoc_scan_filename(request->filename, type);
    g_autofree char *subject = spoc_text_line(request->subject, -1, 500);
    SpocSender sender = spoc_runtime_sender(runtime, metadata->printer);
    const SpocScanMail mail = {
        .name = source->name,
        .uuid = metadata->uuid,
        .to = request->to,
        .cc = request->cc,
        .owner = request->owner,
        .is_from_owner =
            spoc_config_choice(runtime->config, SPOC_OPTION_SCAN_FROM) == SPOC_SCAN_FROM_USER,
        .sender = sender.address,
        .sender_name = sender.name,
        .host_name = runtime->host_name,
        .language = runtime->language,
        .subject = *subject != '\0' ? subject : NO_TITLE,
        .body = request->body,
        .filename = filename,
        .content_type = type,
        .when_unix_s = metadata->created_unix_s,
    };
    return spoc_scan_compose(&mail, error);
}

static SpocMessage *
make_message(const Source *source, const Request *request, const SpocComposedMail *mail)
{
    const GPtrArray *groups[] = {request->to, request->cc};
    SpocSender sender = spoc_runtime_sender(source->runtime, source->metadata->printer);
    SpocMessage *message = spoc_message_from_mail(mail, SPOC_SCAN_KIND, sender.address);
    SpocEnvelope *envelope = message->envelope;
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        for (guint k = 0; k < groups[i]->len; k++) {
            const SpocPerson *person = g_ptr_array_index(groups[i], k);
            spoc_envelope_add_recipient(envelope, person->address);
        }
    }
    envelope->owner = g_strdup(request->owner != NULL ? request->owner->address : NULL);
    envelope->job_id = source->metadata->job_id;
    envelope->size_bytes += spoc_attachment_encoded_bytes(source->metadata->size_bytes);
    return message;
}

void
spoc_prepared_scan_clear(SpocPreparedScan *prepared)
{
    g_clear_pointer(&prepared->message, spoc_message_free);
    g_clear_pointer(&prepared->refused, g_ptr_array_unref);
}

static gboolean
prepare_request(const Source *source, const Request *request, SpocPreparedScan *ret_prepared,
                GError **error)
{
    g_autoptr(SpocComposedMail) mail = compose_scan(source, request, error);
    if (mail == NULL)
        return FALSE;
    ret_prepared->message = make_message(source, request, mail);
    return TRUE;
}

gboolean
spoc_scan_prepare(SpocSpool *spool, const SpocRuntime *runtime, const char *name,
                  const SpocScanMetadata *metadata, SpocScanAsking *asking,
                  SpocPreparedScan *ret_prepared, GError **error)
{
    const Source source = {spool, runtime, name, metadata, asking};
    if (!check_size(&source, error))
        return FALSE;
    g_autoptr(Request) request = make_request(&source, error);
    if (request == NULL || !prepare_request(&source, request, ret_prepared, error))
        return FALSE;
    ret_prepared->refused = g_ptr_array_ref(request->refused);
    return TRUE;
}

gboolean
spoc_scan_may_pass(const GError *error)
{
    return g_error_matches(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE) ||
           g_error_matches(error, SPOC_ERROR, SPOC_ERROR_IO);
}

gboolean
spoc_scan_keep_failed(SpocSpool *spool, const SpocRuntime *runtime, const char *name,
                      const SpocScanMetadata *metadata, const char *reason,
                      SpocPreparedScan *ret_prepared, GError **error)
{
    const Source source = {spool, runtime, name, metadata, NULL};
    g_autoptr(GPtrArray) nobody = g_ptr_array_new();
    g_autoptr(GPtrArray) to = g_ptr_array_new();
    SpocPerson sender = {.address = (char *)runtime->sender};
    g_ptr_array_add(to, &sender);
    const Request request = {
        .to = to, .cc = nobody, .subject = metadata->title, .filename = metadata->title};
    if (!prepare_request(&source, &request, ret_prepared, error))
        return FALSE;
    SpocEnvelope *envelope = ret_prepared->message->envelope;
    SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, 0);
    recipient->state = SPOC_STATE_FAILED;
    recipient->reply = g_strdup(reason);
    envelope->reason = g_strdup(reason);
    return spoc_message_add(spool, ret_prepared->message, SPOC_STATE_FAILED, error) &&
           spoc_scan_taken(spool, name, error);
}

SpocContent *
spoc_scan_content_new(SpocSpool *spool, const char *name, GBytes *frame,
                      const SpocAttachmentEvents *events, gpointer user_data, GError **error)
{
    g_autoptr(SpocScanMetadata) metadata = spoc_scan_load(spool, name, error);
    if (metadata == NULL)
        return NULL;
    g_autoptr(GBytes) head = NULL;
    g_autoptr(GBytes) tail = NULL;
    if (!spoc_scan_frame_split(frame, &head, &tail, error))
        return NULL;
    int fd = spoc_scan_open_document(spool, name, metadata->size_bytes, error);
    if (fd < 0)
        return NULL;
    return spoc_attachment_new(head, fd, metadata->size_bytes, tail, events, user_data);
}

/* --- a document that failed after it was queued ------------------------------------------ */

static SpocComposedMail *
compose_notice(const SpocRuntime *runtime, const SpocScanMetadata *metadata,
               const SpocEnvelope *envelope, const SpocPerson *owner, GError **error)
{
    g_autoptr(GArray) undelivered = g_array_new(FALSE, FALSE, sizeof(SpocUndelivered));
    for (guint i = 0; i < envelope->recipients->len; i++) {
        const SpocEnvelopeRecipient *recipient = g_ptr_array_index(envelope->recipients, i);
        const SpocUndelivered one = {.address = recipient->address,
                                     .reason = recipient->reply != NULL ? recipient->reply
                                                                        : envelope->reason};
        if (recipient->state == SPOC_STATE_FAILED)
            g_array_append_val(undelivered, one);
    }
    SpocSender sender = spoc_runtime_sender(runtime, metadata->printer);
    const SpocScanNotice notice = {
        .id = envelope->id,
        .owner = owner,
        .undelivered = (const SpocUndelivered *)(gpointer)undelivered->data,
        .count = undelivered->len,
        .title = envelope->subject,
        .printer = *metadata->printer_info != '\0' ? metadata->printer_info : metadata->printer,
        .sender = sender.address,
        .sender_name = sender.name,
        .host_name = runtime->host_name,
        .language = runtime->language,
        .size_bytes = metadata->size_bytes,
        .mail_size_bytes = envelope->size_bytes,
        .sent_unix_s = metadata->created_unix_s,
        .now_unix_s = g_get_real_time() / G_USEC_PER_SEC,
    };
    return spoc_scan_notice_compose(&notice, error);
}

/* The owner's people now; while the directory must be asked, or cannot be, the address that was
 * the owner's when the document came: the notice cannot wait. */
static GPtrArray *
find_people_of_owner(const SpocRuntime *runtime, const char *user, const SpocEnvelope *failed,
                     GError **error)
{
    const SpocRecipient owner = {.who = SPOC_WHO_OWNER};
    g_autoptr(GError) problem = NULL;
    GPtrArray *people = spoc_people_resolve(runtime->owner_people, &owner, user, NULL, &problem);
    gboolean is_unknown = g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_PENDING) ||
                          g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    if (is_unknown && failed->owner != NULL && spoc_address_is_valid(failed->owner, NULL)) {
        SpocPerson *person = g_new0(SpocPerson, 1);
        person->address = g_strdup(failed->owner);
        person->is_owner = TRUE;
        people = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_person_free);
        g_ptr_array_add(people, person);
    } else if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    return people;
}

static char *
queue_notice(SpocSpool *spool, const SpocRuntime *runtime, const SpocEnvelope *failed,
             GError **error)
{
    g_autoptr(SpocScanMetadata) metadata = spoc_scan_load(spool, failed->id, error);
    if (metadata == NULL)
        return NULL;
    g_autoptr(GPtrArray) people = find_people_of_owner(runtime, metadata->user, failed, error);
    if (people == NULL)
        return NULL;
    g_autoptr(SpocComposedMail) mail =
        compose_notice(runtime, metadata, failed, g_ptr_array_index(people, 0), error);
    if (mail == NULL)
        return NULL;
    g_autoptr(SpocMessage) message = spoc_message_from_mail(mail, SPOC_BOUNCE_KIND, "");
    SpocEnvelope *envelope = message->envelope;
    for (guint i = 0; i < people->len; i++) {
        const SpocPerson *person = g_ptr_array_index(people, i);
        spoc_envelope_add_recipient(envelope, person->address);
    }
    envelope->job_id = failed->job_id;
    envelope->next_attempt_unix_s = envelope->created_unix_s;
    if (!spoc_message_add(spool, message, SPOC_STATE_WAITING, error))
        return NULL;
    return g_strdup(mail->id);
}

char *
spoc_scan_notice_queue(SpocSpool *spool, SpocLog *log, const SpocRuntime *runtime,
                       const SpocEnvelope *envelope)
{
    g_autoptr(GError) error = NULL;
    char *id = queue_notice(spool, runtime, envelope, &error);
    if (id == NULL)
        spoc_log(log, SPOC_LOG_WARNING, "%s: its owner gets no notice that it failed: %s",
                 envelope->id, error->message);
    return id;
}
