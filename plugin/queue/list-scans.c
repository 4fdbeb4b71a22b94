/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/list-scans.h"

#include "base/text.h"
#include "people/recipient.h"
#include "spool/scan-list.h"

#include <cups/cups.h>
#include <string.h>

#define NAME_MAX_BYTES 200
#define TEXT_MAX_BYTES 500

static const char *const stage_reasons[] = {
    [SPOC_SCAN_STAGE_COPYING] = "it is being copied into the spool; CUPS still has the job",
    [SPOC_SCAN_STAGE_CUT_OFF] = "whoever copied it has ended in the middle; what is there is "
                                "removed after an hour. If CUPS does not run the job again, scan "
                                "it anew",
    [SPOC_SCAN_STAGE_OFFERED] = "its print job waits for spocd's answer; CUPS still has the job",
    [SPOC_SCAN_STAGE_ABANDONED] = "its print job has ended without leaving it to spocd; it is "
                                  "removed after an hour. If CUPS does not run the job again, "
                                  "scan it anew",
    [SPOC_SCAN_STAGE_LEFT] = "spocd has not taken it up yet",
    [SPOC_SCAN_STAGE_DAMAGED] = "its document, or what says whose it is, is missing or damaged: it "
                                "cannot be mailed. 'spocctl queue delete' removes it",
    [SPOC_SCAN_STAGE_FOREIGN] = "it is no file of spocd's; look at it in the spool's folder scans/ "
                                "and remove it",
};

gboolean
spoc_gather_is_entry(const SpocQueueListItem *listed)
{
    return listed->state == SPOC_STATE_NEW &&
           g_strcmp0(listed->envelope->kind, SPOC_SCAN_KIND) == 0;
}

static void
add_person(SpocEnvelope *envelope, const char *text)
{
    g_autofree char *shown = spoc_text_line(text, -1, NAME_MAX_BYTES);
    if (*shown != '\0' && envelope->recipients->len < SPOC_ENVELOPE_RECIPIENTS_MAX)
        spoc_envelope_add_recipient(envelope, shown);
}

static void
add_option(SpocEnvelope *envelope, const char *value)
{
    g_auto(GStrv) pieces = g_strsplit(value, ",", SPOC_ENVELOPE_RECIPIENTS_MAX);
    for (guint i = 0; pieces[i] != NULL; i++)
        add_person(envelope, pieces[i]);
}

static void
add_uri(SpocEnvelope *envelope, const SpocScanMetadata *metadata)
{
    const char *names = strchr(metadata->uri, ':');
    g_autofree char *uri = g_strconcat("spoc:", names != NULL ? names + 1 : metadata->uri, NULL);
    g_autoptr(SpocRecipientUri) parsed = spoc_recipient_uri_parse(uri, NULL);
    for (guint i = 0; parsed != NULL && i < parsed->recipients->len; i++) {
        const SpocRecipient *recipient = g_ptr_array_index(parsed->recipients, i);
        add_person(envelope, recipient->who == SPOC_WHO_OWNER ? metadata->user : recipient->text);
    }
    if (parsed == NULL)
        add_person(envelope, metadata->uri);
}

/* As they were asked for: who it is that gets it is found out when it is sent. */
static void
add_recipients(SpocEnvelope *envelope, const SpocScanMetadata *metadata)
{
    cups_option_t *options = NULL;
    int count = cupsParseOptions(metadata->options, 0, &options);
    const char *to = cupsGetOption("mail-to", count, options);
    const char *cc = cupsGetOption("mail-cc", count, options);
    if (to != NULL && *to != '\0')
        add_option(envelope, to);
    else
        add_uri(envelope, metadata);
    if (cc != NULL)
        add_option(envelope, cc);
    cupsFreeOptions(count, options);
}

/* (nullable): what spocd says of it */
static const char *
find_reason(const GPtrArray *reasons, const char *name)
{
    gsize length = strlen(name);
    for (guint i = 0; reasons != NULL && i < reasons->len; i++) {
        const char *line = g_ptr_array_index(reasons, i);
        if (strncmp(line, name, length) == 0 && line[length] == ' ')
            return line + length + 1;
    }
    return NULL;
}

static SpocQueueListItem *
list_scan(const SpocScanListed *scan, const GPtrArray *reasons)
{
    const SpocScanMetadata *metadata = scan->metadata;
    SpocEnvelope *envelope = spoc_envelope_new();
    const char *reason = find_reason(reasons, scan->name);
    envelope->id = spoc_text_line(scan->name, -1, NAME_MAX_BYTES);
    envelope->kind = g_strdup(SPOC_SCAN_KIND);
    envelope->size_bytes = scan->size_bytes;
    envelope->created_unix_s = metadata != NULL ? metadata->created_unix_s : scan->changed_unix_s;
    if (metadata != NULL) {
        add_recipients(envelope, metadata);
        envelope->job_id = metadata->job_id;
    }
    envelope->subject = spoc_text_line(metadata != NULL ? metadata->title : "", -1, TEXT_MAX_BYTES);
    if (reason != NULL)
        envelope->reason = g_strdup(reason);
    else if (scan->stage == SPOC_SCAN_STAGE_LEFT && reasons == NULL)
        envelope->reason = g_strdup("no spocd runs that could take it up");
    else
        envelope->reason = g_strdup(stage_reasons[scan->stage]);
    return spoc_queue_list_item_new(envelope, SPOC_STATE_NEW);
}

gboolean
spoc_gather_scans(SpocSpool *spool, const GPtrArray *reasons, GPtrArray *list, GError **error)
{
    g_autoptr(GPtrArray) scans = spoc_scan_list_all(spool, error);
    if (scans == NULL)
        return FALSE;
    for (guint i = 0; i < scans->len; i++)
        g_ptr_array_add(list, list_scan(g_ptr_array_index(scans, i), reasons));
    return TRUE;
}

gboolean
spoc_gather_aside(SpocSpool *spool, GPtrArray *list, GError **error)
{
    g_autoptr(GPtrArray) files = spoc_spool_list_aside(spool, error);
    if (files == NULL)
        return FALSE;
    for (guint i = 0; i < files->len; i++) {
        const SpocAside *aside = g_ptr_array_index(files, i);
        SpocEnvelope *envelope = spoc_envelope_new();
        envelope->id = spoc_text_line(aside->name, -1, NAME_MAX_BYTES);
        envelope->kind = g_strdup(SPOC_QUEUE_LIST_KIND_ASIDE);
        envelope->subject = g_strdup("a damaged or foreign file");
        envelope->size_bytes = aside->size_bytes;
        envelope->created_unix_s = aside->changed_unix_s;
        envelope->reason =
            g_strdup("it could not be understood and was set aside in the spool's folder corrupt/; "
                     "look at it. 'spocctl queue delete' removes it");
        g_ptr_array_add(list, spoc_queue_list_item_new(envelope, SPOC_STATE_FAILED));
    }
    return TRUE;
}
