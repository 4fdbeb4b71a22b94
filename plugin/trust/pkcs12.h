/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Reads PKCS#12 stores.
 */
#pragma once

#include "trust/content.h"

/* @password: (nullable) */
gboolean spoc_pkcs12_parse(const guint8 *data, gsize size_bytes, const char *password,
                           SpocStoreContent *content, GError **error) G_GNUC_WARN_UNUSED_RESULT;
