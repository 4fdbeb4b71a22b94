/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What the readers of the kinds of store fill in, inside the trust layer:
 *           the anchors, and what else is in the store, so that editing never loses it.
 */
#pragma once

#include "trust/store.h"

/**
 * SpocStoreContent:
 * @anchors: (element-type SpocAnchor)
 * @key_count: entries with private or secret keys
 * @other_count: whatever else is in there and no anchor
 */
typedef struct {
    SpocStoreKind kind;
    GPtrArray *anchors;
    guint key_count;
    guint other_count;
} SpocStoreContent;

void spoc_store_content_init(SpocStoreContent *content);
void spoc_store_content_clear(SpocStoreContent *content);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpocStoreContent, spoc_store_content_clear)

/* As spoc_store_read(); @content is empty when it fails. */
gboolean spoc_store_content_read(const char *path, const char *password, SpocStoreContent *content,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_store_content_add:
 * @alias: (transfer full) (nullable): NULL makes one from the subject, with a number
 *   behind it where that name is taken
 * @certificate: (transfer full)
 *
 * Returns: FALSE with SPOC_ERROR_LIMIT
 */
gboolean spoc_store_content_add(SpocStoreContent *content, char *alias, gint64 added_unix_s,
                                X509 *certificate, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One reader a kind. @password is NULL where there is none. */
gboolean spoc_jks_parse(const guint8 *data, gsize size_bytes, const char *password,
                        SpocStoreContent *content, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean spoc_pkcs12_parse(const guint8 *data, gsize size_bytes, const char *password,
                           SpocStoreContent *content, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean spoc_pem_parse(const guint8 *data, gsize size_bytes, SpocStoreContent *content,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
