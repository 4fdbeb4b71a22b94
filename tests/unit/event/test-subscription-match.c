/* SPDX-License-Identifier: Apache-2.0 */
#include "event/subscription-match.h"

#include <string.h>

/* Events in few letters: kind, spelling, job, printer. */
typedef struct {
    SpocEventKind kind;
    gint job_id;
    gboolean plain; /* spelled job-id */
    const char *printer_uri;
    const char *printer_name;
    const char *whose; /* T theirs, O others', U undecided, ? unknown */
} Line;

#define CREATED SPOC_EVENT_JOB_CREATED
#define DONE SPOC_EVENT_JOB_COMPLETED
#define STATE SPOC_EVENT_PRINTER_STATE_CHANGED
#define STARTED SPOC_EVENT_SERVER_STARTED
#define Q1 "ipp://printhost/printers/q1"
#define Q2 "ipp://printhost/printers/q2"

#define ALICE 17
#define BOB 18

typedef struct {
    const char *name;
    SpocSubscriptionStatus status;
    gint job_id;
    const char *printer_uri;
    gboolean complete;
    Line lines[6];
} Case;

static const Case CASES[] = {
    {"a job's, known: Bob before, beside and after",
     SPOC_SUBSCRIPTION_KNOWN,
     ALICE,
     NULL,
     FALSE,
     {{DONE, BOB, FALSE, Q1, "q1", "O"},
      {CREATED, ALICE, FALSE, Q1, "q1", "T"},
      {CREATED, BOB, FALSE, Q1, "q1", "O"},
      {DONE, ALICE, FALSE, Q1, "q1", "T"},
      {DONE, BOB, FALSE, Q1, "q1", "O"},
      {STATE, 0, FALSE, Q1, "q1", "O"}}},
    {"a job's, gone: held while the stream goes on",
     SPOC_SUBSCRIPTION_NOT_FOUND,
     0,
     NULL,
     FALSE,
     {{DONE, BOB, FALSE, Q1, "q1", "U"}, {DONE, ALICE, FALSE, Q1, "q1", "U"}}},
    {"a job's, gone: the last job-completed is its own",
     SPOC_SUBSCRIPTION_NOT_FOUND,
     0,
     NULL,
     TRUE,
     {{CREATED, ALICE, FALSE, Q1, "q1", "T"},
      {DONE, BOB, FALSE, Q1, "q1", "O"},
      {STATE, 0, FALSE, Q1, "q1", "O"},
      {DONE, ALICE, FALSE, Q1, "q1", "T"}}},
    {"gone, and the last is no job-completed",
     SPOC_SUBSCRIPTION_NOT_FOUND,
     0,
     NULL,
     TRUE,
     {{DONE, BOB, FALSE, Q1, "q1", "?"}, {CREATED, ALICE, FALSE, Q1, "q1", "?"}}},
    {"gone, and the last is a printer's",
     SPOC_SUBSCRIPTION_NOT_FOUND,
     0,
     NULL,
     TRUE,
     {{DONE, BOB, FALSE, Q1, "q1", "?"}, {STATE, 0, FALSE, Q1, "q1", "?"}}},
    {"not asked yet: nothing is decided, the end included",
     SPOC_SUBSCRIPTION_ASKED,
     0,
     NULL,
     TRUE,
     {{DONE, ALICE, FALSE, Q1, "q1", "U"}}},
    {"cupsd is away: wait",
     SPOC_SUBSCRIPTION_UNREACHABLE,
     0,
     NULL,
     FALSE,
     {{DONE, ALICE, FALSE, Q1, "q1", "U"}}},
    {"cupsd was stopped or reloaded: the last job-completed may be Bob's, so wait for cupsd",
     SPOC_SUBSCRIPTION_UNREACHABLE,
     0,
     NULL,
     TRUE,
     {{DONE, BOB, FALSE, Q1, "q1", "U"}}},
    {"ended by a reload, known: Alice's job is still hers",
     SPOC_SUBSCRIPTION_KNOWN,
     ALICE,
     NULL,
     TRUE,
     {{DONE, BOB, FALSE, Q1, "q1", "O"}, {CREATED, ALICE, FALSE, Q1, "q1", "T"}}},
    {"master's spelling names the job at once",
     SPOC_SUBSCRIPTION_ASKED,
     0,
     NULL,
     FALSE,
     {{CREATED, ALICE, FALSE, Q1, "q1", "T"}, {DONE, BOB, TRUE, Q1, "q1", "O"}}},
    {"both spellings, but several jobs in the subscriber's",
     SPOC_SUBSCRIPTION_UNREACHABLE,
     0,
     NULL,
     TRUE,
     {{CREATED, ALICE, FALSE, Q1, "q1", "U"},
      {DONE, BOB, FALSE, Q1, "q1", "U"},
      {DONE, 19, TRUE, Q1, "q1", "U"}}},
    {"master's spelling of no job's subscription, gone",
     SPOC_SUBSCRIPTION_NOT_FOUND,
     0,
     NULL,
     TRUE,
     {{DONE, BOB, TRUE, Q2, "q2", "?"}, {DONE, ALICE, TRUE, Q1, "q1", "?"}}},
    {"a printer's",
     SPOC_SUBSCRIPTION_KNOWN,
     0,
     Q1,
     FALSE,
     {{DONE, ALICE, FALSE, Q1, "q1", "T"},
      {DONE, BOB, FALSE, Q2, "q2", "O"},
      {STATE, 0, FALSE, Q1, "q1", "T"},
      {STATE, 0, FALSE, Q2, "q2", "O"},
      {STARTED, 0, FALSE, NULL, NULL, "O"}}},
    {"a printer's, told in other ways",
     SPOC_SUBSCRIPTION_KNOWN,
     0,
     "ipp://localhost:631/printers/Lab%20Q1",
     FALSE,
     {{DONE, 1, FALSE, "ipp://printhost.example.com/printers/lab%20q1", NULL, "T"},
      {DONE, 1, FALSE, "ipps://x/classes/LAB%20Q1", NULL, "T"},
      {DONE, 1, FALSE, NULL, "lab q1", "T"},
      {DONE, 1, FALSE, "ipp://x/printers/lab%20q", "Lab Q1", "O"},
      {DONE, 1, FALSE, NULL, NULL, "O"},
      {DONE, 1, FALSE, "ipp://x/printers/", "q", "O"}}},
    {"a class's",
     SPOC_SUBSCRIPTION_KNOWN,
     0,
     "ipp://localhost/classes/all",
     FALSE,
     {{DONE, 1, FALSE, "ipp://printhost/classes/all", "all", "T"},
      {DONE, 1, FALSE, Q1, "q1", "O"}}},
    {"the server's",
     SPOC_SUBSCRIPTION_KNOWN,
     0,
     NULL,
     FALSE,
     {{DONE, ALICE, FALSE, Q1, "q1", "T"},
      {DONE, BOB, TRUE, Q2, "q2", "T"},
      {STATE, 0, FALSE, Q2, "q2", "T"},
      {STARTED, 0, FALSE, NULL, NULL, "T"}}},
};

static const char *
letter(SpocSubscriptionMatch whose)
{
    switch (whose) {
    case SPOC_SUBSCRIPTION_MATCH_THEIRS:
        return "T";
    case SPOC_SUBSCRIPTION_MATCH_OTHERS:
        return "O";
    case SPOC_SUBSCRIPTION_MATCH_UNDECIDED:
        return "U";
    case SPOC_SUBSCRIPTION_MATCH_UNKNOWN:
        return "?";
    }
    return "!";
}

static SpocEvent
event_of(const Line *line)
{
    return (SpocEvent){.kind = line->kind,
                       .job_id = line->job_id,
                       .job_id_is_subscriptions = !line->plain,
                       .printer_uri = (char *)line->printer_uri,
                       .printer_name = (char *)line->printer_name};
}

static void
test_case(gconstpointer data)
{
    const Case *one = data;
    SpocSubscription subscription = {.status = one->status,
                                     .job_id = one->job_id,
                                     .printer_uri = g_strdup(one->printer_uri),
                                     .complete = one->complete};
    guint count = 0;
    for (; count < G_N_ELEMENTS(one->lines) && one->lines[count].whose != NULL; count++) {
        SpocEvent event = event_of(&one->lines[count]);
        spoc_subscription_match_learn(&subscription, &event);
    }
    g_assert_cmpuint(count, >, 0);
    for (guint i = 0; i < count; i++) {
        SpocEvent event = event_of(&one->lines[i]);
        g_assert_cmpstr(letter(spoc_subscription_match_decide(&subscription, &event)), ==,
                        one->lines[i].whose);
    }
    spoc_subscription_clear(&subscription);
    g_assert_null(subscription.printer_uri);
}

/* What is written beside a journal is read as it was; nothing else is believed. */
static void
test_lines(void)
{
    static const SpocSubscription answers[] = {
        {.status = SPOC_SUBSCRIPTION_NOT_FOUND},
        {.status = SPOC_SUBSCRIPTION_KNOWN, .job_id = 17},
        {.status = SPOC_SUBSCRIPTION_KNOWN},
        {.status = SPOC_SUBSCRIPTION_KNOWN,
         .subscriber = (char *)"alice\t\303\266",
         .printer_uri = (char *)"ipp://h/printers/a\tb\"\303\266"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autofree char *line = spoc_subscription_line(&answers[i], 12);
        SpocSubscription read = {.printer_uri = g_strdup("old"), .saw_plain_job_id = TRUE};
        gint id = 0;
        g_assert_null(strchr(line, '\n'));
        g_assert_true(spoc_subscription_parse(&read, line, &id));
        g_assert_cmpint(id, ==, 12);
        g_assert_cmpint(read.status, ==, answers[i].status);
        g_assert_cmpint(read.job_id, ==, answers[i].job_id);
        g_assert_cmpstr(read.printer_uri, ==, answers[i].printer_uri);
        g_assert_cmpstr(read.subscriber, ==, answers[i].subscriber);
        g_assert_true(read.saw_plain_job_id); /* that is the stream's */
        spoc_subscription_clear(&read);
    }
    static const SpocSubscriptionStatus open[] = {SPOC_SUBSCRIPTION_ASKED,
                                                  SPOC_SUBSCRIPTION_UNREACHABLE};
    for (guint i = 0; i < G_N_ELEMENTS(open); i++) {
        SpocSubscription subscription = {.status = open[i]};
        g_assert_null(spoc_subscription_line(&subscription, 12));
    }
    static const char *const others[] = {"",
                                         "subscription",
                                         "subscription\t12",
                                         "subscription\t12\tknown",
                                         "subscription\t12\tknown\t17",
                                         "subscription\t12\tknown\t1\tu",
                                         "subscription\t12\tknown\t-1\t\t",
                                         "subscription\t12\tknown\tx\t\t",
                                         "subscription\t0\tnot-found",
                                         "subscription\t12\tnot-found\t",
                                         "subscription\t12\tknown\t1\tu\ts\tmore",
                                         "subscription\t99999999999\tnot-found",
                                         "job\t12\tnot-found",
                                         "subscription\t12\tknown\t1\t\\377\t",
                                         "subscription\t12\tknown\t1\t\t\\377"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        SpocSubscription read = {0};
        gint id = 0;
        g_assert_false(spoc_subscription_parse(&read, others[i], &id));
        g_assert_cmpint(read.status, ==, SPOC_SUBSCRIPTION_ASKED);
        g_assert_null(read.printer_uri);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *path = g_strdup_printf("/whose/%s", CASES[i].name);
        g_strdelimit(path + 7, "/", '-');
        g_test_add_data_func(path, &CASES[i], test_case);
    }
    g_test_add_func("/whose/lines", test_lines);
    return g_test_run();
}
