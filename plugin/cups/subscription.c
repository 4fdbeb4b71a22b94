/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/subscription.h"

#include "base/error.h"
#include "base/text.h"
#include "cups/cupsd.h"
#include "event/event.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Behind the deadline libcups may connect anew, and is cut off again. */
#define RECONNECTED_MS 200

#define ANSWER_MAX_BYTES (64 * 1024 * 1024)

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

/* Ends a request that libcups would wait for as long as cupsd sends a byte now and then. */
typedef struct {
    http_t *http;
    GMutex mutex;
    GCond changed;
    gint64 end_us; /* G_MAXINT64: a person types a password */
    gboolean is_answered;
} Deadline;

struct _SpocCupsClient {
    http_t *http;
    char *server_bin;
    Deadline deadline;
};

void
spoc_cups_client_free(SpocCupsClient *client)
{
    if (client == NULL)
        return;
    cupsSetPasswordCB2(NULL, NULL);
    httpClose(client->http);
    g_mutex_clear(&client->deadline.mutex);
    g_cond_clear(&client->deadline.changed);
    g_free(client->server_bin);
    g_free(client);
}

/* A thread, because libcups blocks and obeys only a time-out for silence. */
static gpointer
keep_deadline(gpointer data)
{
    Deadline *deadline = data;
    g_mutex_lock(&deadline->mutex);
    while (!deadline->is_answered) {
        if (g_cond_wait_until(&deadline->changed, &deadline->mutex, deadline->end_us))
            continue;
        (void)shutdown(httpGetFd(deadline->http), SHUT_RDWR);
        deadline->end_us = g_get_monotonic_time() + RECONNECTED_MS * 1000;
    }
    g_mutex_unlock(&deadline->mutex);
    return NULL;
}

static void
set_deadline(Deadline *deadline, gint64 end_us, gboolean is_answered)
{
    g_mutex_lock(&deadline->mutex);
    deadline->end_us = end_us;
    deadline->is_answered = is_answered;
    g_cond_signal(&deadline->changed);
    g_mutex_unlock(&deadline->mutex);
}

static gint64
end_of_patience_us(void)
{
    return g_get_monotonic_time() + SPOC_CUPSD_TIMEOUT_MS * (gint64)1000;
}

/* A person may take longer than cupsd. */
static const char *
ask_password(const char *prompt, http_t *http, const char *method, const char *resource,
             void *user_data)
{
    SpocCupsClient *client = user_data;
    set_deadline(&client->deadline, G_MAXINT64, FALSE);
    cupsSetPasswordCB2(NULL, NULL); /* libcups's own asks on the terminal */
    const char *password = cupsGetPassword2(prompt, http, method, resource);
    cupsSetPasswordCB2(ask_password, client);
    set_deadline(&client->deadline, end_of_patience_us(), FALSE);
    return password;
}

/* (transfer full) (nullable): cupsd's answer, within SPOC_CUPSD_TIMEOUT_MS. @request: taken over */
static ipp_t *
send_request(SpocCupsClient *client, ipp_t *request)
{
    set_deadline(&client->deadline, end_of_patience_us(), FALSE);
    GThread *thread = g_thread_new("deadline", keep_deadline, &client->deadline);
    ipp_t *response = cupsDoRequest(client->http, request, "/");
    set_deadline(&client->deadline, G_MAXINT64, TRUE);
    (void)g_thread_join(thread);
    return response;
}

SpocCupsClient *
spoc_cups_client_new(const SpocPlaces *places, GError **error)
{
    http_t *http = spoc_cupsd_connect(SPOC_CUPSD_TIMEOUT_MS);
    if (http == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "cupsd cannot be reached at '%s'; start it (systemctl start cups), or say "
                    "with CUPS_SERVER where it is",
                    cupsServer());
        return NULL;
    }
    SpocCupsClient *client = g_new0(SpocCupsClient, 1);
    client->http = http;
    client->deadline.http = http;
    g_mutex_init(&client->deadline.mutex);
    g_cond_init(&client->deadline.changed);
    cupsSetPasswordCB2(ask_password, client);
    client->server_bin = g_strdup(places->server_bin);
    return client;
}

typedef struct {
    ipp_status_t status;
    SpocErrorCode code;
    const char *remedy;
} Refusal;

#define FORBIDDEN_REMEDY "; do it as root or as a member of CUPS's SystemGroup (lpadmin)"

static const Refusal refusals[] = {
    {IPP_STATUS_ERROR_FORBIDDEN, SPOC_ERROR_DENIED, FORBIDDEN_REMEDY},
    {IPP_STATUS_ERROR_NOT_AUTHENTICATED, SPOC_ERROR_DENIED, FORBIDDEN_REMEDY},
    {IPP_STATUS_ERROR_NOT_AUTHORIZED, SPOC_ERROR_DENIED, FORBIDDEN_REMEDY},
    {IPP_STATUS_ERROR_CUPS_AUTHENTICATION_CANCELED, SPOC_ERROR_DENIED, FORBIDDEN_REMEDY},
    {IPP_STATUS_ERROR_NOT_FOUND, SPOC_ERROR_NOT_FOUND, "; 'lpstat -e' lists printers and classes"},
    /* What cupsd says when it finds no notifier for the URI's scheme */
    {IPP_STATUS_ERROR_NOT_POSSIBLE, SPOC_ERROR_FAILED,
     "; see whether the notifier is installed: 'spocctl check'"},
    {IPP_STATUS_ERROR_TOO_MANY_SUBSCRIPTIONS, SPOC_ERROR_LIMIT,
     "; raise MaxSubscriptions in cupsd.conf, or end some with 'spocctl unsubscribe'"},
};

static void
set_silence(const char *server_bin, GError **error)
{
    g_autofree char *cause = spoc_cupsd_explain_silence(server_bin);
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, "cupsd does not answer within %d s: %s",
                SPOC_CUPSD_TIMEOUT_MS / 1000, cause);
}

/* Turns the status of the last answer into an error. FALSE when it is one. */
static gboolean
check_status(const SpocCupsClient *client, const char *doing, GError **error)
{
    ipp_status_t status = cupsLastError();
    if (status < IPP_STATUS_REDIRECTION_OTHER_SITE)
        return TRUE;
    g_autofree char *words = spoc_cupsd_last_words();
    /* What libcups says when no answer came */
    if (status == IPP_STATUS_ERROR_SERVICE_UNAVAILABLE || status == IPP_STATUS_ERROR_INTERNAL) {
        set_silence(client->server_bin, error);
        return FALSE;
    }
    Refusal refusal = {status, SPOC_ERROR_FAILED, ""};
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        if (refusals[i].status == status)
            refusal = refusals[i];
    }
    g_set_error(error, SPOC_ERROR, (gint)refusal.code, "CUPS does not %s: %s%s", doing, words,
                refusal.remedy);
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

static ipp_t *
new_list_request(void)
{
    static const char *const wanted[] = {"notify-subscription-id",     "notify-recipient-uri",
                                         "notify-printer-uri",         "notify-job-id",
                                         "notify-lease-duration",      "notify-events",
                                         "notify-subscriber-user-name"};
    ipp_t *request = new_request(IPP_OP_GET_SUBSCRIPTIONS, "ipp://localhost/");
    ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes",
                  G_N_ELEMENTS(wanted), NULL, wanted);
    return request;
}

/* (transfer full) (nullable): with cupsd's not-found, which it says when there is no subscription
 * at all, as an answer like others */
static ipp_t *
request_list(SpocCupsClient *client, GError **error)
{
    g_autoptr(ipp_t) response = send_request(client, new_list_request());
    gboolean is_empty = response != NULL && cupsLastError() == IPP_STATUS_ERROR_NOT_FOUND;
    if (!is_empty && !check_status(client, "list its subscriptions", error))
        return NULL;
    if (response == NULL)
        set_silence(client->server_bin, error);
    return g_steal_pointer(&response);
}

GPtrArray *
spoc_subscription_list(SpocCupsClient *client, GError **error)
{
    g_autoptr(ipp_t) response = request_list(client, error);
    return response != NULL ? parse_list(response) : NULL;
}

/* --- aside ------------------------------------------------------------------------------ */

struct _SpocCupsAside {
    pid_t child;
    int fd; /* what the child answers */
    gint64 deadline_us;
    char *server_bin;
};

/* The child's answer is an IPP message, or this and an error's code and words. */
#define ASIDE_ERROR "!"

static ssize_t
write_some(void *fd, ipp_uchar_t *bytes, size_t size)
{
    return write(GPOINTER_TO_INT(fd), bytes, size);
}

static void G_GNUC_NORETURN
answer_aside(const SpocPlaces *places, int fd)
{
    /* The parent may have become somebody who cannot end us. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGALRM, SIG_DFL);
    (void)alarm(SPOC_CUPSD_TIMEOUT_MS / 1000 + 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocCupsClient) client = spoc_cups_client_new(places, &error);
    g_autoptr(ipp_t) response = client != NULL ? request_list(client, &error) : NULL;
    if (response != NULL) {
        ippSetState(response, IPP_STATE_IDLE);
        (void)ippWriteIO(GINT_TO_POINTER(fd), write_some, 1, NULL, response);
    } else {
        g_autofree char *text = g_strdup_printf(ASIDE_ERROR "%d %s", error->code, error->message);
        (void)!write(fd, text, strlen(text));
    }
    _exit(0);
}

SpocCupsAside *
spoc_subscription_ask_aside(const SpocPlaces *places, GError **error)
{
    const char *server = cupsServer();
    if (server[0] != '/' && g_ascii_strcasecmp(server, "localhost") != 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND, "cupsd is on another host, '%s'",
                    server);
        return NULL;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        spoc_error_set_errno(error, errno, "cannot ask cupsd");
        return NULL;
    }
    pid_t child = fork();
    if (child == 0)
        answer_aside(places, ends[1]);
    close(ends[1]);
    if (child < 0) {
        spoc_error_set_errno(error, errno, "cannot ask cupsd");
        close(ends[0]);
        return NULL;
    }
    SpocCupsAside *aside = g_new0(SpocCupsAside, 1);
    *aside = (SpocCupsAside){child, ends[0],
                             g_get_monotonic_time() + SPOC_CUPSD_TIMEOUT_MS * (gint64)1000,
                             g_strdup(places->server_bin)};
    return aside;
}

void
spoc_cups_aside_free(SpocCupsAside *aside)
{
    if (aside == NULL)
        return;
    /* It ends by itself: with its answer, with its time, with us. */
    close(aside->fd);
    (void)waitpid(aside->child, NULL, WNOHANG);
    g_free(aside->server_bin);
    g_free(aside);
}

/* FALSE when the child has not answered in full by the deadline. */
static gboolean
read_answer(const SpocCupsAside *aside, GByteArray *answer)
{
    for (;;) {
        gint64 left_us = MAX(aside->deadline_us - g_get_monotonic_time(), 0);
        struct pollfd entry = {.fd = aside->fd, .events = POLLIN};
        int ready = poll(&entry, 1, (int)(left_us / 1000));
        if (ready < 0 && errno == EINTR)
            continue;
        guint8 buffer[65536];
        ssize_t count = ready > 0 ? read(aside->fd, buffer, sizeof buffer) : -1;
        if (count < 0 || answer->len > ANSWER_MAX_BYTES)
            return FALSE;
        if (count == 0)
            return TRUE;
        g_byte_array_append(answer, buffer, (guint)count);
    }
}

GPtrArray *
spoc_subscription_take_aside(SpocCupsAside *aside, GError **error)
{
    g_autoptr(GByteArray) answer = g_byte_array_new();
    if (read_answer(aside, answer) && answer->len > 0) {
        g_autoptr(ipp_t) response = answer->data[0] != ASIDE_ERROR[0]
                                        ? spoc_event_read_ipp(answer->data, answer->len)
                                        : NULL;
        if (response != NULL)
            return parse_list(response);
        g_byte_array_append(answer, (const guint8 *)"", 1);
        char *words = NULL;
        gint64 code = g_ascii_strtoll((const char *)answer->data + 1, &words, 10);
        if (answer->data[0] == ASIDE_ERROR[0] && *words == ' ') {
            g_set_error_literal(error, SPOC_ERROR, (gint)code, words + 1);
            return NULL;
        }
    }
    set_silence(aside->server_bin, error);
    return NULL;
}

gint
spoc_subscription_create(SpocCupsClient *client, const char *object_uri, const char *recipient_uri,
                         const char *const *events, GError **error)
{
    ipp_t *request = new_request(IPP_OP_CREATE_PRINTER_SUBSCRIPTIONS, object_uri);
    ippAddString(request, IPP_TAG_SUBSCRIPTION, IPP_TAG_URI, "notify-recipient-uri", NULL,
                 recipient_uri);
    ippAddStrings(request, IPP_TAG_SUBSCRIPTION, IPP_TAG_KEYWORD, "notify-events",
                  (int)g_strv_length((char **)events), NULL, events);
    ippAddInteger(request, IPP_TAG_SUBSCRIPTION, IPP_TAG_INTEGER, "notify-lease-duration", 0);
    g_autoptr(ipp_t) response = send_request(client, request);
    if (!check_status(client, "take the subscription", error))
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
spoc_subscription_renew(SpocCupsClient *client, gint id, GError **error)
{
    ipp_t *request = new_request(IPP_OP_RENEW_SUBSCRIPTION, "ipp://localhost/");
    ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "notify-subscription-id", id);
    ippAddInteger(request, IPP_TAG_SUBSCRIPTION, IPP_TAG_INTEGER, "notify-lease-duration", 0);
    ippDelete(send_request(client, request));
    return check_status(client, "renew the subscription", error);
}

gboolean
spoc_subscription_cancel(SpocCupsClient *client, gint id, GError **error)
{
    ipp_t *request = new_request(IPP_OP_CANCEL_SUBSCRIPTION, "ipp://localhost/");
    ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "notify-subscription-id", id);
    ippDelete(send_request(client, request));
    if (cupsLastError() == IPP_STATUS_ERROR_NOT_FOUND) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND,
                            "CUPS has no such subscription");
        return FALSE;
    }
    return check_status(client, "end the subscription", error);
}
