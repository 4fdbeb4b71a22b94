/* SPDX-License-Identifier: Apache-2.0 */
#include "people/copies.h"

#include "base/address.h"
#include "people/allow.h"

char **
spoc_copies_for(const SpocConfig *config, const char *address)
{
    const char *const *listed = spoc_config_list(config, SPOC_OPTION_NOTIFY_CC);
    g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(known, spoc_address_key(address));
    for (guint i = 0; listed[i] != NULL && copies->len < SPOC_COPIES_MAX; i++) {
        g_autofree char *canonical = spoc_address_canonical(listed[i], NULL);
        if (canonical != NULL && g_hash_table_add(known, spoc_address_key(canonical)))
            g_ptr_array_add(copies, g_steal_pointer(&canonical));
    }
    if (copies->len == 0)
        return NULL;
    g_ptr_array_add(copies, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&copies), FALSE);
}
