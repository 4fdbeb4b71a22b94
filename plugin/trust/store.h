/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Reads trust stores of every kind into one list of anchors: JKS, JCEKS,
 *           PKCS#12, a PEM bundle, a folder of PEM files; told apart by content.
 * INPUT     In a folder the files whose names end in .pem, .crt or .cer count (PEM, or one
 *           certificate in DER), but none that begins with a dot.
 * SECURITY  A store is foreign data: every size and count is bounded, and one that
 *           is damaged anywhere gives no anchors at all.
 */
#pragma once

#include "trust/content.h"

#define SPOC_STORE_MAX_BYTES (16 * 1024 * 1024)
/* "PKCS#12", "folder of PEM files" … */
const char *spoc_store_kind_name(SpocStoreKind kind);

/**
 * spoc_store_read:
 * @path: file or folder; a symbolic link is followed
 * @password: (nullable): verified where the store has a digest; NULL or "" reads
 *   without verifying where that is possible
 * @ret_kind: (out) (optional)
 *
 * Only trusted-certificate entries become anchors; key entries are skipped. A Java or
 * PKCS#12 store may well be empty; PEM without a certificate is an error.
 *
 * Returns: (transfer full) (element-type SpocAnchor): or NULL with
 *   SPOC_ERROR_NOT_FOUND, SPOC_ERROR_CORRUPT, SPOC_ERROR_LIMIT, SPOC_ERROR_INVALID
 *   (wrong password, or a form that cannot be read), SPOC_ERROR_IO or SPOC_ERROR_DENIED;
 *   the message names the path
 */
GPtrArray *spoc_store_read(const char *path, const char *password, SpocStoreKind *ret_kind,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from memory, for one file's content; what the fuzz targets call. */
GPtrArray *spoc_store_parse(GBytes *content, const char *password, SpocStoreKind *ret_kind,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_store_read_certificates:
 * @path: a PEM file, or one certificate in DER
 *
 * What somebody hands over to be imported; not a store.
 *
 * Returns: (transfer full) (element-type SpocAnchor): at least one, or NULL with an error
 *   as of spoc_store_read()
 */
GPtrArray *spoc_store_read_certificates(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_store_read_file:
 *
 * Reads a regular file of at most SPOC_STORE_MAX_BYTES; a symbolic link is followed, for
 * paths here are the administrator's own.
 *
 * Returns: (transfer full): or NULL with SPOC_ERROR_NOT_FOUND, _LIMIT, _CORRUPT, _DENIED, _IO
 */
GBytes *spoc_store_read_file(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As spoc_store_read(); @content is empty when it fails. */
gboolean spoc_store_content_read(const char *path, const char *password, SpocStoreContent *content,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
