/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <string.h>

void
spoc_secret_free(SpocSecret *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

void
spoc_secret_string_free(GString *text)
{
    explicit_bzero(text->str, text->allocated_len);
    g_string_free(text, TRUE);
}

void
spoc_secret_bytes_free(SpocSecretBytes *bytes)
{
    if (bytes == NULL)
        return;
    gsize size = 0;
    gpointer data = g_bytes_unref_to_data(bytes, &size);
    if (data != NULL)
        explicit_bzero(data, size);
    g_free(data);
}
