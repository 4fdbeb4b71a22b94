/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Passwords that stand elsewhere. A systemd credential of the option's name counts
 *           first; then the file that the option of that name with File behind it (mailpassFile)
 *           names, unless the password itself is set in a higher layer;
 *           then the password's own key.
 * SECURITY  A file that cannot be read gives no password at all, rather than an old one, and
 *           makes delivery wait. Problems never quote what a file holds.
 */
#include "config/secrets.h"

#include "base/error.h"
#include "base/secret.h"
#include "config/file.h"
#include "config/snapshot.h"

#define PASSWORD_FILE_MAX_BYTES 4096

static const struct {
    SpocOptionId password;
    SpocOptionId file;
} pairs[] = {
    {SPOC_OPTION_MAILPASS, SPOC_OPTION_MAIL_PASS_FILE},
    {SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET, SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET_FILE},
    {SPOC_OPTION_TRUST_STORE_PASSWORD, SPOC_OPTION_TRUST_STORE_PASSWORD_FILE},
    {SPOC_OPTION_RECIPIENT_LDAP_PASSWORD, SPOC_OPTION_RECIPIENT_LDAP_PASSWORD_FILE},
};

char *
spoc_secrets_credential_path(SpocOptionId option)
{
    /* The service manager's interface, systemd.exec(5) */
    const char *directory = g_getenv("CREDENTIALS_DIRECTORY");
    if (directory == NULL || !g_path_is_absolute(directory))
        return NULL;
    return g_build_filename(directory, spoc_option_get(option)->name, NULL);
}

/* Sets the password to the file's first line, or to nothing with a problem. */
static void
take_from_file(SpocConfig *config, SpocOptionId password, const char *path, SpocConfigLayer layer,
               const char *key, const SpocSlot *named_by)
{
    const SpocOption *option = spoc_option_get(password);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocSecret) text = spoc_config_file_first_line(path, PASSWORD_FILE_MAX_BYTES, &error);
    SpocValue value = {0};
    if (text != NULL && *text == '\0')
        g_set_error_literal(&error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "has no password in its first line");
    else if (text != NULL && !g_utf8_validate(text, -1, NULL))
        g_set_error_literal(&error, SPOC_ERROR, SPOC_ERROR_INVALID, "is not UTF-8");
    else if (text != NULL && spoc_value_parse(option, text, &value, &error)) {
        spoc_snapshot_set(config, password, &value, layer, path, 1);
        return;
    }
    spoc_value_set_empty(option, &value);
    spoc_snapshot_set(config, password, &value, layer, path, 0);
    spoc_snapshot_add_problem(
        config, SPOC_SEVERITY_ERROR, TRUE, key, named_by != NULL ? named_by->file : NULL,
        named_by != NULL ? named_by->line : 0,
        "'%s' %s; accepted: a file whose first line is the password", path, error->message);
}

void
spoc_secrets_apply(SpocConfig *config)
{
    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        const SpocSlot *file = &config->slots[pairs[i].file];
        const SpocSlot *password = &config->slots[pairs[i].password];
        const char *key = spoc_option_get(pairs[i].password)->name;
        g_autofree char *credential = spoc_secrets_credential_path(pairs[i].password);
        if (credential != NULL && g_file_test(credential, G_FILE_TEST_EXISTS))
            take_from_file(config, pairs[i].password, credential, SPOC_LAYER_CREDENTIAL, key, NULL);
        else if (*file->value.text != '\0' && file->layer >= password->layer)
            take_from_file(config, pairs[i].password, file->value.text, file->layer,
                           spoc_option_get(pairs[i].file)->name, file);
    }
}
