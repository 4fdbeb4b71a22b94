/* SPDX-License-Identifier: Apache-2.0 */
#include "message/catalogue.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A catalogue that is taken answers for each of its sentences, and stays within its bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) mo = g_bytes_new(data, size);
    g_autoptr(SpocCatalogue) catalogue = spoc_catalogue_new("xx", mo, NULL);
    if (catalogue == NULL)
        return 0;
    gsize read = 0;
    for (guint i = 0; i < spoc_catalogue_size(catalogue); i++) {
        const char *msgid = spoc_catalogue_msgid(catalogue, i);
        if (msgid == NULL || !g_utf8_validate(spoc_catalogue_get(catalogue, msgid), -1, NULL))
            abort();
        for (gulong n = 0; n < 7; n++)
            read += strlen(spoc_catalogue_get_plural(catalogue, msgid, "x", n * n * n));
        if (read > 10000000)
            return 0;
    }
    return 0;
}
