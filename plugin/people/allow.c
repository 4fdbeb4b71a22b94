/* SPDX-License-Identifier: Apache-2.0 */
#include "people/allow.h"

#include "base/address.h"

#include <string.h>

struct _SpocAllowed {
    gboolean everybody;
    gboolean owner;
    GHashTable *patterns; /* set of keys: "@domain" and addresses */
};

static void
add_pattern(SpocAllowed *allowed, const char *pattern)
{
    if (strcmp(pattern, "*") == 0) {
        allowed->everybody = TRUE;
        return;
    }
    if (g_ascii_strcasecmp(pattern, "@owner") == 0) {
        allowed->owner = TRUE;
        return;
    }
    /* What is none, for it is checked when a setting is read, matches no address. */
    g_hash_table_add(allowed->patterns, spoc_address_key(pattern));
}

SpocAllowed *
spoc_allowed_new(const char *const *patterns)
{
    SpocAllowed *allowed = g_new0(SpocAllowed, 1);
    allowed->patterns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; patterns != NULL && patterns[i] != NULL; i++)
        add_pattern(allowed, patterns[i]);
    return allowed;
}

void
spoc_allowed_free(SpocAllowed *allowed)
{
    if (allowed == NULL)
        return;
    g_hash_table_unref(allowed->patterns);
    g_free(allowed);
}

gboolean
spoc_allowed_lists(const SpocAllowed *allowed, const char *address)
{
    g_autofree char *key = spoc_address_key(address);
    return g_hash_table_contains(allowed->patterns, key);
}

gboolean
spoc_allowed_has(const SpocAllowed *allowed, const char *address)
{
    g_autofree char *key = spoc_address_key(address);
    const char *at = strrchr(key, '@');
    return allowed->everybody || g_hash_table_contains(allowed->patterns, key) ||
           (at != NULL && g_hash_table_contains(allowed->patterns, at));
}

gboolean
spoc_allowed_has_everybody(const SpocAllowed *allowed)
{
    return allowed->everybody;
}

gboolean
spoc_allowed_has_owner(const SpocAllowed *allowed)
{
    return allowed->everybody || allowed->owner;
}

char **
spoc_copies_for(const SpocConfig *config, const char *address)
{
    const char *const *listed = spoc_config_list(config, SPOC_OPTION_NOTIFY_CC);
    g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(known, spoc_address_key(address));
    for (guint i = 0; listed[i] != NULL && copies->len < SPOC_COPIES_MAX; i++) {
        if (g_hash_table_add(known, spoc_address_key(listed[i])))
            g_ptr_array_add(copies, g_strdup(listed[i]));
    }
    if (copies->len == 0)
        return NULL;
    g_ptr_array_add(copies, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&copies), FALSE);
}
