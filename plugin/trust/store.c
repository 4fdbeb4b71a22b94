/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/store.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/jks.h"
#include "trust/openssl.h"
#include "trust/pem.h"
#include "trust/pkcs12.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define DER_SEQUENCE 0x30

static const char *const kind_names[] = {
    [SPOC_STORE_PEM] = "PEM",        [SPOC_STORE_PEM_DIRECTORY] = "folder of PEM files",
    [SPOC_STORE_JKS] = "JKS",        [SPOC_STORE_JCEKS] = "JCEKS",
    [SPOC_STORE_PKCS12] = "PKCS#12",
};

static const char *const folder_suffixes[] = {".pem", ".crt", ".cer"};

const char *
spoc_store_kind_name(SpocStoreKind kind)
{
    return kind_names[kind];
}

GBytes *
spoc_store_read_file(const char *path, GError **error)
{
    g_autofree char *resolved = realpath(path, NULL);
    if (resolved == NULL) {
        spoc_error_set_errno(error, errno, "cannot open '%s'", path);
        return NULL;
    }
    return spoc_durable_read(AT_FDCWD, resolved, SPOC_STORE_MAX_BYTES, error);
}

static gboolean
parse_file(GBytes *bytes, const char *password, SpocStoreContent *content, GError **error)
{
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    if (password != NULL && *password == '\0')
        password = NULL;
    if (size > SPOC_STORE_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "the trust store is larger than %d bytes",
                    SPOC_STORE_MAX_BYTES);
        return FALSE;
    }
    if (size >= 4 &&
        (memcmp(data, "\xfe\xed\xfe\xed", 4) == 0 || memcmp(data, "\xce\xce\xce\xce", 4) == 0))
        return spoc_jks_parse(data, size, password, content, error);
    if (size > 0 && data[0] == DER_SEQUENCE) {
        g_autoptr(X509) single = spoc_openssl_certificate(data, size);
        if (single == NULL)
            return spoc_pkcs12_parse(data, size, password, content, error);
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "this is a single certificate, not a trust store; add it to one with "
                    "spocctl truststore import");
        return FALSE;
    }
    if (data != NULL && memmem(data, size, "-----BEGIN", 10) != NULL)
        return spoc_pem_parse(data, size, content, error);
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "%s",
                size == 0 ? "the file is empty"
                          : "this is no trust store of a known kind (JKS, JCEKS, PKCS#12, PEM)");
    return FALSE;
}

/* PEM, or one certificate in DER. */
static gboolean
parse_certificates(GBytes *bytes, SpocStoreContent *content, GError **error)
{
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    if (size > 0 && data[0] == DER_SEQUENCE) {
        X509 *certificate = spoc_openssl_certificate(data, size);
        if (certificate != NULL)
            return spoc_store_content_add(content, NULL, 0, certificate, error);
    }
    if (size > 0)
        return spoc_pem_parse(data, size, content, error);
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "the file is empty");
    return FALSE;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean
counts_in_folder(const char *name)
{
    for (guint i = 0; name[0] != '.' && i < G_N_ELEMENTS(folder_suffixes); i++)
        if (g_str_has_suffix(name, folder_suffixes[i]))
            return TRUE;
    return FALSE;
}

static GPtrArray *
list_folder(const char *path, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &problem);
    if (folder == NULL) {
        g_set_error(error, SPOC_ERROR,
                    g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_ACCES) ? SPOC_ERROR_DENIED
                                                                               : SPOC_ERROR_IO,
                    "cannot read the folder: %s", problem->message);
        return NULL;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(folder)) != NULL;) {
        if (!counts_in_folder(name))
            continue;
        if (names->len >= SPOC_STORE_MAX_ENTRIES) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                        "the folder holds more than %d certificate files", SPOC_STORE_MAX_ENTRIES);
            return NULL;
        }
        g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

static gboolean
read_folder(const char *path, SpocStoreContent *content, GError **error)
{
    g_autoptr(GPtrArray) names = list_folder(path, error);
    if (names == NULL)
        return FALSE;
    gsize total_bytes = 0;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autoptr(GBytes) bytes = spoc_store_read_file(file, error);
        if (bytes == NULL)
            return FALSE;
        total_bytes += g_bytes_get_size(bytes);
        if (total_bytes > SPOC_STORE_MAX_BYTES) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                        "the files of the folder are larger than %d bytes", SPOC_STORE_MAX_BYTES);
            return FALSE;
        }
        if (!parse_certificates(bytes, content, error)) {
            g_prefix_error(error, "'%s': ", name);
            return FALSE;
        }
    }
    content->kind = SPOC_STORE_PEM_DIRECTORY;
    if (content->anchors->len == 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "no certificate file (.pem, .crt or .cer) is in the folder");
        return FALSE;
    }
    return TRUE;
}

gboolean
spoc_store_content_read(const char *path, const char *password, SpocStoreContent *content,
                        GError **error)
{
    spoc_store_content_init(content);
    gboolean good = FALSE;
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        good = read_folder(path, content, error);
    } else {
        g_autoptr(GBytes) bytes = spoc_store_read_file(path, error);
        good = bytes != NULL && parse_file(bytes, password, content, error);
    }
    if (!good) {
        g_prefix_error(error, "trust store '%s': ", path);
        spoc_store_content_clear(content);
    }
    return good;
}

GPtrArray *
spoc_store_read(const char *path, const char *password, SpocStoreKind *ret_kind, GError **error)
{
    g_auto(SpocStoreContent) content = {0};
    if (!spoc_store_content_read(path, password, &content, error))
        return NULL;
    if (ret_kind != NULL)
        *ret_kind = content.kind;
    return g_steal_pointer(&content.anchors);
}

GPtrArray *
spoc_store_parse(GBytes *bytes, const char *password, SpocStoreKind *ret_kind, GError **error)
{
    g_auto(SpocStoreContent) content = {0};
    spoc_store_content_init(&content);
    if (!parse_file(bytes, password, &content, error))
        return NULL;
    if (ret_kind != NULL)
        *ret_kind = content.kind;
    return g_steal_pointer(&content.anchors);
}

GPtrArray *
spoc_store_read_certificates(const char *path, GError **error)
{
    g_auto(SpocStoreContent) content = {0};
    spoc_store_content_init(&content);
    g_autoptr(GBytes) bytes = spoc_store_read_file(path, error);
    if (bytes == NULL)
        return NULL;
    if (!parse_certificates(bytes, &content, error)) {
        g_prefix_error(error, "'%s': ", path);
        return NULL;
    }
    return g_steal_pointer(&content.anchors);
}
