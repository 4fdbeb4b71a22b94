/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include "build-event.h"

#include <string.h>

/* How every message starts */
#define START                                                                                      \
    "\x02\0\0\0\0\0\0\0\x07\x47\0\x0e"                                                             \
    "notify-charset"
#define START_BYTES (sizeof START - 1)

typedef struct {
    guint events;
    guint damaged;
    gsize damaged_bytes;
    gint last_sequence;
    GString *sequences;
} Outcome;

/* Scans all of @stream, given to the scanner in growing pieces of @step bytes as a reader of a
 * growing file does. */
static void
scan_all(const GByteArray *stream, gsize step, Outcome *ret)
{
    *ret = (Outcome){.sequences = g_string_new(NULL)};
    gsize at = 0;
    gsize known = MIN(step, stream->len);
    for (;;) {
        g_autoptr(SpocEvent) event = NULL;
        gsize consumed = 0;
        gboolean complete = known == stream->len;
        SpocScanResult result =
            spoc_event_scan(stream->data + at, known - at, at, complete, &consumed, &event);
        g_assert_cmpuint(consumed, <=, known - at);
        if (result == SPOC_SCAN_END)
            break;
        if (result == SPOC_SCAN_MORE) {
            g_assert_cmpuint(consumed, ==, 0);
            g_assert_false(complete);
            known = MIN(known + step, stream->len);
            continue;
        }
        g_assert_cmpuint(consumed, >, 0);
        if (result == SPOC_SCAN_EVENT) {
            g_assert_nonnull(event);
            g_assert_cmpuint(event->offset, ==, at);
            g_assert_cmpuint(event->length_bytes, ==, consumed);
            ret->events++;
            ret->last_sequence = event->sequence_number;
            g_string_append_printf(ret->sequences, "%d ", event->sequence_number);
        } else {
            g_assert_null(event);
            ret->damaged++;
            ret->damaged_bytes += consumed;
        }
        at += consumed;
    }
    g_assert_cmpuint(at, ==, stream->len);
}

static void
test_values(void)
{
    const BuildEvent done = BUILD_EVENT_DONE;
    g_autoptr(GByteArray) stream = g_byte_array_new();
    build_event_append(stream, &done);
    g_assert_cmpuint(stream->len, >, 450);
    g_assert_cmpuint(stream->len, <, 600);

    g_autoptr(SpocEvent) event = NULL;
    gsize consumed = 0;
    g_assert_cmpint(spoc_event_scan(stream->data, stream->len, 4711, FALSE, &consumed, &event), ==,
                    SPOC_SCAN_EVENT);
    g_assert_cmpuint(consumed, ==, stream->len);
    g_assert_cmpuint(event->offset, ==, 4711);
    g_assert_cmpint(event->kind, ==, SPOC_EVENT_JOB_COMPLETED);
    g_assert_true(spoc_event_is_job(event));
    g_assert_cmpstr(event->name, ==, "job-completed");
    g_assert_cmpint(event->subscription_id, ==, 7);
    g_assert_cmpint(event->sequence_number, ==, 3);
    g_assert_cmpint(event->when_unix_s, ==, 1790000000);
    g_assert_cmpstr(event->text, ==, "Job completed.");
    g_assert_cmpint(event->job_id, ==, 17);
    g_assert_true(event->job_id_is_subscriptions);
    g_assert_cmpstr(event->job_name, ==, "Quarterly report.pdf");
    g_assert_cmpint(event->job_state, ==, 9);
    g_assert_cmpstr(event->job_state_reasons[0], ==, "job-completed-successfully");
    g_assert_cmpint(event->job_impressions_completed, ==, 3);
    g_assert_cmpstr(event->printer_uri, ==, "ipp://printhost:631/printers/q1");
    g_assert_cmpstr(event->printer_name, ==, "q1");
    g_assert_cmpint(event->printer_state, ==, 3);
    g_assert_cmpstr(event->printer_state_reasons[0], ==, "none");
    g_assert_cmpint(event->printer_is_accepting_jobs, ==, 1);
}

static void
test_other_values(void)
{
    const BuildEvent sent = {.event = "printer-exploded",
                             .printer_reason = "media-jam-error",
                             .printer_reason_2 = "toner-low-warning",
                             .spell_job_id = TRUE,
                             .job_id = 5,
                             .title = "caf\xe9"};
    g_autoptr(GByteArray) stream = g_byte_array_new();
    build_event_append(stream, &sent);
    g_autoptr(SpocEvent) event = NULL;
    gsize consumed = 0;
    g_assert_cmpint(spoc_event_scan(stream->data, stream->len, 0, TRUE, &consumed, &event), ==,
                    SPOC_SCAN_EVENT);
    g_assert_cmpint(event->kind, ==, SPOC_EVENT_OTHER);
    g_assert_false(spoc_event_is_job(event));
    g_assert_false(event->job_id_is_subscriptions);
    g_assert_cmpint(event->job_id, ==, 5);
    g_assert_cmpuint(g_strv_length(event->printer_state_reasons), ==, 2);
    g_assert_cmpstr(event->printer_state_reasons[1], ==, "toner-low-warning");
    g_assert_cmpuint(g_strv_length(event->job_state_reasons), ==, 0);
    g_assert_cmpint(event->job_impressions_completed, ==, -1);
    g_assert_cmpint(event->printer_is_accepting_jobs, ==, -1);
    g_assert_cmpint(event->when_unix_s, ==, 0);
    g_assert_true(g_utf8_validate(event->job_name, -1, NULL));
}

/* A message cut short anywhere costs itself alone, however the bytes arrive. */
static void
test_cut(void)
{
    BuildEvent done = BUILD_EVENT_DONE;
    done.user_data = "thirty-two bytes of someone's own";
    done.user_data_size = 33;
    g_autoptr(GByteArray) first = g_byte_array_new();
    build_event_append(first, &done);
    for (guint cut = 1; cut < first->len; cut++) {
        g_autoptr(GByteArray) stream = g_byte_array_new();
        g_byte_array_append(stream, first->data, cut);
        for (int i = 1; i <= 3; i++) {
            done.sequence_number = i;
            build_event_append(stream, &done);
        }
        for (gsize step = 97; step < 3000; step += 700) {
            Outcome outcome;
            scan_all(stream, step, &outcome);
            g_assert_cmpstr(outcome.sequences->str, ==, "1 2 3 ");
            g_assert_cmpuint(outcome.damaged, >=, 1);
            g_assert_cmpuint(outcome.damaged_bytes, ==, cut);
            g_string_free(outcome.sequences, TRUE);
        }
    }
}

/* One good message behind the fragment is found without waiting for the next, wherever the
 * fragment ends, but where its user data hides that it does. */
static void
test_cut_prompt(void)
{
    BuildEvent done = BUILD_EVENT_DONE;
    g_autoptr(GByteArray) whole = g_byte_array_new();
    build_event_append(whole, &done);
    for (guint cut = 28; cut < whole->len; cut++) {
        g_autoptr(GByteArray) stream = g_byte_array_new();
        g_byte_array_append(stream, whole->data, cut);
        g_byte_array_append(stream, whole->data, whole->len);
        g_autoptr(SpocEvent) event = NULL;
        gsize consumed = 0;
        g_assert_cmpint(spoc_event_scan(stream->data, stream->len, 0, FALSE, &consumed, &event), ==,
                        SPOC_SCAN_DAMAGED);
        g_assert_cmpuint(consumed, ==, cut);
    }
}

static void
append_text(GByteArray *stream, const char *bytes, gsize size)
{
    g_byte_array_append(stream, (const guint8 *)bytes, (guint)size);
}

static void
test_damage(void)
{
    const BuildEvent done = BUILD_EVENT_DONE;
    static const struct {
        const char *name;
        const char *before;
        gsize before_size;
        const char *after;
        gsize after_size;
        guint events;
        gsize damaged_bytes;
    } cases[] = {
        {"clean", "", 0, "", 0, 2, 0},
        {"garbage before", "garbage", 7, "", 0, 2, 7},
        {"a tail before", "\0\x05q1\x03", 5, "", 0, 2, 5},
        {"only a start behind", "", 0, START, START_BYTES, 2, START_BYTES},
        {"half a start behind", "", 0, START, 12, 2, 12},
        {"one byte behind", "", 0, "\x02", 1, 2, 1},
        {"starts before", START START START, 3 * START_BYTES, "", 0, 2, 3 * START_BYTES},
        {"a collection", START "\0\x05utf-8\x34\0\x01x\0\0\x37\0\0\0\0\x03", START_BYTES + 19, "",
         0, 2, START_BYTES + 19},
        {"another group", START "\0\x05utf-8\x01\x03", START_BYTES + 9, "", 0, 2, START_BYTES + 9},
        {"no event named", START "\0\x05utf-8\x03", START_BYTES + 8, "", 0, 2, START_BYTES + 8},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (gsize step = 1; step < 2000; step += 333) {
            g_autoptr(GByteArray) stream = g_byte_array_new();
            append_text(stream, cases[i].before, cases[i].before_size);
            build_event_append(stream, &done);
            build_event_append(stream, &done);
            append_text(stream, cases[i].after, cases[i].after_size);
            Outcome outcome;
            scan_all(stream, step, &outcome);
            if (outcome.events != cases[i].events ||
                outcome.damaged_bytes != cases[i].damaged_bytes)
                g_error("%s: %u events, %" G_GSIZE_FORMAT " bytes damaged", cases[i].name,
                        outcome.events, outcome.damaged_bytes);
            g_string_free(outcome.sequences, TRUE);
        }
    }
}

/* The start pattern in user data starts nothing, and hides nothing. */
static void
test_start_in_user_data(void)
{
    BuildEvent done = BUILD_EVENT_DONE;
    char user_data[63];
    memset(user_data, 'x', sizeof user_data);
    memcpy(user_data + 5, START, START_BYTES);
    memcpy(user_data + 5 + START_BYTES, "\0\x05utf-8\x03", 8);
    done.user_data = user_data;
    done.user_data_size = sizeof user_data;
    g_autoptr(GByteArray) stream = g_byte_array_new();
    for (int i = 1; i <= 3; i++) {
        done.sequence_number = i;
        build_event_append(stream, &done);
    }
    for (gsize step = 1; step < 2000; step += 61) {
        Outcome outcome;
        scan_all(stream, step, &outcome);
        g_assert_cmpstr(outcome.sequences->str, ==, "1 2 3 ");
        g_assert_cmpuint(outcome.damaged, ==, 0);
        g_string_free(outcome.sequences, TRUE);
    }
}

/* A length that asks for more than a message may have is damage, not a reason to wait. */
static void
test_limit(void)
{
    const BuildEvent done = BUILD_EVENT_DONE;
    g_autoptr(GByteArray) stream = g_byte_array_new();
    append_text(stream, START "\0\x05utf-8\x41\0\x04text\xff\xff", START_BYTES + 16);
    guint head = stream->len;
    g_byte_array_set_size(stream, SPOC_EVENT_MAX_BYTES + 1);
    memset(stream->data + head, 'z', stream->len - head);
    g_autoptr(SpocEvent) event = NULL;
    gsize consumed = 0;
    g_assert_cmpint(spoc_event_scan(stream->data, stream->len, 0, FALSE, &consumed, &event), ==,
                    SPOC_SCAN_DAMAGED);
    build_event_append(stream, &done);
    Outcome outcome;
    scan_all(stream, 10000, &outcome);
    g_assert_cmpuint(outcome.events, ==, 1);
    g_string_free(outcome.sequences, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/event/values", test_values);
    g_test_add_func("/event/other-values", test_other_values);
    g_test_add_func("/event/cut", test_cut);
    g_test_add_func("/event/cut-prompt", test_cut_prompt);
    g_test_add_func("/event/damage", test_damage);
    g_test_add_func("/event/start-in-user-data", test_start_in_user_data);
    g_test_add_func("/event/limit", test_limit);
    return g_test_run();
}
