/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Changes a trust store in a way that Java's keytool reads and extends.
 *
 * What is written is PKCS#12, whatever was there: a JKS or JCEKS store is converted
 * (keytool and Java read either under any name). A store with private keys in it, or
 * with anything else that would be lost, is refused; so are PEM files and folders, which
 * an editor changes better.
 *
 * ERRORS    On failure the store is as it was.
 * OWNERSHIP Between open and free the store's folder is locked against another of us.
 */
#pragma once

#include "trust/store.h"

#define SPOC_EDIT_ALIAS_MAX_BYTES 200

typedef struct _SpocEdit SpocEdit;

/**
 * spoc_edit_open:
 * @path: the store; a missing one is a new, empty one
 * @password: (nullable): of the store, and what it is protected with when saved; NULL or
 *   "" leaves a new or PKCS#12 store unprotected
 *
 * Returns: (transfer full): or NULL with an error as of spoc_store_read(), or
 *   SPOC_ERROR_INVALID when a store of this kind or content is not changed here
 */
SpocEdit *spoc_edit_open(const char *path, const char *password,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_edit_free(SpocEdit *edit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocEdit, spoc_edit_free)

/* Whether saving turns a Java store into PKCS#12: worth a word. */
gboolean spoc_edit_converts(const SpocEdit *edit);

/* (nullable) (transfer none): by alias, which Java compares without regard to case */
const SpocAnchor *spoc_anchors_find(const GPtrArray *anchors, const char *alias);

/* (nullable) (transfer none): the entry that holds this very certificate */
const SpocAnchor *spoc_anchors_find_certificate(const GPtrArray *anchors, const X509 *certificate);

/* (transfer none) (element-type SpocAnchor): as they would be saved now */
const GPtrArray *spoc_edit_anchors(const SpocEdit *edit);

/**
 * spoc_edit_import:
 * @alias: not empty, without control characters
 *
 * Returns: FALSE with SPOC_ERROR_INVALID when the alias is taken or cannot be used
 */
gboolean spoc_edit_import(SpocEdit *edit, const char *alias, X509 *certificate,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with SPOC_ERROR_NOT_FOUND */
gboolean spoc_edit_delete(SpocEdit *edit, const char *alias,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_edit_save:
 *
 * Writes the whole store: temporary file in the same folder, sync, rename, sync of the
 * folder. Owner, group and mode are those of the old file; a new one is 0644, for it
 * holds nothing secret and spocd's user must read it.
 */
gboolean spoc_edit_save(SpocEdit *edit, GError **error) G_GNUC_WARN_UNUSED_RESULT;
