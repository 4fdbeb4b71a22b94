/* SPDX-License-Identifier: Apache-2.0 */
/* What a door wrote about a job, what stands around a document, and what a job calls its file */
#include "message/scan.h"
#include "spool/scan-format.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#define CHECK_LINE_BYTES (sizeof "Check: " - 1 + 8 + 1)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
parse_facts(const char *text, gsize size)
{
    g_autoptr(SpocScanMetadata) facts = spoc_scan_metadata_parse(text, size, NULL);
    if (facts == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) again = spoc_scan_metadata_format(facts);
    g_autoptr(SpocScanMetadata) second = spoc_scan_metadata_parse(again->str, again->len, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(facts->title, ==, second->title);
    g_assert_cmpstr(facts->options, ==, second->options);
}

static void
name_document(const char *wanted, const uint8_t *data, size_t size)
{
    g_autofree char *type = spoc_scan_content_type(wanted, data, MIN(size, SPOC_SCAN_START_BYTES));
    g_assert_null(strpbrk(type, "\r\n\""));
    g_autofree char *name = spoc_scan_filename(wanted, type);
    g_assert_true(g_utf8_validate(name, -1, NULL));
    g_assert_null(strpbrk(name, "/\\\r\n\""));
    g_assert_true(*name != '\0' && *name != '.' && strlen(name) < 255);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(SpocScanRecord) record = {0};
    parse_facts((const char *)data, size);
    (void)!spoc_scan_record_parse((const char *)data, size, &record, NULL);
    /* Once more with the right checksum, or little would ever come through. */
    g_autoptr(GString) text = g_string_new_len((const char *)data, (gssize)size);
    if (size >= CHECK_LINE_BYTES)
        g_string_truncate(text, size - CHECK_LINE_BYTES);
    g_string_append_printf(text, "Check: %08lx\n",
                           crc32_z(0, (const guint8 *)text->str, text->len));
    parse_facts(text->str, text->len);

    g_autoptr(GBytes) frame = g_bytes_new(data, size);
    g_autoptr(GBytes) head = NULL;
    g_autoptr(GBytes) tail = NULL;
    if (spoc_scan_frame_split(frame, &head, &tail, NULL))
        g_assert_cmpuint(g_bytes_get_size(head) + g_bytes_get_size(tail), ==, size);
    g_autofree char *wanted = g_strndup((const char *)data, size);
    name_document(wanted, data, size);
    return 0;
}
