/* SPDX-License-Identifier: Apache-2.0 */
#include "control/protocol.h"

#include <string.h>

static void
test_requests(void)
{
    for (guint i = 0; i < SPOC_REQUEST_UNKNOWN; i++) {
        gboolean has_argument = i >= SPOC_REQUEST_SCAN;
        g_autofree char *line =
            spoc_control_request_line((SpocControlRequest)i, has_argument ? "a b" : NULL);
        const char *argument = NULL;
        g_assert_cmpint(spoc_control_request_parse(line, &argument), ==, i);
        g_assert_cmpstr(argument, ==, has_argument ? "a b" : "");
    }
    static const char *const unknown[] = {"",      " wake", "wake ",    "wake a", "wakes", "scan",
                                          "retry", "scans", "status x", "settle", "WAKE"};
    for (guint i = 0; i < G_N_ELEMENTS(unknown); i++) {
        const char *argument = NULL;
        g_assert_cmpint(spoc_control_request_parse(unknown[i], &argument), ==,
                        SPOC_REQUEST_UNKNOWN);
    }
}

static void
test_answers(void)
{
    const char *text = NULL;
    g_assert_cmpint(spoc_control_answer_parse("ok", &text), ==, SPOC_ANSWER_OK);
    g_assert_cmpstr(text, ==, "");
    g_assert_cmpint(spoc_control_answer_parse("ok 75", &text), ==, SPOC_ANSWER_OK);
    g_assert_cmpstr(text, ==, "75");
    g_assert_cmpint(spoc_control_answer_parse("okay", &text), ==, SPOC_ANSWER_MORE);
    g_assert_cmpstr(text, ==, "okay");
    g_assert_cmpint(spoc_control_answer_parse("", &text), ==, SPOC_ANSWER_MORE);
    g_autofree char *line = spoc_control_answer_line(SPOC_ANSWER_ERROR, "no\r\nok");
    g_assert_cmpstr(line, ==, "error no  ok");
    g_assert_cmpint(spoc_control_answer_parse(line, &text), ==, SPOC_ANSWER_ERROR);
    g_assert_cmpstr(text, ==, "no  ok");
    g_autofree char *problem = spoc_control_problem_line("ab", "is gone");
    g_assert_cmpstr(spoc_control_problem_parse(problem, "ab"), ==, "is gone");
    g_assert_null(spoc_control_problem_parse(problem, "a"));
    g_assert_null(spoc_control_problem_parse(problem, "abc"));
}

static void
test_documents(void)
{
    for (guint i = 0; i < SPOC_SUBMIT_WITHDRAWN; i++) {
        SpocSubmitResult result = SPOC_SUBMIT_WITHDRAWN;
        const char *text = NULL, *rest = NULL;
        g_autofree char *line = spoc_control_result_line((SpocSubmitResult)i, "250 2.0.0\nok");
        g_assert_cmpint(spoc_control_answer_parse(line, &text), ==, SPOC_ANSWER_OK);
        g_assert_true(spoc_control_result_parse(text, &result, &rest));
        g_assert_cmpint(result, ==, i);
        g_assert_cmpstr(rest, ==, "250 2.0.0 ok");
    }
    SpocSubmitResult result = SPOC_SUBMIT_WITHDRAWN;
    const char *rest = NULL;
    g_assert_false(spoc_control_result_parse("withdrawn", &result, &rest));
    g_assert_false(spoc_control_result_parse("deliveredx", &result, &rest));

    guint64 max_bytes = 0;
    g_autofree char *limit = spoc_control_limit_line(G_MAXUINT64, SPOC_SUBMIT_REFUSED_HOLD);
    g_assert_true(spoc_control_limit_parse(limit + strlen("ok "), &max_bytes, &result));
    g_assert_cmpuint(max_bytes, ==, G_MAXUINT64);
    g_assert_cmpint(result, ==, SPOC_SUBMIT_REFUSED_HOLD);
    g_assert_false(spoc_control_limit_parse("", &max_bytes, &result));
    g_assert_false(spoc_control_limit_parse("12", &max_bytes, &result));

    guint percent = 0;
    g_autofree char *progress = spoc_control_progress_line(42, "mail\nhost");
    g_assert_true(spoc_control_progress_parse(progress, &percent, &rest));
    g_assert_cmpuint(percent, ==, 42);
    g_assert_cmpstr(rest, ==, " mail host");
    g_assert_false(spoc_control_progress_parse("progress 101 a", &percent, &rest));
    g_assert_false(spoc_control_progress_parse("progress x", &percent, &rest));
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/control/protocol/requests", test_requests);
    g_test_add_func("/control/protocol/answers", test_answers);
    g_test_add_func("/control/protocol/documents", test_documents);
    return g_test_run();
}
