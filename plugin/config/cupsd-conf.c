/* SPDX-License-Identifier: Apache-2.0 */
#include "config/cupsd-conf.h"

#include "config/file.h"

#include <string.h>

#define FILE_MAX_BYTES ((gsize)1024 * 1024)

static const SpocCupsdLimits defaults = {.total = SPOC_CUPSD_MAX_SUBSCRIPTIONS_DEFAULT};

static const struct {
    const char *name;
    gsize offset;
    gboolean is_time; /* "1d", "2h": seconds where no unit stands */
} directives[] = {
    {"MaxSubscriptions", G_STRUCT_OFFSET(SpocCupsdLimits, total), FALSE},
    {"MaxSubscriptionsPerJob", G_STRUCT_OFFSET(SpocCupsdLimits, per_job), FALSE},
    {"MaxSubscriptionsPerPrinter", G_STRUCT_OFFSET(SpocCupsdLimits, per_printer), FALSE},
    {"MaxSubscriptionsPerUser", G_STRUCT_OFFSET(SpocCupsdLimits, per_user), FALSE},
    {"MaxLeaseDuration", G_STRUCT_OFFSET(SpocCupsdLimits, max_lease_s), TRUE},
};

static gint64
seconds_of(gint64 number, char unit)
{
    static const struct {
        char unit;
        gint64 seconds;
    } units[] = {{'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        if (g_ascii_tolower(unit) == units[i].unit)
            return number > G_MAXINT64 / units[i].seconds ? G_MAXINT64 : number * units[i].seconds;
    }
    return number;
}

static gboolean
is_named(const char *line, gsize length, const char *name)
{
    return strlen(name) == length && g_ascii_strncasecmp(line, name, length) == 0;
}

/* "localhost:631", "127.0.0.1", "[::1]:631" or a socket's path */
static gboolean
is_of_this_host(const char *address)
{
    gsize length = strcspn(address, ": \t");
    return address[0] == '/' || is_named(address, length, "localhost") ||
           g_str_has_prefix(address, "127.") || g_str_has_prefix(address, "[::1]");
}

typedef struct {
    SpocCupsdLimits limits;
    gboolean is_open, has_pages;
} Reading;

static void
take_line(Reading *reading, const char *line)
{
    SpocCupsdLimits *limits = &reading->limits;
    gsize length = strcspn(line, " \t");
    const char *number = line + length;
    while (g_ascii_isspace(*number))
        number++;
    if (is_named(line, length, "Port") || is_named(line, length, "SSLPort"))
        reading->is_open |= g_ascii_isdigit(*number);
    else if (is_named(line, length, "Listen") || is_named(line, length, "SSLListen"))
        reading->is_open |= *number != '\0' && !is_of_this_host(number);
    else if (is_named(line, length, "WebInterface"))
        reading->has_pages = g_ascii_strncasecmp(number, "no", 2) != 0 &&
                             g_ascii_strncasecmp(number, "off", 3) != 0 &&
                             g_ascii_strncasecmp(number, "false", 5) != 0;
    if (!g_ascii_isdigit(*number))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(directives); i++) {
        if (!is_named(line, length, directives[i].name))
            continue;
        char *end = NULL;
        gint64 value = g_ascii_strtoll(number, &end, 10);
        G_STRUCT_MEMBER(gint64, limits, directives[i].offset) =
            directives[i].is_time ? seconds_of(value, *end) : value;
    }
}

SpocCupsdLimits
spoc_cupsd_conf_parse(const char *text)
{
    Reading reading = {.limits = defaults, .has_pages = TRUE};
    reading.limits.is_known = TRUE;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        take_line(&reading, g_strstrip(lines[i]));
    reading.limits.is_reachable = reading.is_open && reading.has_pages;
    return reading.limits;
}

SpocCupsdLimits
spoc_cupsd_conf_read(const SpocPlaces *places)
{
    g_autofree char *path = g_build_filename(places->server_root, "cupsd.conf", NULL);
    g_autoptr(GBytes) content = spoc_config_file_read(path, FILE_MAX_BYTES, NULL);
    if (content == NULL)
        return defaults;
    gsize size = 0;
    const char *data = g_bytes_get_data(content, &size);
    g_autofree char *text = g_strndup(data != NULL ? data : "", size);
    return spoc_cupsd_conf_parse(text);
}

const char *
spoc_cupsd_conf_web_interface(const SpocConfig *config, const SpocPlaces *places)
{
    int links = spoc_config_choice(config, SPOC_OPTION_NOTIFY_LINKS);
    /* An address that somebody wrote leads somewhere, whatever cupsd listens on. */
    gboolean is_chosen =
        spoc_config_origin(config, SPOC_OPTION_NOTIFY_WEB_INTERFACE).layer != SPOC_LAYER_BUILTIN;
    gboolean is_shown =
        links == SPOC_LINKS_ALWAYS ||
        (links == SPOC_LINKS_AUTO && (is_chosen || spoc_cupsd_conf_read(places).is_reachable));
    return is_shown ? spoc_config_string(config, SPOC_OPTION_NOTIFY_WEB_INTERFACE) : NULL;
}
