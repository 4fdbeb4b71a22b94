/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/content.h"

#include "message/scan.h"

SpocContent *
spoc_scan_content_new(SpocSpool *spool, const char *name, GBytes *frame,
                      const SpocAttachmentEvents *events, gpointer user_data, GError **error)
{
    g_autoptr(SpocScanMetadata) facts = spoc_scan_load(spool, name, error);
    if (facts == NULL)
        return NULL;
    g_autoptr(GBytes) head = NULL;
    g_autoptr(GBytes) tail = NULL;
    if (!spoc_scan_frame_split(frame, &head, &tail, error))
        return NULL;
    int fd = spoc_scan_open_document(spool, name, facts->size_bytes, error);
    if (fd < 0)
        return NULL;
    return spoc_attachment_new(head, fd, facts->size_bytes, tail, events, user_data);
}
