/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "message/words.h"

#include <stdlib.h>
#include <string.h>

#define REASONS_MAX 8
#define ADVICES_MAX 4
#define KEYWORD_MAX_BYTES 80

/* What a person can do, in the imperative */
typedef enum {
    ADVICE_NONE,
    ADVICE_ACCOUNT,
    ADVICE_AUTHENTICATE,
    ADVICE_CARTRIDGE_EMPTY,
    ADVICE_CARTRIDGE_LOW,
    ADVICE_CARTRIDGE_MISSING,
    ADVICE_CLOSE,
    ADVICE_CONNECTING,
    ADVICE_DEVELOPER,
    ADVICE_DISPLAY,
    ADVICE_DOCUMENT_FORMAT,
    ADVICE_DOCUMENT_PASSWORD,
    ADVICE_DOCUMENT_PERMISSION,
    ADVICE_DRUM,
    ADVICE_DRUM_SOON,
    ADVICE_FUSER,
    ADVICE_JAM,
    ADVICE_JOB_PASSWORD,
    ADVICE_MEDIA_EMPTY,
    ADVICE_MEDIA_LOW,
    ADVICE_MEDIA_NEEDED,
    ADVICE_NEW_JOBS,
    ADVICE_OFFLINE,
    ADVICE_OPTIONS,
    ADVICE_OUTPUT,
    ADVICE_RELEASE,
    ADVICE_RELEASE_AT_PRINTER,
    ADVICE_RESOURCES,
    ADVICE_RESUME,
    ADVICE_SEND_AGAIN,
    ADVICE_SOFTWARE,
    ADVICE_SWITCH_ON,
    ADVICE_TRAY,
    ADVICE_WAIT,
    ADVICE_WASTE,
    ADVICE_WASTE_SOON,
    ADVICE_WIRELESS,
    ADVICE_COUNT,
} Advice;

static const char *const ADVICES[ADVICE_COUNT] = {
    /* TRANSLATORS: From here on: what to do about a fault, to whoever can do it */
    [ADVICE_ACCOUNT] = N_("Ask the administrator about your printing account."),
    [ADVICE_AUTHENTICATE] =
        N_("Open the job in your list of print jobs and enter the name and password that it waits "
           "for."),
    [ADVICE_CARTRIDGE_EMPTY] = N_("Replace the empty cartridge."),
    /* TRANSLATORS: Ink or toner is low, but not empty yet */
    [ADVICE_CARTRIDGE_LOW] = N_("Have a new cartridge ready."),
    [ADVICE_CARTRIDGE_MISSING] = N_("Put the missing cartridge into the printer."),
    [ADVICE_CLOSE] = N_("Close the printer's covers and doors."),
    [ADVICE_CONNECTING] = N_("If this lasts, check that the printer is switched on and connected."),
    [ADVICE_DEVELOPER] = N_("Have the developer replaced."),
    [ADVICE_DISPLAY] = N_("See what the printer's display says."),
    [ADVICE_DOCUMENT_FORMAT] = N_("Save the document as a PDF file and print that."),
    [ADVICE_DOCUMENT_PASSWORD] = N_("Remove the document's password and print it again."),
    [ADVICE_DOCUMENT_PERMISSION] = N_("Ask the document's author for a copy that may be printed."),
    [ADVICE_DRUM] = N_("Replace the drum."),
    [ADVICE_DRUM_SOON] = N_("Have a new drum ready."),
    [ADVICE_FUSER] =
        N_("Wait some minutes. If the printer does not go on by itself, it needs repair."),
    [ADVICE_JAM] = N_("Remove the jammed paper; the printer's display shows where it is."),
    [ADVICE_JOB_PASSWORD] = N_("Enter the job's password at the printer."),
    [ADVICE_MEDIA_EMPTY] = N_("Put paper into the tray."),
    [ADVICE_MEDIA_LOW] = N_("Put paper into the tray before it runs out."),
    [ADVICE_MEDIA_NEEDED] = N_("Put in the paper that the printer's display asks for."),
    [ADVICE_NEW_JOBS] =
        N_("An administrator can release the held jobs with the command cupsenable --release."),
    [ADVICE_OFFLINE] = N_("Check that the printer is switched on and connected to the network."),
    [ADVICE_OPTIONS] = N_("Print the document again with other options."),
    [ADVICE_OUTPUT] = N_("Take the printed pages out of the output tray."),
    [ADVICE_RELEASE] = N_("To print it now, release the job in your list of print jobs."),
    [ADVICE_RELEASE_AT_PRINTER] = N_("Release the job at the printer."),
    [ADVICE_RESOURCES] =
        N_("Put in the paper that the job asks for, or print it again with other options."),
    [ADVICE_RESUME] = N_("An administrator can resume the printer, on its page or with the command "
                         "cupsenable."),
    [ADVICE_SEND_AGAIN] = N_("Print the document again."),
    [ADVICE_SOFTWARE] = N_("An administrator has to look at the printer's driver on the print "
                           "server; the log of CUPS names the program."),
    [ADVICE_SWITCH_ON] = N_("Switch the printer on."),
    /* TRANSLATORS: An input or output tray */
    [ADVICE_TRAY] = N_("Put the missing tray back into the printer."),
    [ADVICE_WAIT] = N_("Wait until the printer has finished other jobs."),
    [ADVICE_WASTE] = N_("Replace the waste container."),
    [ADVICE_WASTE_SOON] = N_("Have a new waste container ready."),
    [ADVICE_WIRELESS] = N_("Set up the printer's wireless network."),
};

typedef struct {
    const char *keyword;
    const char *words;
    Advice advice;
} Reason;

/* In the order of strcmp(), for bsearch(). RFC 8011 5.3.8 and 5.4.12, PWG 5100.9, CUPS. */
static const Reason REASONS[] = {
    /* TRANSLATORS: From here on: reasons behind a colon; "job", "printer": of what it is said */
    {"aborted-by-system", NC_("job", "aborted by the print system")},
    {"account-authorization-failed", N_("the account is not allowed to print this"),
     ADVICE_ACCOUNT},
    {"account-closed", N_("the account is closed"), ADVICE_ACCOUNT},
    {"account-info-needed", N_("information about the account is needed"), ADVICE_AUTHENTICATE},
    {"account-limit-reached", N_("the limit of the account is reached"), ADVICE_ACCOUNT},
    {"compression-error", N_("the compressed document is damaged"), ADVICE_SEND_AGAIN},
    {"configuration-change", N_("its configuration has changed")},
    {"connecting-to-device", N_("connecting to the printer"), ADVICE_CONNECTING},
    {"cover-open", N_("a cover is open"), ADVICE_CLOSE},
    {"cups-held-for-authentication", NC_("job", "held until a name and password are given"),
     ADVICE_AUTHENTICATE},
    {"cups-insecure-filter", N_("a program that CUPS needs has unsafe permissions"),
     ADVICE_SOFTWARE},
    {"cups-missing-filter", N_("a program that CUPS needs is missing"), ADVICE_SOFTWARE},
    {"cups-waiting-for-job-completed", N_("waiting for the printer to finish the job")},
    {"deactivated", NC_("printer", "deactivated")},
    {"developer-empty", N_("the developer is used up"), ADVICE_DEVELOPER},
    {"developer-low", N_("the developer is low"), ADVICE_DEVELOPER},
    {"document-access-error", N_("the document could not be read"), ADVICE_SEND_AGAIN},
    {"document-format-error", N_("the document is damaged or of another format than it says"),
     ADVICE_DOCUMENT_FORMAT},
    {"document-password-error", N_("the document's password is wrong or missing"),
     ADVICE_DOCUMENT_PASSWORD},
    {"document-permission-error", N_("the document does not allow printing"),
     ADVICE_DOCUMENT_PERMISSION},
    {"document-security-error", N_("the document has a security problem"), ADVICE_DOCUMENT_FORMAT},
    {"document-unprintable-error", N_("the document cannot be printed"), ADVICE_DOCUMENT_FORMAT},
    {"door-open", N_("a door is open"), ADVICE_CLOSE},
    {"fuser-over-temp", N_("the fuser is too hot"), ADVICE_FUSER},
    {"fuser-under-temp", N_("the fuser is too cold"), ADVICE_FUSER},
    {"hold-new-jobs", N_("new jobs are held"), ADVICE_NEW_JOBS},
    {"identify-printer-requested", NC_("printer", "asked to show where it stands")},
    {"input-tray-missing", N_("an input tray is missing"), ADVICE_TRAY},
    {"interlock-open", N_("a safety lock is open"), ADVICE_CLOSE},
    {"interpreter-resource-unavailable", N_("something that the document needs is missing"),
     ADVICE_DOCUMENT_FORMAT},
    {"job-canceled-at-device", NC_("job", "canceled at the printer")},
    {"job-canceled-by-operator", NC_("job", "canceled by an operator")},
    {"job-canceled-by-user", NC_("job", "canceled by the user")},
    {"job-completed-successfully", NC_("job", "without errors")},
    {"job-completed-with-errors", NC_("job", "with errors")},
    {"job-completed-with-warnings", NC_("job", "with warnings")},
    {"job-data-insufficient", N_("waiting for the rest of the document")},
    {"job-fetchable", NC_("job", "waiting to be fetched")},
    {"job-hold-until-specified", NC_("job", "held until the time that was asked for"),
     ADVICE_RELEASE},
    {"job-incoming", N_("the document is being received")},
    {"job-interpreting", N_("the document is being read")},
    {"job-outgoing", NC_("job", "being sent to the printer")},
    {"job-password-wait", N_("waiting for the job's password"), ADVICE_JOB_PASSWORD},
    {"job-printed-successfully", NC_("job", "printed without errors")},
    {"job-printing", NC_("job", "being printed")},
    {"job-queued", NC_("job", "queued")},
    {"job-queued-for-marker", NC_("job", "queued for the print engine")},
    {"job-release-wait", NC_("job", "waiting to be released"), ADVICE_RELEASE_AT_PRINTER},
    {"job-restartable", NC_("job", "can be started again")},
    {"job-stopped", NC_("job", "stopped")},
    {"job-transforming", NC_("job", "being converted for the printer")},
    {"marker-ink-almost-empty", N_("ink or toner is low"), ADVICE_CARTRIDGE_LOW},
    {"marker-ink-empty", N_("ink or toner is empty"), ADVICE_CARTRIDGE_EMPTY},
    {"marker-ink-missing", N_("a cartridge is missing"), ADVICE_CARTRIDGE_MISSING},
    {"marker-supply-empty", N_("ink or toner is empty"), ADVICE_CARTRIDGE_EMPTY},
    {"marker-supply-low", N_("ink or toner is low"), ADVICE_CARTRIDGE_LOW},
    {"marker-supply-missing", N_("a cartridge is missing"), ADVICE_CARTRIDGE_MISSING},
    {"marker-waste-almost-full", N_("the waste container is almost full"), ADVICE_WASTE_SOON},
    {"marker-waste-full", N_("the waste container is full"), ADVICE_WASTE},
    {"media-empty", N_("paper is out"), ADVICE_MEDIA_EMPTY},
    {"media-jam", N_("paper is jammed"), ADVICE_JAM},
    {"media-low", N_("paper is low"), ADVICE_MEDIA_LOW},
    {"media-needed", N_("paper is needed"), ADVICE_MEDIA_NEEDED},
    {"moving-to-paused", NC_("printer", "being paused")},
    {"offline", NC_("printer", "offline"), ADVICE_OFFLINE},
    {"opc-life-over", N_("the drum is worn out"), ADVICE_DRUM},
    {"opc-near-eol", N_("the drum is nearly worn out"), ADVICE_DRUM_SOON},
    {"other", N_("a reason that the printer does not name"), ADVICE_DISPLAY},
    {"output-area-almost-full", N_("the output tray is almost full"), ADVICE_OUTPUT},
    {"output-area-full", N_("the output tray is full"), ADVICE_OUTPUT},
    {"output-tray-missing", N_("an output tray is missing"), ADVICE_TRAY},
    {"paused", NC_("printer", "paused"), ADVICE_RESUME},
    {"printer-stopped", N_("the printer is stopped")},
    {"printer-stopped-partly", N_("a part of the printer is stopped")},
    {"processing-to-stop-point", NC_("job", "being stopped")},
    {"queued-in-device", NC_("job", "waiting in the printer")},
    {"resources-are-not-ready", N_("something that the job needs is not ready"), ADVICE_RESOURCES},
    {"resources-are-not-supported", N_("something that the job needs is not supported"),
     ADVICE_OPTIONS},
    {"resuming", NC_("printer", "being resumed")},
    {"service-off-line", N_("the printer is offline"), ADVICE_OFFLINE},
    {"shutdown", NC_("printer", "switched off"), ADVICE_SWITCH_ON},
    {"spool-area-full", N_("the printer's memory for jobs is full"), ADVICE_WAIT},
    {"stopped-partly", N_("a part of it is stopped")},
    {"stopping", NC_("printer", "stopping")},
    {"submission-interrupted", N_("the document did not arrive whole"), ADVICE_SEND_AGAIN},
    {"testing", NC_("printer", "testing itself")},
    {"timed-out", N_("the printer does not answer"), ADVICE_OFFLINE},
    {"toner-empty", N_("toner is empty"), ADVICE_CARTRIDGE_EMPTY},
    {"toner-low", N_("toner is low"), ADVICE_CARTRIDGE_LOW},
    {"unsupported-attributes-or-values", N_("an option is not supported"), ADVICE_OPTIONS},
    {"unsupported-compression", N_("the compression is not supported"), ADVICE_DOCUMENT_FORMAT},
    {"unsupported-document-format", N_("the format of the document is not supported"),
     ADVICE_DOCUMENT_FORMAT},
    {"waiting-for-user-action", N_("somebody has to act at the printer"), ADVICE_DISPLAY},
    {"wifi-not-configured", N_("the wireless network is not set up"), ADVICE_WIRELESS},
};

/* How bad a printer says that it is (RFC 8011 5.4.12) */
static const struct {
    const char *suffix;
    const char *pattern;
} SEVERITIES[] = {
    /* TRANSLATORS: {reason}: "paper is low"; how bad the printer thinks that is */
    {"-report", N_("{reason} (report)")},
    {"-warning", N_("{reason} (warning)")},
    {"-error", N_("{reason} (error)")},
};

static int
compare(const void *key, const void *element)
{
    const Reason *reason = element;
    return strcmp(key, reason->keyword);
}

static const Reason *
find(const char *keyword)
{
    return bsearch(keyword, REASONS, G_N_ELEMENTS(REASONS), sizeof REASONS[0], compare);
}

/**
 * find_any:
 * @line: a keyword; loses its severity, when it has one and is not known with it
 * @ret_pattern: (out): the severity's words, or NULL
 *
 * Returns: (nullable): what is known about it
 */
static const Reason *
find_any(char *line, const char **ret_pattern)
{
    *ret_pattern = NULL;
    const Reason *reason = find(line);
    for (gsize i = 0; reason == NULL && i < G_N_ELEMENTS(SEVERITIES); i++) {
        if (!g_str_has_suffix(line, SEVERITIES[i].suffix))
            continue;
        line[strlen(line) - strlen(SEVERITIES[i].suffix)] = '\0';
        *ret_pattern = SEVERITIES[i].pattern;
        return find(line);
    }
    return reason;
}

/* An unknown keyword is readable without its hyphens. */
static char *
words_of(const SpocCatalogue *catalogue, const char *keyword)
{
    g_autofree char *line = spoc_text_line(keyword, -1, KEYWORD_MAX_BYTES);
    const char *pattern = NULL;
    const Reason *reason = find_any(line, &pattern);
    const char *words = reason != NULL ? spoc_catalogue_get(catalogue, reason->words)
                                       : g_strdelimit(line, "-", ' ');
    if (pattern == NULL)
        return g_strdup(words);
    const SpocWordValue values[] = {{"reason", words}};
    return spoc_words_expand(spoc_catalogue_get(catalogue, pattern), values, G_N_ELEMENTS(values));
}

static void
join(const SpocCatalogue *catalogue, SpocJoin how, char **text, const char *more)
{
    char *longer = spoc_words_join(catalogue, how, *text, more);
    g_free(*text);
    *text = longer;
}

char *
spoc_words_reasons(const SpocCatalogue *catalogue, char *const *keywords)
{
    g_autofree char *text = NULL;
    guint shown = 0;
    for (gsize i = 0; keywords[i] != NULL && shown < REASONS_MAX; i++) {
        if (strcmp(keywords[i], "none") == 0)
            continue;
        g_autofree char *words = words_of(catalogue, keywords[i]);
        if (*words == '\0')
            continue;
        join(catalogue, SPOC_JOIN_REASONS, &text, words);
        shown++;
    }
    return g_steal_pointer(&text);
}

char *
spoc_words_advice(const SpocCatalogue *catalogue, char *const *keywords)
{
    g_autofree char *text = NULL;
    gboolean is_said[ADVICE_COUNT] = {FALSE};
    guint said = 0;
    for (gsize i = 0; keywords[i] != NULL && said < ADVICES_MAX; i++) {
        g_autofree char *line = spoc_text_line(keywords[i], -1, KEYWORD_MAX_BYTES);
        const char *pattern = NULL;
        const Reason *reason = find_any(line, &pattern);
        if (reason == NULL || reason->advice == ADVICE_NONE || is_said[reason->advice])
            continue;
        join(catalogue, SPOC_JOIN_SENTENCES, &text,
             spoc_catalogue_get(catalogue, ADVICES[reason->advice]));
        is_said[reason->advice] = TRUE;
        said++;
    }
    return g_steal_pointer(&text);
}
