/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a management server answers, and the state file that is found in the cache.
 */
#include "base/error.h"
#include "config/management-state.h"
#include "config/properties.h"
#include "management/management.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = size > 0 ? (const char *)data : "";
    g_autoptr(GError) error = NULL;
    if (spoc_management_check_content(bytes, size, &error)) {
        /* What is kept must be readable, or all mail would wait. */
        g_autoptr(SpocProperties) properties = spoc_properties_parse(bytes, size, &error);
        g_assert_no_error(error);
        g_assert_nonnull(properties);
    } else
        g_assert_nonnull(error);

    g_auto(SpocManagementState) state = {0};
    spoc_management_state_parse(bytes, size, &state);
    g_assert_true(state.etag == NULL || spoc_management_state_is_etag(state.etag));
    g_autofree char *text = spoc_management_state_text(&state, 1800000000);
    g_assert_true(g_utf8_validate(text, -1, NULL));

    g_autofree char *url = g_strndup(bytes, size);
    g_autofree char *shown = spoc_management_shown_url(url);
    g_assert_true(shown == NULL || g_utf8_validate(shown, -1, NULL));
    return 0;
}
