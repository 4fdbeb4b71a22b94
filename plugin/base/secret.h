/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Memory that held a password or a key is wiped before it is freed.
 * SECURITY What libraries copy (libcurl, OpenSSL, libldap) is theirs. Programs are not dumpable
 *          either (spoc_privilege_drop()), so that a crash leaves no secret in a core file.
 */
#pragma once

#include <glib.h>

/* A string, and content, that are wiped when they go: g_autoptr(SpocSecret) */
typedef char SpocSecret;
typedef GBytes SpocSecretBytes;

/* @secret: (nullable) (transfer full): up to its NUL */
void spoc_secret_free(SpocSecret *secret);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocSecret, spoc_secret_free)

/* @text: (transfer full) */
void spoc_secret_string_free(GString *text);

/* @bytes: (nullable) (transfer full): the only reference, to memory that g_malloc() gave */
void spoc_secret_bytes_free(SpocSecretBytes *bytes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocSecretBytes, spoc_secret_bytes_free)
