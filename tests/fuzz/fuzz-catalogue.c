/* SPDX-License-Identifier: Apache-2.0 */
/* A catalogue of any bytes: no sentence is read from outside them. */
#include "message/catalogue.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(SpocCatalogue) catalogue = spoc_catalogue_parse("xx", bytes);
    if (catalogue == NULL)
        return 0;
    gsize length = strlen(spoc_catalogue_get(catalogue, "Title"));
    for (gulong n = 0; n < 120; n += 7)
        length +=
            strlen(spoc_catalogue_get_plural(catalogue, "{count} event", "{count} events", n));
    return length > size * 100 + 10000 ? -1 : 0;
}
