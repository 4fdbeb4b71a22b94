/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/job-store.h"

#include "base/durable.h"

#include <string.h>

#define FILE_NAME "jobs"
#define FILE_MAX_BYTES (8 * 1024 * 1024)
/* What is learned within this is written together. */
#define SAVE_MS 200

struct _SpocJobStore {
    SpocSpool *spool;
    SpocLog *log;
    SpocCups *cups;
    guint timer;
};

static gboolean
save(gpointer user_data)
{
    SpocJobStore *store = user_data;
    g_autoptr(GError) error = NULL;
    store->timer = 0;
    g_autofree char *text = spoc_cups_export(store->cups);
    if (!spoc_durable_replace(spoc_spool_folder_fd(store->spool, "state"), FILE_NAME, text,
                              strlen(text), 0600, NULL, &error))
        spoc_log(store->log, SPOC_LOG_ERROR, "cannot keep whose the jobs are: %s", error->message);
    return G_SOURCE_REMOVE;
}

static void
on_learned(gpointer user_data)
{
    SpocJobStore *store = user_data;
    if (store->timer == 0)
        store->timer = g_timeout_add(SAVE_MS, save, store);
}

SpocJobStore *
spoc_job_store_new(SpocSpool *spool, SpocLog *log, SpocCups *cups)
{
    SpocJobStore *store = g_new0(SpocJobStore, 1);
    store->spool = spool;
    store->log = log;
    store->cups = cups;
    g_autoptr(GBytes) text =
        spoc_durable_read(spoc_spool_folder_fd(spool, "state"), FILE_NAME, FILE_MAX_BYTES, NULL);
    if (text != NULL) {
        g_autofree char *copy = g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text));
        spoc_cups_import(cups, copy);
    }
    spoc_cups_set_learned(cups, on_learned, store);
    return store;
}

void
spoc_job_store_free(SpocJobStore *store)
{
    if (store == NULL)
        return;
    spoc_cups_set_learned(store->cups, NULL, NULL);
    if (store->timer != 0) {
        g_source_remove(store->timer);
        (void)save(store);
    }
    g_free(store);
}
