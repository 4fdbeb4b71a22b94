/* SPDX-License-Identifier: Apache-2.0 */
#include "message/reason-words.h"

#include "base/text.h"
#include "event/reason.h"

#include <stdlib.h>
#include <string.h>

/* For the extraction of what is to be translated */
#define N_(text) text

/* --- what somebody can do about them ----------------------------------------------------- */

/* So many sentences are enough to begin with. */
#define ADVICE_MAX 3

static const char PAPER[] = N_("Put paper into the tray.");
static const char JAM[] = N_("Remove the jammed paper, then close the printer.");
static const char CLOSE[] = N_("Close all covers and doors of the printer.");
static const char TONER[] = N_("Put a new toner cartridge in.");
static const char TONER_SOON[] = N_("Have a new toner cartridge ready.");
static const char SUPPLY[] = N_("Put new ink or toner in.");
static const char SUPPLY_SOON[] = N_("Have new ink or toner ready.");
static const char WASTE[] = N_("Empty or replace the waste container.");
static const char OUTPUT[] = N_("Take the printed pages out of the output tray.");
static const char TRAY[] = N_("Put the tray back in its place.");
static const char SERVICE[] = N_("Ask for maintenance: a part of the printer is worn out.");
static const char SERVICE_SOON[] = N_("Have the worn part replaced soon.");
static const char STAPLES[] = N_("Put new staples in.");
static const char RIBBON[] = N_("Put a new ribbon in.");
static const char MISSING[] = N_("Put the missing cartridge or container in.");
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
    {"media-jam", JAM},
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
    {"bander-life-almost-over", SERVICE_SOON},
    {"bander-life-over", SERVICE},
    {"binder-life-almost-over", SERVICE_SOON},
    {"binder-life-over", SERVICE},
    {"cartridge-missing", MISSING},
    {"cleaner-life-almost-over", SERVICE_SOON},
    {"cleaner-life-over", SERVICE},
    {"cleaner-near-eol", SERVICE_SOON},
    {"die-cutter-life-almost-over", SERVICE_SOON},
    {"die-cutter-life-over", SERVICE},
    {"drum-end", SERVICE},
    {"drum-life-over", SERVICE},
    {"drum-low", SERVICE},
    {"drum-near-end", SERVICE},
    {"folder-life-almost-over", SERVICE_SOON},
    {"folder-life-over", SERVICE},
    {"fuser-life-almost-over", SERVICE_SOON},
    {"fuser-life-over", SERVICE},
    {"fuser-near-eol", SERVICE_SOON},
    {"imprinter-life-almost-over", SERVICE_SOON},
    {"imprinter-life-over", SERVICE},
    {"ink-almost-empty", SUPPLY_SOON},
    {"ink-empty", SUPPLY},
    {"ink-low", SUPPLY_SOON},
    {"input-almost-empty", PAPER},
    {"input-media-tray-almost-empty", PAPER},
    {"input-media-tray-empty", PAPER},
    {"input-media-tray-jam", JAM},
    {"input-pick-roller-life-almost-over", SERVICE_SOON},
    {"input-pick-roller-life-over", SERVICE},
    {"inserter-life-almost-over", SERVICE_SOON},
    {"inserter-life-over", SERVICE},
    {"make-envelope-life-almost-over", SERVICE_SOON},
    {"make-envelope-life-over", SERVICE},
    {"marker-cleaner-life-almost-over", SERVICE_SOON},
    {"marker-cleaner-life-over", SERVICE},
    {"marker-developer-almost-empty", SERVICE},
    {"marker-developer-empty", SERVICE},
    {"marker-developer-low", SERVICE},
    {"marker-fuser-life-almost-over", SERVICE_SOON},
    {"marker-fuser-life-over", SERVICE},
    {"marker-ink-almost-empty", SUPPLY_SOON},
    {"marker-ink-empty", SUPPLY},
    {"marker-ink-low", SUPPLY_SOON},
    {"marker-ink-missing", MISSING},
    {"marker-opc-life-almost-over", SERVICE},
    {"marker-opc-life-over", SERVICE},
    {"marker-opc-near-eol", SERVICE},
    {"marker-print-ribbon-almost-empty", RIBBON},
    {"marker-print-ribbon-empty", RIBBON},
    {"marker-supply-almost-empty", SUPPLY_SOON},
    {"marker-supply-missing", MISSING},
    {"marker-toner-almost-empty", TONER_SOON},
    {"marker-toner-cartridge-missing", MISSING},
    {"marker-toner-empty", TONER},
    {"marker-toner-low", TONER_SOON},
    {"marker-toner-missing", MISSING},
    {"marker-waste-ink-receptacle-almost-full", WASTE},
    {"marker-waste-ink-receptacle-full", WASTE},
    {"marker-waste-ink-receptacle-missing", MISSING},
    {"marker-waste-missing", MISSING},
    {"marker-waste-toner-receptacle-almost-full", WASTE},
    {"marker-waste-toner-receptacle-full", WASTE},
    {"marker-waste-toner-receptacle-missing", MISSING},
    {"media-almost-empty", PAPER},
    {"media-path-input-empty", PAPER},
    {"media-path-input-jam", JAM},
    {"media-path-jam", JAM},
    {"media-path-output-jam", JAM},
    {"media-path-pick-roller-life-almost-over", SERVICE_SOON},
    {"media-path-pick-roller-life-over", SERVICE},
    {"opc-end", SERVICE},
    {"opc-life-almost-over", SERVICE},
    {"opc-near-end", SERVICE},
    {"perforater-life-almost-over", SERVICE_SOON},
    {"perforater-life-over", SERVICE},
    {"puncher-life-almost-over", SERVICE_SOON},
    {"puncher-life-over", SERVICE},
    {"separation-cutter-life-almost-over", SERVICE_SOON},
    {"separation-cutter-life-over", SERVICE},
    {"service-needed", GO_THERE},
    {"sheet-rotator-life-almost-over", SERVICE_SOON},
    {"sheet-rotator-life-over", SERVICE},
    {"slitter-life-almost-over", SERVICE_SOON},
    {"slitter-life-over", SERVICE},
    {"stacker-life-almost-over", SERVICE_SOON},
    {"stacker-life-over", SERVICE},
    {"stapler-almost-empty", STAPLES},
    {"stapler-empty", STAPLES},
    {"stapler-life-almost-over", SERVICE_SOON},
    {"stapler-life-over", SERVICE},
    {"staples-empty", STAPLES},
    {"staples-low", STAPLES},
    {"stitcher-almost-empty", STAPLES},
    {"stitcher-empty", STAPLES},
    {"stitcher-life-almost-over", SERVICE_SOON},
    {"stitcher-life-over", SERVICE},
    {"subunit-jam", JAM},
    {"toner-almost-empty", TONER_SOON},
    {"transfer-near-eol", SERVICE_SOON},
    {"transfer-unit-life-almost-over", SERVICE_SOON},
    {"transfer-unit-life-over", SERVICE},
    {"tray-empty", PAPER},
    {"tray-low", PAPER},
    {"trimmer-life-almost-over", SERVICE_SOON},
    {"trimmer-life-over", SERVICE},
    {"waste-almost-full", WASTE},
    {"waste-full", WASTE},
    {"waste-receptacle-almost-full", WASTE},
    {"waste-receptacle-full", WASTE},
    {"wrapper-life-almost-over", SERVICE_SOON},
    {"wrapper-life-over", SERVICE},
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

/* --- in words ---------------------------------------------------------------------------- */

#define REASONS_MAX 8
#define KEYWORD_MAX_BYTES 80

typedef struct {
    const char *keyword;
    const char *words;
} Reason;

/* In the order of strcmp(), for bsearch(). RFC 8011 5.3.8 and 5.4.12, PWG 5100.9, CUPS. */
static const Reason REASONS[] = {
    {"aborted-by-system", N_("aborted by the print system")},
    {"account-authorization-failed", N_("the account is not allowed to print this")},
    {"account-closed", N_("the account is closed")},
    {"account-info-needed", N_("information about the account is needed")},
    {"account-limit-reached", N_("the limit of the account is reached")},
    {"bander-life-almost-over", N_("a part is nearly worn out")},
    {"bander-life-over", N_("a part is worn out")},
    {"binder-life-almost-over", N_("a part is nearly worn out")},
    {"binder-life-over", N_("a part is worn out")},
    {"cartridge-missing", N_("a cartridge is missing")},
    {"cleaner-life-almost-over", N_("the cleaner is nearly worn out")},
    {"cleaner-life-over", N_("the cleaner is worn out")},
    {"cleaner-near-eol", N_("the cleaner is nearly worn out")},
    {"compression-error", N_("the compressed document is damaged")},
    {"configuration-change", N_("its configuration has changed")},
    {"connecting-to-device", N_("connecting to the printer")},
    {"cover-open", N_("a cover is open")},
    {"cups-held-for-authentication", N_("held until a name and password are given")},
    {"cups-insecure-filter", N_("a program that CUPS needs has unsafe permissions")},
    {"cups-missing-filter", N_("a program that CUPS needs is missing")},
    {"cups-waiting-for-job-completed", N_("waiting for the printer to finish the job")},
    {"deactivated", N_("deactivated")},
    {"developer-empty", N_("the developer is used up")},
    {"developer-low", N_("the developer is low")},
    {"die-cutter-life-almost-over", N_("a part is nearly worn out")},
    {"die-cutter-life-over", N_("a part is worn out")},
    {"document-access-error", N_("the document could not be read")},
    {"document-format-error", N_("the document is damaged or of another format than it says")},
    {"document-password-error", N_("the document's password is wrong or missing")},
    {"document-permission-error", N_("the document does not allow printing")},
    {"document-security-error", N_("the document has a security problem")},
    {"document-unprintable-error", N_("the document cannot be printed")},
    {"door-open", N_("a door is open")},
    {"drum-end", N_("the drum is worn out")},
    {"drum-life-over", N_("the drum is worn out")},
    {"drum-low", N_("the drum is nearly worn out")},
    {"drum-near-end", N_("the drum is nearly worn out")},
    {"folder-life-almost-over", N_("a part is nearly worn out")},
    {"folder-life-over", N_("a part is worn out")},
    {"fuser-life-almost-over", N_("the fuser is nearly worn out")},
    {"fuser-life-over", N_("the fuser is worn out")},
    {"fuser-near-eol", N_("the fuser is nearly worn out")},
    {"fuser-over-temp", N_("the fuser is too hot")},
    {"fuser-under-temp", N_("the fuser is too cold")},
    {"hold-new-jobs", N_("new jobs are held")},
    {"identify-printer-requested", N_("asked to show where it stands")},
    {"imprinter-life-almost-over", N_("a part is nearly worn out")},
    {"imprinter-life-over", N_("a part is worn out")},
    {"ink-almost-empty", N_("ink is low")},
    {"ink-empty", N_("ink is empty")},
    {"ink-low", N_("ink is low")},
    {"input-almost-empty", N_("paper is low")},
    {"input-media-tray-almost-empty", N_("paper is low")},
    {"input-media-tray-empty", N_("paper is out")},
    {"input-media-tray-jam", N_("paper is jammed")},
    {"input-pick-roller-life-almost-over", N_("a part is nearly worn out")},
    {"input-pick-roller-life-over", N_("a part is worn out")},
    {"input-tray-missing", N_("an input tray is missing")},
    {"inserter-life-almost-over", N_("a part is nearly worn out")},
    {"inserter-life-over", N_("a part is worn out")},
    {"interlock-open", N_("a safety lock is open")},
    {"interpreter-resource-unavailable", N_("something that the document needs is missing")},
    {"job-canceled-at-device", N_("canceled at the printer")},
    {"job-canceled-by-operator", N_("canceled by an operator")},
    {"job-canceled-by-user", N_("canceled by the user")},
    {"job-completed-successfully", N_("without errors")},
    {"job-completed-with-errors", N_("with errors")},
    {"job-completed-with-warnings", N_("with warnings")},
    {"job-data-insufficient", N_("waiting for the rest of the document")},
    {"job-fetchable", N_("waiting to be fetched")},
    {"job-hold-until-specified", N_("held until the time that was asked for")},
    {"job-incoming", N_("the document is being received")},
    {"job-interpreting", N_("the document is being read")},
    {"job-outgoing", N_("being sent to the printer")},
    {"job-password-wait", N_("waiting for the job's password")},
    {"job-printed-successfully", N_("printed without errors")},
    {"job-printing", N_("being printed")},
    {"job-queued", N_("queued")},
    {"job-queued-for-marker", N_("queued for the print engine")},
    {"job-release-wait", N_("waiting to be released")},
    {"job-restartable", N_("can be started again")},
    {"job-stopped", N_("stopped")},
    {"job-transforming", N_("being converted for the printer")},
    {"make-envelope-life-almost-over", N_("a part is nearly worn out")},
    {"make-envelope-life-over", N_("a part is worn out")},
    {"marker-cleaner-life-almost-over", N_("the cleaner is nearly worn out")},
    {"marker-cleaner-life-over", N_("the cleaner is worn out")},
    {"marker-developer-almost-empty", N_("the developer is low")},
    {"marker-developer-empty", N_("the developer is used up")},
    {"marker-developer-low", N_("the developer is low")},
    {"marker-fuser-life-almost-over", N_("the fuser is nearly worn out")},
    {"marker-fuser-life-over", N_("the fuser is worn out")},
    {"marker-ink-almost-empty", N_("ink is low")},
    {"marker-ink-empty", N_("ink is empty")},
    {"marker-ink-low", N_("ink is low")},
    {"marker-ink-missing", N_("a cartridge is missing")},
    {"marker-opc-life-almost-over", N_("the drum is nearly worn out")},
    {"marker-opc-life-over", N_("the drum is worn out")},
    {"marker-opc-near-eol", N_("the drum is nearly worn out")},
    {"marker-print-ribbon-almost-empty", N_("the ribbon is nearly used up")},
    {"marker-print-ribbon-empty", N_("the ribbon is used up")},
    {"marker-supply-almost-empty", N_("ink or toner is low")},
    {"marker-supply-empty", N_("ink or toner is empty")},
    {"marker-supply-low", N_("ink or toner is low")},
    {"marker-supply-missing", N_("a cartridge is missing")},
    {"marker-toner-almost-empty", N_("toner is low")},
    {"marker-toner-cartridge-missing", N_("a cartridge is missing")},
    {"marker-toner-empty", N_("toner is empty")},
    {"marker-toner-low", N_("toner is low")},
    {"marker-toner-missing", N_("a cartridge is missing")},
    {"marker-waste-almost-full", N_("the waste container is almost full")},
    {"marker-waste-full", N_("the waste container is full")},
    {"marker-waste-ink-receptacle-almost-full", N_("the waste container is almost full")},
    {"marker-waste-ink-receptacle-full", N_("the waste container is full")},
    {"marker-waste-ink-receptacle-missing", N_("the waste container is missing")},
    {"marker-waste-missing", N_("the waste container is missing")},
    {"marker-waste-toner-receptacle-almost-full", N_("the waste container is almost full")},
    {"marker-waste-toner-receptacle-full", N_("the waste container is full")},
    {"marker-waste-toner-receptacle-missing", N_("the waste container is missing")},
    {"media-almost-empty", N_("paper is low")},
    {"media-empty", N_("paper is out")},
    {"media-jam", N_("paper is jammed")},
    {"media-low", N_("paper is low")},
    {"media-needed", N_("paper is needed")},
    {"media-path-input-empty", N_("paper is out")},
    {"media-path-input-jam", N_("paper is jammed")},
    {"media-path-jam", N_("paper is jammed")},
    {"media-path-output-jam", N_("paper is jammed")},
    {"media-path-pick-roller-life-almost-over", N_("a part is nearly worn out")},
    {"media-path-pick-roller-life-over", N_("a part is worn out")},
    {"moving-to-paused", N_("being paused")},
    {"offline", N_("offline")},
    {"opc-end", N_("the drum is worn out")},
    {"opc-life-almost-over", N_("the drum is nearly worn out")},
    {"opc-life-over", N_("the drum is worn out")},
    {"opc-near-end", N_("the drum is nearly worn out")},
    {"opc-near-eol", N_("the drum is nearly worn out")},
    {"other", N_("a reason that the printer does not name")},
    {"output-area-almost-full", N_("the output tray is almost full")},
    {"output-area-full", N_("the output tray is full")},
    {"output-tray-missing", N_("an output tray is missing")},
    {"paused", N_("paused")},
    {"perforater-life-almost-over", N_("a part is nearly worn out")},
    {"perforater-life-over", N_("a part is worn out")},
    {"printer-stopped", N_("the printer is stopped")},
    {"printer-stopped-partly", N_("a part of the printer is stopped")},
    {"processing-to-stop-point", N_("being stopped")},
    {"puncher-life-almost-over", N_("a part is nearly worn out")},
    {"puncher-life-over", N_("a part is worn out")},
    {"queued-in-device", N_("waiting in the printer")},
    {"resources-are-not-ready", N_("something that the job needs is not ready")},
    {"resources-are-not-supported", N_("something that the job needs is not supported")},
    {"resuming", N_("being resumed")},
    {"separation-cutter-life-almost-over", N_("a part is nearly worn out")},
    {"separation-cutter-life-over", N_("a part is worn out")},
    {"service-needed", N_("maintenance is needed")},
    {"service-off-line", N_("the printer is offline")},
    {"sheet-rotator-life-almost-over", N_("a part is nearly worn out")},
    {"sheet-rotator-life-over", N_("a part is worn out")},
    {"shutdown", N_("switched off")},
    {"slitter-life-almost-over", N_("a part is nearly worn out")},
    {"slitter-life-over", N_("a part is worn out")},
    {"spool-area-full", N_("the printer's memory for jobs is full")},
    {"stacker-life-almost-over", N_("a part is nearly worn out")},
    {"stacker-life-over", N_("a part is worn out")},
    {"stapler-almost-empty", N_("staples are nearly used up")},
    {"stapler-empty", N_("staples are used up")},
    {"stapler-life-almost-over", N_("a part is nearly worn out")},
    {"stapler-life-over", N_("a part is worn out")},
    {"staples-empty", N_("staples are used up")},
    {"staples-low", N_("staples are nearly used up")},
    {"stitcher-almost-empty", N_("staples are nearly used up")},
    {"stitcher-empty", N_("staples are used up")},
    {"stitcher-life-almost-over", N_("a part is nearly worn out")},
    {"stitcher-life-over", N_("a part is worn out")},
    {"stopped-partly", N_("a part of it is stopped")},
    {"stopping", N_("stopping")},
    {"submission-interrupted", N_("the document did not arrive whole")},
    {"subunit-jam", N_("paper is jammed")},
    {"testing", N_("testing itself")},
    {"timed-out", N_("the printer does not answer")},
    {"toner-almost-empty", N_("toner is low")},
    {"toner-empty", N_("toner is empty")},
    {"toner-low", N_("toner is low")},
    {"transfer-near-eol", N_("the transfer unit is nearly worn out")},
    {"transfer-unit-life-almost-over", N_("the transfer unit is nearly worn out")},
    {"transfer-unit-life-over", N_("the transfer unit is worn out")},
    {"tray-empty", N_("paper is out")},
    {"tray-low", N_("paper is low")},
    {"trimmer-life-almost-over", N_("a part is nearly worn out")},
    {"trimmer-life-over", N_("a part is worn out")},
    {"unsupported-attributes-or-values", N_("an option is not supported")},
    {"unsupported-compression", N_("the compression is not supported")},
    {"unsupported-document-format", N_("the format of the document is not supported")},
    {"waiting-for-user-action", N_("somebody has to act at the printer")},
    {"waste-almost-full", N_("the waste container is almost full")},
    {"waste-full", N_("the waste container is full")},
    {"waste-receptacle-almost-full", N_("the waste container is almost full")},
    {"waste-receptacle-full", N_("the waste container is full")},
    {"wifi-not-configured", N_("the wireless network is not set up")},
    {"wrapper-life-almost-over", N_("a part is nearly worn out")},
    {"wrapper-life-over", N_("a part is worn out")},
};

/* How bad a printer says that it is (RFC 8011 5.4.12) */
static const struct {
    const char *suffix;
    const char *words;
} SEVERITIES[] = {
    {"-report", N_("report")},
    {"-warning", N_("warning")},
    {"-error", N_("error")},
};

static int
compare_reason(const void *key, const void *element)
{
    const Reason *reason = element;
    return strcmp(key, reason->keyword);
}

static const char *
find_words(const char *keyword)
{
    const Reason *reason =
        bsearch(keyword, REASONS, G_N_ELEMENTS(REASONS), sizeof REASONS[0], compare_reason);
    return reason != NULL ? reason->words : NULL;
}

/* An unknown keyword is readable without its hyphens. */
static char *
words_of(const SpocCatalogue *catalogue, const char *keyword)
{
    g_autofree char *line = spoc_text_line(keyword, -1, KEYWORD_MAX_BYTES);
    const char *words = find_words(line);
    if (words != NULL)
        return g_strdup(spoc_catalogue_get(catalogue, words));
    for (gsize i = 0; i < G_N_ELEMENTS(SEVERITIES); i++) {
        if (!g_str_has_suffix(line, SEVERITIES[i].suffix))
            continue;
        line[strlen(line) - strlen(SEVERITIES[i].suffix)] = '\0';
        words = find_words(line);
        return g_strdup_printf("%s (%s)",
                               words != NULL ? spoc_catalogue_get(catalogue, words)
                                             : g_strdelimit(line, "-", ' '),
                               spoc_catalogue_get(catalogue, SEVERITIES[i].words));
    }
    return g_strdup(g_strdelimit(line, "-", ' '));
}

char *
spoc_words_reasons(const SpocCatalogue *catalogue, char *const *keywords)
{
    GString *text = g_string_new(NULL);
    guint shown = 0;
    for (gsize i = 0; keywords[i] != NULL && shown < REASONS_MAX; i++) {
        if (strcmp(keywords[i], "none") == 0)
            continue;
        g_autofree char *words = words_of(catalogue, keywords[i]);
        if (*words == '\0')
            continue;
        if (shown++ > 0)
            g_string_append(text, "; ");
        g_string_append(text, words);
    }
    if (text->len == 0) {
        g_string_free(text, TRUE);
        return NULL;
    }
    return g_string_free(text, FALSE);
}
