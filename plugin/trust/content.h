/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What the readers of the kinds of store fill in, inside the trust layer:
 *           the anchors, and what else is in the store, so that editing never loses it.
 */
#pragma once

#include <glib.h>
#include <openssl/x509.h>

#define SPOC_STORE_MAX_ENTRIES 10000

typedef struct {
    char *alias;         /* never NULL; made from the subject for PEM */
    gint64 added_unix_s; /* 0 where the store does not say */
    X509 *certificate;
} SpocAnchor;

typedef enum {
    SPOC_STORE_PEM,
    SPOC_STORE_PEM_DIRECTORY,
    SPOC_STORE_JKS,
    SPOC_STORE_JCEKS,
    SPOC_STORE_PKCS12,
} SpocStoreKind;

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
