/* SPDX-License-Identifier: Apache-2.0 */
#include "keytool.h"

static const char *const java_settings[] = {
    "-J-Duser.language=en",
    "-J-Dfile.encoding=UTF-8",
    "-J-Dsun.jnu.encoding=UTF-8",
    "-J-Dkeystore.pkcs12.certPbeIterationCount=100",
    "-J-Dkeystore.pkcs12.keyPbeIterationCount=100",
    "-J-Dkeystore.pkcs12.macIterationCount=100",
    "-J-XX:TieredStopAtLevel=1",
};

gboolean
keytool_or_skip(void)
{
    g_autofree char *path = g_find_program_in_path("keytool");
    if (path == NULL)
        g_test_skip("keytool is not installed (Debian: openjdk-17-jre-headless)");
    return path != NULL;
}

char *
keytool(const char *store, const char *command, ...)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    gboolean copies = g_str_equal(command, "-importkeystore");
    g_ptr_array_add(argv, (char *)"keytool");
    for (guint i = 0; i < G_N_ELEMENTS(java_settings); i++)
        g_ptr_array_add(argv, (char *)java_settings[i]);
    g_ptr_array_add(argv, (char *)command);
    g_ptr_array_add(argv, (char *)(copies ? "-destkeystore" : "-keystore"));
    g_ptr_array_add(argv, (char *)store);
    g_ptr_array_add(argv, (char *)(copies ? "-deststorepass" : "-storepass"));
    g_ptr_array_add(argv, (char *)KEYTOOL_PASSWORD);
    va_list args;
    va_start(args, command);
    for (char *argument; (argument = va_arg(args, char *)) != NULL;)
        g_ptr_array_add(argv, argument);
    va_end(args);
    g_ptr_array_add(argv, NULL);

    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "LC_ALL", "C.UTF-8", TRUE);
    g_autoptr(GError) error = NULL;
    g_autofree char *complaint = NULL;
    char *output = NULL;
    int status = 0;
    g_spawn_sync(NULL, (char **)argv->pdata, environment, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                 &complaint, &status, &error);
    g_assert_no_error(error);
    if (!g_spawn_check_wait_status(status, NULL))
        g_error("keytool %s: %s%s", command, output, complaint);
    return output;
}
