/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/questions.h"

#include "fake-cupsd.h"

#include <string.h>

/* The server of all tests: CUPS_SERVER is read once a thread. */
static FakeCupsd *server;

#define SHORT_MS 300
#define LONG_MS 20000

typedef struct {
    guint answers;
    SpocSubscriptionStatus status;
    gint job_id;
    char *printer_uri;
    gboolean has_attributes;
    char *owner;
    char *title;
    char *uuid;
    char *why;
    gboolean may_pass;
} Heard;

static void
heard_clear(Heard *heard)
{
    g_free(heard->printer_uri);
    g_free(heard->owner);
    g_free(heard->title);
    g_free(heard->uuid);
    g_free(heard->why);
    *heard = (Heard){0};
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Heard, heard_clear)

static void
on_subscription(const SpocSubscriptionAnswer *answer, gpointer user_data)
{
    Heard *heard = user_data;
    heard->answers++;
    heard->status = answer->status;
    heard->job_id = answer->job_id;
    g_free(heard->printer_uri);
    heard->printer_uri = g_strdup(answer->printer_uri);
    g_free(heard->why);
    heard->why = g_strdup(answer->why);
    g_assert_cmpint(answer->why != NULL, ==, answer->status == SPOC_SUBSCRIPTION_UNREACHABLE);
}

static void
on_job(const SpocJobAttributes *attributes, const char *why, gboolean may_pass, gpointer user_data)
{
    Heard *heard = user_data;
    guint answers = heard->answers + 1;
    heard_clear(heard);
    heard->answers = answers;
    heard->has_attributes = attributes != NULL;
    if (attributes != NULL) {
        heard->owner = g_strdup(attributes->owner);
        heard->title = g_strdup(attributes->title);
        heard->uuid = g_strdup(attributes->uuid);
    }
    heard->why = g_strdup(why);
    heard->may_pass = may_pass;
}

static void
wait_for(const Heard *heard, guint answers)
{
    while (heard->answers < answers)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(heard->answers, ==, answers);
}

/* --- how the server answers ------------------------------------------------------------- */

static gint
requested(ipp_t *request, const char *name)
{
    ipp_attribute_t *attribute = ippFindAttribute(request, name, IPP_TAG_INTEGER);
    g_assert_nonnull(attribute);
    return ippGetInteger(attribute, 0);
}

static void
expect_string(ipp_t *request, const char *name, const char *value)
{
    ipp_attribute_t *attribute = ippFindAttribute(request, name, IPP_TAG_ZERO);
    g_assert_nonnull(attribute);
    g_assert_cmpstr(ippGetString(attribute, 0, NULL), ==, value);
}

/* Subscription 7 is job 17's, 8 the printer q1's, 9 the server's; no other is known. */
static gboolean
answer_subscription(ipp_t *request, ipp_t *response)
{
    g_assert_cmpint(ippGetOperation(request), ==, IPP_OP_GET_SUBSCRIPTION_ATTRIBUTES);
    expect_string(request, "requesting-user-name", "root");
    expect_string(request, "printer-uri", "ipp://localhost/");
    gint id = requested(request, "notify-subscription-id");
    if (id < 7 || id > 9) {
        ippSetStatusCode(response, IPP_STATUS_ERROR_NOT_FOUND);
        return TRUE;
    }
    ippAddInteger(response, IPP_TAG_SUBSCRIPTION, IPP_TAG_INTEGER, "notify-subscription-id", id);
    if (id == 7)
        ippAddInteger(response, IPP_TAG_SUBSCRIPTION, IPP_TAG_INTEGER, "notify-job-id", 17);
    if (id != 9)
        ippAddString(response, IPP_TAG_SUBSCRIPTION, IPP_TAG_URI, "notify-printer-uri", NULL,
                     "ipp://printhost/printers/q1");
    return TRUE;
}

static gboolean
answer_job(ipp_t *request, ipp_t *response)
{
    g_assert_cmpint(ippGetOperation(request), ==, IPP_OP_GET_JOB_ATTRIBUTES);
    expect_string(request, "requesting-user-name", "root");
    expect_string(request, "job-uri", "ipp://localhost/jobs/17");
    ippAddInteger(response, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-id", 17);
    ippAddString(response, IPP_TAG_JOB, IPP_TAG_NAME, "job-originating-user-name", NULL, "alice");
    ippAddString(response, IPP_TAG_JOB, IPP_TAG_NAME, "job-name", NULL, "a\r\nb");
    ippAddString(response, IPP_TAG_JOB, IPP_TAG_URI, "job-uuid", NULL, "urn:uuid:1-2-3");
    return TRUE;
}

static gboolean
answer_hidden(ipp_t *request, ipp_t *response)
{
    ippAddInteger(response, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-id", 17);
    ippAddString(response, IPP_TAG_JOB, IPP_TAG_URI, "job-uuid", NULL, "urn:uuid:1-2-3");
    return TRUE;
}

static gboolean
answer_not_found(ipp_t *request, ipp_t *response)
{
    ippSetStatusCode(response, IPP_STATUS_ERROR_NOT_FOUND);
    return TRUE;
}

static gboolean
answer_forbidden(ipp_t *request, ipp_t *response)
{
    ippSetStatusCode(response, IPP_STATUS_ERROR_FORBIDDEN);
    return TRUE;
}

/* Success, and not a word about what was asked */
static gboolean
answer_nothing(ipp_t *request, ipp_t *response)
{
    return TRUE;
}

static gboolean
answer_busy(ipp_t *request, ipp_t *response)
{
    ippSetStatusCode(response, IPP_STATUS_ERROR_BUSY);
    return TRUE;
}

static gboolean
answer_never(ipp_t *request, ipp_t *response)
{
    return FALSE;
}

/* --- tests ------------------------------------------------------------------------------ */

static void
test_subscription(void)
{
    fake_cupsd_set_answer(server, answer_subscription);
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
    static const struct {
        gint id;
        SpocSubscriptionStatus status;
        gint job_id;
        const char *printer_uri;
    } cases[] = {
        {7, SPOC_SUBSCRIPTION_KNOWN, 17, NULL},
        {8, SPOC_SUBSCRIPTION_KNOWN, 0, "ipp://printhost/printers/q1"},
        {9, SPOC_SUBSCRIPTION_KNOWN, 0, NULL},
        {10, SPOC_SUBSCRIPTION_NOT_FOUND, 0, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Heard) heard = {0};
        spoc_cups_ask_subscription(cups, cases[i].id, on_subscription, &heard);
        g_assert_cmpuint(heard.answers, ==, 0);
        wait_for(&heard, 1);
        g_assert_cmpint(heard.status, ==, cases[i].status);
        g_assert_cmpint(heard.job_id, ==, cases[i].job_id);
        g_assert_cmpstr(heard.printer_uri, ==, cases[i].printer_uri);
    }
}

static void
test_job(void)
{
    fake_cupsd_set_answer(server, answer_job);
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
    guint before = fake_cupsd_count(server);
    g_auto(Heard) first = {0};
    g_auto(Heard) second = {0};
    g_assert_null(spoc_cups_job_remembered(cups, 17));
    spoc_cups_ask_job(cups, 17, on_job, &first);
    spoc_cups_ask_job(cups, 17, on_job, &second);
    wait_for(&first, 1);
    wait_for(&second, 1);
    g_assert_cmpuint(fake_cupsd_count(server) - before, ==, 1);
    g_assert_cmpstr(first.owner, ==, "alice");
    g_assert_cmpstr(second.owner, ==, "alice");
    g_assert_cmpstr(first.title, ==, "a b");
    g_assert_cmpstr(first.uuid, ==, "urn:uuid:1-2-3");
    g_assert_null(first.why);

    g_assert_cmpstr(spoc_cups_job_remembered(cups, 17)->owner, ==, "alice");
    fake_cupsd_set_answer(server, answer_not_found);
    spoc_cups_ask_job(cups, 17, on_job, &first);
    g_assert_cmpuint(first.answers, ==, 1); /* never at once */
    wait_for(&first, 2);
    g_assert_cmpstr(first.owner, ==, "alice");
    g_assert_cmpuint(fake_cupsd_count(server) - before, ==, 1);

    spoc_cups_forget_job(cups, 17);
    g_assert_null(spoc_cups_job_remembered(cups, 17));
    spoc_cups_ask_job(cups, 17, on_job, &first);
    wait_for(&first, 3);
    g_assert_false(first.has_attributes);
    g_assert_false(first.may_pass);
    g_assert_nonnull(strstr(first.why, "PreserveJobHistory"));
}

/* What was asked before the job's number was given anew is not remembered. */
static void
test_forgotten_while_asked(void)
{
    fake_cupsd_set_answer(server, answer_job);
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
    guint before = fake_cupsd_count(server);
    g_auto(Heard) old = {0};
    g_auto(Heard) new = {0};
    spoc_cups_ask_job(cups, 17, on_job, &old);
    spoc_cups_forget_job(cups, 17);
    wait_for(&old, 1);
    g_assert_null(spoc_cups_job_remembered(cups, 17));
    spoc_cups_ask_job(cups, 17, on_job, &new);
    wait_for(&new, 1);
    g_assert_nonnull(spoc_cups_job_remembered(cups, 17));
    g_assert_cmpuint(fake_cupsd_count(server) - before, ==, 2);
}

static void
test_reasons(void)
{
    static const struct {
        FakeCupsdFunc answer;
        gboolean has_attributes;
        gboolean may_pass;
        const char *why;
    } cases[] = {
        {answer_hidden, TRUE, FALSE, "JobPrivateAccess"},
        {answer_not_found, FALSE, FALSE, "no longer knows"},
        {answer_forbidden, FALSE, TRUE, "Get-Job-Attributes"},
        {answer_nothing, FALSE, TRUE, "does not tell of it"},
        {answer_busy, FALSE, TRUE, "cannot be asked"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        fake_cupsd_set_answer(server, cases[i].answer);
        g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
        g_auto(Heard) heard = {0};
        spoc_cups_ask_job(cups, 17, on_job, &heard);
        wait_for(&heard, 1);
        g_assert_cmpint(heard.has_attributes, ==, cases[i].has_attributes);
        g_assert_cmpint(heard.may_pass, ==, cases[i].may_pass);
        g_assert_null(heard.owner);
        if (strstr(heard.why, cases[i].why) == NULL)
            g_error("%s", heard.why);
        g_assert_null(spoc_cups_job_remembered(cups, 17));
    }
}

/* Only what says that there is no such subscription counts as that, and only what tells of it as
 * knowing it. */
static void
test_no_answer(void)
{
    static const FakeCupsdFunc answers[] = {answer_forbidden, answer_nothing, answer_busy};
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        fake_cupsd_set_answer(server, answers[i]);
        g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
        g_auto(Heard) heard = {0};
        spoc_cups_ask_subscription(cups, 9, on_subscription, &heard);
        wait_for(&heard, 1);
        g_assert_cmpint(heard.status, ==, SPOC_SUBSCRIPTION_UNREACHABLE);
        g_assert_nonnull(strstr(heard.why, "cupsd"));
    }
}

/* A line that cupsd gave up is no failure. */
static void
test_hang_up(void)
{
    fake_cupsd_set_answer(server, answer_subscription);
    fake_cupsd_set_hang_up(server, TRUE);
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(LONG_MS);
    g_auto(Heard) heard = {0};
    for (guint i = 1; i <= 3; i++) {
        spoc_cups_ask_subscription(cups, 7, on_subscription, &heard);
        wait_for(&heard, i);
        g_assert_cmpint(heard.status, ==, SPOC_SUBSCRIPTION_KNOWN);
    }
    fake_cupsd_set_hang_up(server, FALSE);
}

static void
test_silence(void)
{
    fake_cupsd_set_answer(server, answer_never);
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(SHORT_MS);
    guint before = fake_cupsd_count(server);
    g_auto(Heard) job = {0};
    g_auto(Heard) behind = {0};
    spoc_cups_ask_job(cups, 17, on_job, &job);
    spoc_cups_ask_subscription(cups, 7, on_subscription, &behind);
    wait_for(&job, 1);
    wait_for(&behind, 1);
    g_assert_false(job.has_attributes);
    g_assert_true(job.may_pass);
    g_assert_cmpint(behind.status, ==, SPOC_SUBSCRIPTION_UNREACHABLE);
    g_assert_cmpuint(fake_cupsd_count(server) - before, ==, 1); /* not asked again at once */
}

/* Nobody is called any more, and nothing waits for the silent server. */
static void
test_free(void)
{
    fake_cupsd_set_answer(server, answer_never);
    SpocCups *cups = spoc_cups_new_with_timeout(SHORT_MS);
    guint before = fake_cupsd_count(server);
    g_auto(Heard) heard = {0};
    spoc_cups_ask_job(cups, 17, on_job, &heard);
    spoc_cups_ask_subscription(cups, 7, on_subscription, &heard);
    while (fake_cupsd_count(server) == before)
        g_thread_yield();
    spoc_cups_free(cups);

    /* The next one's answer comes behind whatever the freed one could have said. */
    fake_cupsd_set_answer(server, answer_subscription);
    g_autoptr(SpocCups) next = spoc_cups_new_with_timeout(LONG_MS);
    g_auto(Heard) answered = {0};
    spoc_cups_ask_subscription(next, 7, on_subscription, &answered);
    wait_for(&answered, 1);
    g_assert_cmpuint(heard.answers, ==, 0);
}

/* Runs last: the server is gone. */
static void
test_unreachable(void)
{
    fake_cupsd_stop(g_steal_pointer(&server));
    g_autoptr(SpocCups) cups = spoc_cups_new_with_timeout(SHORT_MS);
    g_auto(Heard) heard = {0};
    spoc_cups_ask_subscription(cups, 7, on_subscription, &heard);
    wait_for(&heard, 1);
    g_assert_cmpint(heard.status, ==, SPOC_SUBSCRIPTION_UNREACHABLE);
    spoc_cups_ask_job(cups, 17, on_job, &heard);
    wait_for(&heard, 2);
    g_assert_true(heard.may_pass);
    g_assert_nonnull(heard.why);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    server = fake_cupsd_start();
    fake_cupsd_set_answer(server, answer_subscription);
    g_autofree char *address = g_strdup_printf("127.0.0.1:%u", fake_cupsd_port(server));
    g_setenv("CUPS_SERVER", address, TRUE);
    g_test_add_func("/cups/1-subscription", test_subscription);
    g_test_add_func("/cups/2-job", test_job);
    g_test_add_func("/cups/3-forgotten-while-asked", test_forgotten_while_asked);
    g_test_add_func("/cups/4-reasons", test_reasons);
    g_test_add_func("/cups/4-no-answer", test_no_answer);
    g_test_add_func("/cups/5-hang-up", test_hang_up);
    g_test_add_func("/cups/6-silence", test_silence);
    g_test_add_func("/cups/7-free", test_free);
    g_test_add_func("/cups/8-unreachable", test_unreachable);
    return g_test_run();
}
