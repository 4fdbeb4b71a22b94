/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of scan entries, version 1. In scans/:
 *
 *   .tmp-NAME.doc   a document that is being copied
 *   NAME.doc        the document as it came, never changed
 *   NAME.job        its metadata. The entry exists when they do, for as long as its client waits;
 *                   beside a message NAME of the queue they are kept for what may be said of it
 *   NAME.left       the same, of an entry that its client has left: all is synced, spocd's to send
 *   NAME.done       record: what became of it, so that the same job is not mailed twice
 *
 * Metadata are lines "Key: value" in this order, values escaped as in C (only control characters,
 * \ and "), so that a line is a line:
 *
 *   Spoc-Scan: 1
 *   Job: 42
 *   Size: 123456                  of the document, in bytes
 *   Created: 1700000000           Unix seconds
 *   User: alice
 *   Title: …
 *   Printer: scan-to-mail
 *   Info: …                       the printer's description
 *   Location: …
 *   Uri: spoc:%40owner
 *   Options: mail-to=bob …
 *   Type: application/pdf
 *   Uuid: urn:uuid:…
 *   Server: 1234-567890           the cupsd: pid and when it was started
 *   Writer: 1235-567899           the client, likewise
 *   Check: 8c736521               CRC-32 of all the lines above
 *
 * A record has the lines Spoc-Scan-Record: 1, End: delivered or queued, Owner: the job's (versions
 * before wrote none), Server, Text, Check.
 */
#include "spool/scan-format.h"

#include "base/durable.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define METADATA_HEAD "Spoc-Scan: 1"
#define RECORD_HEAD "Spoc-Scan-Record: 1"
#define CHECK_KEY "Check: "
#define CHECK_LINE_BYTES (sizeof CHECK_KEY - 1 + 8 + 1)

static const char *const ends[] = {"delivered", "queued"};

typedef struct {
    const char *key;
    gsize offset; /* of a char * in SpocScanMetadata */
} TextField;

static const TextField text_fields[] = {
    {"User: ", G_STRUCT_OFFSET(SpocScanMetadata, user)},
    {"Title: ", G_STRUCT_OFFSET(SpocScanMetadata, title)},
    {"Printer: ", G_STRUCT_OFFSET(SpocScanMetadata, printer)},
    {"Info: ", G_STRUCT_OFFSET(SpocScanMetadata, printer_info)},
    {"Location: ", G_STRUCT_OFFSET(SpocScanMetadata, location)},
    {"Uri: ", G_STRUCT_OFFSET(SpocScanMetadata, uri)},
    {"Options: ", G_STRUCT_OFFSET(SpocScanMetadata, options)},
    {"Type: ", G_STRUCT_OFFSET(SpocScanMetadata, content_type)},
    {"Uuid: ", G_STRUCT_OFFSET(SpocScanMetadata, uuid)},
    {"Server: ", G_STRUCT_OFFSET(SpocScanMetadata, server)},
    {"Writer: ", G_STRUCT_OFFSET(SpocScanMetadata, writer)},
};

/* --- names of files --------------------------------------------------------------------- */

int
spoc_scan_folder(const SpocSpool *spool)
{
    return spoc_spool_folder_fd(spool, "scans");
}

gboolean
spoc_scan_check_name(const char *name, GError **error)
{
    if (spoc_spool_name_is_valid(name))
        return TRUE;
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "'%s' is no name of a scan", name);
    return FALSE;
}

char *
spoc_scan_file(const char *name, const char *suffix)
{
    return g_strconcat(name, suffix, NULL);
}

char *
spoc_scan_temporary_file(const char *name, const char *suffix)
{
    return g_strconcat(SPOC_DURABLE_TEMPORARY_PREFIX, name, suffix, NULL);
}

char *
spoc_scan_file_parse(const char *file, const char **ret_suffix, gboolean *ret_temporary)
{
    static const char *const suffixes[] = {SPOC_SCAN_DOCUMENT, SPOC_SCAN_METADATA, SPOC_SCAN_LEFT,
                                           SPOC_SCAN_RECORD};
    *ret_temporary = g_str_has_prefix(file, SPOC_DURABLE_TEMPORARY_PREFIX);
    const char *start = file + (*ret_temporary ? strlen(SPOC_DURABLE_TEMPORARY_PREFIX) : 0);
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (!g_str_has_suffix(start, suffixes[i]))
            continue;
        char *name = g_strndup(start, strlen(start) - strlen(suffixes[i]));
        *ret_suffix = suffixes[i];
        if (spoc_spool_name_is_valid(name))
            return name;
        g_free(name);
    }
    return NULL;
}

/* --- metadata and records --------------------------------------------------------------- */

SpocScanMetadata *
spoc_scan_metadata_new(void)
{
    SpocScanMetadata *metadata = g_new0(SpocScanMetadata, 1);
    for (guint i = 0; i < G_N_ELEMENTS(text_fields); i++)
        G_STRUCT_MEMBER(char *, metadata, text_fields[i].offset) = g_strdup("");
    return metadata;
}

void
spoc_scan_metadata_free(SpocScanMetadata *metadata)
{
    if (metadata == NULL)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(text_fields); i++)
        g_free(G_STRUCT_MEMBER(char *, metadata, text_fields[i].offset));
    g_free(metadata);
}

void
spoc_scan_metadata_set(char **field, const char *value)
{
    g_free(*field);
    *field = value != NULL ? g_strndup(value, SPOC_SCAN_FIELD_MAX_BYTES) : g_strdup("");
}

/* Bytes above 127 stay as they are: UTF-8 is readable. */
static void
put_text(GString *out, const char *key, const char *value)
{
    char readable[129];
    for (guint i = 0; i < 128; i++)
        readable[i] = (char)(128 + i);
    readable[128] = '\0';
    g_autofree char *escaped = g_strescape(value, readable);
    g_string_append_printf(out, "%s%s\n", key, escaped);
}

static void
put_check(GString *out)
{
    g_string_append_printf(out, CHECK_KEY "%08lx\n",
                           crc32_z(0, (const guint8 *)out->str, out->len));
}

GString *
spoc_scan_metadata_format(const SpocScanMetadata *metadata)
{
    GString *out = g_string_new(METADATA_HEAD "\n");
    g_string_append_printf(out,
                           "Job: %" G_GINT64_FORMAT "\nSize: %" G_GUINT64_FORMAT
                           "\nCreated: %" G_GINT64_FORMAT "\n",
                           metadata->job_id, metadata->size_bytes, metadata->created_unix_s);
    for (guint i = 0; i < G_N_ELEMENTS(text_fields); i++)
        put_text(out, text_fields[i].key,
                 G_STRUCT_MEMBER(const char *, metadata, text_fields[i].offset));
    put_check(out);
    return out;
}

GString *
spoc_scan_record_format(const SpocScanRecord *record)
{
    GString *out = g_string_new(RECORD_HEAD "\n");
    put_text(out, "End: ", ends[record->end]);
    if (record->owner != NULL)
        put_text(out, "Owner: ", record->owner);
    put_text(out, "Server: ", record->server != NULL ? record->server : "");
    put_text(out, "Text: ", record->text != NULL ? record->text : "");
    put_check(out);
    return out;
}

static gboolean
refuse_text(GError **error, const char *why)
{
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, why);
    return FALSE;
}

/* (transfer full) (nullable): the lines before the check, when that is right */
static char **
split_checked(const char *text, gsize size, GError **error)
{
    if (size < CHECK_LINE_BYTES || memchr(text, '\0', size) != NULL) {
        refuse_text(error, "it is cut short or damaged");
        return NULL;
    }
    gsize body = size - CHECK_LINE_BYTES;
    char check[CHECK_LINE_BYTES + 1];
    g_snprintf(check, sizeof check, CHECK_KEY "%08lx\n", crc32_z(0, (const guint8 *)text, body));
    if (memcmp(text + body, check, CHECK_LINE_BYTES) != 0) {
        refuse_text(error, "it is cut short or damaged");
        return NULL;
    }
    g_autofree char *lines = g_strndup(text, body);
    return g_strsplit(lines, "\n", -1);
}

/* The value of the next line, when it has this key. */
static const char *
take_value(char ***lines, const char *key)
{
    if (**lines == NULL || !g_str_has_prefix(**lines, key))
        return NULL;
    return *(*lines)++ + strlen(key);
}

static gboolean
take_number(char ***lines, const char *key, gint64 *ret_value)
{
    const char *value = take_value(lines, key);
    return value != NULL && g_ascii_string_to_signed(value, 10, 0, G_MAXINT64, ret_value, NULL);
}

static char *
take_text(char ***lines, const char *key)
{
    const char *value = take_value(lines, key);
    return value != NULL ? g_strcompress(value) : NULL;
}

static gboolean
is_line(const char *line, const char *expected)
{
    return line != NULL && strcmp(line, expected) == 0;
}

SpocScanMetadata *
spoc_scan_metadata_parse(const char *text, gsize size, GError **error)
{
    g_auto(GStrv) lines = split_checked(text, size, error);
    if (lines == NULL)
        return NULL;
    g_autoptr(SpocScanMetadata) metadata = spoc_scan_metadata_new();
    char **next = lines;
    gint64 bytes = 0;
    gboolean good = is_line(*next, METADATA_HEAD);
    if (good) {
        next++;
        good = take_number(&next, "Job: ", &metadata->job_id) &&
               take_number(&next, "Size: ", &bytes) &&
               take_number(&next, "Created: ", &metadata->created_unix_s);
        metadata->size_bytes = (guint64)bytes;
    }
    for (guint i = 0; good && i < G_N_ELEMENTS(text_fields); i++) {
        char *value = take_text(&next, text_fields[i].key);
        good = value != NULL;
        if (!good)
            break;
        char **field = &G_STRUCT_MEMBER(char *, metadata, text_fields[i].offset);
        g_free(*field);
        *field = value;
    }
    if (!good || !is_line(*next, "") || next[1] != NULL) {
        refuse_text(error, "it is not the metadata of a scan");
        return NULL;
    }
    return g_steal_pointer(&metadata);
}

void
spoc_scan_record_clear(SpocScanRecord *record)
{
    g_clear_pointer(&record->owner, g_free);
    g_clear_pointer(&record->server, g_free);
    g_clear_pointer(&record->text, g_free);
}

gboolean
spoc_scan_record_parse(const char *text, gsize size, SpocScanRecord *ret_record, GError **error)
{
    g_auto(GStrv) lines = split_checked(text, size, error);
    if (lines == NULL)
        return FALSE;
    char **next = lines;
    if (!is_line(*next, RECORD_HEAD))
        return refuse_text(error, "it is not the record of a scan");
    next++;
    g_auto(SpocScanRecord) record = {0};
    const char *end = take_value(&next, "End: ");
    gboolean is_queued = end != NULL && strcmp(end, ends[SPOC_SCAN_QUEUED]) == 0;
    gboolean known = is_queued || (end != NULL && strcmp(end, ends[SPOC_SCAN_DELIVERED]) == 0);
    record.end = is_queued ? SPOC_SCAN_QUEUED : SPOC_SCAN_DELIVERED;
    record.owner = take_text(&next, "Owner: ");
    record.server = take_text(&next, "Server: ");
    record.text = take_text(&next, "Text: ");
    if (!known || record.server == NULL || record.text == NULL || !is_line(*next, "") ||
        next[1] != NULL)
        return refuse_text(error, "it is not the record of a scan");
    *ret_record = record;
    record = (SpocScanRecord){0};
    return TRUE;
}

/* --- processes --------------------------------------------------------------------------- */

#define STAT_BYTES 1024

/* Behind the command's name, which may hold blanks and brackets, stand state and numbers
 * (proc(5)); the 22nd field of all is the start. */
#define FIELDS_BEFORE_START 20

/* "" with errno set: /proc does not show it. */
static char *
read_stamp(pid_t pid)
{
    char path[64];
    char text[STAT_BYTES + 1];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return g_strdup("");
    ssize_t count = read(fd, text, STAT_BYTES);
    int saved_errno = count < 0 ? errno : ESRCH;
    close(fd);
    errno = saved_errno;
    text[MAX(count, 0)] = '\0';
    const char *rest = strrchr(text, ')');
    g_auto(GStrv) fields = g_strsplit(rest != NULL ? rest : "", " ", FIELDS_BEFORE_START + 2);
    if (g_strv_length(fields) < FIELDS_BEFORE_START + 1)
        return g_strdup("");
    const char *started = fields[FIELDS_BEFORE_START];
    return g_strdup_printf("%ld-%.*s", (long)pid, (int)strspn(started, "0123456789"), started);
}

char *
spoc_process_stamp(pid_t pid)
{
    return read_stamp(pid);
}

gboolean
spoc_process_answers(pid_t pid)
{
    return kill(pid, 0) == 0 || errno == EACCES;
}

gboolean
spoc_process_lives(const char *stamp)
{
    gint64 pid = g_ascii_strtoll(stamp, NULL, 10);
    if (pid <= 0 || pid > G_MAXINT32)
        return FALSE;
    errno = 0;
    g_autofree char *now = read_stamp((pid_t)pid);
    if (*now == '\0' && (errno == EPERM || errno == EACCES))
        return spoc_process_answers((pid_t)pid);
    return *stamp != '\0' && strcmp(now, stamp) == 0;
}
