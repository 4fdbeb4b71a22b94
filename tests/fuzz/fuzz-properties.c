/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A settings file of any bytes: the reader, and each option's value behind it.
 */
#include "config/properties.h"
#include "config/value.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_entry(const SpocProperty *entry)
{
    g_assert_true(g_utf8_validate(entry->key, -1, NULL) && *entry->key != '\0');
    g_assert_true(g_utf8_validate(entry->value, -1, NULL));
    g_assert_cmpuint(entry->line, >, 0);
    const SpocOption *option = spoc_option_find(entry->key);
    if (option == NULL) {
        (void)spoc_option_suggest(entry->key);
        return;
    }
    SpocValue value = {0};
    g_autoptr(GError) error = NULL;
    if (!spoc_value_parse(option, entry->value, &value, &error)) {
        g_assert_nonnull(error);
        return;
    }
    for (const char *p = value.text; *p != '\0'; p++)
        g_assert_false(g_ascii_iscntrl(*p));
    spoc_value_clear(&value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocProperties) properties = spoc_properties_parse((const char *)data, size, &error);
    g_assert_true((properties == NULL) == (error != NULL));
    for (guint i = 0; properties != NULL && i < properties->entries->len; i++)
        check_entry(g_ptr_array_index(properties->entries, i));
    return 0;
}
