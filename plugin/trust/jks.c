/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Reads the Java key stores JKS and JCEKS.
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
 * SECURITY  The digest is what makes a changed store fail; it is verified whenever there
 *           is a password. Without one only the structure is.
 */
#include "trust/jks.h"

#include "base/error.h"
#include "trust/openssl.h"

#include <openssl/crypto.h>
#include <string.h>

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
take(Reader *reader, gsize size_bytes, GError **error)
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
    const guint8 *bytes = take(reader, width, error);
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
    const guint8 *bytes = take(reader, size, error);
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
    const guint8 *der = take(reader, size, error);
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
    if (!take_number(reader, 4, &size, error) || take(reader, size, error) == NULL ||
        !take_number(reader, 4, &chain, error))
        return FALSE;
    if (chain > MAX_CHAIN) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                    "a key in the Java key store has more than %d certificates", MAX_CHAIN);
        return FALSE;
    }
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
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "the JCEKS store holds a secret key, behind which nothing can be read; make a "
                    "store of the certificates alone, or convert it: keytool -importkeystore "
                    "-srcstoretype JCEKS -deststoretype PKCS12");
        return FALSE;
    default:
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "the Java key store holds an entry of unknown type");
        return FALSE;
    }
}

static gboolean
verify_digest(const guint8 *data, gsize body_bytes, const char *password, GError **error)
{
    glong units = 0;
    g_autofree gunichar2 *utf16 = g_utf8_to_utf16(password, -1, NULL, &units, NULL);
    if (utf16 == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "the trust store's password is not valid UTF-8; see trustStorePassword");
        return FALSE;
    }
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
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                "the trust store's password is wrong, or the file was changed; set "
                "trustStorePassword (keytool's own default is changeit)");
    return FALSE;
}

gboolean
spoc_jks_parse(const guint8 *data, gsize size_bytes, const char *password,
               SpocStoreContent *content, GError **error)
{
    if (size_bytes < DIGEST_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "the Java key store is cut short");
        return FALSE;
    }
    gsize body_bytes = size_bytes - DIGEST_BYTES;
    Reader reader = {data, body_bytes};
    guint64 magic = 0;
    guint64 version = 0;
    guint64 count = 0;
    if (!take_number(&reader, 4, &magic, error) || !take_number(&reader, 4, &version, error) ||
        !take_number(&reader, 4, &count, error))
        return FALSE;
    content->kind = magic == MAGIC_JKS ? SPOC_STORE_JKS : SPOC_STORE_JCEKS;
    if (version != 1 && version != 2) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "the Java key store is of an unknown version");
        return FALSE;
    }
    if (count > SPOC_STORE_MAX_ENTRIES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                    "the Java key store holds more than %d entries", SPOC_STORE_MAX_ENTRIES);
        return FALSE;
    }
    for (; count > 0; count--)
        if (!read_entry(&reader, version, content, error))
            return FALSE;
    if (reader.left != 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "the Java key store goes on behind its last entry");
        return FALSE;
    }
    return password == NULL || verify_digest(data, body_bytes, password, error);
}
