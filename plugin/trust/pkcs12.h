/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Reads and writes PKCS#12 stores.
 */
#pragma once

#include "trust/content.h"

/* @password: (nullable) */
gboolean spoc_pkcs12_parse(const guint8 *data, gsize size_bytes, const char *password,
                           SpocStoreContent *content, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_pkcs12_write:
 * @anchors: (element-type SpocAnchor)
 * @password: (nullable): NULL leaves the store unprotected
 *
 * Returns: (transfer full): or NULL with an error
 */
GBytes *spoc_pkcs12_write(const GPtrArray *anchors, const char *password,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
