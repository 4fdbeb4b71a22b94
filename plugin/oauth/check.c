/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/check.h"

#include "base/error.h"
#include "oauth/command.h"
#include "oauth/fetch.h"
#include "oauth/form.h"
#include "trust/openssl.h"
#include "trust/store.h"

#include <string.h>

#define DAY_S (24 * 60 * 60)

static void
free_finding(gpointer data)
{
    SpocOAuthFinding *finding = data;
    g_free(finding->message);
    g_free(finding);
}

/* @message: (transfer full) */
static void
add_finding(GPtrArray *findings, gboolean stops_mail, char *message)
{
    SpocOAuthFinding *finding = g_new(SpocOAuthFinding, 1);
    *finding = (SpocOAuthFinding){stops_mail, message};
    g_ptr_array_add(findings, finding);
}

static gboolean
is_used(const SpocConfig *config, int state_fd)
{
    return spoc_oauth_settings_are_used(config, spoc_stored_login_exists(state_fd));
}

/* (transfer full) (nullable): the client's own certificate */
static X509 *
read_certificate(const SpocOAuthSettings *settings)
{
    g_autoptr(GPtrArray) certificates =
        settings->certificate_file != NULL
            ? spoc_store_read_certificates(settings->certificate_file, NULL)
            : NULL;
    if (certificates == NULL)
        return NULL;
    const SpocAnchor *own = g_ptr_array_index(certificates, 0);
    X509_up_ref(own->certificate);
    return own->certificate;
}

/* Goes through the motions up to the first byte that would be sent. */
static void
check_source(GPtrArray *findings, const SpocOAuthSettings *settings, SpocTokenSource source,
             const SpocStoredLogin *login, gint64 now_unix_s)
{
    g_autoptr(GError) error = NULL;
    if (source == SPOC_TOKEN_SOURCE_COMMAND) {
        g_auto(GStrv) arguments = spoc_token_command_split(settings->command, &error);
        if (arguments == NULL)
            add_finding(findings, TRUE, g_strdup(error->message));
        return;
    }
    g_auto(SpocTokenForm) form = {0};
    if (!spoc_token_form_make(settings, source, login, now_unix_s, &form, &error))
        add_finding(findings, TRUE, g_strdup(error->message));
}

/* @ends_unix_s: 0 or less: not known */
static void
check_end(GPtrArray *findings, const char *what, const char *remedy, gint64 ends_unix_s,
          gint64 now_unix_s)
{
    gint64 left_s = ends_unix_s - now_unix_s;
    if (ends_unix_s <= 0 || left_s >= (gint64)SPOC_OAUTH_WARNING_DAYS * DAY_S)
        return;
    g_autofree char *when =
        left_s <= 0 ? g_strdup("has expired")
                    : g_strdup_printf("expires in %" G_GINT64_FORMAT " days", left_s / DAY_S);
    add_finding(findings, FALSE, g_strdup_printf("%s %s: %s", what, when, remedy));
}

static gint64
certificate_end(const SpocOAuthSettings *settings)
{
    g_autoptr(X509) certificate = read_certificate(settings);
    return certificate != NULL ? spoc_openssl_unix_s(X509_get0_notAfter(certificate)) : 0;
}

GPtrArray *
spoc_oauth_check(const SpocConfig *config, int state_fd, gint64 now_unix_s)
{
    GPtrArray *findings = g_ptr_array_new_with_free_func(free_finding);
    if (!is_used(config, state_fd))
        return findings;
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocOAuthSettings) settings = spoc_oauth_settings_new(config);
    SpocTokenSource source = SPOC_TOKEN_SOURCE_NONE;
    g_auto(SpocStoredLogin) login = {0};
    if (!spoc_token_fetch_find_source(settings, state_fd, &source, &login, &error)) {
        add_finding(findings, TRUE, g_strdup(error->message));
        return findings;
    }
    check_source(findings, settings, source, &login, now_unix_s);
    if (source == SPOC_TOKEN_SOURCE_CERTIFICATE)
        check_end(findings, "mailOAuthClientCertificate",
                  "make a new one, register it at the "
                  "provider beside the old one, and then set it here",
                  certificate_end(settings), now_unix_s);
    if (source == SPOC_TOKEN_SOURCE_REFRESH)
        check_end(findings, "the stored login", "run 'spocctl oauth login' again",
                  login.expires_unix_s, now_unix_s);
    return findings;
}

void
spoc_oauth_facts(const SpocConfig *config, int state_fd, SpocOAuthFacts *facts)
{
    *facts = (SpocOAuthFacts){0};
    if (!is_used(config, state_fd))
        return;
    g_autoptr(SpocOAuthSettings) settings = spoc_oauth_settings_new(config);
    SpocTokenSource source = SPOC_TOKEN_SOURCE_NONE;
    g_auto(SpocStoredLogin) login = {0};
    if (!spoc_token_fetch_find_source(settings, state_fd, &source, &login, NULL))
        source = SPOC_TOKEN_SOURCE_NONE;
    facts->source = spoc_token_source_name(source);
    facts->login_expires_unix_s = source == SPOC_TOKEN_SOURCE_REFRESH ? login.expires_unix_s : 0;
    gint64 ends = certificate_end(settings);
    facts->certificate_expires_unix_s = ends > 0 ? ends : 0;
}
