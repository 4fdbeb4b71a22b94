/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/steerer.h"

#include "base/error.h"
#include "spool/queue.h"
#include "spool/steer.h"

#include <poll.h>

/* A spocd that starts or leaves has the lock and no socket for a moment. */
#define BUSY_TRIES 50
#define BUSY_PAUSE_MS 100

struct _SpocSteerer {
    SpocSpool *spool;
    SpocClient *client; /* (nullable): then we have the lock */
};

static const char *const order_names[] = {"retry", "hold", "release", "delete"};

const char *
spoc_order_name(SpocOrder order)
{
    return order_names[order];
}

/* One go at reaching spocd or replacing it. FALSE without @error: neither, come again. */
static gboolean
reach(SpocSteerer *steerer, GError **error)
{
    g_autoptr(GError) problem = NULL;
    steerer->client = spoc_client_new(steerer->spool, &problem);
    if (steerer->client != NULL)
        return TRUE;
    if (!g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    g_clear_error(&problem);
    gboolean busy = FALSE;
    if (spoc_spool_lock(steerer->spool, &busy, &problem))
        return TRUE;
    if (!busy)
        g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

SpocSteerer *
spoc_steerer_new(SpocSpool *spool, GError **error)
{
    g_autoptr(SpocSteerer) steerer = g_new0(SpocSteerer, 1);
    steerer->spool = spool;
    for (guint i = 0; i < BUSY_TRIES; i++) {
        GError *problem = NULL;
        if (reach(steerer, &problem)) {
            guint recovered = 0; /* what a dead spocd was sending is ours to steer */
            if (steerer->client == NULL && !spoc_queue_recover(spool, &recovered, error))
                return NULL;
            return g_steal_pointer(&steerer);
        }
        if (problem != NULL) {
            g_propagate_error(error, problem);
            return NULL;
        }
        (void)poll(NULL, 0, BUSY_PAUSE_MS);
    }
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                        "a spocd is running but does not listen to its control socket; "
                        "look at its log, and restart it");
    return NULL;
}

void
spoc_steerer_free(SpocSteerer *steerer)
{
    if (steerer == NULL)
        return;
    spoc_client_free(steerer->client);
    g_free(steerer);
}

SpocClient *
spoc_steerer_client(const SpocSteerer *steerer)
{
    return steerer->client;
}

gboolean
spoc_steerer_order(SpocSteerer *steerer, SpocOrder order, const char *id, gint64 now_unix_s,
                   GError **error)
{
    static gboolean (*const direct[])(SpocSpool *, const char *, gint64, GError **) = {
        spoc_steer_retry, spoc_steer_hold, spoc_steer_release, spoc_steer_delete};

    if (!spoc_spool_name_is_valid(id)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "that is not a message's id; 'spocctl queue list' shows them");
        return FALSE;
    }
    if (steerer->client == NULL)
        return direct[order](steerer->spool, id, now_unix_s, error);
    g_autofree char *request = g_strdup_printf("%s %s", order_names[order], id);
    g_autoptr(GPtrArray) lines = spoc_client_ask(steerer->client, request, error);
    return lines != NULL;
}
