/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth-fixture.h"

#include "base/error.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

static int
remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    return remove(path);
}

void
oauth_fixture_set_up(OAuthFixture *fixture, gconstpointer data)
{
    static const char *const names[] = {"CUPS_SERVERROOT", "CUPS_REQUESTROOT", "CUPS_CACHEDIR",
                                        "CUPS_STATEDIR",   "CUPS_DATADIR",     "CUPS_SERVERBIN"};
    g_auto(GStrv) environment = NULL;
    g_autoptr(GError) error = NULL;
    fixture->root = g_dir_make_tmp("spoc-oauth-XXXXXX", NULL);
    g_assert_nonnull(fixture->root);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(fixture->root, names[i], NULL);
        g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
        environment = g_environ_setenv(environment, names[i], path, TRUE);
    }
    fixture->places = spoc_places_new(environment);
    g_assert_cmpint(g_mkdir_with_parents(fixture->places->config_dir, 0700), ==, 0);
    fixture->spool = spoc_spool_open(fixture->places, &error);
    g_assert_no_error(error);
    fixture->state_fd = spoc_spool_folder_fd(fixture->spool, "state");
    fixture->server = https_server_new();
    fixture->tls = https_server_tls(fixture->server);
    fixture->token_url = https_server_url(fixture->server, "token");
    fixture->device_url = https_server_url(fixture->server, "device");
    fixture->loop = g_main_loop_new(NULL, FALSE);
}

void
oauth_fixture_tear_down(OAuthFixture *fixture, gconstpointer data)
{
    g_main_loop_unref(fixture->loop);
    spoc_tls_unref(fixture->tls);
    https_server_free(fixture->server);
    spoc_spool_free(fixture->spool);
    spoc_places_free(fixture->places);
    (void)nftw(fixture->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    g_free(fixture->token_url);
    g_free(fixture->device_url);
    g_free(fixture->root);
}

SpocConfig *
oauth_fixture_config(const OAuthFixture *fixture, const char *more)
{
    g_autofree char *text = g_strdup_printf("mailserver = localhost\nmailuser = me@example.com\n"
                                            "mailOAuthTokenUrl = %s\nmailOAuthDeviceUrl = %s\n"
                                            "mailOAuthClientId = client\nmailOAuthScope = mail\n%s",
                                            fixture->token_url, fixture->device_url, more);
    g_assert_true(g_file_set_contents(fixture->places->config_file, text, -1, NULL));
    SpocConfig *config = spoc_config_load(fixture->places);
    const SpocConfigProblem *blocker = spoc_config_blocker(config);
    g_assert_cmpstr(blocker != NULL ? blocker->message : NULL, ==, NULL);
    return config;
}

char *
oauth_fixture_file(const OAuthFixture *fixture, const char *name, const char *content)
{
    char *path = g_build_filename(fixture->root, name, NULL);
    g_assert_true(g_file_set_contents(path, content, -1, NULL));
    return path;
}

static char *
key_to_pem(EVP_PKEY *key)
{
    g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
    g_assert_cmpint(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), ==, 1);
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    return g_strndup(data, (gsize)size);
}

char *
oauth_fixture_key(const OAuthFixture *fixture, const char *name, EVP_PKEY *key)
{
    g_autofree char *pem = key_to_pem(key);
    return oauth_fixture_file(fixture, name, pem);
}

char *
oauth_fixture_service_account(const OAuthFixture *fixture, EVP_PKEY *key, const char *token_url)
{
    g_autofree char *pem = key_to_pem(key);
    g_auto(GStrv) lines = g_strsplit(pem, "\n", -1);
    g_autofree char *escaped = g_strjoinv("\\n", lines);
    g_autofree char *json = g_strdup_printf(
        "{\"type\": \"service_account\", \"private_key_id\": \"key1\", \"private_key\": \"%s\", "
        "\"client_email\": \"robot@project.example\", \"client_id\": \"123\"%s%s%s}",
        escaped, token_url != NULL ? ", \"token_uri\": \"" : "", token_url != NULL ? token_url : "",
        token_url != NULL ? "\"" : "");
    return oauth_fixture_file(fixture, "account.json", json);
}

void
oauth_fixture_log_in(const OAuthFixture *fixture, const char *refresh_token)
{
    g_autoptr(GError) error = NULL;
    SpocStoredLogin login = {
        .token_url = fixture->token_url,
        .client_id = (char[]){"client"},
        .refresh_token = (SpocSecret *)refresh_token,
    };
    g_assert_true(spoc_stored_login_write(fixture->state_fd, &login, &error));
    g_assert_no_error(error);
}

char *
oauth_fixture_stored(const OAuthFixture *fixture)
{
    g_auto(SpocStoredLogin) login = {0};
    return spoc_stored_login_read(fixture->state_fd, &login, NULL) ? g_strdup(login.refresh_token)
                                                                   : NULL;
}

char *
oauth_field(const char *form, const char *name)
{
    g_auto(GStrv) fields = g_strsplit(form, "&", -1);
    gsize length = strlen(name);
    for (guint i = 0; fields[i] != NULL; i++)
        if (strncmp(fields[i], name, length) == 0 && fields[i][length] == '=')
            return g_uri_unescape_string(fields[i] + length + 1, NULL);
    return NULL;
}

char *
oauth_fixture_field(const OAuthFixture *fixture, guint request, const char *name)
{
    g_autofree char *text = https_server_request(fixture->server, request);
    const char *form = strstr(text, "\r\n\r\n");
    g_assert_nonnull(form);
    return oauth_field(form + 4, name);
}
