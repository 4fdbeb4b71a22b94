/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Reads a PEM bundle (RFC 7468): certificates with any text between them.
 *           Blocks of another kind (keys, revocation lists) are passed over.
 */
#include "trust/pem.h"

#include "base/error.h"
#include "trust/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

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
add_block(const char *name, const guint8 *der, long size, SpocStoreContent *content, GError **error)
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
    if (certificate == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "certificate %u of the PEM file is damaged", content->anchors->len + 1);
        return FALSE;
    }
    return spoc_store_content_add(content, NULL, 0, certificate, error);
}

gboolean
spoc_pem_parse(const guint8 *data, gsize size_bytes, SpocStoreContent *content, GError **error)
{
    g_autoptr(BIO) bio = BIO_new_mem_buf(data, (int)size_bytes);
    if (bio == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "out of memory");
        return FALSE;
    }
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
        good = add_block(name, der, size, content, error);
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
        blocks != count_marks(data, size_bytes, "-----END ")) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "block %u of the PEM file is damaged",
                    blocks + 1);
        return FALSE;
    }
    if (content->anchors->len == before) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "no certificate is in the PEM file");
        return FALSE;
    }
    return TRUE;
}
