/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/cupsd.h"

#include "base/text.h"

#include <string.h>
#include <sys/stat.h>

#define WORDS_MAX_BYTES 300

#define SPINS                                                                                      \
    "as soon as there is an event for a subscription cupsd tries to start it again and again, at " \
    "full speed and without answering anybody"

http_t *
spoc_cupsd_connect(gint timeout_ms)
{
    http_t *http = httpConnect2(cupsServer(), ippPort(), NULL, AF_UNSPEC, cupsEncryption(), 1,
                                timeout_ms, NULL);
    if (http != NULL)
        httpSetTimeout(http, timeout_ms / 1000.0, NULL, NULL);
    return http;
}

char *
spoc_cupsd_last_words(void)
{
    g_autofree char *words = spoc_text_line(cupsLastErrorString(), -1, WORDS_MAX_BYTES);
    /* After a time-out libcups shows an errno that nobody has set. */
    if (*words == '\0' || strcmp(words, g_strerror(0)) == 0)
        return g_strdup_printf("it does not answer within %d s", SPOC_CUPSD_TIMEOUT_MS / 1000);
    if (g_str_has_suffix(words, "."))
        words[strlen(words) - 1] = '\0';
    return g_steal_pointer(&words);
}

/* cupsd's own rule for what it runs */
static gboolean
is_safe(const struct stat *info, uid_t runner)
{
    return (info->st_uid == 0 || info->st_uid == runner) && (info->st_mode & 0022) == 0;
}

static char *
say_unsafe(const char *what, const char *path, const struct stat *info, const char *consequence,
           char **ret_where, char **ret_remedy)
{
    *ret_where = g_strdup(path);
    *ret_remedy = g_strdup_printf("chown root:root '%s' && chmod 0755 '%s'", path, path);
    return g_strdup_printf("cupsd does not run %s '%s' (uid %u, mode %03o), and %s", what, path,
                           (unsigned)info->st_uid, (unsigned)info->st_mode & 0777, consequence);
}

/* @kind: "notifier" or "backend" */
static char *
find_refused(const char *server_bin, const char *kind, const char *consequence,
             const char *otherwise, char **ret_where, char **ret_remedy)
{
    g_autofree char *folder = g_build_filename(server_bin, kind, NULL);
    g_autofree char *path = g_build_filename(folder, "spoc", NULL);
    struct stat info, above;
    /* A CUPS that an ordinary user runs is wholly that user's. */
    uid_t runner = stat(server_bin, &above) == 0 ? above.st_uid : 0;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        *ret_where = g_strdup(path);
        *ret_remedy = g_strdup_printf("install cups-spoc again%s", otherwise);
        return g_strdup_printf("the %s '%s' is missing, and %s", kind, path, consequence);
    }
    if (!is_safe(&info, runner) || (info.st_mode & 0111) != 0111) {
        g_autofree char *what = g_strdup_printf("the %s", kind);
        return say_unsafe(what, path, &info, consequence, ret_where, ret_remedy);
    }
    if (stat(folder, &info) == 0 && !is_safe(&info, runner))
        return say_unsafe("anything in", folder, &info, consequence, ret_where, ret_remedy);
    return NULL;
}

char *
spoc_cupsd_find_spin(const char *server_bin, char **ret_where, char **ret_remedy)
{
    return find_refused(server_bin, "notifier", SPINS,
                        ", which helps at once; to do without it, then 'spocctl unsubscribe --all'",
                        ret_where, ret_remedy);
}

char *
spoc_cupsd_find_refused_backend(const char *server_bin, char **ret_where, char **ret_remedy)
{
    return find_refused(server_bin, "backend",
                        "no document that is sent to a queue of spoc: is mailed", "", ret_where,
                        ret_remedy);
}

char *
spoc_cupsd_explain_silence(const char *server_bin)
{
    g_autofree char *where = NULL;
    g_autofree char *remedy = NULL;
    g_autofree char *what =
        server_bin != NULL ? spoc_cupsd_find_spin(server_bin, &where, &remedy) : NULL;
    if (what != NULL)
        return g_strdup_printf("%s: %s", what, remedy);
    return g_strdup("see whether it is stopped or overloaded: systemctl status cups, and the end "
                    "of CUPS's error_log");
}
