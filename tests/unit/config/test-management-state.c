/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "config/management-state.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

typedef struct {
    char *path;
    int fd;
    SpocPlaces places;
} Folder;

static void
set_up(Folder *folder, gconstpointer data)
{
    folder->path = g_dir_make_tmp("spoc-state-XXXXXX", NULL);
    g_assert_nonnull(folder->path);
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY);
    g_assert_cmpint(folder->fd, >=, 0);
    folder->places.cache_dir = folder->path;
}

static void
tear_down(Folder *folder, gconstpointer data)
{
    (void)unlinkat(folder->fd, SPOC_MANAGEMENT_STATE_FILE, 0);
    close(folder->fd);
    g_assert_cmpint(g_rmdir(folder->path), ==, 0);
    g_free(folder->path);
}

static void
write_file(const Folder *folder, const char *content)
{
    g_autofree char *path = g_build_filename(folder->path, SPOC_MANAGEMENT_STATE_FILE, NULL);
    g_assert_true(g_file_set_contents(path, content, -1, NULL));
}

static void
test_comes_back(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    char address[] = "https://office.example.com/a b/ü.conf";
    char url[] = DIGEST_A, values[] = DIGEST_B, reason[] = "C:\\temp\\x = [broken]; \"words\"";
    char etag[] = "W/\"a\\b=;#[x]\"", date[] = "Tue, 24 Nov 2026 07:00:00 GMT";
    const SpocManagementState written = {
        .address = address,
        .url_sha256 = url,
        .attempt_unix_s = 1800000300,
        .success_unix_s = 1800000000,
        .failures = 7,
        .error = reason,
        .values_sha256 = values,
        .etag = etag,
        .last_modified = date,
    };
    g_assert_true(spoc_management_state_write(folder->fd, &written, &error));
    g_assert_no_error(error);
    struct stat info;
    g_assert_cmpint(fstatat(folder->fd, SPOC_MANAGEMENT_STATE_FILE, &info, 0), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);

    g_auto(SpocManagementState) read = {0};
    g_assert_true(spoc_management_state_read(&folder->places, &read, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(read.address, ==, address);
    g_assert_cmpstr(read.url_sha256, ==, url);
    g_assert_cmpint(read.attempt_unix_s, ==, 1800000300);
    g_assert_cmpint(read.success_unix_s, ==, 1800000000);
    g_assert_cmpuint(read.failures, ==, 7);
    g_assert_cmpstr(read.error, ==, reason);
    g_assert_cmpstr(read.values_sha256, ==, values);
    g_assert_cmpstr(read.etag, ==, etag);
    g_assert_cmpstr(read.last_modified, ==, date);
}

static void
test_nothing_known_is_left_out(Folder *folder, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    char url[] = DIGEST_A;
    const SpocManagementState written = {.url_sha256 = url};
    g_assert_true(spoc_management_state_write(folder->fd, &written, &error));
    g_auto(SpocManagementState) read = {0};
    g_assert_true(spoc_management_state_read(&folder->places, &read, &error));
    g_assert_no_error(error);
    g_assert_null(read.address);
    g_assert_null(read.error);
    g_assert_null(read.values_sha256);
    g_assert_null(read.etag);
    g_assert_null(read.last_modified);
    g_assert_cmpint(read.success_unix_s, ==, 0);
}

static void
test_unreadable(Folder *folder, gconstpointer data)
{
    g_auto(SpocManagementState) state = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(spoc_management_state_read(&folder->places, &state, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
    g_clear_error(&error);

    static const char *const damaged[] = {"", "rubbish", "[management]\n", "[other]\nfailures=3\n",
                                          "[management]\nurl-sha256=12\netag=\"x\"\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(damaged); i++) {
        write_file(folder, damaged[i]);
        g_assert_false(spoc_management_state_read(&folder->places, &state, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
        g_assert_null(state.etag);
        g_clear_error(&error);
    }

    g_autofree char *large = g_strnfill(SPOC_MANAGEMENT_STATE_MAX_BYTES + 1, '#');
    write_file(folder, large);
    g_assert_false(spoc_management_state_read(&folder->places, &state, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
}

/* A file that somebody else wrote: what could do harm is not taken. */
static void
test_hostile(void)
{
    const char *text = "[management]\n"
                       "url-sha256=" DIGEST_A "\n"
                       "address=https://a.example/\\n[x]\\nERROR: lie\n"
                       "attempt-unix-s=-5\n"
                       "success-unix-s=99999999999999999999\n"
                       "failures=99999999999\n"
                       "error=one\\ntwo\n"
                       "values-sha256=" DIGEST_A "0\n"
                       "etag=\"a\\r\\nX-Header: b\"\n"
                       "last-modified=Tue\\nX: y\n";
    g_auto(SpocManagementState) state = {0};
    spoc_management_state_parse(text, strlen(text), &state);
    g_assert_cmpstr(state.url_sha256, ==, DIGEST_A);
    g_assert_cmpstr(state.address, ==, "https://a.example/ [x] ERROR: lie");
    g_assert_cmpint(state.attempt_unix_s, ==, 0);
    g_assert_cmpint(state.success_unix_s, ==, 0);
    g_assert_cmpuint(state.failures, ==, 0);
    g_assert_cmpstr(state.error, ==, "one two");
    g_assert_null(state.values_sha256);
    g_assert_null(state.etag);
    g_assert_null(state.last_modified);
}

static void
test_validators(void)
{
    static const struct {
        const char *text;
        gboolean is_etag, is_date;
    } cases[] = {
        {"\"abc\"", TRUE, FALSE},
        {"W/\"6564-1f\"", TRUE, FALSE},
        {"\"\"", TRUE, FALSE},
        {"\"", FALSE, FALSE},
        {"W/", FALSE, FALSE},
        {"W/\"", FALSE, FALSE},
        {"w/\"a\"", FALSE, FALSE},
        {"abc", FALSE, TRUE},
        {"\"a\"b\"", FALSE, FALSE},
        {"\"a b\"", FALSE, FALSE},
        {"\"a\r\nb\"", FALSE, FALSE},
        {"\"\xc3\xa4\"", FALSE, FALSE},
        {"Tue, 24 Nov 2026 07:00:00 GMT", FALSE, TRUE},
        {"Tue, 24 Nov 2026\r\n", FALSE, FALSE},
        {"", FALSE, FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(spoc_management_state_is_etag(cases[i].text), ==, cases[i].is_etag);
        g_assert_cmpint(spoc_management_state_is_date(cases[i].text), ==, cases[i].is_date);
    }
    g_autofree char *inside = g_strnfill(SPOC_MANAGEMENT_VALIDATOR_MAX_BYTES - 1, 'a');
    g_autofree char *long_etag = g_strdup_printf("\"%s\"", inside);
    g_assert_false(spoc_management_state_is_etag(long_etag));
    g_autofree char *long_date = g_strconcat(inside, "aa", NULL);
    g_assert_false(spoc_management_state_is_date(long_date));
}

static void
test_text(void)
{
    char address[] = "https://o.example/p", reason[] = "no answer";
    static const struct {
        gint64 success, attempt;
        guint failures;
        const char *text;
    } cases[] = {
        {0, 0, 0, "not fetched yet: spocd has not run since managementUrl was set"},
        {100000, 100000, 0, "fetched 0 seconds ago from https://o.example/p"},
        {99999, 99999, 0, "fetched 1 second ago from https://o.example/p"},
        {99881, 99881, 0, "fetched 119 seconds ago from https://o.example/p"},
        {99880, 99880, 0, "fetched 2 minutes ago from https://o.example/p"},
        {100500, 100500, 0, "fetched 0 seconds ago from https://o.example/p"},
        {92800, 92800, 0, "fetched 2 hours ago from https://o.example/p"},
        {92800, 99970, 3,
         "fetched 2 hours ago from https://o.example/p; the last attempt, 30 seconds ago, failed "
         "(3 in a row): no answer"},
        {0, 99970, 1,
         "never fetched from https://o.example/p; the last attempt, 30 seconds ago, failed (1 in a "
         "row): no answer"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SpocManagementState state = {.address = address,
                                           .error = reason,
                                           .success_unix_s = cases[i].success,
                                           .attempt_unix_s = cases[i].attempt,
                                           .failures = cases[i].failures};
        g_autofree char *text = spoc_management_state_text(&state, 100000);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

static void
test_shown_url(void)
{
    static const struct {
        const char *url, *shown;
    } cases[] = {
        {"https://office.example.com/print.conf", "https://office.example.com/print.conf"},
        {"https://office.example.com:8443/a?token=secret#x", "https://office.example.com:8443/a"},
        {"https://user:secret@office.example.com/a", "https://office.example.com/a"},
        {"https://[::1]:8443/a%20b", "https://[::1]:8443/a%20b"},
        {"HTTPS://office.example.com/", "https://office.example.com/"},
        {"http://office.example.com/", NULL},
        {"file:///etc/passwd", NULL},
        {"https:///a", NULL},
        {"office.example.com", NULL},
        {"", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = spoc_management_shown_url(cases[i].url);
        g_assert_cmpstr(shown, ==, cases[i].shown);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/management-state/comes-back", Folder, NULL, set_up, test_comes_back, tear_down);
    g_test_add("/management-state/nothing-known", Folder, NULL, set_up,
               test_nothing_known_is_left_out, tear_down);
    g_test_add("/management-state/unreadable", Folder, NULL, set_up, test_unreadable, tear_down);
    g_test_add_func("/management-state/hostile", test_hostile);
    g_test_add_func("/management-state/validators", test_validators);
    g_test_add_func("/management-state/text", test_text);
    g_test_add_func("/management-state/shown-url", test_shown_url);
    return g_test_run();
}
