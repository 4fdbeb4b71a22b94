/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/request.h"

#include "base/text.h"
#include "delivery/route.h"

#define REASON_MAX_BYTES 1800

static void
free_recipient(gpointer data)
{
    SpocRequestRecipient *recipient = data;
    g_free(recipient->address);
    g_free(recipient->reply);
    g_free(recipient);
}

SpocDeliveryRequest *
spoc_delivery_request_new(const char *id, const char *sender, SpocContent *content,
                          SpocRequestFinishedFunc finished, gpointer user_data)
{
    SpocDeliveryRequest *request = g_new0(SpocDeliveryRequest, 1);
    request->id = g_strdup(id);
    request->sender = g_strdup(sender);
    request->recipients = g_ptr_array_new_with_free_func(free_recipient);
    request->content = spoc_content_ref(content);
    request->finished = finished;
    request->user_data = user_data;
    request->stage = -1;
    request->sentences = g_string_new(NULL);
    return request;
}

void
spoc_delivery_request_free(SpocDeliveryRequest *request)
{
    if (request == NULL)
        return;
    g_free(request->id);
    g_free(request->sender);
    g_ptr_array_unref(request->recipients);
    spoc_content_unref(request->content);
    g_free(request->dropped_by);
    g_free(request->reason);
    g_free(request->server);
    g_free(request->queue_reply);
    g_string_free(request->sentences, TRUE);
    g_free(request);
}

void
spoc_delivery_request_add_recipient(SpocDeliveryRequest *request, const char *address)
{
    SpocRequestRecipient *recipient = g_new0(SpocRequestRecipient, 1);
    recipient->address = g_strdup(address);
    recipient->state = SPOC_STATE_WAITING;
    recipient->is_open = TRUE;
    g_ptr_array_add(request->recipients, recipient);
}

void
spoc_delivery_request_set_drops(SpocDeliveryRequest *request, guint drops, const char *dropped_by)
{
    request->drops = drops;
    g_free(request->dropped_by);
    request->dropped_by = g_strdup(dropped_by);
}

gboolean
spoc_delivery_request_is_open(const SpocDeliveryRequest *request)
{
    for (guint i = 0; i < request->recipients->len; i++) {
        const SpocRequestRecipient *recipient = g_ptr_array_index(request->recipients, i);
        if (recipient->is_open)
            return TRUE;
    }
    return FALSE;
}

SpocMail *
spoc_delivery_request_make_mail(SpocDeliveryRequest *request)
{
    SpocMail *mail = spoc_mail_new(request->sender, request->content, request);
    for (guint i = 0; i < request->recipients->len &&
                      mail->recipients->len < SPOC_DELIVERY_REQUEST_MAIL_RECIPIENTS_MAX;
         i++) {
        SpocRequestRecipient *recipient = g_ptr_array_index(request->recipients, i);
        if (recipient->is_open)
            spoc_mail_add_recipient(mail, recipient->address, recipient);
    }
    return mail;
}

void
spoc_delivery_request_note(SpocRequestRecipient *recipient, SpocVerdict verdict, const char *words)
{
    if (!recipient->is_open)
        return;
    g_free(recipient->reply);
    recipient->reply = g_strdup(words);
    switch (verdict) {
    case SPOC_VERDICT_DELIVERED:
        recipient->is_open = FALSE;
        recipient->state = SPOC_STATE_DONE;
        break;
    case SPOC_VERDICT_RETURN:
        recipient->is_open = FALSE;
        recipient->state = SPOC_STATE_FAILED;
        break;
    case SPOC_VERDICT_RETURN_UNLESS_BACKUP:
        recipient->returned_unless_backup = TRUE;
        break;
    case SPOC_VERDICT_HOLD:
        recipient->state = SPOC_STATE_HELD;
        recipient->returned_unless_backup = FALSE;
        break;
    case SPOC_VERDICT_FRESH:
    case SPOC_VERDICT_SAME_SERVER:
    case SPOC_VERDICT_LATER:
    case SPOC_VERDICT_SLOWER:
        /* A server that wants something mended stays the louder one. */
        recipient->returned_unless_backup = FALSE;
        break;
    }
}

void
spoc_delivery_request_note_all(SpocDeliveryRequest *request, SpocVerdict verdict, const char *words)
{
    for (guint i = 0; i < request->recipients->len; i++)
        spoc_delivery_request_note(g_ptr_array_index(request->recipients, i), verdict, words);
}

void
spoc_delivery_request_note_drop(SpocDeliveryRequest *request, const char *server)
{
    request->dropped_now = TRUE;
    /* Once one server had its chance, any may have it: there is nothing more to find out. */
    if (request->drops < SPOC_ROUTE_DROPS_MAX && g_strcmp0(request->dropped_by, server) != 0) {
        g_free(request->dropped_by);
        request->dropped_by = g_strdup(server);
        request->drops = 0;
    }
    request->drops++;
    request->stay = request->drops < SPOC_ROUTE_DROPS_MAX;
}

void
spoc_delivery_request_explain(SpocDeliveryRequest *request, SpocStage stage, const char *sentence)
{
    request->stage = (int)stage;
    if (g_str_has_suffix(request->sentences->str, sentence))
        return;
    if (request->sentences->len > 0)
        g_string_append(request->sentences, "; then ");
    g_string_append(request->sentences, sentence);
}

static SpocState
final_state(const SpocRequestRecipient *recipient, gboolean untried)
{
    if (recipient->is_open && recipient->returned_unless_backup && !untried)
        return SPOC_STATE_FAILED;
    return recipient->state;
}

void
spoc_delivery_request_finish(SpocDeliveryRequest *request, gboolean untried, gint64 earliest_unix_s)
{
    gboolean all = TRUE, any = FALSE;
    for (guint i = 0; i < request->recipients->len; i++) {
        SpocRequestRecipient *recipient = g_ptr_array_index(request->recipients, i);
        recipient->state = final_state(recipient, untried);
        if (recipient->reply == NULL)
            recipient->reply = g_strdup(request->sentences->str);
        all = all && recipient->state == SPOC_STATE_DONE;
        any = any || recipient->state == SPOC_STATE_DONE;
    }
    if (!all)
        request->reason = spoc_text_line(request->sentences->str, -1, REASON_MAX_BYTES);
    request->possible_duplicate = request->dropped_now || (any && request->drops > 0);
    request->attempted = request->tried != 0;
    request->earliest_unix_s = earliest_unix_s;
    if (request->finished != NULL)
        request->finished(request, request->user_data);
    else
        spoc_delivery_request_free(request);
}

void
spoc_delivery_request_trace(const SpocDeliveryRequest *request, SpocStage stage, gboolean good,
                            const char *server, const char *text)
{
    if (request->trace != NULL)
        request->trace(stage, good, server, text, request->user_data);
}
