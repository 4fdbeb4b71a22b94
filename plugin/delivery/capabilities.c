/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/capabilities.h"

#include "base/text.h"

#include <string.h>

/* (nullable): the parameters when the line is about the keyword, "" for none */
static const char *
parameters_of(const char *line, const char *keyword)
{
    gsize length = strlen(keyword);
    if (g_ascii_strncasecmp(line, keyword, length) != 0)
        return NULL;
    if (line[length] == '\0')
        return "";
    /* "AUTH=LOGIN" was written before RFC 2554 and still is. */
    if (line[length] == ' ' || (line[length] == '=' && strcmp(keyword, "AUTH") == 0))
        return line + length + 1;
    return NULL;
}

static void
read_line(SpocCapabilities *capabilities, const char *line)
{
    const char *parameters;
    if (parameters_of(line, "PIPELINING") != NULL) {
        capabilities->pipelining = TRUE;
    } else if (parameters_of(line, "8BITMIME") != NULL) {
        capabilities->eight_bit_mime = TRUE;
    } else if (parameters_of(line, "SMTPUTF8") != NULL) {
        capabilities->smtputf8 = TRUE;
    } else if (parameters_of(line, "STARTTLS") != NULL) {
        capabilities->starttls = TRUE;
    } else if ((parameters = parameters_of(line, "SIZE")) != NULL) {
        capabilities->size = TRUE;
        guint64 limit = 0;
        if (g_ascii_string_to_unsigned(parameters, 10, 0, G_MAXINT64, &limit, NULL))
            capabilities->max_size_bytes = limit;
    } else if ((parameters = parameters_of(line, "AUTH")) != NULL &&
               capabilities->auth[0] == '\0') {
        g_autofree char *clean = spoc_text_line(parameters, -1, sizeof capabilities->auth - 1);
        g_strlcpy(capabilities->auth, clean, sizeof capabilities->auth);
    }
}

void
spoc_capabilities_read(SpocCapabilities *capabilities, const SpocReply *reply)
{
    memset(capabilities, 0, sizeof *capabilities);
    if (reply->code / 100 != 2)
        return;
    g_auto(GStrv) lines = g_strsplit(reply->lines->str, "\n", -1);
    /* The first line is the server's name. */
    for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
        read_line(capabilities, g_strchomp(lines[i]));
}
