/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Also tests: token-note.c
 */
#include "base/error.h"
#include "oauth-fixture.h"
#include "oauth/token-note.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_round_trip(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(SpocStoredLogin) read = {0};
    g_assert_false(spoc_stored_login_exists(fixture->state_fd));
    g_assert_false(spoc_stored_login_exists(-1));
    g_assert_false(spoc_stored_login_read(fixture->state_fd, &read, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
    g_clear_error(&error);

    SpocStoredLogin login = {(char[]){"https://a.example/t?x=;#"}, (char[]){" client\\ "},
                             (char[]){"0.A=;#\\token"}, 5, 7};
    g_assert_true(spoc_stored_login_write(fixture->state_fd, &login, &error));
    g_assert_true(spoc_stored_login_read(fixture->state_fd, &read, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(read.token_url, ==, login.token_url);
    g_assert_cmpstr(read.client_id, ==, login.client_id);
    g_assert_cmpstr(read.refresh_token, ==, login.refresh_token);
    g_assert_cmpint(read.obtained_unix_s, ==, 5);
    g_assert_cmpint(read.expires_unix_s, ==, 7);
    struct stat info;
    g_assert_cmpint(fstatat(fixture->state_fd, SPOC_STORED_LOGIN_FILE, &info, 0), ==, 0);
    g_assert_cmpuint(info.st_mode & 07777, ==, 0600);

    g_assert_true(spoc_stored_login_remove(fixture->state_fd, &error));
    g_assert_false(spoc_stored_login_remove(fixture->state_fd, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
}

static void
test_damaged(OAuthFixture *fixture, gconstpointer data)
{
    static const char *const texts[] = {
        "",
        "garbage",
        "[login]\n",
        "[login]\ntoken-url=https://a\nclient-id=b\n",
        "[login]\ntoken-url=https://a\nclient-id=b\nrefresh-token=\n",
        "[login]\ntoken-url=https://a\nclient-id=b\nrefresh-token=s3cr3t\\nX: y\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SpocStoredLogin) login = {0};
        g_assert_false(spoc_stored_login_parse(texts[i], strlen(texts[i]), &login, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
        g_assert_null(login.refresh_token);
        g_assert_null(strstr(error->message, "s3cr3t"));
    }
}

/* Whoever runs as lp may put a link there. */
static void
test_link_is_not_followed(OAuthFixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(SpocStoredLogin) login = {0};
    g_autofree char *path = oauth_fixture_file(
        fixture, "elsewhere", "[login]\ntoken-url=https://a\nclient-id=b\nrefresh-token=c\n");
    g_assert_cmpint(symlinkat(path, fixture->state_fd, SPOC_STORED_LOGIN_FILE), ==, 0);
    g_assert_false(spoc_stored_login_read(fixture->state_fd, &login, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    g_assert_true(spoc_stored_login_exists(fixture->state_fd));
}

static void
test_note(OAuthFixture *fixture, gconstpointer data)
{
    g_assert_null(spoc_token_note_read(fixture->state_fd));
    g_assert_null(spoc_token_note_read(-1));
    spoc_token_note_write(-1, "no", 5);
    spoc_token_note_write(fixture->state_fd, "it fails; do that", 5);
    g_autofree char *error = spoc_token_note_read(fixture->state_fd);
    g_assert_cmpstr(error, ==, "it fails; do that");
    spoc_token_note_write(fixture->state_fd, NULL, 6);
    g_assert_null(spoc_token_note_read(fixture->state_fd));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *path;
        void (*test)(OAuthFixture *, gconstpointer);
    } tests[] = {
        {"/oauth-stored-login/round-trip", test_round_trip},
        {"/oauth-stored-login/damaged", test_damaged},
        {"/oauth-stored-login/link", test_link_is_not_followed},
        {"/oauth-stored-login/note", test_note},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, OAuthFixture, NULL, oauth_fixture_set_up, tests[i].test,
                   oauth_fixture_tear_down);
    return g_test_run();
}
