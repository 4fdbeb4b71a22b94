/* SPDX-License-Identifier: Apache-2.0 */
#include "message/words.h"

#include <time.h>

static const char *const WEEKDAYS[] = {
    /* TRANSLATORS: The days of the week, as they stand at the beginning of a date and of a line */
    N_("Sunday"),   N_("Monday"), N_("Tuesday"),  N_("Wednesday"),
    N_("Thursday"), N_("Friday"), N_("Saturday"),
};
static const char *const MONTHS[] = {
    /* TRANSLATORS: In a date, behind the day: in the genitive where your language wants it */
    NC_("in a date", "January"), NC_("in a date", "February"), NC_("in a date", "March"),
    NC_("in a date", "April"),   NC_("in a date", "May"),      NC_("in a date", "June"),
    NC_("in a date", "July"),    NC_("in a date", "August"),   NC_("in a date", "September"),
    NC_("in a date", "October"), NC_("in a date", "November"), NC_("in a date", "December"),
};

/* TRANSLATORS: "Tuesday, 24 November 2026, 13:05 CET"; order and words are yours. */
static const char DATE[] = N_("{weekday}, {day} {month} {year}, {time} {zone}");

/* TRANSLATORS: A time in a list of what happened in a day: "Tuesday, 13:05" */
static const char SHORT_DATE[] = N_("{weekday}, {time}");

static char *
format(const SpocCatalogue *catalogue, const char *pattern, gint64 unix_s)
{
    time_t when = (time_t)unix_s;
    struct tm local;
    if (localtime_r(&when, &local) == NULL || local.tm_year > 9999 - 1900 || local.tm_year < 0) {
        when = 0;
        (void)gmtime_r(&when, &local);
    }
    g_autofree char *day = g_strdup_printf("%d", local.tm_mday);
    g_autofree char *year = g_strdup_printf("%d", local.tm_year + 1900);
    g_autofree char *time_of_day = g_strdup_printf("%02d:%02d", local.tm_hour, local.tm_min);
    const SpocWordValue values[] = {
        {"weekday", spoc_catalogue_get(catalogue, WEEKDAYS[local.tm_wday])},
        {"day", day},
        {"month", spoc_catalogue_get(catalogue, MONTHS[local.tm_mon])},
        {"year", year},
        {"time", time_of_day},
        {"zone", local.tm_zone},
    };
    return spoc_words_expand(spoc_catalogue_get(catalogue, pattern), values, G_N_ELEMENTS(values));
}

char *
spoc_words_when(const SpocCatalogue *catalogue, gint64 unix_s)
{
    return format(catalogue, DATE, unix_s);
}

char *
spoc_words_when_short(const SpocCatalogue *catalogue, gint64 unix_s)
{
    return format(catalogue, SHORT_DATE, unix_s);
}
