/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include "spool/scan-format.h"
#include <string.h>
#include <unistd.h>

/* libcups would bring libraries of which each takes as much memory as all of this program, so this
 * reads options as cupsParseOptions() does; the test compares the two. */

static gboolean
is_blank(char c)
{
    return c != '\0' && strchr(" \f\n\r\t\v", c) != NULL;
}

static const char *
skip_blanks(const char *p)
{
    while (is_blank(*p))
        p++;
    return p;
}

/* One character of a value, where a backslash takes the next as it is; returns what follows. */
static const char *
take_character(const char *p, GString *value)
{
    if (*p == '\\' && p[1] != '\0')
        p++;
    g_string_append_c(value, *p);
    return p + 1;
}

/* Up to @quote, which is left out */
static const char *
take_quoted(const char *p, char quote, GString *value)
{
    while (*p != '\0' && *p != quote)
        p = take_character(p, value);
    return *p != '\0' ? p + 1 : p;
}

/* "{a=b c=d}", with what stands in it */
static const char *
take_collection(const char *p, GString *value)
{
    gsize depth = 0;
    while (*p != '\0') {
        depth += *p == '{' ? 1 : 0;
        gboolean closes = *p == '}';
        p = take_character(p, value);
        if (closes && --depth == 0)
            break;
    }
    return p;
}

static const char *
take_plain(const char *p, GString *value)
{
    while (*p != '\0' && !is_blank(*p))
        p = take_character(p, value);
    return p;
}

static const char *
take_value(const char *p, GString *value)
{
    g_string_truncate(value, 0);
    while (*p != '\0' && !is_blank(*p)) {
        if (*p == ',') {
            g_string_append_c(value, *p++);
        } else if (*p == '\'' || *p == '"') {
            p = take_quoted(p + 1, *p, value);
        } else if (*p == '{') {
            p = take_collection(p, value);
        } else {
            p = take_plain(p, value);
        }
    }
    return p;
}

static gboolean
is_name(const char *start, gsize length, const char *name)
{
    return length == strlen(name) && g_ascii_strncasecmp(start, name, length) == 0;
}

char *
spoc_job_option(const char *options, const char *name)
{
    g_autoptr(GString) value = g_string_new(NULL);
    g_autofree char *found = NULL;
    const char *p = skip_blanks(options);
    while (*p != '\0') {
        const char *start = p;
        p += strcspn(p, " =\f\n\r\t\v");
        gsize length = (gsize)(p - start);
        if (length == 0)
            break;
        p = skip_blanks(p);
        if (*p == '=') {
            p = skip_blanks(take_value(p + 1, value));
        } else if (length >= 2 && g_ascii_strncasecmp(start, "no", 2) == 0) {
            start += 2;
            length -= 2;
            g_string_assign(value, "false");
        } else {
            g_string_assign(value, "true");
        }
        /* The last one counts. */
        if (is_name(start, length, name)) {
            g_free(found);
            found = g_strdup(value->str);
        }
    }
    return found != NULL ? g_steal_pointer(&found) : g_strdup("");
}

/* What the file is now, not what it was printed from: that is known on raw queues alone. */
static const char *
final_content_type(void)
{
    const char *final = g_getenv("FINAL_CONTENT_TYPE");
    return final != NULL && *final != '\0' ? final : g_getenv("CONTENT_TYPE");
}

SpocScanMetadata *
spoc_job_metadata(char **argv)
{
    SpocScanMetadata *metadata = spoc_scan_metadata_new();
    const char *uri = g_getenv("DEVICE_URI");
    metadata->job_id = MAX(g_ascii_strtoll(argv[1], NULL, 10), 0);
    metadata->created_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    spoc_scan_metadata_set(&metadata->user, argv[2]);
    spoc_scan_metadata_set(&metadata->title, argv[3]);
    g_free(metadata->options);
    metadata->options = g_strndup(argv[5], SPOC_SCAN_OPTIONS_MAX_BYTES);
    spoc_scan_metadata_set(&metadata->uri, uri != NULL && *uri != '\0' ? uri : argv[0]);
    spoc_scan_metadata_set(&metadata->printer, g_getenv("PRINTER"));
    spoc_scan_metadata_set(&metadata->printer_info, g_getenv("PRINTER_INFO"));
    spoc_scan_metadata_set(&metadata->location, g_getenv("PRINTER_LOCATION"));
    spoc_scan_metadata_set(&metadata->content_type, final_content_type());
    g_free(metadata->uuid);
    metadata->uuid = spoc_job_option(metadata->options, "job-uuid");
    g_autofree char *accepted = spoc_job_option(metadata->options, "time-at-creation");
    if (!g_ascii_string_to_signed(accepted, 10, 1, G_MAXINT64, &metadata->accepted_unix_s, NULL))
        metadata->accepted_unix_s = 0;
    g_free(metadata->server);
    metadata->server = spoc_process_stamp(getppid());
    g_free(metadata->writer);
    metadata->writer = spoc_process_stamp(getpid());
    return metadata;
}
