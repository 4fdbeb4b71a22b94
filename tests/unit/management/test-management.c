/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Also tests: fetch.c. What needs a real web server is in tests/system.
 */
#include "base/error.h"
#include "config/layers.h"
#include "config/load.h"
#include "config/management-state.h"
#include "management/fetch.h"
#include "management/management.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VALUES "mailserver = old.example.com\n"

/* A private configuration and cache, and an address on loopback where nobody listens. */
typedef struct {
    char *root;
    SpocPlaces *places;
    int port_fd;
    char *url;
    int log_fd;
    SpocLog *log;
    GMainLoop *loop;
    guint ended_count;
    gboolean changed;
    SpocManagement *management;
} Fixture;

static void
make_places(Fixture *fixture)
{
    static const char *const names[] = {"CUPS_SERVERROOT", "CUPS_REQUESTROOT", "CUPS_CACHEDIR",
                                        "CUPS_STATEDIR",   "CUPS_DATADIR",     "CUPS_SERVERBIN"};
    g_auto(GStrv) environment = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(fixture->root, names[i], NULL);
        g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
        environment = g_environ_setenv(environment, names[i], path, TRUE);
    }
    fixture->places = spoc_places_new(environment);
    g_assert_cmpint(g_mkdir_with_parents(fixture->places->config_dir, 0700), ==, 0);
}

/* A port that is bound but not listened at: nobody else can get it, and it refuses. */
static void
make_dead_url(Fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    fixture->port_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fixture->port_fd, (struct sockaddr *)&address, length), ==, 0);
    g_assert_cmpint(getsockname(fixture->port_fd, (struct sockaddr *)&address, &length), ==, 0);
    fixture->url = g_strdup_printf("https://127.0.0.1:%u/print.conf?token=secret",
                                   (guint)ntohs(address.sin_port));
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->root = g_dir_make_tmp("spoc-management-XXXXXX", NULL);
    g_assert_nonnull(fixture->root);
    make_places(fixture);
    make_dead_url(fixture);
    g_autofree char *log_path = g_build_filename(fixture->root, "log", NULL);
    fixture->log_fd = open(log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    fixture->log = spoc_log_new(fixture->log_fd, SPOC_LOG_STYLE_CUPS, SPOC_LOG_DEBUG);
    fixture->loop = g_main_loop_new(NULL, FALSE);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    for (const char *name; folder != NULL && (name = g_dir_read_name(folder)) != NULL;) {
        g_autofree char *entry = g_build_filename(path, name, NULL);
        remove_tree(entry);
    }
    g_remove(path);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    spoc_management_free(fixture->management);
    g_main_loop_unref(fixture->loop);
    spoc_log_free(fixture->log);
    close(fixture->log_fd);
    close(fixture->port_fd);
    spoc_places_free(fixture->places);
    remove_tree(fixture->root);
    g_free(fixture->root);
    g_free(fixture->url);
}

static void
on_ended(gboolean values_changed, gpointer user_data)
{
    Fixture *fixture = user_data;
    fixture->ended_count++;
    fixture->changed |= values_changed;
    g_main_loop_quit(fixture->loop);
}

/* spoc.conf with a managementUrl (NULL: none) and more lines, in force. */
static void
use(Fixture *fixture, const char *url, const char *more)
{
    g_autofree char *text = g_strdup_printf("managementUrl = %s\n%s", url != NULL ? url : "", more);
    g_assert_true(g_file_set_contents(fixture->places->config_file, text, -1, NULL));
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    if (fixture->management == NULL)
        fixture->management = spoc_management_new(fixture->places, fixture->log, on_ended, fixture);
    spoc_management_use(fixture->management, config, NULL);
}

static void
restart(Fixture *fixture)
{
    g_clear_pointer(&fixture->management, spoc_management_free);
}

static char *
log_text(const Fixture *fixture)
{
    g_autofree char *path = g_build_filename(fixture->root, "log", NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static guint
count_of(const char *text, const char *word)
{
    g_auto(GStrv) parts = g_strsplit(text, word, -1);
    return g_strv_length(parts) - 1;
}

/* A copy that was fetched from fixture->url so many seconds ago. */
static void
put_copy(const Fixture *fixture, gint64 age_s)
{
    g_assert_cmpint(g_mkdir_with_parents(fixture->places->cache_dir, 0700), ==, 0);
    g_autofree char *path =
        g_build_filename(fixture->places->cache_dir, SPOC_LAYERS_FETCHED_FILE, NULL);
    g_assert_true(g_file_set_contents(path, VALUES, -1, NULL));
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_auto(SpocManagementState) state = {
        .url_sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, fixture->url, -1),
        .address = spoc_management_shown_url(fixture->url),
        .values_sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, VALUES, -1),
        .attempt_unix_s = now - age_s,
        .success_unix_s = now - age_s,
        .etag = g_strdup("\"1\""),
    };
    int cache = open(fixture->places->cache_dir, O_RDONLY | O_DIRECTORY);
    g_assert_true(spoc_management_state_write(cache, &state, NULL));
    close(cache);
}

static void
read_state(const Fixture *fixture, SpocManagementState *state)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(spoc_management_state_read(fixture->places, state, &error));
    g_assert_no_error(error);
}

static void
test_without_address(Fixture *fixture, gconstpointer data)
{
    use(fixture, NULL, "");
    g_assert_true(spoc_management_is_ready(fixture->management));
    g_assert_false(spoc_management_is_fetching(fixture->management));
    spoc_management_fetch_now(fixture->management);
    g_assert_false(spoc_management_is_fetching(fixture->management));
}

/* http is refused by the option; what holds then is "nowhere". */
static void
test_http_is_no_address(Fixture *fixture, gconstpointer data)
{
    use(fixture, "http://127.0.0.1/print.conf", "");
    g_assert_true(spoc_management_is_ready(fixture->management));
    g_assert_false(spoc_management_is_fetching(fixture->management));
}

static void
test_first_fetch_fails(Fixture *fixture, gconstpointer data)
{
    use(fixture, fixture->url, "");
    g_assert_false(spoc_management_is_ready(fixture->management));
    g_assert_true(spoc_management_is_fetching(fixture->management));
    g_main_loop_run(fixture->loop);
    g_assert_true(spoc_management_is_ready(fixture->management));
    g_assert_false(spoc_management_is_fetching(fixture->management));
    g_assert_false(fixture->changed);

    g_auto(SpocManagementState) state = {0};
    read_state(fixture, &state);
    g_assert_cmpuint(state.failures, ==, 1);
    g_assert_cmpint(state.success_unix_s, ==, 0);
    g_assert_nonnull(strstr(state.error, "firewall"));

    /* Failing on is no news, not even after a restart; the query is nobody's business. */
    spoc_management_fetch_now(fixture->management);
    g_main_loop_run(fixture->loop);
    restart(fixture);
    use(fixture, fixture->url, "");
    g_assert_true(spoc_management_is_fetching(fixture->management));
    g_main_loop_run(fixture->loop);
    g_assert_cmpuint(fixture->ended_count, ==, 3);
    g_autofree char *text = log_text(fixture);
    g_assert_cmpuint(count_of(text, "WARNING: cannot fetch the management values"), ==, 1);
    g_assert_cmpuint(count_of(text, "secret"), ==, 0);
    spoc_management_state_clear(&state);
    read_state(fixture, &state);
    g_assert_cmpuint(state.failures, ==, 3);
}

static void
test_copy_stays(Fixture *fixture, gconstpointer data)
{
    put_copy(fixture, 100000);
    use(fixture, fixture->url, "");
    g_assert_true(spoc_management_is_ready(fixture->management));
    g_assert_true(spoc_management_is_fetching(fixture->management));
    g_main_loop_run(fixture->loop);
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_assert_cmpstr(spoc_config_string(config, SPOC_OPTION_MAILSERVER), ==, "old.example.com");
    g_auto(SpocManagementState) state = {0};
    read_state(fixture, &state);
    g_assert_cmpstr(state.etag, ==, "\"1\"");
    g_autofree char *text = log_text(fixture);
    g_assert_cmpuint(count_of(text, "meanwhile those hold that came last, at 20"), ==, 1);
}

static void
test_fresh_copy_is_not_asked_for(Fixture *fixture, gconstpointer data)
{
    put_copy(fixture, 60);
    use(fixture, fixture->url, "managementInterval = 1h\n");
    g_assert_true(spoc_management_is_ready(fixture->management));
    g_assert_false(spoc_management_is_fetching(fixture->management));

    /* A shorter interval counts from the last attempt on. */
    use(fixture, fixture->url, "managementInterval = 30s\n");
    g_assert_true(spoc_management_is_fetching(fixture->management));
}

static void
test_copy_of_another_address(Fixture *fixture, gconstpointer data)
{
    put_copy(fixture, 60);
    g_autofree char *other = g_strconcat(fixture->url, "&other", NULL);
    use(fixture, other, "");
    g_assert_false(spoc_management_is_ready(fixture->management));
    g_assert_true(spoc_management_is_fetching(fixture->management));
}

/* Power was lost between values and state, or somebody changed the copy. */
static void
test_copy_that_the_state_does_not_know(Fixture *fixture, gconstpointer data)
{
    put_copy(fixture, 60);
    g_autofree char *path =
        g_build_filename(fixture->places->cache_dir, SPOC_LAYERS_FETCHED_FILE, NULL);
    g_assert_true(g_file_set_contents(path, "mailserver = x.example.com\n", -1, NULL));
    use(fixture, fixture->url, "");
    g_assert_false(spoc_management_is_ready(fixture->management));
    g_assert_true(spoc_management_is_fetching(fixture->management));
}

static void
test_change_of_configuration(Fixture *fixture, gconstpointer data)
{
    use(fixture, fixture->url, "");
    g_main_loop_run(fixture->loop);
    g_assert_false(spoc_management_is_fetching(fixture->management));
    /* The same again is no reason to ask sooner. */
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    spoc_management_use(fixture->management, config, NULL);
    g_assert_false(spoc_management_is_fetching(fixture->management));
    /* Another one may be what was missing. */
    use(fixture, fixture->url, "mailMaxConnections = 2\n");
    g_assert_true(spoc_management_is_fetching(fixture->management));
    /* No address any more: nothing is under way. */
    use(fixture, NULL, "");
    g_assert_false(spoc_management_is_fetching(fixture->management));
    g_assert_true(spoc_management_is_ready(fixture->management));
}

/* With a trust setting that cannot be read nobody is trusted, not even by default. */
static void
test_bad_trust_is_no_trust(Fixture *fixture, gconstpointer data)
{
    static const char *const settings[] = {
        "trustSystemCertificates = perhaps\n",
        "trustStore = /nonexistent/store\n",
        "cryptographicProtocolsForOutboundCommunication = SSLv2\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        fixture->ended_count = 0;
        restart(fixture);
        use(fixture, fixture->url, settings[i]);
        g_main_loop_run(fixture->loop);
        g_auto(SpocManagementState) state = {0};
        read_state(fixture, &state);
        g_autofree char *key = g_strndup(settings[i], strcspn(settings[i], " "));
        g_assert_nonnull(strstr(state.error, key));
        g_assert_null(strstr(state.error, "firewall"));
    }
}

static void
unexpected_reply(const SpocManagementReply *reply, gpointer user_data)
{
    g_assert_not_reached();
}

static void
test_fetch_wants_https(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_autoptr(SpocTls) tls = spoc_tls_new(config, NULL, &error);
    g_assert_no_error(error);
    static const char *const urls[] = {"http://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_assert_null(
            spoc_management_fetch_new(urls[i], NULL, NULL, 1, tls, unexpected_reply, NULL, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        g_clear_error(&error);
    }
}

static gboolean
on_readable(int fd, GIOCondition condition, gpointer user_data)
{
    Fixture *fixture = user_data;
    g_main_loop_quit(fixture->loop);
    return G_SOURCE_REMOVE;
}

static void
wait_readable(Fixture *fixture, int fd)
{
    g_unix_fd_add(fd, G_IO_IN, on_readable, fixture);
    g_main_loop_run(fixture->loop);
}

/* A server that takes the connection and never says a word. */
static void
test_given_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocConfig) config = spoc_config_load(fixture->places);
    g_autoptr(SpocTls) tls = spoc_tls_new(config, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(listen(fixture->port_fd, 1), ==, 0);
    SpocManagementFetch *fetch = spoc_management_fetch_new(fixture->url, "\"1\"", NULL, 1, tls,
                                                           unexpected_reply, NULL, &error);
    g_assert_no_error(error);
    /* Until there is a connection to take, and a hello to read. */
    wait_readable(fixture, fixture->port_fd);
    int peer = accept4(fixture->port_fd, NULL, NULL, SOCK_CLOEXEC);
    g_assert_cmpint(peer, >=, 0);
    wait_readable(fixture, peer);
    spoc_management_fetch_free(fetch);
    close(peer);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    static const struct {
        const char *path;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {
        {"/management/without-address", test_without_address},
        {"/management/http-is-no-address", test_http_is_no_address},
        {"/management/first-fetch-fails", test_first_fetch_fails},
        {"/management/copy-stays", test_copy_stays},
        {"/management/fresh-copy", test_fresh_copy_is_not_asked_for},
        {"/management/other-address", test_copy_of_another_address},
        {"/management/unknown-copy", test_copy_that_the_state_does_not_know},
        {"/management/configuration", test_change_of_configuration},
        {"/management/bad-trust", test_bad_trust_is_no_trust},
        {"/management/fetch-wants-https", test_fetch_wants_https},
        {"/management/given-up", test_given_up},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
    int status = g_test_run();
    curl_global_cleanup();
    return status;
}
