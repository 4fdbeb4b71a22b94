/* SPDX-License-Identifier: Apache-2.0 */
/* Dates and times without a locale: the names and the order come from the catalogue. */
#include "message/words.h"

#include <time.h>

#define N_(text) text

/* TRANSLATORS: months as they stand in a date, in the genitive where the language wants it. */
static const char *const MONTHS[] = {
    N_("January"), N_("February"), N_("March"),     N_("April"),   N_("May"),      N_("June"),
    N_("July"),    N_("August"),   N_("September"), N_("October"), N_("November"), N_("December"),
};
static const char *const WEEKDAYS[] = {
    N_("Sunday"),   N_("Monday"), N_("Tuesday"),  N_("Wednesday"),
    N_("Thursday"), N_("Friday"), N_("Saturday"),
};
/* TRANSLATORS: a moment: "Tuesday, 24 November 2026, 13:05 CET". {month} is one of the names above,
 * {month-number} a number from 1 to 12, {time} is 13:05, {zone} the time zone. */
static const char MOMENT[] = N_("{weekday}, {day} {month} {year}, {time} {zone}");

char *
spoc_words_when(const SpocCatalogue *catalogue, gint64 unix_s)
{
    time_t when = (time_t)unix_s;
    struct tm local;
    if (localtime_r(&when, &local) == NULL || local.tm_year > 9999 - 1900 || local.tm_year < 0) {
        when = 0;
        (void)gmtime_r(&when, &local);
    }
    g_autofree char *day = g_strdup_printf("%d", local.tm_mday);
    g_autofree char *month = g_strdup_printf("%d", local.tm_mon + 1);
    g_autofree char *year = g_strdup_printf("%d", local.tm_year + 1900);
    g_autofree char *time = g_strdup_printf("%02d:%02d", local.tm_hour, local.tm_min);
    const SpocWordValue values[] = {
        {"weekday", spoc_catalogue_get(catalogue, WEEKDAYS[local.tm_wday])},
        {"month", spoc_catalogue_get(catalogue, MONTHS[local.tm_mon])},
        {"day", day},
        {"month-number", month},
        {"year", year},
        {"time", time},
        {"zone", local.tm_zone},
    };
    return spoc_words_expand(spoc_catalogue_get(catalogue, MOMENT), values, G_N_ELEMENTS(values));
}
