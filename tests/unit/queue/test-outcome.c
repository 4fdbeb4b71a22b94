/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/outcome.h"

#include <string.h>

#define NOW 1700000000
#define MINUTE_MS 60000

static const gint64 delays_ms[] = {MINUTE_MS, 5 * MINUTE_MS};
static const SpocRetrySchedule schedule = {
    .delays_ms = delays_ms, .delay_count = 2, .max_age_ms = 60 * MINUTE_MS};

/* One message to two people. */
static SpocEnvelope *
new_envelope(void)
{
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup("m");
    envelope->created_unix_s = NOW - 60;
    spoc_envelope_add_recipient(envelope, "a@example.com");
    spoc_envelope_add_recipient(envelope, "b@example.com");
    return envelope;
}

static SpocDeliveryRequest *
make_request(guint recipient_count)
{
    static const char *const addresses[] = {"a@example.com", "b@example.com"};
    g_autoptr(GBytes) bytes = g_bytes_new_static("", 0);
    g_autoptr(SpocContent) content = spoc_content_new_bytes(bytes);
    SpocDeliveryRequest *request = spoc_delivery_request_new("m", "", content, NULL, NULL);
    for (guint i = 0; i < recipient_count; i++)
        spoc_delivery_request_add_recipient(request, addresses[i]);
    return request;
}

static SpocState
apply(SpocEnvelope *envelope, SpocState first, SpocState second, gboolean attempted,
      gint64 earliest_unix_s, guint *ret_delivered)
{
    const SpocState states[] = {first, second};
    g_autoptr(SpocDeliveryRequest) request = make_request(spoc_envelope_pending(envelope));
    for (guint i = 0; i < request->recipients->len; i++) {
        SpocRequestRecipient *recipient = g_ptr_array_index(request->recipients, i);
        recipient->state = states[i];
    }
    request->reason = g_strdup("said the server");
    request->attempted = attempted;
    request->earliest_unix_s = earliest_unix_s;
    return spoc_outcome_apply(envelope, request, &schedule, NOW, 0.0, ret_delivered);
}

static void
test_states(void)
{
    static const struct {
        SpocState first, second;
        SpocState state;
        guint delivered, pending;
    } cases[] = {
        {SPOC_STATE_DONE, SPOC_STATE_DONE, SPOC_STATE_DONE, 2, 0},
        {SPOC_STATE_DONE, SPOC_STATE_WAITING, SPOC_STATE_WAITING, 1, 1},
        {SPOC_STATE_DONE, SPOC_STATE_FAILED, SPOC_STATE_FAILED, 1, 0},
        {SPOC_STATE_FAILED, SPOC_STATE_FAILED, SPOC_STATE_FAILED, 0, 0},
        {SPOC_STATE_FAILED, SPOC_STATE_WAITING, SPOC_STATE_WAITING, 0, 1},
        {SPOC_STATE_HELD, SPOC_STATE_WAITING, SPOC_STATE_HELD, 0, 2},
        {SPOC_STATE_WAITING, SPOC_STATE_WAITING, SPOC_STATE_WAITING, 0, 2},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocEnvelope) envelope = new_envelope();
        guint delivered = 99;
        g_assert_cmpint(apply(envelope, cases[i].first, cases[i].second, TRUE, 0, &delivered), ==,
                        cases[i].state);
        g_assert_cmpuint(delivered, ==, cases[i].delivered);
        g_assert_cmpuint(spoc_envelope_pending(envelope), ==, cases[i].pending);
        g_assert_cmpuint(envelope->attempts, ==, 1);
        g_assert_cmpuint(envelope->history->len, ==, 1);
        g_assert_true((envelope->next_attempt_unix_s > NOW) == (cases[i].pending > 0));
    }
}

/* What is delivered is never asked for again: the next outcome is about the rest. */
static void
test_rest(void)
{
    g_autoptr(SpocEnvelope) envelope = new_envelope();
    guint delivered = 0;
    g_assert_cmpint(apply(envelope, SPOC_STATE_DONE, SPOC_STATE_WAITING, TRUE, 0, &delivered), ==,
                    SPOC_STATE_WAITING);
    g_assert_cmpint(apply(envelope, SPOC_STATE_DONE, SPOC_STATE_FAILED, TRUE, 0, &delivered), ==,
                    SPOC_STATE_DONE);
    g_assert_cmpuint(delivered, ==, 1);
}

static void
test_not_attempted(void)
{
    g_autoptr(SpocEnvelope) envelope = new_envelope();
    guint delivered = 0;
    g_assert_cmpint(
        apply(envelope, SPOC_STATE_WAITING, SPOC_STATE_WAITING, FALSE, NOW + 30, &delivered), ==,
        SPOC_STATE_WAITING);
    g_assert_cmpuint(envelope->attempts, ==, 0);
    g_assert_cmpuint(envelope->history->len, ==, 0);
    g_assert_cmpint(envelope->next_attempt_unix_s, ==, NOW + 30);
}

/* Settings that change while the server is down do not put the next attempt off. */
static void
test_early(void)
{
    g_autoptr(SpocEnvelope) envelope = new_envelope();
    guint delivered = 0;
    envelope->attempts = 1;
    envelope->next_attempt_unix_s = NOW + 45;
    for (guint i = 1; i <= 3; i++) {
        g_assert_cmpint(
            apply(envelope, SPOC_STATE_WAITING, SPOC_STATE_WAITING, TRUE, 0, &delivered), ==,
            SPOC_STATE_WAITING);
        g_assert_cmpuint(envelope->attempts, ==, 1);
        g_assert_cmpuint(envelope->history->len, ==, i);
        g_assert_cmpint(envelope->next_attempt_unix_s, ==, NOW + 45);
    }
    envelope->next_attempt_unix_s = NOW;
    g_assert_cmpint(apply(envelope, SPOC_STATE_WAITING, SPOC_STATE_WAITING, TRUE, 0, &delivered),
                    ==, SPOC_STATE_WAITING);
    g_assert_cmpuint(envelope->attempts, ==, 2);
    g_assert_cmpint(envelope->next_attempt_unix_s, >, NOW);
}

static void
test_given_up(void)
{
    g_autoptr(SpocEnvelope) envelope = new_envelope();
    guint delivered = 0;
    envelope->created_unix_s = NOW - 2 * 3600;
    g_assert_cmpint(apply(envelope, SPOC_STATE_WAITING, SPOC_STATE_WAITING, TRUE, 0, &delivered),
                    ==, SPOC_STATE_FAILED);
    g_assert_cmpuint(spoc_envelope_pending(envelope), ==, 0);
    g_assert_nonnull(strstr(envelope->reason, "mailMaxAge"));
    g_assert_nonnull(strstr(envelope->reason, "said the server"));
}

/* What is known of a connection that was lost behind the dot outlives the process. */
static void
test_drops(void)
{
    g_autoptr(SpocEnvelope) envelope = new_envelope();
    g_autoptr(SpocDeliveryRequest) request = make_request(2);
    request->reason = g_strdup("lost");
    request->possible_duplicate = TRUE;
    request->attempted = TRUE;
    spoc_delivery_request_set_drops(request, 1, "mail.example.com:25");
    guint delivered = 0;
    g_assert_cmpint(spoc_outcome_apply(envelope, request, &schedule, NOW, 0.0, &delivered), ==,
                    SPOC_STATE_WAITING);
    g_assert_cmpuint(envelope->drops, ==, 1);
    g_assert_cmpstr(envelope->dropped_by, ==, "mail.example.com:25");
    spoc_delivery_request_set_drops(request, 2, envelope->dropped_by);
    g_assert_cmpint(spoc_outcome_apply(envelope, request, &schedule, NOW, 0.0, &delivered), ==,
                    SPOC_STATE_WAITING);
    g_assert_cmpuint(envelope->drops, ==, 2);
    g_assert_cmpstr(envelope->dropped_by, ==, "mail.example.com:25");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outcome/states", test_states);
    g_test_add_func("/outcome/rest", test_rest);
    g_test_add_func("/outcome/not-attempted", test_not_attempted);
    g_test_add_func("/outcome/early", test_early);
    g_test_add_func("/outcome/given-up", test_given_up);
    g_test_add_func("/outcome/drops", test_drops);
    return g_test_run();
}
