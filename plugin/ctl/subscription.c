/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/subscription.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define CONNECT_TIMEOUT_MS 10000

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ipp_t, ippDelete)

void
spoc_cups_subscription_free(SpocCupsSubscription *subscription)
{
    if (subscription == NULL)
        return;
    g_free(subscription->recipient_uri);
    g_free(subscription->printer_uri);
    g_strfreev(subscription->events);
    g_free(subscription->subscriber);
    g_free(subscription);
}

http_t *
spoc_subscription_connect(GError **error)
{
    http_t *http = httpConnect2(cupsServer(), ippPort(), NULL, AF_UNSPEC, cupsEncryption(), 1,
                                CONNECT_TIMEOUT_MS, NULL);
    if (http == NULL)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "cupsd cannot be reached at '%s'; start it (systemctl start cups), or say "
                    "with CUPS_SERVER where it is",
                    cupsServer());
    return http;
}

typedef struct {
    ipp_status_t status;
    SpocErrorCode code;
    const char *cure;
} Refusal;

#define FORBIDDEN_CURE "; do it as root or as a member of CUPS's SystemGroup (lpadmin)"

static const Refusal refusals[] = {
    {IPP_STATUS_ERROR_FORBIDDEN, SPOC_ERROR_DENIED, FORBIDDEN_CURE},
    {IPP_STATUS_ERROR_NOT_AUTHENTICATED, SPOC_ERROR_DENIED, FORBIDDEN_CURE},
    {IPP_STATUS_ERROR_NOT_AUTHORIZED, SPOC_ERROR_DENIED, FORBIDDEN_CURE},
    {IPP_STATUS_ERROR_CUPS_AUTHENTICATION_CANCELED, SPOC_ERROR_DENIED, FORBIDDEN_CURE},
    {IPP_STATUS_ERROR_NOT_FOUND, SPOC_ERROR_NOT_FOUND, "; 'lpstat -e' lists printers and classes"},
    /* What cupsd says when it finds no notifier for the URI's scheme */
    {IPP_STATUS_ERROR_NOT_POSSIBLE, SPOC_ERROR_FAILED,
     "; see whether the notifier is installed: 'spocctl check'"},
    {IPP_STATUS_ERROR_TOO_MANY_SUBSCRIPTIONS, SPOC_ERROR_LIMIT,
     "; raise MaxSubscriptions in cupsd.conf, or end some with 'spocctl unsubscribe'"},
    {IPP_STATUS_ERROR_SERVICE_UNAVAILABLE, SPOC_ERROR_UNAVAILABLE,
     "; see whether cupsd is running"},
};

/* Turns the status of the last answer into an error. FALSE when it is one. */
static gboolean
check_status(const char *doing, GError **error)
{
    ipp_status_t status = cupsLastError();
    if (status < IPP_STATUS_REDIRECTION_OTHER_SITE)
        return TRUE;
    Refusal refusal = {status, SPOC_ERROR_FAILED, ""};
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        if (refusals[i].status == status)
            refusal = refusals[i];
    }
    g_autofree char *words = spoc_text_line(cupsLastErrorString(), -1, 300);
    if (g_str_has_suffix(words, "."))
        words[strlen(words) - 1] = '\0';
    g_set_error(error, SPOC_ERROR, (gint)refusal.code, "CUPS does not %s: %s%s", doing, words,
                refusal.cure);
    return FALSE;
}

static ipp_t *
new_request(ipp_op_t operation, const char *object_uri)
{
    ipp_t *request = ippNewRequest(operation);
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL, object_uri);
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL,
                 cupsUser());
    return request;
}

static char **
string_values(ipp_attribute_t *attribute)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (int i = 0; i < ippGetCount(attribute); i++) {
        const char *value = ippGetString(attribute, i, NULL);
        if (value != NULL)
            g_strv_builder_add(builder, value);
    }
    return g_strv_builder_end(builder);
}

static void
take_attribute(SpocCupsSubscription *subscription, ipp_attribute_t *attribute)
{
    const char *name = ippGetName(attribute);
    ipp_tag_t tag = ippGetValueTag(attribute);
    gboolean number = tag == IPP_TAG_INTEGER;
    if (number && g_str_equal(name, "notify-subscription-id"))
        subscription->id = ippGetInteger(attribute, 0);
    else if (number && g_str_equal(name, "notify-job-id"))
        subscription->job_id = ippGetInteger(attribute, 0);
    else if (number && g_str_equal(name, "notify-lease-duration"))
        subscription->lease_s = ippGetInteger(attribute, 0);
    else if (g_str_equal(name, "notify-recipient-uri") && subscription->recipient_uri == NULL)
        subscription->recipient_uri = g_strdup(ippGetString(attribute, 0, NULL));
    else if (g_str_equal(name, "notify-printer-uri") && subscription->printer_uri == NULL)
        subscription->printer_uri = g_strdup(ippGetString(attribute, 0, NULL));
    else if (g_str_equal(name, "notify-subscriber-user-name") && subscription->subscriber == NULL)
        subscription->subscriber = g_strdup(ippGetString(attribute, 0, NULL));
    else if (g_str_equal(name, "notify-events")) {
        g_strfreev(subscription->events);
        subscription->events = string_values(attribute);
    }
}

static SpocCupsSubscription *
new_subscription(void)
{
    SpocCupsSubscription *subscription = g_new0(SpocCupsSubscription, 1);
    subscription->events = g_new0(char *, 1);
    return subscription;
}

static gint
compare_id(gconstpointer a, gconstpointer b)
{
    const SpocCupsSubscription *left = *(const SpocCupsSubscription *const *)a;
    const SpocCupsSubscription *right = *(const SpocCupsSubscription *const *)b;
    return (left->id > right->id) - (left->id < right->id);
}

/* Groups of one tag follow each other, with an attribute without a name between. */
static GPtrArray *
parse_list(ipp_t *response)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_cups_subscription_free);
    g_autoptr(SpocCupsSubscription) current = NULL;
    for (ipp_attribute_t *attribute = ippFirstAttribute(response); attribute != NULL;
         attribute = ippNextAttribute(response)) {
        gboolean inside =
            ippGetGroupTag(attribute) == IPP_TAG_SUBSCRIPTION && ippGetName(attribute) != NULL;
        if (inside) {
            if (current == NULL)
                current = new_subscription();
            take_attribute(current, attribute);
        } else if (current != NULL) {
            g_ptr_array_add(list, g_steal_pointer(&current));
        }
    }
    if (current != NULL)
        g_ptr_array_add(list, g_steal_pointer(&current));
    g_ptr_array_sort(list, compare_id);
    return list;
}

GPtrArray *
spoc_subscription_list(http_t *http, GError **error)
{
    static const char *const wanted[] = {"notify-subscription-id",     "notify-recipient-uri",
                                         "notify-printer-uri",         "notify-job-id",
                                         "notify-lease-duration",      "notify-events",
                                         "notify-subscriber-user-name"};
    ipp_t *request = new_request(IPP_OP_GET_SUBSCRIPTIONS, "ipp://localhost/");
    ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes",
                  G_N_ELEMENTS(wanted), NULL, wanted);
    g_autoptr(ipp_t) response = cupsDoRequest(http, request, "/");
    /* cupsd says not-found when there is no subscription at all. */
    if (response != NULL && cupsLastError() == IPP_STATUS_ERROR_NOT_FOUND)
        return g_ptr_array_new_with_free_func((GDestroyNotify)spoc_cups_subscription_free);
    if (!check_status("list its subscriptions", error))
        return NULL;
    if (response == NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, "CUPS does not answer");
        return NULL;
    }
    return parse_list(response);
}

GPtrArray *
spoc_subscription_list_local(GError **error)
{
    const char *server = cupsServer();
    if (server[0] != '/' && g_ascii_strcasecmp(server, "localhost") != 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, "cupsd is on another host, '%s'",
                    server);
        return NULL;
    }
    g_autoptr(http_t) http = spoc_subscription_connect(error);
    return http != NULL ? spoc_subscription_list(http, error) : NULL;
}

gint
spoc_subscription_create(http_t *http, const char *object_uri, const char *recipient_uri,
                         const char *const *events, GError **error)
{
    ipp_t *request = new_request(IPP_OP_CREATE_PRINTER_SUBSCRIPTIONS, object_uri);
    ippAddString(request, IPP_TAG_SUBSCRIPTION, IPP_TAG_URI, "notify-recipient-uri", NULL,
                 recipient_uri);
    ippAddStrings(request, IPP_TAG_SUBSCRIPTION, IPP_TAG_KEYWORD, "notify-events",
                  (int)g_strv_length((char **)events), NULL, events);
    ippAddInteger(request, IPP_TAG_SUBSCRIPTION, IPP_TAG_INTEGER, "notify-lease-duration", 0);
    g_autoptr(ipp_t) response = cupsDoRequest(http, request, "/");
    if (!check_status("take the subscription", error))
        return 0;
    ipp_attribute_t *id = ippFindAttribute(response, "notify-subscription-id", IPP_TAG_INTEGER);
    if (id != NULL && ippGetInteger(id, 0) > 0)
        return ippGetInteger(id, 0);

    /* The request is well, but the subscription was not taken: the reason stands beside it. */
    ipp_attribute_t *status = ippFindAttribute(response, "notify-status-code", IPP_TAG_ENUM);
    ipp_status_t code = status != NULL ? (ipp_status_t)ippGetInteger(status, 0) : IPP_STATUS_OK;
    if (code == IPP_STATUS_ERROR_URI_SCHEME)
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND,
                            "CUPS did not take the subscription: its ServerBin has no notifier "
                            "'spoc' that may be run; install it ('spocctl check' says more)");
    else if (code == IPP_STATUS_ERROR_TOO_MANY_SUBSCRIPTIONS || status == NULL)
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                            "CUPS did not take the subscription and does not say why; most often "
                            "MaxSubscriptions in cupsd.conf is reached: raise it");
    else
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "CUPS did not take the subscription: %s",
                    ippErrorString(code));
    return 0;
}

gboolean
spoc_subscription_renew(http_t *http, gint id, GError **error)
{
    ipp_t *request = new_request(IPP_OP_RENEW_SUBSCRIPTION, "ipp://localhost/");
    ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "notify-subscription-id", id);
    ippAddInteger(request, IPP_TAG_SUBSCRIPTION, IPP_TAG_INTEGER, "notify-lease-duration", 0);
    ippDelete(cupsDoRequest(http, request, "/"));
    return check_status("renew the subscription", error);
}

gboolean
spoc_subscription_cancel(http_t *http, gint id, GError **error)
{
    ipp_t *request = new_request(IPP_OP_CANCEL_SUBSCRIPTION, "ipp://localhost/");
    ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "notify-subscription-id", id);
    ippDelete(cupsDoRequest(http, request, "/"));
    if (cupsLastError() == IPP_STATUS_ERROR_NOT_FOUND) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND,
                            "CUPS has no such subscription");
        return FALSE;
    }
    return check_status("end the subscription", error);
}
