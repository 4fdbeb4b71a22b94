#pragma once
#include "message/words.h"
#include <time.h>
typedef struct _SpocCatalogue SpocCatalogue;
static inline const SpocCatalogue *
spoc_catalogue_find(const char *l)
{
    return NULL;
}
static inline const char *
spoc_catalogue_language(const SpocCatalogue *c)
{
    return "en";
}
static inline const char *
spoc_catalogue_get_plural(const SpocCatalogue *c, const char *one, const char *many, gulong n)
{
    return n == 1 ? one : many;
}
static inline char *
spoc_words_advice(const SpocCatalogue *c, char *const *k)
{
    for (; *k; k++) {
        if (g_str_has_prefix(*k, "media-jam"))
            return g_strdup("Open the printer, take the jammed paper out and close it again.");
        if (g_str_has_prefix(*k, "media-"))
            return g_strdup("Put paper into the tray.");
        if (g_str_has_prefix(*k, "toner"))
            return g_strdup("Have a new toner cartridge ready.");
    }
    return NULL;
}
static inline char *
spoc_words_when(const SpocCatalogue *c, gint64 t)
{
    g_autoptr(GDateTime) d = g_date_time_new_from_unix_local(t);
    return d ? g_date_time_format(d, "%A, %-d %B %Y, %H:%M %Z") : g_strdup("?");
}
static inline char *
spoc_words_events(const SpocCatalogue *c, gulong n)
{
    return g_strdup_printf(n == 1 ? "%lu event" : "%lu events", n);
}
#define SPOC_NEWS_PRINTER_RESOLVED SPOC_NEWS_COUNT
static const SpocNewsWords soon_resolved = {"Resolved: {printer} is ready again{reasons}", NULL,
                                            "The printer {printer} is ready again{reasons}."};
static inline const SpocNewsWords *
soon_news(SpocNews n)
{
    return n == SPOC_NEWS_COUNT ? &soon_resolved : spoc_words_news(n);
}
#define spoc_words_news(c, news) soon_news(news)
#define spoc_word(c, w) ((void)(c), spoc_word(w))
#define spoc_words_job_state(c, s) ((void)(c), spoc_words_job_state(s))
#define spoc_words_printer_state(c, s) ((void)(c), spoc_words_printer_state(s))
#define spoc_words_reasons(c, s) ((void)(c), spoc_words_reasons(s))
