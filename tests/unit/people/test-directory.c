/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: directory-none.c directory-settings.c
 * What is said to a server (directory-link.c and the others) is in tests/system/test-ldap.py. */
#include "base/error.h"
#include "config/file.h"
#include "config/load.h"
#include "people/alias.h"
#include "people/allow.h"
#include "people/directory-link.h"
#include "people/directory.h"
#include "people/recipient.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOBODY_THERE "ldapi://%2Fno%2Fsuch%2Fsocket"

typedef struct {
    char *folder;
    SpocPlaces *places;
    SpocConfig *config;
} Fixture;

static void
set_up(Fixture *fixture, const char *more)
{
    fixture->folder = g_dir_make_tmp("spoc-test-XXXXXX", NULL);
    g_assert_true(g_setenv("CUPS_SERVERROOT", fixture->folder, TRUE));
    g_assert_true(g_setenv("CUPS_DATADIR", fixture->folder, TRUE));
    fixture->places = spoc_places_new(NULL);
    g_autofree char *text = g_strconcat("mailserver = a.example\nrecipientDomain = example.com\n"
                                        "recipientLdapUri = " NOBODY_THERE "\n"
                                        "recipientLdapBase = dc=example\n"
                                        "notifyAllowedRecipients = @owner, @example.com\n",
                                        more, NULL);
    g_assert_cmpint(g_mkdir_with_parents(fixture->places->config_dir, 0700), ==, 0);
    g_assert_true(g_file_set_contents(fixture->places->config_file, text, -1, NULL));
    fixture->config = spoc_config_load(fixture->places);
    g_assert_null(spoc_config_blocker(fixture->config));
}

static void
tear_down(Fixture *fixture)
{
    (void)g_remove(fixture->places->config_file);
    (void)g_rmdir(fixture->places->config_dir);
    (void)g_rmdir(fixture->folder);
    spoc_config_unref(fixture->config);
    spoc_places_free(fixture->places);
    g_free(fixture->folder);
}

static void
count(gpointer counter)
{
    (*(guint *)counter)++;
}

static void
wait_until(const guint *counter, guint value)
{
    while (*counter < value)
        (void)g_main_context_iteration(NULL, TRUE);
}

static void
drain(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        continue;
}

/* --- the cache -------------------------------------------------------------------------- */

static void
put(SpocDirectoryCache *cache, const char *user, const char *address, gint64 until_us)
{
    SpocDirectoryAnswer answer = {.outcome = SPOC_DIRECTORY_FOUND, .address = g_strdup(address)};
    spoc_directory_cache_put(cache, user, &answer, until_us);
    g_assert_null(answer.address);
}

static const char *
get(SpocDirectoryCache *cache, const char *user, gint64 now_us)
{
    const SpocDirectoryAnswer *answer = spoc_directory_cache_get(cache, user, now_us);
    return answer != NULL ? answer->address : NULL;
}

static void
test_cache(void)
{
    g_autoptr(SpocDirectoryCache) cache = spoc_directory_cache_new(3);
    put(cache, "a", "a@example.com", 10);
    g_assert_cmpstr(get(cache, "a", 9), ==, "a@example.com");
    g_assert_null(get(cache, "a", 10));
    g_assert_null(get(cache, "b", 0));
    put(cache, "b", "b@example.com", 100);
    put(cache, "c", "c@example.com", 100);
    put(cache, "a", "again@example.com", 100);
    put(cache, "d", "d@example.com", 100);
    /* The oldest answer is b's. */
    g_assert_null(get(cache, "b", 0));
    g_assert_cmpstr(get(cache, "a", 50), ==, "again@example.com");
    g_assert_cmpstr(get(cache, "c", 50), ==, "c@example.com");
    g_assert_cmpstr(get(cache, "d", 50), ==, "d@example.com");
}

/* --- filters ---------------------------------------------------------------------------- */

static void
test_filter(void)
{
    static const struct {
        const char *filter, *user, *expected;
    } made[] = {
        {"(uid=%u)", "alice", "(uid=alice)"},
        {"(|(uid=%u)(mail=%u@x))", "a", "(|(uid=a)(mail=a@x))"},
        {"(uid=%u)", "*)(uid=*", "(uid=\\2A\\29\\28uid=\\2A)"},
        {"(uid=%u)", "a\\b", "(uid=a\\5Cb)"},
        {"(uid=%u%u)", "%u", "(uid=%u%u)"},
    };
    static const struct {
        const char *filter;
        gboolean is_valid;
    } judged[] = {
        {"(uid=%u)", TRUE},   {"(&(objectClass=person)(sAMAccountName=%u))", TRUE},
        {"uid=%u", TRUE},     {"(uid=%u", FALSE},
        {"(uid=%u))", FALSE}, {"(&(uid=%u)", FALSE},
        {"(%u)", FALSE},
    };
    if (!spoc_directory_is_supported()) {
        g_test_skip("this build has no LDAP");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(made); i++) {
        g_autofree char *filter = spoc_directory_filter(made[i].filter, made[i].user);
        g_assert_cmpint(g_ascii_strcasecmp(filter, made[i].expected), ==, 0);
    }
    for (guint i = 0; i < G_N_ELEMENTS(judged); i++) {
        g_test_message("%s", judged[i].filter);
        g_assert_cmpint(spoc_directory_filter_is_valid(judged[i].filter), ==, judged[i].is_valid);
    }
}

static void
test_problem(void)
{
    Fixture fixture;
    set_up(&fixture, "recipientLdapFilter = (|(uid=%u)\n");
    g_autofree char *problem = spoc_directory_problem(fixture.config);
    g_assert_nonnull(problem);
    g_assert_nonnull(strstr(problem, spoc_directory_is_supported() ? "is no filter" : "no LDAP"));
    tear_down(&fixture);
}

/* --- nobody answers --------------------------------------------------------------------- */

typedef struct {
    guint away, back;
    char *words;
} Changes;

static void
on_changed(const char *words, gpointer user_data)
{
    Changes *changes = user_data;
    if (words == NULL)
        changes->back++;
    else
        changes->away++;
    g_free(changes->words);
    changes->words = g_strdup(words);
}

static void
assert_code(SpocDirectory *directory, const char *user, int code)
{
    SpocDirectoryEntry entry;
    g_autoptr(GError) error = NULL;
    g_assert_false(spoc_directory_find(directory, user, &entry, &error));
    g_assert_error(error, SPOC_ERROR, code);
}

static void
test_away(void)
{
    static const char *const alice[] = {"alice", NULL};
    static const char *const both[] = {"alice", "bob", NULL};
    Fixture fixture;
    set_up(&fixture, "");
    SpocDirectory *directory = spoc_directory_new(fixture.config, NULL);
    Changes changes = {0};
    guint answers = 0;
    spoc_directory_set_changed(directory, on_changed, &changes);
    assert_code(directory, "alice", SPOC_ERROR_PENDING);
    g_assert_cmpuint(spoc_directory_ask(directory, both, count, &answers), !=, 0);
    guint cancelled = spoc_directory_ask(directory, alice, count, &answers);
    spoc_directory_ask_cancel(cancelled);
    wait_until(&answers, 1);
    drain();
    g_assert_cmpuint(answers, ==, 1);
    assert_code(directory, "alice", SPOC_ERROR_UNAVAILABLE);
    assert_code(directory, "carol", SPOC_ERROR_UNAVAILABLE);
    g_assert_cmpuint(changes.away, ==, 1);
    g_assert_nonnull(
        strstr(changes.words, spoc_directory_is_supported() ? NOBODY_THERE : "no LDAP"));

    /* It is asked again a little later, and that is no news. */
    gint64 begin_us = g_get_monotonic_time();
    (void)spoc_directory_ask(directory, alice, count, &answers);
    wait_until(&answers, 2);
    g_assert_cmpint(g_get_monotonic_time() - begin_us, >, G_USEC_PER_SEC);
    g_assert_cmpuint(changes.away, ==, 1);
    g_assert_cmpuint(changes.back, ==, 0);

    /* Whoever waits when it ends is told, but not from within. */
    (void)spoc_directory_ask(directory, alice, count, &answers);
    guint gone = spoc_directory_ask(directory, both, count, &answers);
    spoc_directory_free(directory);
    g_assert_cmpuint(answers, ==, 2);
    spoc_directory_ask_cancel(gone);
    wait_until(&answers, 3);
    drain();
    g_assert_cmpuint(answers, ==, 3);
    g_free(changes.words);
    tear_down(&fixture);
}

static void
test_people(void)
{
    const SpocRecipient alice = {.who = SPOC_WHO_USER, .text = (char *)"alice"};
    const SpocRecipient direct = {.who = SPOC_WHO_ADDRESS, .text = (char *)"x@example.com"};
    const SpocRecipient stranger = {.who = SPOC_WHO_ADDRESS, .text = (char *)"x@example.net"};
    Fixture fixture;
    set_up(&fixture, "");
    g_autoptr(SpocDirectory) directory = spoc_directory_new(fixture.config, NULL);
    g_autoptr(SpocPeople) people = spoc_people_new(fixture.config);
    g_autoptr(GError) error = NULL;
    guint answers = 0;
    spoc_people_set_directory(people, directory);
    g_assert_null(spoc_people_resolve(people, &direct, "owner", NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_PENDING);
    g_clear_error(&error);
    (void)spoc_people_ask(people, &direct, "owner", count, &answers);
    wait_until(&answers, 1);

    /* Away: an address that is allowed by itself need not wait to know the owner's. */
    g_autoptr(GPtrArray) found = spoc_people_resolve(people, &direct, "owner", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(found->len, ==, 1);
    /* One that "@owner" may allow does. */
    g_assert_null(spoc_people_resolve(people, &stranger, "owner", NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_clear_error(&error);
    g_assert_null(spoc_people_resolve(people, &alice, NULL, NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
    g_clear_error(&error);

    static const char *const allowed[] = {"@example.com", NULL};
    g_autoptr(SpocPeople) guessing = spoc_people_new_from_rules(
        &(SpocPeopleRules){.domain = "example.com", .allowed = allowed, .guesses = TRUE});
    spoc_people_set_directory(guessing, directory);
    g_autoptr(GPtrArray) guessed = spoc_people_resolve(guessing, &alice, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(((SpocPerson *)g_ptr_array_index(guessed, 0))->address, ==,
                    "alice@example.com");

    /* Without a directory nothing is to be asked, and the answer is there at once. */
    spoc_people_set_directory(people, NULL);
    (void)spoc_people_ask(people, &alice, NULL, count, &answers);
    wait_until(&answers, 2);
    tear_down(&fixture);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/directory/cache", test_cache);
    g_test_add_func("/directory/filter", test_filter);
    g_test_add_func("/directory/problem", test_problem);
    g_test_add_func("/directory/away", test_away);
    g_test_add_func("/directory/people", test_people);
    return g_test_run();
}
