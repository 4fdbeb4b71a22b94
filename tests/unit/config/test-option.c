/* SPDX-License-Identifier: Apache-2.0 */
#include "config/option.h"

#include "config/value.h"

#include <string.h>

static void
test_table(void)
{
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        g_test_message("%s", option->name);
        g_assert_cmpuint(option->id, ==, i);
        g_assert_true(spoc_option_find(option->name) == option);
        g_assert_nonnull(option->group);
        g_assert_true(g_str_has_suffix(option->help, "."));
        SpocValue value = {0};
        g_autoptr(GError) error = NULL;
        if (*option->default_value != '\0') {
            g_assert_true(spoc_value_parse(option, option->default_value, &value, &error));
            g_assert_no_error(error);
            spoc_value_clear(&value);
        } else {
            /* What must have a value has one. */
            g_assert_true(!spoc_option_is_never_empty(option) || option->computed_default != NULL);
        }
        g_autofree char *accepted = spoc_value_accepted(option);
        g_assert_cmpstr(accepted, !=, "");
    }
}

/* A central office must not be able to lower safety or to name files here. */
static void
test_not_manageable(void)
{
    static const SpocOptionId closed[] = {SPOC_OPTION_MAIL_ALLOW_CLEARTEXT_PASSWORD,
                                          SPOC_OPTION_TRUST_SYSTEM_CERTIFICATES,
                                          SPOC_OPTION_TRUST_STORE_PASSWORD,
                                          SPOC_OPTION_MAIL_TLS_PINNED_PUBLIC_KEY,
                                          SPOC_OPTION_NOTIFY_UNVERIFIED,
                                          SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS,
                                          SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET,
                                          SPOC_OPTION_MAIL_OAUTH_TOKEN_COMMAND,
                                          SPOC_OPTION_MAIL_OAUTH_BACKUP,
                                          SPOC_OPTION_MAIL_OAUTH_SCOPE,
                                          SPOC_OPTION_START_DAEMON};
    for (guint i = 0; i < G_N_ELEMENTS(closed); i++)
        g_assert_cmpuint(spoc_option_get(closed[i])->flags & SPOC_OPTION_FLAG_MANAGEABLE, ==, 0);
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        if (option->type == SPOC_TYPE_PATH || option->type == SPOC_TYPE_URL ||
            (option->type == SPOC_TYPE_LIST && option->entry_type == SPOC_TYPE_URL))
            g_assert_cmpuint(option->flags & SPOC_OPTION_FLAG_MANAGEABLE, ==, 0);
    }
    g_assert_cmpuint(spoc_option_get(SPOC_OPTION_MAILUSER)->flags & SPOC_OPTION_FLAG_MANAGEABLE, !=,
                     0);
}

static void
test_suggest(void)
{
    static const struct {
        const char *name;
        const char *nearest;
    } cases[] = {
        {"mailServer", "mailserver"},
        {"MAILSERVER", "mailserver"},
        {"mailsever", "mailserver"},
        {"mialserver", "mailserver"},
        {"mailFrom", "mailfrom"},
        {"mailSmtpPrt", "mailSmtpPort"},
        {"mailSMTPEncryption", "mailSmtpEncryption"},
        {"mailSmtpEncription", "mailSmtpEncryption"},
        {"mail_user", "mailuser"},
        {"truststore", "trustStore"},
        {"customCipherSuiteForOutboundCommunications",
         "customCipherSuitesForOutboundCommunication"},
        {"serverAddress", NULL},
        {"x", NULL},
        {"", NULL},
        {"0123456789012345678901234567890123456789012345678901234567890123456789", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        const SpocOption *option = spoc_option_suggest(cases[i].name);
        g_assert_cmpstr(option != NULL ? option->name : NULL, ==, cases[i].nearest);
    }
    g_assert_null(spoc_option_find("Mailserver"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/option/table", test_table);
    g_test_add_func("/option/not-manageable", test_not_manageable);
    g_test_add_func("/option/suggest", test_suggest);
    return g_test_run();
}
