/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Reads trust stores of every kind into one list of anchors: JKS, JCEKS,
 *           PKCS#12, a PEM bundle, a folder of PEM files; told apart by content.
 * SECURITY  A store is foreign data: every size and count is bounded, and one that
 *           is damaged anywhere gives no anchors at all.
 */
#pragma once

#include <glib.h>
#include <openssl/x509.h>

#define SPOC_STORE_MAX_BYTES (16 * 1024 * 1024)
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
 * spoc_store_read:
 * @path: file or folder
 * @password: (nullable): verified where the store has a digest; NULL or "" reads
 *   without verifying where that is possible
 * @ret_kind: (out) (optional)
 *
 * Only trusted-certificate entries become anchors; key entries are skipped.
 *
 * Returns: (transfer full) (element-type SpocAnchor): or NULL with
 *   SPOC_ERROR_NOT_FOUND, SPOC_ERROR_CORRUPT, SPOC_ERROR_LIMIT, SPOC_ERROR_INVALID
 *   (wrong password), SPOC_ERROR_IO or SPOC_ERROR_DENIED
 */
GPtrArray *
spoc_store_read(const char *path, const char *password, SpocStoreKind *ret_kind,
                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from memory, for one file's content; what the fuzz targets call. */
GPtrArray *
spoc_store_parse(GBytes *content, const char *password, SpocStoreKind *ret_kind,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
