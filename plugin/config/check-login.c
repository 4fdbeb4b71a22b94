/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check-login.h"

#include "config/login.h"
#include "config/preset.h"
#include "config/snapshot.h"

#include <string.h>

typedef struct {
    const SpocConfig *config;
    GPtrArray *problems;
} Check;

static void
add(const Check *check, SpocSeverity severity, SpocOptionId option, const char *text)
{
    SpocConfigOrigin origin = spoc_config_origin(check->config, option);
    g_ptr_array_add(check->problems, spoc_problem_new(severity, severity == SPOC_SEVERITY_ERROR,
                                                      spoc_option_get(option)->name, origin.file,
                                                      origin.line, "%s", text));
}

static void G_GNUC_PRINTF(3, 4)
    warn(const Check *check, SpocOptionId option, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    add(check, SPOC_SEVERITY_WARNING, option, text);
}

/* No login can come of it, so all mail waits. */
static void
refuse(const Check *check, SpocOptionId option, const char *text)
{
    add(check, SPOC_SEVERITY_ERROR, option, text);
}

static gboolean
is_set(const Check *check, SpocOptionId option)
{
    return spoc_config_string(check->config, option) != NULL;
}

static void
check_password(const Check *check, SpocEncryption encryption)
{
    gboolean has_user = is_set(check, SPOC_OPTION_MAILUSER);
    gboolean has_password = is_set(check, SPOC_OPTION_MAILPASS);
    if (!has_user)
        refuse(check, SPOC_OPTION_MAIL_AUTHENTICATION,
               "is password, and mailuser is not set; set mailuser and mailpass");
    else if (!has_password)
        warn(check, SPOC_OPTION_MAILUSER,
             "is set without a password; set mailpass or mailpassFile, or mailuser = [EMPTY]");
    else if (encryption == SPOC_ENCRYPTION_NONE)
        warn(check, SPOC_OPTION_MAIL_SMTP_ENCRYPTION,
             "is NONE, so the password crosses the network readable for everyone on the way; use "
             "STARTTLS_REQUIRED or SSL_TLS");
}

static void
check_token(const Check *check, SpocEncryption encryption)
{
    if (!is_set(check, SPOC_OPTION_MAILUSER))
        refuse(
            check, SPOC_OPTION_MAILUSER,
            "is not set, and a token logs in for a mailbox; set mailuser = printing@example.com");
    if (encryption == SPOC_ENCRYPTION_NONE)
        refuse(check, SPOC_OPTION_MAIL_SMTP_ENCRYPTION,
               "is NONE, and a token never goes over a line without TLS; set STARTTLS_REQUIRED or "
               "SSL_TLS");
    if (is_set(check, SPOC_OPTION_MAILSERVERBACKUP) &&
        !spoc_config_boolean(check->config, SPOC_OPTION_MAIL_OAUTH_BACKUP))
        warn(check, SPOC_OPTION_MAILSERVERBACKUP,
             "is not used, because it must not have the token; set mailOAuthBackup = true if it "
             "belongs to the same provider, else leave it empty");
}

static void
check_certificate(const Check *check, SpocEncryption encryption)
{
    if (!is_set(check, SPOC_OPTION_MAIL_CLIENT_CERTIFICATE))
        refuse(check, SPOC_OPTION_MAIL_AUTHENTICATION,
               "is external, and mailClientCertificate is not set");
    if (encryption == SPOC_ENCRYPTION_NONE)
        refuse(
            check, SPOC_OPTION_MAIL_SMTP_ENCRYPTION,
            "is NONE, and a certificate logs in over TLS only; set STARTTLS_REQUIRED or SSL_TLS");
}

static void
check_method(const Check *check)
{
    SpocEncryption encryption =
        (SpocEncryption)spoc_config_choice(check->config, SPOC_OPTION_MAIL_SMTP_ENCRYPTION);
    gboolean has_password = is_set(check, SPOC_OPTION_MAILPASS);
    switch (spoc_login_method(check->config, FALSE)) {
    case SPOC_AUTHENTICATION_PASSWORD:
        check_password(check, encryption);
        break;
    case SPOC_AUTHENTICATION_OAUTH2:
        check_token(check, encryption);
        break;
    case SPOC_AUTHENTICATION_EXTERNAL:
        check_certificate(check, encryption);
        break;
    case SPOC_AUTHENTICATION_GSSAPI:
        if (!is_set(check, SPOC_OPTION_MAIL_KERBEROS_KEYTAB))
            refuse(check, SPOC_OPTION_MAIL_AUTHENTICATION,
                   "is gssapi, and mailKerberosKeytab is not set");
        break;
    case SPOC_AUTHENTICATION_NONE:
        if (has_password && !is_set(check, SPOC_OPTION_MAILUSER))
            warn(check, SPOC_OPTION_MAILPASS, "is set without mailuser: there is no login");
        break;
    case SPOC_AUTHENTICATION_AUTO:
        break;
    }
}

static void
check_cleartext(const Check *check)
{
    if (spoc_config_boolean(check->config, SPOC_OPTION_MAIL_ALLOW_CLEARTEXT_PASSWORD) &&
        spoc_config_choice(check->config, SPOC_OPTION_MAIL_SMTP_ENCRYPTION) ==
            SPOC_ENCRYPTION_STARTTLS)
        warn(check, SPOC_OPTION_MAIL_ALLOW_CLEARTEXT_PASSWORD,
             "is true: anyone on the way to the server can take STARTTLS out and read the "
             "password; use STARTTLS_REQUIRED instead");
}

/* A stricter limit than the provider's is nobody's mistake. */
static gboolean
is_stricter(const Check *check, SpocOptionId option, const char *preset)
{
    if (spoc_option_get(option)->type != SPOC_TYPE_INTEGER || option == SPOC_OPTION_MAIL_SMTP_PORT)
        return FALSE;
    gint64 value = spoc_config_integer(check->config, option);
    return value > 0 && value <= g_ascii_strtoll(preset, NULL, 10);
}

static void
check_presets(const Check *check)
{
    const SpocOption *provider = spoc_option_get(SPOC_OPTION_MAIL_PROVIDER);
    const char *name = provider->choices[spoc_config_choice(check->config, provider->id)];
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        SpocOptionId option = (SpocOptionId)i;
        const char *preset = spoc_preset_text(check->config, option);
        const char *value = check->config->slots[i].value.text;
        if (preset == NULL || check->config->slots[i].layer == SPOC_LAYER_PRESET ||
            strcmp(value, preset) == 0 || is_stricter(check, option, preset))
            continue;
        warn(check, option,
             "is '%s' and counts before what mailProvider = %s fills in: '%s'; take the line out "
             "unless it is meant",
             value, name, preset);
    }
}

void
spoc_check_login(const SpocConfig *config, GPtrArray *problems)
{
    Check check = {.config = config, .problems = problems};
    check_method(&check);
    check_cleartext(&check);
    check_presets(&check);
}
