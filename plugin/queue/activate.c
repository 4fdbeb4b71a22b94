/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/activate.h"

#include "base/error.h"
#include "spool/scans.h"

#include <string.h>

static gboolean
read_message(SpocSpool *spool, const SpocQueueDocuments *documents, const char *id,
             SpocActive *ret_active, GError **error)
{
    g_autoptr(SpocEnvelope) envelope = spoc_message_load(spool, SPOC_STATE_SENDING, id, error);
    if (envelope == NULL)
        return FALSE;
    if (spoc_envelope_pending(envelope) == 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "no recipient waits");
        return FALSE;
    }
    g_autoptr(GBytes) body = spoc_message_load_body(spool, id, error);
    if (body == NULL)
        return FALSE;
    SpocContent *content = NULL;
    if (strcmp(envelope->kind, SPOC_SCAN_KIND) == 0) {
        if (documents == NULL) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE, "documents cannot be sent yet");
            return FALSE;
        }
        content = documents->open(spool, id, body, error);
        if (content == NULL)
            return FALSE;
    }
    ret_active->envelope = g_steal_pointer(&envelope);
    ret_active->body = g_steal_pointer(&body);
    ret_active->content = content;
    return TRUE;
}

/* Damaged, or a part of it is missing: no later try would find it otherwise. */
static gboolean
is_for_ever(const GError *error)
{
    return g_error_matches(error, SPOC_ERROR, SPOC_ERROR_CORRUPT) ||
           g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND);
}

SpocActivateResult
spoc_activate(SpocSpool *spool, SpocLog *log, const SpocQueueDocuments *documents, const char *id,
              SpocState state, SpocActive *ret_active)
{
    g_autoptr(GError) error = NULL;
    if (!spoc_message_move(spool, id, state, SPOC_STATE_SENDING, &error)) {
        if (!g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            spoc_log(log, SPOC_LOG_ERROR, "%s: %s", id, error->message);
        return SPOC_ACTIVATE_NONE;
    }
    if (read_message(spool, documents, id, ret_active, &error))
        return SPOC_ACTIVATE_TAKEN;

    gboolean aside = is_for_ever(error);
    if (aside)
        spoc_log(log, SPOC_LOG_ERROR, "%s: set aside in %s/corrupt: %s", id, spoc_spool_path(spool),
                 error->message);
    else
        spoc_log(log, SPOC_LOG_ERROR, "%s: %s", id, error->message);
    g_clear_error(&error);
    gboolean moved =
        aside ? spoc_spool_set_aside(spool, spoc_message_state_name(SPOC_STATE_SENDING), id, &error)
              : spoc_message_move(spool, id, SPOC_STATE_SENDING, state, &error);
    if (!moved)
        spoc_log(log, SPOC_LOG_ERROR, "%s: %s", id, error->message);
    return aside || !moved ? SPOC_ACTIVATE_NONE : SPOC_ACTIVATE_LATER;
}
