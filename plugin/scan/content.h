/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What is sent of a message of the kind "scan": its body, which is a frame, with the
 *          document from the scan entry of the same name in it.
 */
#pragma once

#include "delivery/attachment.h"
#include "scan/prepare.h"
#include "spool/scans.h"

/**
 * spoc_scan_content_new:
 * @events: (nullable), @user_data: see spoc_attachment_new()
 *
 * Returns: (transfer full): SPOC_ERROR_NOT_FOUND or SPOC_ERROR_CORRUPT when the document is not
 *   what it was
 */
SpocContent *spoc_scan_content_new(SpocSpool *spool, const char *name, GBytes *frame,
                                   const SpocAttachmentEvents *events, gpointer user_data,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
