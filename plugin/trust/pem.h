/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Reads PEM bundles.
 */
#pragma once

#include "trust/content.h"

gboolean spoc_pem_parse(const guint8 *data, gsize size_bytes, SpocStoreContent *content,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
