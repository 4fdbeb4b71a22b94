/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/openssl.h"

#include "base/text.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

#define NAME_MAX_BYTES 400

char *
spoc_openssl_reason(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    char *words = g_strdup(reason != NULL ? reason : "unknown reason");
    ERR_clear_error();
    return words;
}

X509 *
spoc_openssl_certificate(const guint8 *der, gsize size_bytes)
{
    if (size_bytes > G_MAXINT)
        return NULL;
    const guint8 *p = der;
    g_autoptr(X509) certificate = d2i_X509(NULL, &p, (long)size_bytes);
    ERR_clear_error();
    if (certificate == NULL || p != der + size_bytes)
        return NULL;
    return g_steal_pointer(&certificate);
}

char *
spoc_openssl_fingerprint(const X509 *certificate)
{
    guint8 digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) {
        ERR_clear_error();
        return g_strdup("");
    }
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < size; i++)
        g_string_append_printf(text, "%s%02X", i > 0 ? ":" : "", digest[i]);
    return g_string_free(text, FALSE);
}

char *
spoc_openssl_name(const X509_NAME *name)
{
    g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
    /* Without ASN1_STRFLGS_ESC_MSB the result is UTF-8 rather than escapes. */
    if (bio == NULL ||
        X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
        ERR_clear_error();
        return g_strdup("");
    }
    char *text = NULL;
    long size = BIO_get_mem_data(bio, &text);
    return spoc_text_line(text, size, NAME_MAX_BYTES);
}

gint64
spoc_openssl_unix_s(const ASN1_TIME *time)
{
    struct tm parts;
    if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1) {
        ERR_clear_error();
        return G_MININT64;
    }
    return (gint64)timegm(&parts);
}

gboolean
spoc_openssl_is_authority(X509 *certificate)
{
    gboolean authority = X509_check_ca(certificate) != 0;
    ERR_clear_error();
    return authority;
}

gboolean
spoc_openssl_names_host(X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    gboolean found = FALSE;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        int type = sk_GENERAL_NAME_value(names, i)->type;
        found = type == GEN_DNS || type == GEN_IPADD;
    }
    GENERAL_NAMES_free(names);
    ERR_clear_error();
    return found;
}
