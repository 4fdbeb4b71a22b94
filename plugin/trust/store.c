/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/store.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/openssl.h"
#include "trust/pkcs12.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

/* --- PEM ----------------------------------------------------------------------------------
 * A bundle (RFC 7468): certificates with any text between them. Blocks of another kind (keys,
 * revocation lists) are passed over. */

/* How many blocks somebody meant to be here, also where a line is damaged elsewhere. */
static guint
count_marks(const guint8 *data, gsize size_bytes, const char *mark)
{
    guint count = 0;
    const gsize mark_bytes = strlen(mark);
    const guint8 *end = data + size_bytes;
    for (const guint8 *p = data; (p = memmem(p, (gsize)(end - p), mark, mark_bytes)) != NULL;
         p += mark_bytes)
        count++;
    return count;
}

static gboolean
add_pem_block(const char *name, const guint8 *der, long size, SpocStoreContent *content,
              GError **error)
{
    X509 *certificate = NULL;
    if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0) {
        certificate = spoc_openssl_certificate(der, (gsize)size);
    } else if (strcmp(name, PEM_STRING_X509_TRUSTED) == 0) {
        /* OpenSSL's own form carries behind the certificate what it may be used for. */
        const guint8 *p = der;
        certificate = d2i_X509_AUX(NULL, &p, size);
        ERR_clear_error();
    } else {
        if (strstr(name, "PRIVATE KEY") != NULL)
            content->key_count++;
        else
            content->other_count++;
        return TRUE;
    }
    if (certificate == NULL)
        return spoc_error_set(error, SPOC_ERROR_CORRUPT,
                              "certificate %u of the PEM file is damaged",
                              content->anchors->len + 1);
    return spoc_store_content_add(content, NULL, 0, certificate, error);
}

static gboolean
parse_pem(const guint8 *data, gsize size_bytes, SpocStoreContent *content, GError **error)
{
    g_autoptr(BIO) bio = BIO_new_mem_buf(data, (int)size_bytes);
    if (bio == NULL)
        return spoc_error_set(error, SPOC_ERROR_FAILED, "out of memory");
    const guint before = content->anchors->len; /* a folder's other files */
    guint blocks = 0;
    gboolean good = TRUE;
    ERR_clear_error();
    while (good) {
        char *name = NULL;
        char *header = NULL;
        guint8 *der = NULL;
        long size = 0;
        if (PEM_read_bio(bio, &name, &header, &der, &size) != 1)
            break;
        blocks++;
        good = add_pem_block(name, der, size, content, error);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (gsize)size);
    }
    gboolean at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!good)
        return FALSE;
    content->kind = SPOC_STORE_PEM;
    if (!at_end || blocks != count_marks(data, size_bytes, "-----BEGIN ") ||
        blocks != count_marks(data, size_bytes, "-----END "))
        return spoc_error_set(error, SPOC_ERROR_CORRUPT, "block %u of the PEM file is damaged",
                              blocks + 1);
    if (content->anchors->len == before)
        return spoc_error_set(error, SPOC_ERROR_CORRUPT, "no certificate is in the PEM file");
    return TRUE;
}

/* --- JKS and JCEKS, the Java key stores ---------------------------------------------------
 *
 * All numbers are big-endian; "utf" is a u2 length and Java's modified UTF-8.
 *
 *     u4 magic, u4 version (1 or 2), u4 count
 *     count times: u4 tag, utf alias, u8 milliseconds since 1970, and
 *         tag 1 (key):         u4 length, that many bytes, u4 chain length, certificates
 *         tag 2 (certificate): certificate
 *         tag 3 (JCEKS, secret key): a serialised Java object without a length
 *     certificate: (version 2) utf "X.509"; u4 length, DER
 *     SHA-1 of the password in UTF-16BE, "Mighty Aphrodite", and all that precedes
 *
 * The digest is what makes a changed store fail; it is verified whenever there is a password.
 * Without one only the structure is. */

#define MAGIC_JKS 0xfeedfeedU
#define DIGEST_BYTES 20
#define MAX_CHAIN 100
#define CERTIFICATE_TYPE "X.509"

enum { TAG_KEY = 1, TAG_CERTIFICATE = 2, TAG_SECRET_KEY = 3 };

typedef struct {
    const guint8 *data;
    gsize left;
} Reader;

static const guint8 *
take_bytes(Reader *reader, gsize size_bytes, GError **error)
{
    if (size_bytes > reader->left) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "the Java key store is cut short");
        return NULL;
    }
    const guint8 *start = reader->data;
    reader->data += size_bytes;
    reader->left -= size_bytes;
    return start;
}

static gboolean
take_number(Reader *reader, guint width, guint64 *ret_number, GError **error)
{
    const guint8 *bytes = take_bytes(reader, width, error);
    if (bytes == NULL)
        return FALSE;
    guint64 number = 0;
    for (guint i = 0; i < width; i++)
        number = number << 8 | bytes[i];
    *ret_number = number;
    return TRUE;
}

/* The next UTF-16 unit of modified UTF-8, or -1. */
static gint32
next_unit(const guint8 *bytes, gsize size, gsize *at)
{
    guint8 first = bytes[(*at)++];
    guint more = first < 0x80 ? 0 : (first & 0xe0) == 0xc0 ? 1 : (first & 0xf0) == 0xe0 ? 2 : 3;
    if (more == 0)
        return first;
    if (more == 3 || *at + more > size)
        return -1;
    gint32 unit = first & (more == 1 ? 0x1f : 0x0f);
    for (guint i = 0; i < more; i++) {
        guint8 next = bytes[(*at)++];
        if ((next & 0xc0) != 0x80)
            return -1;
        unit = unit << 6 | (next & 0x3f);
    }
    return unit;
}

/* Characters beyond the BMP are two surrogates there, and NUL is C0 80. */
static char *
take_utf(Reader *reader, GError **error)
{
    guint64 size = 0;
    if (!take_number(reader, 2, &size, error))
        return NULL;
    const guint8 *bytes = take_bytes(reader, size, error);
    if (bytes == NULL)
        return NULL;
    g_autofree gunichar2 *units = g_new(gunichar2, size + 1);
    glong count = 0;
    for (gsize at = 0; at < size;) {
        gint32 unit = next_unit(bytes, size, &at);
        if (unit < 0) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                        "a name in the Java key store is not valid text");
            return NULL;
        }
        units[count++] = unit == 0 ? 0xfffd : (gunichar2)unit;
    }
    char *text = g_utf16_to_utf8(units, count, NULL, NULL, NULL);
    if (text == NULL)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "a name in the Java key store is not valid text");
    return text;
}

static X509 *
take_certificate(Reader *reader, guint64 version, GError **error)
{
    if (version == 2) {
        g_autofree char *type = take_utf(reader, error);
        if (type == NULL)
            return NULL;
        if (strcmp(type, CERTIFICATE_TYPE) != 0) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                        "the Java key store holds a certificate that is not " CERTIFICATE_TYPE);
            return NULL;
        }
    }
    guint64 size = 0;
    if (!take_number(reader, 4, &size, error))
        return NULL;
    const guint8 *der = take_bytes(reader, size, error);
    if (der == NULL)
        return NULL;
    X509 *certificate = spoc_openssl_certificate(der, size);
    if (certificate == NULL)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "a certificate in the Java key store is damaged");
    return certificate;
}

static gboolean
skip_key(Reader *reader, guint64 version, GError **error)
{
    guint64 size = 0;
    guint64 chain = 0;
    if (!take_number(reader, 4, &size, error) || take_bytes(reader, size, error) == NULL ||
        !take_number(reader, 4, &chain, error))
        return FALSE;
    if (chain > MAX_CHAIN)
        return spoc_error_set(error, SPOC_ERROR_LIMIT,
                              "a key in the Java key store has more than %d certificates",
                              MAX_CHAIN);
    for (; chain > 0; chain--) {
        g_autoptr(X509) certificate = take_certificate(reader, version, error);
        if (certificate == NULL)
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_entry(Reader *reader, guint64 version, SpocStoreContent *content, GError **error)
{
    guint64 tag = 0;
    guint64 added_ms = 0;
    if (!take_number(reader, 4, &tag, error))
        return FALSE;
    g_autofree char *alias = take_utf(reader, error);
    if (alias == NULL || !take_number(reader, 8, &added_ms, error))
        return FALSE;
    switch (tag) {
    case TAG_KEY:
        content->key_count++;
        return skip_key(reader, version, error);
    case TAG_CERTIFICATE: {
        X509 *certificate = take_certificate(reader, version, error);
        return certificate != NULL &&
               spoc_store_content_add(content, g_steal_pointer(&alias), (gint64)(added_ms / 1000),
                                      certificate, error);
    }
    case TAG_SECRET_KEY:
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "the JCEKS store holds a secret key, after which nothing can be read; make a "
            "store of the certificates alone, or convert it: keytool -importkeystore "
            "-srcstoretype JCEKS -deststoretype PKCS12");
    default:
        return spoc_error_set(error, SPOC_ERROR_CORRUPT,
                              "the Java key store holds an entry of unknown type");
    }
}

static gboolean
verify_digest(const guint8 *data, gsize body_bytes, const char *password, GError **error)
{
    glong units = 0;
    g_autofree gunichar2 *utf16 = g_utf8_to_utf16(password, -1, NULL, &units, NULL);
    if (utf16 == NULL)
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "the trust store's password is not valid UTF-8; see trustStorePassword");
    for (glong i = 0; i < units; i++)
        utf16[i] = GUINT16_TO_BE(utf16[i]);
    guint8 digest[DIGEST_BYTES];
    gsize digest_bytes = sizeof digest;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(checksum, (const guchar *)utf16, (gssize)((gsize)units * 2));
    g_checksum_update(checksum, (const guchar *)"Mighty Aphrodite", 16);
    g_checksum_update(checksum, data, (gssize)body_bytes);
    g_checksum_get_digest(checksum, digest, &digest_bytes);
    OPENSSL_cleanse(utf16, (gsize)units * 2);
    if (CRYPTO_memcmp(digest, data + body_bytes, DIGEST_BYTES) == 0)
        return TRUE;
    return spoc_error_set(error, SPOC_ERROR_INVALID,
                          "the trust store's password is wrong, or the file was changed; set "
                          "trustStorePassword (keytool's own default is changeit)");
}

/* @password: (nullable) */
static gboolean
parse_jks(const guint8 *data, gsize size_bytes, const char *password, SpocStoreContent *content,
          GError **error)
{
    if (size_bytes < DIGEST_BYTES)
        return spoc_error_set(error, SPOC_ERROR_CORRUPT, "the Java key store is cut short");
    gsize body_bytes = size_bytes - DIGEST_BYTES;
    Reader reader = {data, body_bytes};
    guint64 magic = 0;
    guint64 version = 0;
    guint64 count = 0;
    if (!take_number(&reader, 4, &magic, error) || !take_number(&reader, 4, &version, error) ||
        !take_number(&reader, 4, &count, error))
        return FALSE;
    content->kind = magic == MAGIC_JKS ? SPOC_STORE_JKS : SPOC_STORE_JCEKS;
    if (version != 1 && version != 2)
        return spoc_error_set(error, SPOC_ERROR_CORRUPT,
                              "the Java key store is of an unknown version");
    if (count > SPOC_STORE_MAX_ENTRIES)
        return spoc_error_set(error, SPOC_ERROR_LIMIT,
                              "the Java key store holds more than %d entries",
                              SPOC_STORE_MAX_ENTRIES);
    for (; count > 0; count--)
        if (!read_entry(&reader, version, content, error))
            return FALSE;
    if (reader.left != 0)
        return spoc_error_set(error, SPOC_ERROR_CORRUPT,
                              "the Java key store has bytes after its last entry");
    return password == NULL || verify_digest(data, body_bytes, password, error);
}

/* --- files and folders -------------------------------------------------------------------- */

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
    if (size > SPOC_STORE_MAX_BYTES)
        return spoc_error_set(error, SPOC_ERROR_LIMIT, "the trust store is larger than %d bytes",
                              SPOC_STORE_MAX_BYTES);
    if (size >= 4 &&
        (memcmp(data, "\xfe\xed\xfe\xed", 4) == 0 || memcmp(data, "\xce\xce\xce\xce", 4) == 0))
        return parse_jks(data, size, password, content, error);
    if (size > 0 && data[0] == DER_SEQUENCE) {
        g_autoptr(X509) single = spoc_openssl_certificate(data, size);
        if (single == NULL)
            return spoc_pkcs12_parse(data, size, password, content, error);
        return spoc_error_set(error, SPOC_ERROR_INVALID,
                              "this is a single certificate, not a trust store; add it to one with "
                              "spocctl truststore import");
    }
    if (data != NULL && memmem(data, size, "-----BEGIN", 10) != NULL)
        return parse_pem(data, size, content, error);
    return spoc_error_set(
        error, SPOC_ERROR_CORRUPT, "%s",
        size == 0 ? "the file is empty"
                  : "this is no trust store of a known kind (JKS, JCEKS, PKCS#12, PEM)");
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
        return parse_pem(data, size, content, error);
    return spoc_error_set(error, SPOC_ERROR_CORRUPT, "the file is empty");
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
        if (total_bytes > SPOC_STORE_MAX_BYTES)
            return spoc_error_set(error, SPOC_ERROR_LIMIT,
                                  "the files of the folder are larger than %d bytes",
                                  SPOC_STORE_MAX_BYTES);
        if (!parse_certificates(bytes, content, error)) {
            g_prefix_error(error, "'%s': ", name);
            return FALSE;
        }
    }
    content->kind = SPOC_STORE_PEM_DIRECTORY;
    if (content->anchors->len == 0)
        return spoc_error_set(error, SPOC_ERROR_CORRUPT,
                              "no certificate file (.pem, .crt or .cer) is in the folder");
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
