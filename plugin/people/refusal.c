/* SPDX-License-Identifier: Apache-2.0 */
#include "people/refusal.h"

#include "base/error.h"

#define SAID_MAX 100

GHashTable *
spoc_said_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

gboolean
spoc_said_first(GHashTable *said, const char *sentence)
{
    if (g_hash_table_contains(said, sentence) || g_hash_table_size(said) >= SAID_MAX)
        return FALSE;
    return g_hash_table_add(said, g_strdup(sentence));
}

char *
spoc_refusal_sentence(const SpocRecipient *recipient, gint job_id, const char *why,
                      const char *no_owner)
{
    gboolean is_owner = recipient->who == SPOC_WHO_OWNER;
    g_autofree char *about = is_owner ? g_strdup_printf("no mail to the owner of job %d", job_id)
                                      : g_strdup_printf("no mail to '%s'", recipient->text);
    if (no_owner == NULL)
        return g_strdup_printf("%s: %s", about, why);
    return g_strdup_printf("%s: %s%s%s", about, why,
                           is_owner ? ": "
                                    : "; whether it is the owner of the job could not be found "
                                      "out: ",
                           no_owner);
}

gboolean
spoc_refusal_owner_could_help(const SpocRecipient *recipient, gint job_id, const GError *refusal,
                              const GPtrArray *refusals)
{
    if (job_id <= 0)
        return FALSE;
    for (guint i = 0; i < refusals->len; i++) {
        if (g_error_matches(g_ptr_array_index(refusals, i), SPOC_ERROR, SPOC_ERROR_DENIED))
            return TRUE;
    }
    return g_error_matches(refusal, SPOC_ERROR,
                           recipient->who == SPOC_WHO_OWNER ? SPOC_ERROR_NOT_FOUND
                                                            : SPOC_ERROR_DENIED);
}

void
spoc_refusal_say_uri(SpocLog *log, const char *name, const char *text, const SpocRecipientUri *uri,
                     const GError *error)
{
    if (uri == NULL) {
        spoc_log(log, SPOC_LOG_ERROR,
                 "%s: no mail for the subscription with the recipient '%s': %s", name, text,
                 error->message);
        return;
    }
    for (guint i = 0; i < uri->refused->len; i++) {
        const GError *refusal = g_ptr_array_index(uri->refused, i);
        spoc_log(log, SPOC_LOG_ERROR,
                 "%s: no mail to one of the recipients of its subscription: %s", name,
                 refusal->message);
    }
    for (guint i = 0; i < uri->warnings->len; i++)
        spoc_log(log, SPOC_LOG_WARNING, "%s, for '%s': %s", name, text,
                 (const char *)g_ptr_array_index(uri->warnings, i));
}

guint
spoc_refusal_count(const SpocRecipientUri *uri, guint most, GHashTable *said, SpocLog *log,
                   const char *journal)
{
    guint named = uri->recipients->len;
    if (named <= most)
        return named;
    g_autofree char *sentence = g_strdup_printf(
        "the subscription names %u recipients, and notifyMaxRecipients allows %u: the first %u get "
        "mail, the others do not. Raise it, or let an alias stand for them",
        named, most, most);
    if (spoc_said_first(said, sentence))
        spoc_log(log, SPOC_LOG_ERROR, "%s: %s", journal, sentence);
    return most;
}
