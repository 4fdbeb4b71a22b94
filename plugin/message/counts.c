/* SPDX-License-Identifier: Apache-2.0 */
#include "message/words.h"

/* For the extraction of plurals: see po/update. */
#define NP_(one, many)                                                                             \
    {                                                                                              \
        one, many                                                                                  \
    }

static const struct {
    const char *one;
    const char *many;
} COUNTS[SPOC_COUNT_COUNT] = {
    /* TRANSLATORS: {count}: the number */
    [SPOC_COUNT_PAGES] = NP_("{count} page", "{count} pages"),
    /* TRANSLATORS: Of paper */
    [SPOC_COUNT_SHEETS] = NP_("{count} sheet", "{count} sheets"),
    /* TRANSLATORS: Things that happened to jobs and printers */
    [SPOC_COUNT_EVENTS] = NP_("{count} event", "{count} events"),
    /* TRANSLATORS: How often something happened */
    [SPOC_COUNT_TIMES] = NP_("{count} time", "{count} times"),
    [SPOC_COUNT_MORE_EVENTS] = NP_("And {count} more event.", "And {count} more events."),
    [SPOC_COUNT_MORE_RECIPIENTS] =
        NP_("And {count} more recipient.", "And {count} more recipients."),
    [SPOC_COUNT_REPORT_TEXT] =
        NP_("The print server {host} could not deliver mail to {count} recipient:",
            "The print server {host} could not deliver mail to {count} recipients:"),
    /* TRANSLATORS: The subject of a mail that has all that happened in a day */
    [SPOC_COUNT_DIGEST_SUBJECT] =
        NP_("Printing on {host}: {count} event", "Printing on {host}: {count} events"),
};

static const struct {
    const char *one;
    const char *many;
} PAGES_OF =
    /* TRANSLATORS: {done}: printed so far; the plural is that of {count}, of all pages */
    NP_("{done} of {count} page", "{done} of {count} pages");

const char *
spoc_words_count_pattern(const SpocCatalogue *catalogue, SpocCount what, gulong n)
{
    return spoc_catalogue_get_plural(catalogue, COUNTS[what].one, COUNTS[what].many, n);
}

char *
spoc_words_count(const SpocCatalogue *catalogue, SpocCount what, gulong n, const char *host)
{
    g_autofree char *count = g_strdup_printf("%lu", n);
    const SpocWordValue values[] = {{"count", count}, {"host", host}};
    return spoc_words_expand(spoc_words_count_pattern(catalogue, what, n), values,
                             G_N_ELEMENTS(values));
}

char *
spoc_words_pages(const SpocCatalogue *catalogue, gulong n)
{
    return spoc_words_count(catalogue, SPOC_COUNT_PAGES, n, NULL);
}

char *
spoc_words_events(const SpocCatalogue *catalogue, gulong n)
{
    return spoc_words_count(catalogue, SPOC_COUNT_EVENTS, n, NULL);
}

char *
spoc_words_pages_of(const SpocCatalogue *catalogue, gulong done, gulong total)
{
    g_autofree char *done_digits = g_strdup_printf("%lu", done);
    g_autofree char *total_digits = g_strdup_printf("%lu", total);
    const SpocWordValue values[] = {{"done", done_digits}, {"count", total_digits}};
    const char *pattern = spoc_catalogue_get_plural(catalogue, PAGES_OF.one, PAGES_OF.many, total);
    return spoc_words_expand(pattern, values, G_N_ELEMENTS(values));
}
