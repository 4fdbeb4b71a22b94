/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Writes what follows from the option table at build time: the sample file, the
 *          options of the man page, and a seed for the fuzz target.
 *
 * Usage: generate sample | seed | man TEMPLATE. The result goes to stdout.
 */
#include "build-config.h"
#include "config/option.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#define WRAP_COLUMN 78
#define OPTIONS_MARK "@OPTIONS@"

static const char sample_intro[] =
    "# Settings of cups-spoc: mail from the print server.\n"
    "#\n"
    "# Usually one line is enough:\n"
    "#\n"
    "#     mailserver = smtp.example.com\n"
    "#\n"
    "# Copy this file to " SPOC_BUILD_SERVERROOT "/spoc/spoc.conf, take the # away before the\n"
    "# keys that you set, and run\n"
    "#\n"
    "#     spocctl check\n"
    "#     spocctl test you@example.com\n"
    "#\n"
    "# Nothing needs a restart. The form is that of Java properties: 'key = value', # and !\n"
    "# begin comments, \\ at the end continues a line, \\uXXXX is a character; UTF-8.\n"
    "#\n"
    "# Values come in layers; the last that says something holds:\n"
    "#\n"
    "#     built-in defaults, which stand in this file\n"
    "#     " SPOC_BUILD_DATADIR "/spoc/defaults.conf, the distribution's\n"
    "#     management values: management.conf, or what spocd fetches from managementUrl\n"
    "#     spoc.conf\n"
    "#     spoc.conf.d/*.conf, in the order of their names\n"
    "#\n"
    "# An empty value ('mailuser =') says nothing: the layer below holds. The word [EMPTY]\n"
    "# says that there is none, whatever the layers below say ('mailuser = [EMPTY]'); where\n"
    "# there must be a value it means the built-in default. 'spocctl config' shows which\n"
    "# value holds and where it comes from.\n";

/* "# " before each line, words kept whole. */
static void
print_wrapped(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    gsize column = 0;
    for (guint i = 0; words[i] != NULL; i++) {
        gsize width = (gsize)g_utf8_strlen(words[i], -1);
        if (column > 0 && column + 1 + width > WRAP_COLUMN) {
            printf("\n");
            column = 0;
        }
        printf("%s%s", column == 0 ? "# " : " ", words[i]);
        column += width + (column == 0 ? 2 : 1);
    }
    printf("\n");
}

/* (transfer full) (nullable): "1-100 connections", "a list of …", what a value looks like */
static char *
describe_type(const SpocOption *option)
{
    gboolean is_list = option->type == SPOC_TYPE_LIST || option->type == SPOC_TYPE_DURATIONS;
    SpocOptionType type = option->type == SPOC_TYPE_LIST ? option->entry_type : option->type;
    g_autofree char *one = NULL;
    switch (type) {
    case SPOC_TYPE_INTEGER:
        one = g_strdup_printf("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT "%s%s", option->minimum,
                              option->maximum, option->unit != NULL ? " " : "",
                              option->unit != NULL ? option->unit : "");
        break;
    case SPOC_TYPE_DURATION:
    case SPOC_TYPE_DURATIONS:
        one = g_strdup_printf("%s with ms, s, m, h or d behind the number; without, it is in %s",
                              is_list ? "times" : "a time", option->unit);
        break;
    case SPOC_TYPE_SIZE:
        one = g_strdup("a number of bytes, or one with k, M or G after it");
        break;
    case SPOC_TYPE_BOOLEAN:
        one = g_strdup("true or false");
        break;
    case SPOC_TYPE_CHOICE:
        one = g_strjoinv(", ", (char **)option->choices);
        break;
    case SPOC_TYPE_PATH:
        one = g_strdup("a path; a relative one begins at the folder of spoc.conf");
        break;
    default:
        break;
    }
    if (is_list && one != NULL)
        return g_strconcat("Values: a list, separated by commas, of ", one, ".", NULL);
    if (is_list)
        return g_strdup("Values: a list, separated by commas.");
    return one != NULL ? g_strconcat("Values: ", one, ".", NULL) : NULL;
}

/* (transfer full): "Default: 10000 ms." */
static char *
describe_default(const SpocOption *option)
{
    if (option->computed_default != NULL)
        return g_strdup_printf("Default: %s.", option->computed_default);
    if (*option->default_value == '\0')
        return g_strdup("Default: none.");
    gboolean is_bare = option->unit != NULL &&
                       g_ascii_isdigit(option->default_value[strlen(option->default_value) - 1]);
    g_auto(GStrv) entries = g_strsplit(option->default_value, ",", -1);
    g_autofree char *spaced = g_strjoinv(", ", entries);
    return g_strdup_printf("Default: %s%s%s.", spaced, is_bare ? " " : "",
                           is_bare ? option->unit : "");
}

static gboolean
begins_group(guint i)
{
    return i == 0 || strcmp(spoc_option_get((SpocOptionId)i)->group,
                            spoc_option_get((SpocOptionId)(i - 1))->group) != 0;
}

static void
print_sample(void)
{
    fputs(sample_intro, stdout);
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        g_autofree char *type = describe_type(option);
        g_autofree char *preset = describe_default(option);
        g_autofree char *facts =
            g_strjoin(" ", type != NULL ? type : preset, type != NULL ? preset : NULL, NULL);
        if (begins_group(i))
            printf("\n\n# ---- %s ----\n", option->group);
        printf("\n");
        print_wrapped(option->help);
        print_wrapped(facts);
        printf("#%s =%s%s\n", option->name, *option->default_value != '\0' ? " " : "",
               option->default_value);
    }
}

static void
print_seed(void)
{
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        printf("%s = %s\n", option->name, option->default_value);
        if (option->choices != NULL)
            printf("%s: %s\n", option->name, option->choices[0]);
        printf("%s [EMPTY]\n", option->name);
    }
}

/* Text for troff: hyphens stay hyphens, no line begins with a control character. */
static void
print_troff(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            fputc(*text, stdout);
    }
    fputc('\n', stdout);
}

static void
print_man_options(void)
{
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        g_autofree char *type = describe_type(option);
        g_autofree char *preset = describe_default(option);
        if (begins_group(i))
            printf(".SS %s\n", option->group);
        printf(".TP\n.B %s\n", option->name);
        print_troff(option->help);
        if (type != NULL)
            print_troff(type);
        print_troff(preset);
        if ((option->flags & SPOC_OPTION_FLAG_MANAGEABLE) != 0)
            print_troff("Management values may set it.");
    }
}

/* The template, with the options at its mark and the build's paths. */
static void
print_man(const char *template)
{
    static const char *const places[][2] = {{"@SERVERROOT@", SPOC_BUILD_SERVERROOT},
                                            {"@DATADIR@", SPOC_BUILD_DATADIR},
                                            {"@CACHEDIR@", SPOC_BUILD_CACHEDIR},
                                            {"@GROUP@", SPOC_BUILD_GROUP},
                                            {"@VERSION@", SPOC_VERSION}};
    GString *text = g_string_new(template);
    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        g_string_replace(text, places[i][0], places[i][1], 0);
    const char *mark = strstr(text->str, OPTIONS_MARK "\n");
    if (mark == NULL)
        g_error("the template has no line " OPTIONS_MARK);
    fwrite(text->str, 1, (size_t)(mark - text->str), stdout);
    print_man_options();
    fputs(mark + strlen(OPTIONS_MARK "\n"), stdout);
    g_string_free(text, TRUE);
}

int
main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    g_autofree char *template = NULL;
    if (strcmp(what, "sample") == 0)
        print_sample();
    else if (strcmp(what, "seed") == 0)
        print_seed();
    else if (strcmp(what, "man") == 0 && argc == 3 &&
             g_file_get_contents(argv[2], &template, NULL, NULL))
        print_man(template);
    else
        return 2;
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
