/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind of trust store from memory, with a password and without. */
#include "trust/store.h"

#include <openssl/err.h>
#include <stdint.h>

static void
read_with(GBytes *bytes, const char *password)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) anchors = spoc_store_parse(bytes, password, NULL, &error);
    g_assert_true((anchors == NULL) == (error != NULL));
    /* What is left in OpenSSL's queue would be taken for the failure of a connection. */
    g_assert_true(ERR_peek_error() == 0);
    for (guint i = 0; anchors != NULL && i < anchors->len; i++) {
        const SpocAnchor *anchor = g_ptr_array_index(anchors, i);
        g_assert_nonnull(anchor->certificate);
        g_assert_true(g_utf8_validate(anchor->alias, -1, NULL));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
    read_with(bytes, "changeit");
    read_with(bytes, NULL);
    return 0;
}
