/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/request.h"

static SpocDeliveryRequest *
make_request(SpocRequestFinishedFunc finished, gpointer user_data)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("", 0);
    g_autoptr(SpocContent) content = spoc_content_new_bytes(bytes);
    SpocDeliveryRequest *request =
        spoc_delivery_request_new("1", "a@x", content, finished, user_data);
    spoc_delivery_request_add_recipient(request, "b@x");
    return request;
}

static void
keep_finished(SpocDeliveryRequest *request, gpointer user_data)
{
    SpocDeliveryRequest **kept = user_data;
    *kept = request;
}

/* What two servers say in turn, and what becomes of the recipient. */
static void
test_two_servers(void)
{
    static const struct {
        SpocVerdict first, second;
        gboolean second_asked;
        SpocState state;
    } cases[] = {
        {SPOC_VERDICT_LATER, SPOC_VERDICT_DELIVERED, TRUE, SPOC_STATE_DONE},
        {SPOC_VERDICT_LATER, SPOC_VERDICT_LATER, TRUE, SPOC_STATE_WAITING},
        {SPOC_VERDICT_LATER, SPOC_VERDICT_HOLD, TRUE, SPOC_STATE_HELD},
        {SPOC_VERDICT_HOLD, SPOC_VERDICT_LATER, TRUE, SPOC_STATE_HELD},
        {SPOC_VERDICT_HOLD, SPOC_VERDICT_RETURN, TRUE, SPOC_STATE_FAILED},
        {SPOC_VERDICT_RETURN, SPOC_VERDICT_LATER, TRUE, SPOC_STATE_FAILED},
        {SPOC_VERDICT_RETURN_UNLESS_BACKUP, SPOC_VERDICT_DELIVERED, TRUE, SPOC_STATE_DONE},
        {SPOC_VERDICT_RETURN_UNLESS_BACKUP, SPOC_VERDICT_RETURN_UNLESS_BACKUP, TRUE,
         SPOC_STATE_FAILED},
        {SPOC_VERDICT_RETURN_UNLESS_BACKUP, SPOC_VERDICT_LATER, TRUE, SPOC_STATE_WAITING},
        {SPOC_VERDICT_RETURN_UNLESS_BACKUP, SPOC_VERDICT_LATER, FALSE, SPOC_STATE_WAITING},
        {SPOC_VERDICT_LATER, SPOC_VERDICT_LATER, FALSE, SPOC_STATE_WAITING},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocDeliveryRequest) finished = NULL;
        SpocDeliveryRequest *request = make_request(keep_finished, &finished);
        spoc_delivery_request_note_all(request, cases[i].first, "first");
        spoc_delivery_request_explain(request, SPOC_STAGE_FINAL, "first");
        request->tried = 1;
        if (cases[i].second_asked) {
            spoc_delivery_request_note_all(request, cases[i].second, "second");
            spoc_delivery_request_explain(request, SPOC_STAGE_FINAL, "second");
            request->tried = 3;
        }
        spoc_delivery_request_finish(request, !cases[i].second_asked, 0);
        g_test_message("case %u", i);
        g_assert_true(finished == request);
        const SpocRequestRecipient *recipient = g_ptr_array_index(finished->recipients, 0);
        g_assert_cmpint(recipient->state, ==, cases[i].state);
        g_assert_cmpstr(recipient->reply, ==,
                        cases[i].second_asked && cases[i].first != SPOC_VERDICT_RETURN ? "second"
                                                                                       : "first");
        g_assert_true(finished->attempted);
        if (recipient->state == SPOC_STATE_DONE)
            g_assert_null(finished->reason);
        else
            g_assert_cmpstr(finished->reason, ==,
                            cases[i].second_asked ? "first; then second" : "first");
    }
}

/* A server has two chances behind a lost connection; then any may have the message. */
static void
test_drops(void)
{
    g_autoptr(SpocDeliveryRequest) request = make_request(NULL, NULL);
    spoc_delivery_request_set_drops(request, 1, "one:25");
    spoc_delivery_request_note_drop(request, "two:25"); /* another one: counted anew */
    g_assert_cmpuint(request->drops, ==, 1);
    g_assert_cmpstr(request->dropped_by, ==, "two:25");
    g_assert_true(request->stay);
    spoc_delivery_request_note_drop(request, "two:25");
    g_assert_cmpuint(request->drops, ==, 2);
    g_assert_false(request->stay);
    spoc_delivery_request_note_drop(request, "one:25");
    g_assert_cmpuint(request->drops, ==, 3);
    g_assert_cmpstr(request->dropped_by, ==, "two:25");
    g_assert_false(request->stay);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/request/two-servers", test_two_servers);
    g_test_add_func("/request/drops", test_drops);
    return g_test_run();
}
