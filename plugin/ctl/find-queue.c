/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/find-queue.h"

#include "config/server.h"
#include "ctl/ctl.h"
#include "queue/list-item.h"
#include "queue/server-health.h"

/* --- messages --------------------------------------------------------------------------- */

static gint64
changed_unix_s(const SpocEnvelope *envelope)
{
    if (envelope->history->len == 0)
        return envelope->created_unix_s;
    const SpocAttempt *last = g_ptr_array_index(envelope->history, envelope->history->len - 1);
    return last->when_unix_s;
}

/* (nullable): of those in @state the one that came to it last */
static const SpocEnvelope *
find_latest(const GPtrArray *list, SpocState state, guint *ret_count)
{
    const SpocEnvelope *latest = NULL;
    *ret_count = 0;
    for (guint i = 0; i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        if (listed->state != state)
            continue;
        ++*ret_count;
        if (latest == NULL || changed_unix_s(listed->envelope) >= changed_unix_s(latest))
            latest = listed->envelope;
    }
    return latest;
}

static void
find_state(GPtrArray *findings, const GPtrArray *list, SpocState state, const char *are,
           const char *remedy)
{
    guint count = 0;
    const SpocEnvelope *latest = find_latest(list, state, &count);
    if (latest == NULL)
        return;
    SpocFinding *finding =
        spoc_findings_add(findings, SPOC_LOG_ERROR, NULL, "%u %s %s, the last one (%s) because: %s",
                          count, count == 1 ? "message" : "messages", are, latest->id,
                          latest->reason != NULL ? latest->reason : "its reason is not known");
    spoc_finding_set_remedy(finding, "%s", remedy);
}

void
spoc_find_messages(GPtrArray *findings, const GPtrArray *list)
{
    find_state(findings, list, SPOC_STATE_HELD, "held",
               "mend that, then 'spocctl queue release --all'");
    find_state(findings, list, SPOC_STATE_FAILED, "undeliverable",
               "mend that, then 'spocctl queue retry ID', or 'spocctl queue delete ID'");
}

void
spoc_find_asleep(GPtrArray *findings, const SpocPlaces *places, const SpocConfig *config,
                 const GPtrArray *list)
{
    guint count = 0;
    for (guint i = 0; i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        count += listed->state == SPOC_STATE_NEW || listed->state == SPOC_STATE_WAITING ||
                 listed->state == SPOC_STATE_SENDING;
    }
    if (count == 0)
        return;
    gboolean may_start = spoc_config_choice(config, SPOC_OPTION_START_DAEMON) != SPOC_START_NEVER;
    spoc_finding_set_remedy(
        spoc_findings_add(findings, SPOC_LOG_ERROR, NULL,
                          "spocd does not run, no service listens for it, and %u %s for it; %s",
                          count,
                          count == 1 ? "entry of the queue waits" : "entries of the queue wait",
                          may_start ? "nobody starts it before the next event or document"
                                    : "nobody starts it, as startDaemon is never"),
        "systemctl enable --now spocd.socket spocd.service; without systemd run '%s' now and at "
        "each boot",
        places->daemon_path);
}

/* --- servers ---------------------------------------------------------------------------- */

/* (transfer full) (nullable): NULL: that server is not set */
static char *
server_name(const SpocConfig *config, SpocOptionId option)
{
    g_autofree char *host = NULL;
    guint port = 0;
    return spoc_config_server(config, option, &host, &port) ? spoc_server_name(host, port) : NULL;
}

void
spoc_find_servers(GPtrArray *findings, const SpocSpool *spool, const SpocConfig *config)
{
    static const SpocOptionId options[] = {SPOC_OPTION_MAILSERVER, SPOC_OPTION_MAILSERVERBACKUP};
    g_autoptr(GPtrArray) notes = spoc_server_notes_load(spool);
    guint set = 0, failing = 0;
    for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
        g_autofree char *name = server_name(config, options[i]);
        set += name != NULL;
        failing += name != NULL && spoc_server_notes_find(notes, name) != NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
        g_autofree char *name = server_name(config, options[i]);
        const SpocServerNote *note = name != NULL ? spoc_server_notes_find(notes, name) : NULL;
        if (note == NULL)
            continue;
        g_autofree char *since = spoc_ctl_time(note->since_unix_s);
        gboolean other_works = failing < set;
        spoc_findings_add(findings, other_works ? SPOC_LOG_WARNING : SPOC_LOG_ERROR, name,
                          "the mail server has failed since %s%s: %s", since,
                          other_works ? ", and mail goes to the other one" : "", note->words);
    }
}
