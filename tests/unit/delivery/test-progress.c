/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/progress.h"

typedef struct {
    SpocResult result;
    gboolean attempted;
    char *reason;
} Seen;

static void
on_outcome(const SpocOutcome *outcome, gpointer user_data)
{
    Seen *seen = user_data;
    g_assert_cmpuint(outcome->recipient_count, ==, 1);
    seen->result = outcome->recipients[0].result;
    seen->attempted = outcome->attempted;
    g_free(seen->reason);
    seen->reason = g_strdup(outcome->reason);
}

/* What two servers say in turn, and what becomes of the recipient. */
static void
test_two_servers(void)
{
    static const struct {
        SpocVerdict first, second;
        gboolean second_asked;
        SpocResult result;
    } cases[] = {
        {SPOC_VERDICT_LATER, SPOC_VERDICT_DELIVERED, TRUE, SPOC_RESULT_DELIVERED},
        {SPOC_VERDICT_LATER, SPOC_VERDICT_LATER, TRUE, SPOC_RESULT_LATER},
        {SPOC_VERDICT_LATER, SPOC_VERDICT_HOLD, TRUE, SPOC_RESULT_HOLD},
        {SPOC_VERDICT_HOLD, SPOC_VERDICT_LATER, TRUE, SPOC_RESULT_HOLD},
        {SPOC_VERDICT_HOLD, SPOC_VERDICT_RETURN, TRUE, SPOC_RESULT_RETURN},
        {SPOC_VERDICT_RETURN, SPOC_VERDICT_LATER, TRUE, SPOC_RESULT_RETURN},
        {SPOC_VERDICT_RETURN_UNLESS_BACKUP, SPOC_VERDICT_DELIVERED, TRUE, SPOC_RESULT_DELIVERED},
        {SPOC_VERDICT_RETURN_UNLESS_BACKUP, SPOC_VERDICT_RETURN_UNLESS_BACKUP, TRUE,
         SPOC_RESULT_RETURN},
        {SPOC_VERDICT_RETURN_UNLESS_BACKUP, SPOC_VERDICT_LATER, TRUE, SPOC_RESULT_LATER},
        {SPOC_VERDICT_RETURN_UNLESS_BACKUP, SPOC_VERDICT_LATER, FALSE, SPOC_RESULT_LATER},
        {SPOC_VERDICT_LATER, SPOC_VERDICT_LATER, FALSE, SPOC_RESULT_LATER},
    };
    static const char *const recipients[] = {"b@x", NULL};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GBytes) bytes = g_bytes_new_static("", 0);
        Seen seen = {0};
        const SpocParcel parcel = {.id = "1",
                                   .sender = "a@x",
                                   .recipients = recipients,
                                   .content = bytes,
                                   .finished = on_outcome,
                                   .user_data = &seen};
        SpocDeliveryRequest *job = spoc_delivery_request_new(&parcel);
        spoc_delivery_request_note_all(job, cases[i].first, "first");
        spoc_delivery_request_explain(job, SPOC_STAGE_FINAL, "first");
        job->tried = 1;
        if (cases[i].second_asked) {
            spoc_delivery_request_note_all(job, cases[i].second, "second");
            spoc_delivery_request_explain(job, SPOC_STAGE_FINAL, "second");
            job->tried = 3;
        }
        spoc_delivery_request_finish(job, !cases[i].second_asked, 0);
        g_test_message("case %u", i);
        g_assert_cmpint(seen.result, ==, cases[i].result);
        g_assert_true(seen.attempted);
        if (seen.result == SPOC_RESULT_DELIVERED)
            g_assert_null(seen.reason);
        else
            g_assert_cmpstr(seen.reason, ==,
                            cases[i].second_asked ? "first; then second" : "first");
        g_free(seen.reason);
        spoc_delivery_request_free(job);
    }
}

/* A server has two chances behind a lost connection; then any may have the message. */
static void
test_drops(void)
{
    static const char *const recipients[] = {"b@x", NULL};
    g_autoptr(GBytes) bytes = g_bytes_new_static("", 0);
    const SpocParcel parcel = {.id = "1",
                               .sender = "a@x",
                               .recipients = recipients,
                               .content = bytes,
                               .drops = 1,
                               .dropped_by = "one:25"};
    SpocDeliveryRequest *job = spoc_delivery_request_new(&parcel);
    spoc_job_note_drop(job, "two:25"); /* another one: counted anew */
    g_assert_cmpuint(job->drops, ==, 1);
    g_assert_cmpstr(job->dropped_by, ==, "two:25");
    g_assert_true(job->stay);
    spoc_job_note_drop(job, "two:25");
    g_assert_cmpuint(job->drops, ==, 2);
    g_assert_false(job->stay);
    spoc_job_note_drop(job, "one:25");
    g_assert_cmpuint(job->drops, ==, 3);
    g_assert_cmpstr(job->dropped_by, ==, "two:25");
    g_assert_false(job->stay);
    spoc_delivery_request_free(job);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/two-servers", test_two_servers);
    g_test_add_func("/job/drops", test_drops);
    return g_test_run();
}
