/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Reads Java key stores (JKS, JCEKS).
 */
#pragma once

#include "trust/content.h"

/* @password: (nullable) */
gboolean spoc_jks_parse(const guint8 *data, gsize size_bytes, const char *password,
                        SpocStoreContent *content, GError **error) G_GNUC_WARN_UNUSED_RESULT;
