/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/server-health.h"

#include "delivery/route.h"
#include "spool/server-notes.h"

#include <string.h>

struct _SpocServerHealth {
    SpocSpool *spool;
    GPtrArray *notes; /* as in the file */
};

SpocServerHealth *
spoc_server_health_new(SpocSpool *spool)
{
    SpocServerHealth *health = g_new0(SpocServerHealth, 1);
    health->spool = spool;
    health->notes = spoc_server_notes_load(spool);
    return health;
}

void
spoc_server_health_free(SpocServerHealth *health)
{
    if (health == NULL)
        return;
    g_ptr_array_unref(health->notes);
    g_free(health);
}

static gboolean
is_equal(const GPtrArray *left, const GPtrArray *right)
{
    for (guint i = 0; left->len == right->len && i < left->len; i++) {
        const SpocServerNote *a = g_ptr_array_index(left, i), *b = g_ptr_array_index(right, i);
        if (strcmp(a->name, b->name) != 0 || strcmp(a->words, b->words) != 0)
            return FALSE;
    }
    return left->len == right->len;
}

void
spoc_server_health_update(SpocServerHealth *health, const SpocDelivery *delivery, gint64 now_unix_s)
{
    if (delivery == NULL)
        return;
    g_autoptr(GPtrArray) notes = spoc_server_notes_new();
    for (guint i = 0; i < SPOC_ROUTE_SERVERS; i++) {
        SpocServerReport report;
        if (!spoc_delivery_report(delivery, i, &report) || report.works)
            continue;
        const SpocServerNote *known = spoc_server_notes_find(health->notes, report.name);
        if (report.words != NULL)
            g_ptr_array_add(notes,
                            spoc_server_note_new(report.name,
                                                 known != NULL ? known->since_unix_s : now_unix_s,
                                                 report.words));
        else if (known != NULL)
            g_ptr_array_add(notes,
                            spoc_server_note_new(known->name, known->since_unix_s, known->words));
    }
    if (is_equal(notes, health->notes))
        return;
    g_autoptr(GError) error = NULL;
    if (!spoc_server_notes_save(health->spool, notes, &error))
        g_debug("%s", error->message); /* a full disk says so itself */
    g_ptr_array_unref(health->notes);
    health->notes = g_steal_pointer(&notes);
}
