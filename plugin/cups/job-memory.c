/* SPDX-License-Identifier: Apache-2.0 */
#include "cups/job-memory.h"

#include <string.h>

typedef struct {
    gint job_id;
    SpocJobAttributes *attributes;
    GList link; /* in the order of use */
} Job;

struct _SpocJobMemory {
    guint jobs_max;
    GHashTable *jobs; /* job id to Job */
    GQueue used;      /* of Job, latest first */
};

static void
job_free(gpointer data)
{
    Job *job = data;
    spoc_job_attributes_free(job->attributes);
    g_free(job);
}

SpocJobMemory *
spoc_job_memory_new(guint jobs_max)
{
    SpocJobMemory *memory = g_new0(SpocJobMemory, 1);
    memory->jobs_max = jobs_max;
    memory->jobs = g_hash_table_new_full(NULL, NULL, NULL, job_free);
    g_queue_init(&memory->used);
    return memory;
}

void
spoc_job_memory_free(SpocJobMemory *memory)
{
    if (memory == NULL)
        return;
    g_hash_table_unref(memory->jobs);
    g_free(memory);
}

void
spoc_job_memory_forget(SpocJobMemory *memory, gint job_id)
{
    Job *job = g_hash_table_lookup(memory->jobs, GINT_TO_POINTER(job_id));
    if (job == NULL)
        return;
    g_queue_unlink(&memory->used, &job->link);
    g_hash_table_remove(memory->jobs, GINT_TO_POINTER(job_id));
}

void
spoc_job_memory_put(SpocJobMemory *memory, gint job_id, const SpocJobAttributes *attributes,
                    gint64 now_unix_s)
{
    spoc_job_memory_forget(memory, job_id);
    if (attributes->learned_unix_s < now_unix_s - SPOC_JOB_MEMORY_MAX_AGE_S ||
        attributes->learned_unix_s > now_unix_s)
        return;
    if (memory->used.length >= memory->jobs_max) {
        const Job *oldest = g_queue_peek_tail(&memory->used);
        spoc_job_memory_forget(memory, oldest->job_id);
    }
    Job *job = g_new0(Job, 1);
    job->job_id = job_id;
    job->attributes = g_new0(SpocJobAttributes, 1);
    job->attributes->owner = g_strdup(attributes->owner);
    job->attributes->title = g_strdup(attributes->title);
    job->attributes->uuid = g_strdup(attributes->uuid);
    job->attributes->learned_unix_s = attributes->learned_unix_s;
    job->link.data = job;
    g_hash_table_insert(memory->jobs, GINT_TO_POINTER(job_id), job);
    g_queue_push_head_link(&memory->used, &job->link);
}

const SpocJobAttributes *
spoc_job_memory_get(SpocJobMemory *memory, gint job_id)
{
    Job *job = g_hash_table_lookup(memory->jobs, GINT_TO_POINTER(job_id));
    if (job == NULL)
        return NULL;
    g_queue_unlink(&memory->used, &job->link);
    g_queue_push_head_link(&memory->used, &job->link);
    return job->attributes;
}

static void
append_field(GString *text, const char *value)
{
    g_autofree char *escaped = g_strescape(value != NULL ? value : "", NULL);
    g_string_append_c(text, '\t');
    g_string_append(text, escaped);
}

static void
append_job(GString *text, const Job *job)
{
    g_string_append_printf(text, "%d\t%" G_GINT64_FORMAT, job->job_id,
                           job->attributes->learned_unix_s);
    append_field(text, job->attributes->owner);
    append_field(text, job->attributes->uuid);
    append_field(text, job->attributes->title);
}

char *
spoc_job_memory_export_job(const SpocJobMemory *memory, gint job_id)
{
    const Job *job = g_hash_table_lookup(memory->jobs, GINT_TO_POINTER(job_id));
    if (job == NULL)
        return NULL;
    GString *text = g_string_new(NULL);
    append_job(text, job);
    return g_string_free(text, FALSE);
}

char *
spoc_job_memory_export(const SpocJobMemory *memory, guint jobs_max)
{
    GString *text = g_string_new(NULL);
    guint count = 0;
    for (const GList *link = memory->used.head; link != NULL && count < jobs_max;
         link = link->next, count++) {
        append_job(text, link->data);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

/* (nullable): NULL for an empty field and for one that is no UTF-8 */
static char *
field_value(const char *escaped)
{
    g_autofree char *value = g_strcompress(escaped);
    if (*value == '\0' || !g_utf8_validate(value, -1, NULL))
        return NULL;
    return g_steal_pointer(&value);
}

static void
import_line(SpocJobMemory *memory, const char *line, gint64 now_unix_s)
{
    g_auto(GStrv) fields = g_strsplit(line, "\t", 6);
    guint64 job_id = 0;
    gint64 learned_unix_s = 0;
    if (g_strv_length(fields) != 5 ||
        !g_ascii_string_to_unsigned(fields[0], 10, 1, G_MAXINT, &job_id, NULL) ||
        !g_ascii_string_to_signed(fields[1], 10, 1, G_MAXINT64, &learned_unix_s, NULL))
        return;
    g_autofree char *owner = field_value(fields[2]);
    g_autofree char *uuid = field_value(fields[3]);
    g_autofree char *title = field_value(fields[4]);
    const SpocJobAttributes attributes = {
        .owner = owner, .title = title, .uuid = uuid, .learned_unix_s = learned_unix_s};
    const Job *known = g_hash_table_lookup(memory->jobs, GINT_TO_POINTER((gint)job_id));
    if (owner != NULL && (known == NULL || known->attributes->learned_unix_s <= learned_unix_s))
        spoc_job_memory_put(memory, (gint)job_id, &attributes, now_unix_s);
}

void
spoc_job_memory_import(SpocJobMemory *memory, const char *text, gint64 now_unix_s)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", (gint)memory->jobs_max + 1);
    /* Latest first in the text, so the oldest is put first. */
    for (guint i = g_strv_length(lines); i > 0; i--)
        import_line(memory, lines[i - 1], now_unix_s);
}
