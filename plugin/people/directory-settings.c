/* SPDX-License-Identifier: Apache-2.0 */
#include "people/directory-settings.h"

#include <string.h>

SpocDirectorySettings *
spoc_directory_settings_new(const SpocConfig *config, SpocTls *tls)
{
    SpocDirectorySettings *settings = g_new0(SpocDirectorySettings, 1);
    *settings = (SpocDirectorySettings){
        .config = spoc_config_ref((SpocConfig *)config),
        .uris = spoc_config_list(config, SPOC_OPTION_RECIPIENT_LDAP_URI),
        .start_tls = spoc_config_choice(config, SPOC_OPTION_RECIPIENT_LDAP_ENCRYPTION) !=
                     SPOC_LDAP_ENCRYPTION_NONE,
        .tls = tls != NULL ? spoc_tls_ref(tls) : NULL,
        .base = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_BASE),
        .filter = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_FILTER),
        .address_attribute =
            spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_ADDRESS_ATTRIBUTE),
        .name_attribute = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_NAME_ATTRIBUTE),
        .language_attribute =
            spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_LANGUAGE_ATTRIBUTE),
        .bind_dn = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_BIND_DN),
        .password = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_PASSWORD),
        .mechanism = spoc_config_string(config, SPOC_OPTION_RECIPIENT_LDAP_SASL_MECHANISM),
        .timeout_ms = (guint)spoc_config_duration_ms(config, SPOC_OPTION_RECIPIENT_LDAP_TIMEOUT),
    };
    return settings;
}

void
spoc_directory_settings_free(SpocDirectorySettings *settings)
{
    if (settings == NULL)
        return;
    g_clear_pointer(&settings->tls, spoc_tls_unref);
    spoc_config_unref(settings->config);
    g_free(settings);
}

void
spoc_directory_answer_clear(SpocDirectoryAnswer *answer)
{
    g_clear_pointer(&answer->address, g_free);
    g_clear_pointer(&answer->name, g_free);
    g_clear_pointer(&answer->language, g_free);
    g_clear_pointer(&answer->words, g_free);
}

typedef struct {
    char *user;
    SpocDirectoryAnswer answer;
    gint64 until_us;
} Known;

struct _SpocDirectoryCache {
    guint max_users;
    GQueue *order;     /* of Known, the oldest answer first */
    GHashTable *links; /* user → its link in the queue */
};

static void
known_free(gpointer data)
{
    Known *known = data;
    spoc_directory_answer_clear(&known->answer);
    g_free(known->user);
    g_free(known);
}

SpocDirectoryCache *
spoc_directory_cache_new(guint max_users)
{
    SpocDirectoryCache *cache = g_new0(SpocDirectoryCache, 1);
    cache->max_users = max_users;
    cache->order = g_queue_new();
    cache->links = g_hash_table_new(g_str_hash, g_str_equal);
    return cache;
}

void
spoc_directory_cache_free(SpocDirectoryCache *cache)
{
    if (cache == NULL)
        return;
    g_hash_table_unref(cache->links);
    g_queue_free_full(cache->order, known_free);
    g_free(cache);
}

static void
forget_user(SpocDirectoryCache *cache, GList *link)
{
    Known *known = link->data;
    g_hash_table_remove(cache->links, known->user);
    g_queue_delete_link(cache->order, link);
    known_free(known);
}

void
spoc_directory_cache_put(SpocDirectoryCache *cache, const char *user, SpocDirectoryAnswer *answer,
                         gint64 until_us)
{
    GList *link = g_hash_table_lookup(cache->links, user);
    if (link != NULL)
        forget_user(cache, link);
    if (cache->order->length >= cache->max_users)
        forget_user(cache, cache->order->head);
    Known *known = g_new0(Known, 1);
    known->user = g_strdup(user);
    known->answer = *answer;
    known->until_us = until_us;
    *answer = (SpocDirectoryAnswer){0};
    g_queue_push_tail(cache->order, known);
    g_hash_table_insert(cache->links, known->user, cache->order->tail);
}

const SpocDirectoryAnswer *
spoc_directory_cache_get(SpocDirectoryCache *cache, const char *user, gint64 now_us)
{
    const GList *link = g_hash_table_lookup(cache->links, user);
    const Known *known = link != NULL ? link->data : NULL;
    return known != NULL && now_us < known->until_us ? &known->answer : NULL;
}
