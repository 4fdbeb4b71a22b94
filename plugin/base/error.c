/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>

GQuark
spoc_error_quark(void)
{
    return g_quark_from_static_string("spoc-error-quark");
}

gboolean
spoc_error_set(GError **error, SpocErrorCode code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, SPOC_ERROR, (gint)code, message);
    return FALSE;
}

gboolean
spoc_error_set_errno(GError **error, int saved_errno, const char *format, ...)
{
    SpocErrorCode code = SPOC_ERROR_IO;
    if (saved_errno == EACCES || saved_errno == EPERM)
        code = SPOC_ERROR_DENIED;
    else if (saved_errno == ENOENT)
        code = SPOC_ERROR_NOT_FOUND;

    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, SPOC_ERROR, code, "%s: %s", what, g_strerror(saved_errno));
    return FALSE;
}
