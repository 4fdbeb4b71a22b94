/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/handshake.h"

#include "base/text.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#define CHAIN_MAX 10
#define WORDS_MAX_BYTES 300

void
spoc_handshake_init(SpocHandshake *watch)
{
    memset(watch, 0, sizeof *watch);
    watch->alert_received = -1;
    watch->alert_sent = -1;
    watch->chain = g_ptr_array_new_with_free_func(g_free);
}

void
spoc_handshake_clear(SpocHandshake *watch)
{
    g_clear_pointer(&watch->summary, g_free);
    g_clear_pointer(&watch->chain, g_ptr_array_unref);
}

static int
watch_index(void)
{
    static gsize ready = 0;
    if (g_once_init_enter(&ready)) {
        int index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, NULL, NULL, NULL, NULL);
        g_once_init_leave(&ready, (gsize)index + 1);
    }
    return (int)ready - 1;
}

static char *
name_line(const X509_NAME *name)
{
    BIO *memory = BIO_new(BIO_s_mem());
    if (memory == NULL)
        return g_strdup("");
    char *bytes = NULL;
    X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    long length = BIO_get_mem_data(memory, &bytes);
    char *line = spoc_text_line(bytes, length, WORDS_MAX_BYTES);
    BIO_free(memory);
    return line;
}

static void
note_chain(SpocHandshake *watch, const SSL *ssl)
{
    g_ptr_array_set_size(watch->chain, 0);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    for (int i = 0; chain != NULL && i < MIN(sk_X509_num(chain), CHAIN_MAX); i++) {
        const X509 *certificate = sk_X509_value(chain, i);
        g_autofree char *subject = name_line(X509_get_subject_name(certificate));
        g_autofree char *issuer = name_line(X509_get_issuer_name(certificate));
        g_ptr_array_add(watch->chain, g_strdup_printf("%s, issued by %s", subject, issuer));
    }
}

static void
on_info(const SSL *ssl, int where, int value)
{
    SpocHandshake *watch = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), watch_index());
    if (watch == NULL)
        return;
    watch->verify_result = SSL_get_verify_result(ssl);
    if ((where & SSL_CB_ALERT) != 0 && (value >> 8) == SSL3_AL_FATAL) {
        if ((where & SSL_CB_READ) != 0)
            watch->alert_received = value & 0xff;
        else
            watch->alert_sent = value & 0xff;
        if (watch->chain->len == 0)
            note_chain(watch, ssl);
    }
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && !watch->done) {
        watch->done = TRUE;
        g_free(watch->summary);
        watch->summary = g_strdup_printf("%s, %s", SSL_get_version(ssl), SSL_get_cipher_name(ssl));
        note_chain(watch, ssl);
    }
}

/* Called when the server asks for a certificate, before one is chosen. */
static int
on_certificate_asked(SSL *ssl, void *user_data)
{
    SpocHandshake *watch = user_data;
    watch->client_certificate_asked = SSL_get_certificate(ssl) == NULL;
    return 1;
}

gboolean
spoc_handshake_attach(SpocHandshake *watch, SSL_CTX *context)
{
    if (SSL_CTX_set_ex_data(context, watch_index(), watch) != 1)
        return FALSE;
    SSL_CTX_set_info_callback(context, on_info);
    /* What waits to be written is a growing buffer that may move. */
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_cert_cb(context, on_certificate_asked, watch);
    return TRUE;
}

/* "error:0A00010B:SSL routines::…": the form is ERR_error_string(3)'s. */
static int
reason_in(const char *library_error)
{
    const char *found = library_error != NULL ? strstr(library_error, "error:") : NULL;
    if (found == NULL)
        return 0;
    unsigned long code = strtoul(found + strlen("error:"), NULL, 16);
    return ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
}

static gboolean
is_about_client_certificate(const SpocHandshake *watch)
{
    switch (watch->alert_received) {
    case SSL_AD_CERTIFICATE_REQUIRED:
        return TRUE;
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_NO_CERTIFICATE:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
        return watch->client_certificate_asked;
    default:
        return FALSE;
    }
}

static gboolean
is_about_revocation(const SpocHandshake *watch)
{
    switch (watch->verify_result) {
    case X509_V_ERR_CERT_REVOKED:
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
        return TRUE;
    default:
        return FALSE;
    }
}

SpocCertificateFault
spoc_handshake_fault(const SpocHandshake *watch)
{
    switch (watch->verify_result) {
    case X509_V_OK: /* curl compares the name itself, when all else is good */
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return SPOC_CERTIFICATE_OTHER_HOST;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return SPOC_CERTIFICATE_DATES;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        return SPOC_CERTIFICATE_UNTRUSTED;
    default:
        return SPOC_CERTIFICATE_UNFIT;
    }
}

static SpocFailureKind
kind_of_reason(int reason)
{
    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_RECORD_LENGTH_MISMATCH:
        return SPOC_FAILURE_PROTOCOL;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
    case SSL_R_WRONG_CIPHER_RETURNED:
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_WRONG_SIGNATURE_TYPE:
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
        return SPOC_FAILURE_TLS_VERSION;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return SPOC_FAILURE_CERTIFICATE;
    default:
        return SPOC_FAILURE_NETWORK;
    }
}

SpocFailureKind
spoc_handshake_kind(const SpocHandshake *watch, const char *library_error, gboolean unverified)
{
    if (is_about_client_certificate(watch))
        return SPOC_FAILURE_CLIENT_CERTIFICATE;
    if (unverified)
        return is_about_revocation(watch) ? SPOC_FAILURE_REVOCATION : SPOC_FAILURE_CERTIFICATE;
    if (watch->alert_received == SSL_AD_PROTOCOL_VERSION ||
        watch->alert_received == SSL_AD_HANDSHAKE_FAILURE ||
        watch->alert_received == SSL_AD_INSUFFICIENT_SECURITY)
        return SPOC_FAILURE_TLS_VERSION;
    return kind_of_reason(reason_in(library_error));
}

char *
spoc_handshake_words(const SpocHandshake *watch, SpocFailureKind kind, const char *library_error)
{
    g_autoptr(GString) words = g_string_new(NULL);
    switch (kind) {
    case SPOC_FAILURE_CERTIFICATE:
    case SPOC_FAILURE_REVOCATION:
    case SPOC_FAILURE_PIN:
        if (watch->verify_result == X509_V_ERR_EMPTY_SUBJECT_ALT_NAME)
            g_string_append(words, "the certificate names no host in its subjectAltName, and its "
                                   "common name does not count (RFC 9525); the server needs one "
                                   "that has it");
        else if (watch->verify_result != X509_V_OK)
            g_string_append(words, X509_verify_cert_error_string(watch->verify_result));
        else
            g_string_append(words, library_error);
        if (watch->chain->len > 0)
            g_string_append_printf(words, " (its certificate: %s)",
                                   (const char *)g_ptr_array_index(watch->chain, 0));
        break;
    case SPOC_FAILURE_CLIENT_CERTIFICATE:
        g_string_append(words, "the server wants a client certificate");
        break;
    case SPOC_FAILURE_PROTOCOL:
        g_string_append(words, "what the server answers is not TLS");
        break;
    case SPOC_FAILURE_TLS_VERSION:
        g_string_append(words, "no common TLS version or cipher suite");
        if (watch->alert_received >= 0)
            g_string_append_printf(words, " (the server says: %s)",
                                   SSL_alert_desc_string_long(watch->alert_received));
        break;
    default:
        g_string_append(words, "the connection broke in the TLS handshake");
        if (watch->alert_received >= 0)
            g_string_append_printf(words, " (the server says: %s)",
                                   SSL_alert_desc_string_long(watch->alert_received));
        else if (library_error != NULL && library_error[0] != '\0')
            g_string_append_printf(words, " (%s)", library_error);
        break;
    }
    return spoc_text_line(words->str, -1, 2 * WORDS_MAX_BYTES);
}
