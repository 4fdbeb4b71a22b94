/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ctl.h"

#include "base/error.h"
#include "base/privilege.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void G_GNUC_PRINTF(2, 0) say(const char *prefix, const char *format, va_list args)
{
    g_autofree char *raw = g_strdup_vprintf(format, args);
    g_autofree char *line = spoc_ctl_shown(raw);
    (void)fflush(stdout); /* so that both streams on one terminal keep their order */
    (void)fprintf(stderr, "%s%s\n", prefix, line);
}

gboolean
spoc_ctl_parse(const GOptionEntry *entries, const char *parameters, const char *summary, int *argc,
               char ***argv)
{
    g_autofree char *program = g_strconcat("spocctl ", (*argv)[0], NULL);
    g_set_prgname(program);
    g_autoptr(GOptionContext) context = g_option_context_new(parameters);
    g_option_context_set_summary(context, summary);
    if (entries != NULL)
        g_option_context_add_main_entries(context, entries, NULL);

    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, argc, argv, &error)) {
        (void)spoc_ctl_usage("%s", error->message);
        return FALSE;
    }
    /* GOption leaves a "--" that it did not need to tell options from arguments. */
    if (*argc > 1 && g_str_equal((*argv)[1], "--")) {
        for (int i = 1; i + 1 < *argc; i++)
            (*argv)[i] = (*argv)[i + 1];
        (*argc)--;
    }
    for (int i = 1; i < *argc; i++) {
        if (!g_utf8_validate((*argv)[i], -1, NULL)) {
            (void)spoc_ctl_usage("argument %d is not UTF-8", i);
            return FALSE;
        }
    }
    return TRUE;
}

int
spoc_ctl_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("spocctl: ", format, args);
    va_end(args);
    const char *program = g_get_prgname();
    (void)fprintf(stderr, "Try '%s --help'.\n", program != NULL ? program : "spocctl");
    return SPOC_CTL_USAGE;
}

int
spoc_ctl_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("spocctl: ", format, args);
    va_end(args);
    return SPOC_CTL_PROBLEM;
}

void
spoc_ctl_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("WARNING: ", format, args);
    va_end(args);
}

void
spoc_ctl_warn_entry(const char *text, gpointer unused)
{
    spoc_ctl_warn("%s", text);
}

SpocSpool *
spoc_ctl_open_spool(const SpocPlaces *places, GError **error)
{
    if (!spoc_privilege_drop(places, error))
        return NULL;
    GError *problem = NULL;
    SpocSpool *spool = spoc_spool_open(places, &problem);
    struct stat info;
    gboolean is_missing = lstat(places->spool_dir, &info) != 0 && errno == ENOENT;
    gboolean is_owner = !is_missing && info.st_uid == geteuid();
    if (spool == NULL && !is_missing && !is_owner &&
        g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_DENIED)) {
        g_clear_error(&problem);
        problem = g_error_new(SPOC_ERROR, SPOC_ERROR_DENIED,
                              "the spool '%s' is for root and its owner alone: run this as root",
                              places->spool_dir);
    }
    if (problem != NULL)
        g_propagate_error(error, problem);
    return spool;
}

gboolean
spoc_ctl_put(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int written = vfprintf(stdout, format, args);
    va_end(args);
    return written >= 0;
}

SpocTemplates *
spoc_ctl_load_templates(const SpocPlaces *places)
{
    g_autofree char *own = g_build_filename(places->config_dir, "templates", NULL);
    return spoc_templates_new(places->template_dir, own);
}

char *
spoc_ctl_shown(const char *text)
{
    return spoc_text_line(text, -1, SPOC_CTL_SHOWN_MAX_BYTES);
}

char *
spoc_ctl_time(gint64 unix_s)
{
    g_autoptr(GDateTime) when = unix_s > 0 ? g_date_time_new_from_unix_local(unix_s) : NULL;
    return when != NULL ? g_date_time_format(when, "%Y-%m-%d %H:%M:%S") : g_strdup("-");
}
