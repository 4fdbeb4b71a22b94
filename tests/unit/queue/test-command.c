/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "queue/command.h"
#include "spool/message.h"

#include <ftw.h>
#include <glib/gstdio.h>

#define NOW 5000

typedef struct {
    char *root;
    SpocPlaces *places;
    SpocSpool *spool;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = g_dir_make_tmp("spoc-command-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *requests = g_strconcat("CUPS_REQUESTROOT=", fixture->root, NULL);
    g_autofree char *cache = g_strconcat("CUPS_CACHEDIR=", fixture->root, NULL);
    g_autofree char *server = g_strconcat("CUPS_SERVERROOT=", fixture->root, NULL);
    char *environment[] = {requests, cache, server, NULL};
    fixture->places = spoc_places_new(environment);
    g_assert_cmpint(g_mkdir_with_parents(fixture->places->spool_dir, 0700), ==, 0);
    fixture->spool = spoc_spool_open(fixture->places, &error);
    g_assert_no_error(error);
}

static int
remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    return remove(path);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    spoc_spool_free(fixture->spool);
    spoc_places_free(fixture->places);
    g_assert_cmpint(nftw(fixture->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
    g_free(fixture->root);
}

static void
add_message_of(Fixture *fixture, const char *id, SpocState state, const char *kind)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEnvelope) envelope = spoc_envelope_new();
    envelope->id = g_strdup(id);
    envelope->kind = g_strdup(kind);
    envelope->sender = g_strdup("print@example.com");
    envelope->subject = g_strdup("subject");
    envelope->message_id = g_strdup("m@example.com");
    spoc_envelope_add_recipient(envelope, "alice@example.com");
    spoc_envelope_add_recipient(envelope, "bob@example.com");
    if (state == SPOC_STATE_FAILED) {
        SpocEnvelopeRecipient *alice = g_ptr_array_index(envelope->recipients, 0);
        alice->state = SPOC_STATE_DONE;
        SpocEnvelopeRecipient *bob = g_ptr_array_index(envelope->recipients, 1);
        bob->state = SPOC_STATE_FAILED;
    }
    envelope->created_unix_s = 1000;
    envelope->attempts = 4;
    envelope->next_attempt_unix_s = state == SPOC_STATE_FAILED ? 0 : 9000;
    g_autoptr(GBytes) body = g_bytes_new_static("Subject: x\r\n\r\nx\r\n", 17);
    g_assert_true(spoc_message_add(fixture->spool, &(SpocMessage){envelope, body}, state, &error));
    g_assert_no_error(error);
}

static void
add_message(Fixture *fixture, const char *id, SpocState state)
{
    add_message_of(fixture, id, state, SPOC_QUEUE_NOTIFICATION_KIND);
}

static gboolean
order_one(SpocSpool *spool, SpocQueueCommand order, const char *id, gint64 now, GError **error)
{
    g_autoptr(GPtrArray) errors = spoc_queue_command(spool, order, &id, 1, now);
    g_assert_cmpuint(errors->len, ==, 1);
    const GError *problem = g_ptr_array_index(errors, 0);
    if (problem != NULL)
        g_propagate_error(error, g_error_copy(problem));
    return problem == NULL;
}

/* (transfer full): after checking its state */
static SpocEnvelope *
look(Fixture *fixture, const char *id, SpocState wanted)
{
    g_autoptr(GError) error = NULL;
    SpocState state = SPOC_STATE_NEW;
    g_assert_true(spoc_message_find(fixture->spool, id, &state, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(spoc_message_state_name(state), ==, spoc_message_state_name(wanted));
    SpocEnvelope *envelope = spoc_message_load(fixture->spool, state, id, &error);
    g_assert_no_error(error);
    return envelope;
}

static void
test_retry(Fixture *fixture, gconstpointer data)
{
    static const SpocState from[] = {SPOC_STATE_NEW, SPOC_STATE_WAITING, SPOC_STATE_HELD};
    for (guint i = 0; i < G_N_ELEMENTS(from); i++) {
        g_autofree char *id = g_strdup_printf("m%u", i);
        g_autoptr(GError) error = NULL;
        add_message(fixture, id, from[i]);
        g_assert_true(order_one(fixture->spool, SPOC_QUEUE_COMMAND_RETRY, id, NOW, &error));
        g_assert_no_error(error);
        g_autoptr(SpocEnvelope) envelope = look(fixture, id, SPOC_STATE_WAITING);
        g_assert_cmpint(envelope->next_attempt_unix_s, ==, NOW);
        g_assert_cmpint(envelope->created_unix_s, ==, 1000);
        g_assert_cmpuint(envelope->attempts, ==, 4);
    }
}

static void
test_retry_failed(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    add_message_of(fixture, "f", SPOC_STATE_FAILED, "scan");
    g_assert_true(order_one(fixture->spool, SPOC_QUEUE_COMMAND_RETRY, "f", NOW, &error));
    g_assert_no_error(error);
    g_autoptr(SpocEnvelope) envelope = look(fixture, "f", SPOC_STATE_WAITING);
    const SpocEnvelopeRecipient *alice = g_ptr_array_index(envelope->recipients, 0);
    const SpocEnvelopeRecipient *bob = g_ptr_array_index(envelope->recipients, 1);
    g_assert_cmpint(alice->state, ==, SPOC_STATE_DONE);
    g_assert_cmpint(bob->state, ==, SPOC_STATE_WAITING);
    g_assert_cmpint(envelope->created_unix_s, ==, NOW);
    g_assert_cmpuint(envelope->attempts, ==, 0);

    /* Of a notification there is no body to be sent. */
    add_message(fixture, "n", SPOC_STATE_FAILED);
    g_assert_null(spoc_message_load_body(fixture->spool, "n", NULL));
    g_assert_false(order_one(fixture->spool, SPOC_QUEUE_COMMAND_RETRY, "n", NOW, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_autoptr(SpocEnvelope) kept = look(fixture, "n", SPOC_STATE_FAILED);
    g_assert_cmpuint(kept->attempts, ==, 4);
}

static void
test_hold_and_release(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    add_message(fixture, "a", SPOC_STATE_WAITING);
    g_assert_false(order_one(fixture->spool, SPOC_QUEUE_COMMAND_RELEASE, "a", NOW, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
    g_clear_error(&error);

    g_assert_true(order_one(fixture->spool, SPOC_QUEUE_COMMAND_HOLD, "a", NOW, &error));
    g_assert_no_error(error);
    g_autoptr(SpocEnvelope) held = look(fixture, "a", SPOC_STATE_HELD);
    g_assert_cmpint(held->next_attempt_unix_s, ==, 0);
    g_assert_cmpstr(held->reason, ==, "held by the administrator");
    g_assert_cmpuint(held->history->len, ==, 1);

    g_assert_true(order_one(fixture->spool, SPOC_QUEUE_COMMAND_RELEASE, "a", NOW + 1, &error));
    g_assert_no_error(error);
    g_autoptr(SpocEnvelope) released = look(fixture, "a", SPOC_STATE_WAITING);
    g_assert_cmpint(released->next_attempt_unix_s, ==, NOW + 1);
    g_assert_null(released->reason);
    g_assert_cmpuint(released->history->len, ==, 2);

    add_message(fixture, "f", SPOC_STATE_FAILED);
    g_assert_false(order_one(fixture->spool, SPOC_QUEUE_COMMAND_HOLD, "f", NOW, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

static void
test_delete(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    add_message(fixture, "a", SPOC_STATE_HELD);
    g_assert_true(order_one(fixture->spool, SPOC_QUEUE_COMMAND_DELETE, "a", NOW, &error));
    g_assert_no_error(error);
    g_assert_false(order_one(fixture->spool, SPOC_QUEUE_COMMAND_DELETE, "a", NOW, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(spoc_message_load_body(fixture->spool, "a", &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
}

static void
test_refused(Fixture *fixture, gconstpointer data)
{
    add_message(fixture, "s", SPOC_STATE_SENDING);
    for (guint i = 0; i < SPOC_QUEUE_COMMAND_COUNT; i++) {
        static const struct {
            const char *id;
            SpocErrorCode code;
        } cases[] = {{"s", SPOC_ERROR_UNAVAILABLE},
                     {"none", SPOC_ERROR_NOT_FOUND},
                     {"../waiting/s", SPOC_ERROR_INVALID},
                     {"", SPOC_ERROR_INVALID}};
        for (guint j = 0; j < G_N_ELEMENTS(cases); j++) {
            g_autoptr(GError) error = NULL;
            g_assert_false(
                order_one(fixture->spool, (SpocQueueCommand)i, cases[j].id, NOW, &error));
            g_assert_error(error, SPOC_ERROR, (gint)cases[j].code);
        }
    }
    g_autoptr(SpocEnvelope) untouched = look(fixture, "s", SPOC_STATE_SENDING);
    g_assert_cmpint(untouched->next_attempt_unix_s, ==, 9000);
}

/* Many at once, of all states: each by itself. */
static void
test_many(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *id;
        int hold, release, delete; /* SpocErrorCode; -1: it is done */
    } cases[] = {
        {"w1", -1, -1, -1},
        {"f", SPOC_ERROR_INVALID, SPOC_ERROR_INVALID, -1},
        {"h", -1, -1, -1},
        {"s", SPOC_ERROR_UNAVAILABLE, SPOC_ERROR_UNAVAILABLE, SPOC_ERROR_UNAVAILABLE},
        {"none", SPOC_ERROR_NOT_FOUND, SPOC_ERROR_NOT_FOUND, SPOC_ERROR_NOT_FOUND},
        {"w1", SPOC_ERROR_INVALID, SPOC_ERROR_INVALID, SPOC_ERROR_INVALID}, /* twice */
        {"n", -1, -1, -1},
        {"../waiting/w1", SPOC_ERROR_INVALID, SPOC_ERROR_INVALID, SPOC_ERROR_INVALID},
    };
    const char *ids[G_N_ELEMENTS(cases)];
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        ids[i] = cases[i].id;
    add_message(fixture, "w1", SPOC_STATE_WAITING);
    add_message(fixture, "n", SPOC_STATE_NEW);
    add_message(fixture, "h", SPOC_STATE_HELD);
    add_message(fixture, "f", SPOC_STATE_FAILED);
    add_message(fixture, "s", SPOC_STATE_SENDING);
    static const SpocQueueCommand orders[] = {SPOC_QUEUE_COMMAND_HOLD, SPOC_QUEUE_COMMAND_RELEASE,
                                              SPOC_QUEUE_COMMAND_DELETE};
    for (guint k = 0; k < G_N_ELEMENTS(orders); k++) {
        g_autoptr(GPtrArray) errors =
            spoc_queue_command(fixture->spool, orders[k], ids, G_N_ELEMENTS(cases), NOW);
        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
            const int codes[] = {cases[i].hold, cases[i].release, cases[i].delete};
            const GError *error = g_ptr_array_index(errors, i);
            g_test_message("%d %s", (int)orders[k], ids[i]);
            g_assert_cmpint(error != NULL ? error->code : -1, ==, codes[k]);
        }
    }
    g_autoptr(SpocEnvelope) untouched = look(fixture, "s", SPOC_STATE_SENDING);
    g_assert_cmpint(untouched->next_attempt_unix_s, ==, 9000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/queue-command/retry", Fixture, NULL, set_up, test_retry, tear_down);
    g_test_add("/queue-command/retry-failed", Fixture, NULL, set_up, test_retry_failed, tear_down);
    g_test_add("/queue-command/hold-and-release", Fixture, NULL, set_up, test_hold_and_release,
               tear_down);
    g_test_add("/queue-command/delete", Fixture, NULL, set_up, test_delete, tear_down);
    g_test_add("/queue-command/refused", Fixture, NULL, set_up, test_refused, tear_down);
    g_test_add("/queue-command/many", Fixture, NULL, set_up, test_many, tear_down);
    return g_test_run();
}
