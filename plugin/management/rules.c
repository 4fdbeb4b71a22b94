/* SPDX-License-Identifier: Apache-2.0 */
#include "management/rules.h"

#include "base/error.h"
#include "base/text.h"
#include "config/option.h"
#include "config/properties.h"

#include <string.h>

/* Doubling ends here: 2^20 times half a minute is longer than any interval. */
#define MAX_DOUBLINGS 20
#define JITTER_PART 0.2

static gboolean G_GNUC_PRINTF(2, 3) refuse(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *reason = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, reason);
    return FALSE;
}

/* The lines as bytes, before properties give them a meaning. */
static gboolean
check_lines(const char *bytes, gsize length, GError **error)
{
    gboolean begins = TRUE, is_blank = TRUE;
    guint line = 1;
    for (gsize i = 0; i < length; i++) {
        if (begins && bytes[i] == '<')
            return refuse(error, "the answer looks like a web page: its line %u begins with '<'",
                          line);
        if (bytes[i] == '\n')
            line++;
        if (!g_ascii_isspace(bytes[i]))
            begins = is_blank = FALSE;
        else if (bytes[i] == '\n' || bytes[i] == '\r')
            begins = TRUE;
    }
    if (is_blank)
        return refuse(error, "the answer is empty; a file that is meant to set nothing has a "
                             "comment in it");
    return TRUE;
}

static gboolean
check_entries(const SpocProperties *properties, GError **error)
{
    gboolean knows_one = FALSE;
    for (guint i = 0; i < properties->entries->len; i++) {
        const SpocProperty *property = g_ptr_array_index(properties->entries, i);
        if (property->damage != NULL) {
            g_autofree char *key = spoc_text_line(property->key, -1, 80);
            return refuse(error, "line %u of the answer, %s, %s", property->line, key,
                          property->damage);
        }
        knows_one |= spoc_option_find(property->key) != NULL;
    }
    if (properties->entries->len > 0 && !knows_one)
        return refuse(error, "the answer holds no key that is known here");
    return TRUE;
}

gboolean
spoc_management_check_content(const char *bytes, gsize length, GError **error)
{
    if (length > SPOC_MANAGEMENT_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "the answer is larger than %d bytes",
                    SPOC_MANAGEMENT_MAX_BYTES);
        return FALSE;
    }
    const char *bom = "\xef\xbb\xbf";
    gsize skipped = length >= strlen(bom) && memcmp(bytes, bom, strlen(bom)) == 0 ? strlen(bom) : 0;
    /* NUL is refused here as well. */
    if (!g_utf8_validate_len(bytes, length, NULL))
        return refuse(error, "the answer is not a text in UTF-8");
    if (!check_lines(bytes + skipped, length - skipped, error))
        return FALSE;
    g_autoptr(SpocProperties) properties = spoc_properties_parse(bytes, length, error);
    if (properties == NULL) {
        g_prefix_error(error, "the answer ");
        return FALSE;
    }
    return check_entries(properties, error);
}

gint64
spoc_management_delay_ms(gint64 interval_ms, guint failures, double jitter)
{
    gint64 delay_ms = interval_ms;
    if (failures > 0) {
        guint doublings = MIN(failures - 1, MAX_DOUBLINGS);
        delay_ms = MIN(interval_ms, (gint64)SPOC_MANAGEMENT_RETRY_MS << doublings);
    }
    return delay_ms + (gint64)((double)delay_ms * JITTER_PART * (jitter - 0.5));
}
