/* SPDX-License-Identifier: Apache-2.0 */
#include "people/rules.h"

#include <string.h>

struct _SpocAllowed {
    gboolean everybody;
    gboolean owner;
    GHashTable *domains;  /* set, canonical, without the @ */
    GPtrArray *addresses; /* canonical */
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
    if (pattern[0] == '@') {
        g_autofree char *probe = g_strconcat("x", pattern, NULL);
        g_autofree char *canonical = spoc_address_canonical(probe, NULL);
        if (canonical != NULL)
            g_hash_table_add(allowed->domains, g_strdup(strrchr(canonical, '@') + 1));
        return;
    }
    char *canonical = spoc_address_canonical(pattern, NULL);
    if (canonical != NULL)
        g_ptr_array_add(allowed->addresses, canonical);
}

SpocAllowed *
spoc_allowed_new(const char *const *patterns)
{
    SpocAllowed *allowed = g_new0(SpocAllowed, 1);
    allowed->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    allowed->addresses = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; patterns != NULL && patterns[i] != NULL; i++)
        add_pattern(allowed, patterns[i]);
    return allowed;
}

void
spoc_allowed_free(SpocAllowed *allowed)
{
    if (allowed == NULL)
        return;
    g_hash_table_unref(allowed->domains);
    g_ptr_array_unref(allowed->addresses);
    g_free(allowed);
}

gboolean
spoc_allowed_has(const SpocAllowed *allowed, const char *address)
{
    const char *at = strrchr(address, '@');
    if (allowed->everybody)
        return TRUE;
    if (at != NULL && g_hash_table_contains(allowed->domains, at + 1))
        return TRUE;
    for (guint i = 0; i < allowed->addresses->len; i++) {
        if (spoc_address_equal(g_ptr_array_index(allowed->addresses, i), address))
            return TRUE;
    }
    return FALSE;
}

gboolean
spoc_allowed_has_owner(const SpocAllowed *allowed)
{
    return allowed->everybody || allowed->owner;
}
