/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cupsd-conf.h"

#include "base/durable.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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

static void
take_line(SpocCupsdLimits *limits, const char *line)
{
    gsize length = strcspn(line, " \t");
    const char *number = line + length;
    while (g_ascii_isspace(*number))
        number++;
    if (!g_ascii_isdigit(*number))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(directives); i++) {
        if (strlen(directives[i].name) != length ||
            g_ascii_strncasecmp(line, directives[i].name, length) != 0)
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
    SpocCupsdLimits limits = defaults;
    limits.is_known = TRUE;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        take_line(&limits, g_strstrip(lines[i]));
    return limits;
}

SpocCupsdLimits
spoc_cupsd_conf_read(const SpocPlaces *places)
{
    int folder = open(places->server_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return defaults;
    g_autoptr(GBytes) content = spoc_durable_read(folder, "cupsd.conf", FILE_MAX_BYTES, NULL);
    close(folder);
    if (content == NULL)
        return defaults;
    gsize size = 0;
    const char *data = g_bytes_get_data(content, &size);
    g_autofree char *text = g_strndup(data != NULL ? data : "", size);
    return spoc_cupsd_conf_parse(text);
}
