/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   For packages that are removed. cupsd spins when it has a subscription and no notifier.
 *           `spoc-stub --end-all [SCHEME]` ends every subscription of ours, or of SCHEME:. A copy
 * of this program in the notifier's place drains what cupsd sends, ends the subscription that it
 * was started for, and exits with the end of its input; it has no other way out, and so cupsd never
 *           has a reason to start it again and again.
 * INPUT     stdin: IPP messages, when cupsd calls it as a notifier
 * ERRORS    --end-all: exit 0: cupsd has no subscription of ours; 3: no cupsd runs; 1: cupsd could
 *           not be asked, or still has some. As a notifier: exit 0.
 * SECURITY  Uses libcups and the C library alone: what cups-spoc needs may be removed with it. Runs
 *           inside cupsd's AppArmor profile, as lp.
 */
#include "build-config.h"

#include <cups/cups.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Longest wait for a connection, and longest silence of cupsd */
#define TIMEOUT_MS 5000
/* Jobs make new subscriptions while the others end. */
#define ROUNDS_MAX 100
#define SCHEME "spoc"

enum {
    EXIT_NONE_LEFT = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_CUPSD = 3,
};

/* --- cupsd ----------------------------------------------------------------------------- */

static bool
can_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* EAGAIN: somebody listens, and has no time. */
    bool is_there = fd >= 0 && (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ||
                                errno == EAGAIN || errno == EINPROGRESS);
    if (fd >= 0)
        close(fd);
    return is_there;
}

/* Another cupsd of this host, by its socket; a server elsewhere is none of ours to change. */
static const char *
named_socket(void)
{
    const char *server = getenv("CUPS_SERVER");
    return server != NULL && server[0] == '/' ? server : NULL;
}

/* This host's cupsd, whatever client.conf says; NULL when nobody listens, or no answer comes. */
static http_t *
connect_to_cupsd(void)
{
    static const char own_socket[] = SPOC_BUILD_STATEDIR "/cups.sock";
    const char *server = named_socket();
    if (server == NULL)
        server = can_connect(own_socket) ? own_socket : "localhost";
    cupsSetServer(server); /* sets the port, too */
    http_t *http = httpConnect2(cupsServer(), ippPort(), NULL, AF_UNSPEC,
                                HTTP_ENCRYPTION_IF_REQUESTED, 1, TIMEOUT_MS, NULL);
    if (http != NULL)
        httpSetTimeout(http, TIMEOUT_MS / 1000.0, NULL, NULL);
    return http;
}

/* @process: a folder of /proc. A cupsd of another container has another process space. */
static bool
is_cupsd(const char *process)
{
    char path[64], name[32] = "";
    (void)snprintf(path, sizeof path, "/proc/%s/comm", process);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool has_name = fgets(name, sizeof name, file) != NULL && strcmp(name, "cupsd\n") == 0;
    fclose(file);
    if (!has_name)
        return false;
    struct stat ours, its;
    (void)snprintf(path, sizeof path, "/proc/%s/ns/pid", process);
    return stat("/proc/self/ns/pid", &ours) != 0 || stat(path, &its) != 0 ||
           (ours.st_ino == its.st_ino && ours.st_dev == its.st_dev);
}

static bool
cupsd_runs(void)
{
    DIR *processes = opendir("/proc");
    bool runs = false;
    for (struct dirent *entry = processes != NULL ? readdir(processes) : NULL;
         entry != NULL && !runs; entry = readdir(processes))
        runs = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_cupsd(entry->d_name);
    if (processes != NULL)
        closedir(processes);
    return runs;
}

static ipp_t *
new_request(ipp_op_t operation)
{
    ipp_t *request = ippNewRequest(operation);
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL, "ipp://localhost/");
    /* cupsd does not ask for more on its own host, and lp may end no subscription of others. */
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL, "root");
    return request;
}

/* One that has ended by itself meanwhile is ended too. */
static bool
end_subscription(http_t *http, int id)
{
    ipp_t *request = new_request(IPP_OP_CANCEL_SUBSCRIPTION);
    ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "notify-subscription-id", id);
    ippDelete(cupsDoRequest(http, request, "/"));
    return cupsLastError() < IPP_STATUS_REDIRECTION_OTHER_SITE ||
           cupsLastError() == IPP_STATUS_ERROR_NOT_FOUND;
}

/* --- all of them ----------------------------------------------------------------------- */

/* Answers with all subscriptions; NULL after saying why not. */
static ipp_t *
request_list(http_t *http)
{
    static const char *const wanted[] = {"notify-subscription-id", "notify-recipient-uri",
                                         "notify-pull-method"};
    ipp_t *request = new_request(IPP_OP_GET_SUBSCRIPTIONS);
    ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", 3, NULL,
                  wanted);
    ipp_t *answer = cupsDoRequest(http, request, "/");
    /* cupsd says not-found when it has none. */
    if (answer != NULL && (cupsLastError() < IPP_STATUS_REDIRECTION_OTHER_SITE ||
                           cupsLastError() == IPP_STATUS_ERROR_NOT_FOUND))
        return answer;
    fprintf(stderr,
            "ERROR: cupsd does not list its subscriptions: %s. See whether it is stopped or "
            "overloaded: systemctl status cups\n",
            cupsLastErrorString());
    ippDelete(answer);
    return NULL;
}

typedef struct {
    int id;
    const char *recipient; /* NULL: none, or not shown */
    bool is_pulled;
} Subscription;

/* Takes the next group of @answer. */
static bool
next_subscription(ipp_t *answer, ipp_attribute_t **at, Subscription *ret_subscription)
{
    *ret_subscription = (Subscription){0};
    bool is_inside = false;
    for (; *at != NULL; *at = ippNextAttribute(answer)) {
        const char *name = ippGetName(*at);
        if (name == NULL || ippGetGroupTag(*at) != IPP_TAG_SUBSCRIPTION) {
            if (is_inside)
                return true;
            continue;
        }
        is_inside = true;
        if (strcmp(name, "notify-subscription-id") == 0)
            ret_subscription->id = ippGetInteger(*at, 0);
        else if (strcmp(name, "notify-recipient-uri") == 0)
            ret_subscription->recipient = ippGetString(*at, 0, NULL);
        else if (strcmp(name, "notify-pull-method") == 0)
            ret_subscription->is_pulled = true;
    }
    return is_inside;
}

/* Ends what @answer has of @scheme. Returns how many there were, or -1 after saying what is wrong.
 */
static int
end_listed(http_t *http, ipp_t *answer, const char *scheme)
{
    int count = 0;
    Subscription subscription;
    ipp_attribute_t *at = ippFirstAttribute(answer);
    while (next_subscription(answer, &at, &subscription)) {
        if (subscription.recipient == NULL && !subscription.is_pulled) {
            fprintf(stderr,
                    "ERROR: cupsd does not show the recipient of subscription %d, which may be "
                    "one of cups-spoc: let root read it (SubscriptionPrivateAccess in the "
                    "policies of cupsd.conf)\n",
                    subscription.id);
            return -1;
        }
        size_t length = strlen(scheme);
        if (subscription.recipient == NULL ||
            strncasecmp(subscription.recipient, scheme, length) != 0 ||
            subscription.recipient[length] != ':')
            continue;
        count++;
        if (!end_subscription(http, subscription.id)) {
            fprintf(stderr, "ERROR: cupsd does not end subscription %d: %s\n", subscription.id,
                    cupsLastErrorString());
            return -1;
        }
    }
    return count;
}

static int
end_all(const char *scheme)
{
    http_t *http = connect_to_cupsd();
    bool may_hide = named_socket() == NULL || can_connect(named_socket());
    if (http == NULL && may_hide && cupsd_runs()) {
        fprintf(stderr,
                "ERROR: cupsd runs, and cannot be reached at '%s' within %d s: set CUPS_SERVER to "
                "the socket that it listens at, or mend what keeps it from answering\n",
                cupsServer(), TIMEOUT_MS / 1000);
        return EXIT_FAILED;
    }
    if (http == NULL)
        return EXIT_NO_CUPSD;
    int found = 1;
    for (int round = 0; round < ROUNDS_MAX && found > 0; round++) {
        ipp_t *answer = request_list(http);
        found = answer != NULL ? end_listed(http, answer, scheme) : -1;
        ippDelete(answer);
    }
    httpClose(http);
    if (found > 0)
        fprintf(stderr, "ERROR: somebody makes new subscriptions as fast as they are ended: stop "
                        "that first\n");
    return found == 0 ? EXIT_NONE_LEFT : EXIT_FAILED;
}

/* --- in the notifier's place ------------------------------------------------------------- */

static bool
end_subscription_of(ipp_t *event)
{
    ipp_attribute_t *id = ippFindAttribute(event, "notify-subscription-id", IPP_TAG_INTEGER);
    http_t *http = id != NULL ? connect_to_cupsd() : NULL;
    bool is_ended = http != NULL && end_subscription(http, ippGetInteger(id, 0));
    httpClose(http);
    if (is_ended)
        fprintf(stderr, "WARNING: cups-spoc is not installed any more: subscription %d is ended\n",
                ippGetInteger(id, 0));
    return is_ended;
}

static int
stand_in(void)
{
    bool is_ended = false;
    ipp_t *event = ippNew();
    while (ippReadFile(STDIN_FILENO, event) == IPP_STATE_DATA) {
        is_ended = is_ended || end_subscription_of(event);
        ippDelete(event);
        event = ippNew();
    }
    ippDelete(event);
    /* What is no message, because cupsd dropped a part */
    char rest[4096];
    ssize_t count;
    do
        count = read(STDIN_FILENO, rest, sizeof rest);
    while (count > 0 || (count < 0 && errno == EINTR));
    return EXIT_SUCCESS;
}

/* libcups would ask for one, on the terminal. */
static const char *
refuse_password(const char *prompt, http_t *http, const char *method, const char *resource,
                void *data)
{
    (void)prompt, (void)http, (void)method, (void)resource, (void)data;
    return NULL;
}

int
main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    cupsSetPasswordCB2(refuse_password, NULL);
    if ((argc == 2 || argc == 3) && strcmp(argv[1], "--end-all") == 0)
        return end_all(argc == 3 ? argv[2] : SCHEME);
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr,
                "usage: spoc-stub --end-all [SCHEME]; cupsd calls a copy of it in place of a "
                "notifier that was removed\n");
        return EXIT_USAGE;
    }
    return stand_in();
}
