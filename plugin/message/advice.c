/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody can do about a state reason. */
#include "message/words.h"

#include <string.h>

/* So many sentences are enough to begin with. */
#define ADVICE_MAX 3

#define N_(text) text

static const char PAPER[] = N_("Put paper into the tray.");
static const char CLOSE[] = N_("Close all covers and doors of the printer.");
static const char TONER[] = N_("Put a new toner cartridge in.");
static const char TONER_SOON[] = N_("Have a new toner cartridge ready.");
static const char SUPPLY[] = N_("Put new ink or toner in.");
static const char SUPPLY_SOON[] = N_("Have new ink or toner ready.");
static const char WASTE[] = N_("Empty or replace the waste container.");
static const char OUTPUT[] = N_("Take the printed pages out of the output tray.");
static const char TRAY[] = N_("Put the tray back in its place.");
static const char SERVICE[] = N_("Ask for maintenance: a part of the printer is worn out.");
static const char WARM[] = N_("Wait a few minutes. If it stays like this, ask for maintenance.");
static const char NETWORK[] =
    N_("See whether the printer is switched on and connected to the network.");
static const char RESUME[] = N_("Whoever administers the printer can resume it with: cupsenable "
                                "and the name of the printer.");
static const char LOGIN[] = N_("Print the document again and give your user name and password.");
static const char FILTER[] =
    N_("Tell whoever administers the print server: a program for this printer is missing or has "
       "unsafe permissions.");
static const char DOCUMENT[] =
    N_("Open the document, save it as PDF, and print that. If it is protected, remove the "
       "protection first.");
static const char OPTIONS[] = N_("Print it again with other options, or on another printer.");
static const char ACCOUNT[] = N_("Ask whoever keeps the accounts for printing.");
static const char RELEASE[] = N_("Release the job at the printer or in the list of jobs.");
static const char AGAIN[] = N_("Print the document again.");
static const char GO_THERE[] = N_("Go to the printer: its display says what it needs.");

static const struct {
    const char *keyword; /* without its severity */
    const char *sentence;
} ADVICE[] = {
    {"media-empty", PAPER},
    {"media-low", PAPER},
    {"media-needed", PAPER},
    {"media-jam", N_("Remove the jammed paper, then close the printer.")},
    {"cover-open", CLOSE},
    {"door-open", CLOSE},
    {"interlock-open", CLOSE},
    {"toner-empty", TONER},
    {"toner-low", TONER_SOON},
    {"marker-supply-empty", SUPPLY},
    {"marker-supply-low", SUPPLY_SOON},
    {"developer-empty", SERVICE},
    {"developer-low", SERVICE},
    {"opc-life-over", SERVICE},
    {"opc-near-eol", SERVICE},
    {"marker-waste-full", WASTE},
    {"marker-waste-almost-full", WASTE},
    {"fuser-over-temp", WARM},
    {"fuser-under-temp", WARM},
    {"input-tray-missing", TRAY},
    {"output-tray-missing", TRAY},
    {"output-area-full", OUTPUT},
    {"output-area-almost-full", OUTPUT},
    {"offline", NETWORK},
    {"service-off-line", NETWORK},
    {"timed-out", NETWORK},
    {"shutdown", NETWORK},
    {"wifi-not-configured", NETWORK},
    {"paused", RESUME},
    {"printer-stopped", RESUME},
    {"deactivated", RESUME},
    {"cups-held-for-authentication", LOGIN},
    {"account-info-needed", LOGIN},
    {"cups-missing-filter", FILTER},
    {"cups-insecure-filter", FILTER},
    {"document-access-error", DOCUMENT},
    {"document-format-error", DOCUMENT},
    {"document-password-error", DOCUMENT},
    {"document-permission-error", DOCUMENT},
    {"document-security-error", DOCUMENT},
    {"document-unprintable-error", DOCUMENT},
    {"compression-error", DOCUMENT},
    {"unsupported-document-format", DOCUMENT},
    {"unsupported-compression", DOCUMENT},
    {"unsupported-attributes-or-values", OPTIONS},
    {"resources-are-not-supported", OPTIONS},
    {"account-authorization-failed", ACCOUNT},
    {"account-closed", ACCOUNT},
    {"account-limit-reached", ACCOUNT},
    {"job-hold-until-specified", RELEASE},
    {"job-password-wait", RELEASE},
    {"job-release-wait", RELEASE},
    {"aborted-by-system", AGAIN},
    {"submission-interrupted", AGAIN},
    {"waiting-for-user-action", GO_THERE},
};

/* (nullable) */
static const char *
find_advice(const char *keyword)
{
    g_autofree char *base = spoc_reason_base(keyword);
    for (gsize i = 0; i < G_N_ELEMENTS(ADVICE); i++)
        if (strcmp(ADVICE[i].keyword, base) == 0 || strcmp(ADVICE[i].keyword, keyword) == 0)
            return ADVICE[i].sentence;
    return NULL;
}

char *
spoc_words_advice(const SpocCatalogue *catalogue, char *const *keywords)
{
    const char *given[ADVICE_MAX] = {NULL};
    gsize count = 0;
    GString *text = g_string_new(NULL);
    for (gsize i = 0; keywords[i] != NULL && count < ADVICE_MAX; i++) {
        const char *sentence = find_advice(keywords[i]);
        gboolean is_new = sentence != NULL;
        for (gsize k = 0; k < count; k++)
            is_new = is_new && given[k] != sentence;
        if (!is_new)
            continue;
        given[count++] = sentence;
        g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "",
                               spoc_catalogue_get(catalogue, sentence));
    }
    if (text->len == 0) {
        g_string_free(text, TRUE);
        return NULL;
    }
    return g_string_free(text, FALSE);
}
