/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/credential.h"

#include "base/error.h"
#include "base/secret.h"
#include "trust/store.h"

#include <openssl/err.h>
#include <openssl/pem.h>

void
spoc_credential_clear(SpocCredential *credential)
{
    g_clear_pointer(&credential->certificate, X509_free);
    g_clear_pointer(&credential->key, EVP_PKEY_free);
    sk_X509_pop_free(credential->chain, X509_free);
    credential->chain = NULL;
}

/* Nobody is there to be asked; OpenSSL would ask the terminal. */
static int
no_password(char *buffer, int size, int writing, void *asked)
{
    *(gboolean *)asked = TRUE;
    return -1;
}

/* @ret_asked: (out): whether it is encrypted */
static EVP_PKEY *
parse_key(const void *pem, gsize length, gboolean *ret_asked)
{
    *ret_asked = FALSE;
    g_autoptr(BIO) bio = length <= G_MAXINT ? BIO_new_mem_buf(pem, (int)length) : NULL;
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, ret_asked);
    ERR_clear_error();
    return key;
}

EVP_PKEY *
spoc_credential_parse_key(const char *pem, gsize length)
{
    gboolean asked = FALSE;
    return parse_key(pem, length, &asked);
}

static EVP_PKEY *
read_key(const char *path, GError **error)
{
    g_autoptr(SpocSecretBytes) bytes = spoc_store_read_file(path, error);
    if (bytes == NULL)
        return NULL;
    gsize size = 0;
    const void *data = g_bytes_get_data(bytes, &size);
    gboolean asked = FALSE;
    EVP_PKEY *key = parse_key(data != NULL ? data : "", size, &asked);
    if (key == NULL)
        g_set_error(error, SPOC_ERROR, asked ? SPOC_ERROR_INVALID : SPOC_ERROR_CORRUPT,
                    asked ? "the private key in '%s' is encrypted; keep it unencrypted in a file "
                            "that only root and spocd's user may read"
                          : "no private key in PEM is in '%s'",
                    path);
    return key;
}

gboolean
spoc_credential_read(const char *certificate_file, const char *key_file,
                     const char *certificate_setting, const char *key_setting,
                     SpocCredential *credential, GError **error)
{
    g_autoptr(GPtrArray) certificates = spoc_store_read_certificates(certificate_file, error);
    if (certificates == NULL) {
        g_prefix_error(error, "%s: ", certificate_setting);
        return FALSE;
    }
    g_autoptr(EVP_PKEY) key = read_key(key_file != NULL ? key_file : certificate_file, error);
    if (key == NULL) {
        g_prefix_error(error, "%s: ", key_setting);
        return FALSE;
    }
    const SpocAnchor *own = g_ptr_array_index(certificates, 0);
    gboolean fits = X509_check_private_key(own->certificate, key) == 1;
    ERR_clear_error();
    if (!fits)
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "%s: the key in '%s' does not belong to the first certificate in '%s'", key_setting,
            key_file != NULL ? key_file : certificate_file, certificate_file);
    credential->chain = sk_X509_new_null();
    for (guint i = 1; i < certificates->len; i++) {
        const SpocAnchor *above = g_ptr_array_index(certificates, i);
        X509_up_ref(above->certificate);
        sk_X509_push(credential->chain, above->certificate);
    }
    X509_up_ref(own->certificate);
    credential->certificate = own->certificate;
    credential->key = g_steal_pointer(&key);
    return TRUE;
}
