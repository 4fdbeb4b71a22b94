/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/truststore-import.h"

#include "config/server.h"
#include "ctl/certificate-print.h"
#include "ctl/ctl.h"
#include "trust/edit.h"
#include "trust/openssl.h"
#include "trust/peek.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SERVER_TIMEOUT_MS 10000
#define DEFAULT_PORT 25
#define FINGERPRINT_DIGITS (2 * SPOC_FINGERPRINT_BYTES)

/* Upper-case digits alone, or NULL when it is no SHA-256. */
static char *
normal_fingerprint(const char *text)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    for (const char *p = text; *p != '\0' && digits->len <= FINGERPRINT_DIGITS; p++) {
        if (g_ascii_isxdigit(*p))
            g_string_append_c(digits, g_ascii_toupper(*p));
        else if (*p != ':' && *p != ' ')
            return NULL;
    }
    return digits->len == FINGERPRINT_DIGITS ? g_strdup(digits->str) : NULL;
}

static gboolean
has_fingerprint(const X509 *certificate, const char *normal)
{
    g_autofree char *shown = spoc_openssl_fingerprint(certificate);
    g_autofree char *own = normal_fingerprint(shown);
    return g_strcmp0(own, normal) == 0;
}

static X509 *
from_file(const SpocTruststoreImport *import, const char *fingerprint, int *ret_status)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) certificates = spoc_store_read_certificates(import->file, &error);
    *ret_status = SPOC_CTL_PROBLEM;
    if (certificates == NULL) {
        spoc_ctl_fail("%s", error->message);
        return NULL;
    }
    if (certificates->len > 1) {
        spoc_ctl_fail("'%s' holds %u certificates; import the root alone, each under its own alias",
                      import->file, certificates->len);
        return NULL;
    }
    const SpocAnchor *only = g_ptr_array_index(certificates, 0);
    if (fingerprint != NULL && !has_fingerprint(only->certificate, fingerprint)) {
        spoc_certificate_print(NULL, only->certificate);
        spoc_ctl_fail("the certificate in '%s' has another SHA-256 than --fingerprint says: it is "
                      "not the one that you were told of",
                      import->file);
        return NULL;
    }
    X509_up_ref(only->certificate);
    return only->certificate;
}

static void
show_chain(const char *server, const GPtrArray *chain)
{
    (void)spoc_ctl_put("%s shows these certificates, its own first. Nothing says yet that they "
                       "are genuine.\n",
                       server);
    for (guint i = 0; i < chain->len; i++) {
        (void)spoc_ctl_put("\n%u.\n", i + 1);
        spoc_certificate_print(NULL, g_ptr_array_index(chain, i));
    }
    (void)spoc_ctl_put(
        "\nTo trust one, get the SHA-256 of the root (or, where the server does not show it, of "
        "the authority nearest to it) by another way: from who runs the server or the authority, "
        "or on that machine with\n"
        "    openssl x509 -in ROOT.pem -noout -fingerprint -sha256\n"
        "Where it is the same as above, run this command again with\n"
        "    --fingerprint SHA256\n");
}

static X509 *
from_server(const SpocTruststoreImport *import, const char *fingerprint, int *ret_status)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *host = NULL;
    guint port = 0;
    if (!spoc_server_parse(import->server, &host, &port, &error)) {
        *ret_status = spoc_ctl_usage("--from-server: %s", error->message);
        return NULL;
    }
    *ret_status = SPOC_CTL_PROBLEM;
    g_autoptr(GPtrArray) chain = spoc_peek_chain(host, (guint16)(port != 0 ? port : DEFAULT_PORT),
                                                 SERVER_TIMEOUT_MS, &error);
    if (chain == NULL) {
        spoc_ctl_fail("%s: %s", import->server, error->message);
        return NULL;
    }
    for (guint i = 0; fingerprint != NULL && i < chain->len; i++) {
        X509 *certificate = g_ptr_array_index(chain, i);
        if (has_fingerprint(certificate, fingerprint)) {
            X509_up_ref(certificate);
            return certificate;
        }
    }
    show_chain(import->server, chain);
    if (fingerprint != NULL)
        spoc_ctl_fail("none of the certificates that %s shows has the SHA-256 that was given; "
                      "nothing was imported",
                      import->server);
    else
        spoc_ctl_fail("nothing was imported: --fingerprint is missing");
    return NULL;
}

static gboolean
confirmed(void)
{
    (void)spoc_ctl_put("Trust this certificate? [y/N] ");
    (void)fflush(stdout);
    char answer[16] = "";
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return FALSE;
    g_strstrip(answer);
    return g_ascii_strcasecmp(answer, "y") == 0 || g_ascii_strcasecmp(answer, "yes") == 0;
}

static int
import_certificate(const SpocTruststoreImport *import, X509 *certificate)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocEdit) edit = spoc_edit_open(import->store, import->password, &error);
    if (edit == NULL)
        return spoc_ctl_fail("%s", error->message);
    const GPtrArray *anchors = spoc_edit_anchors(edit);
    const SpocAnchor *same = spoc_anchors_find(anchors, import->alias);
    if (same != NULL && X509_cmp(same->certificate, certificate) == 0) {
        (void)spoc_ctl_put("It is in %s already.\n", import->store);
        return SPOC_CTL_GOOD;
    }
    const SpocAnchor *twin = spoc_anchors_find_certificate(anchors, certificate);
    if (twin != NULL)
        spoc_ctl_warn("the same certificate is there as '%s' already", twin->alias);
    gboolean converts = spoc_edit_converts(edit);
    if (!spoc_edit_import(edit, import->alias, certificate, &error) ||
        !spoc_edit_save(edit, &error))
        return spoc_ctl_fail("%s", error->message);
    if (converts)
        (void)spoc_ctl_put("%s was a Java key store and is PKCS#12 now, with all its entries; "
                           "keytool reads it as before.\n",
                           import->store);
    (void)spoc_ctl_put("Imported into %s.\n", import->store);
    return SPOC_CTL_GOOD;
}

int
spoc_truststore_import(const SpocTruststoreImport *import)
{
    g_autofree char *fingerprint = NULL;
    if (import->fingerprint != NULL) {
        fingerprint = normal_fingerprint(import->fingerprint);
        if (fingerprint == NULL)
            return spoc_ctl_usage("--fingerprint is a SHA-256: %d hexadecimal digits, with or "
                                  "without colons",
                                  FINGERPRINT_DIGITS);
    }
    int status = SPOC_CTL_PROBLEM;
    g_autoptr(X509) certificate = import->file != NULL ? from_file(import, fingerprint, &status)
                                                       : from_server(import, fingerprint, &status);
    if (certificate == NULL)
        return status;
    spoc_certificate_print(import->alias, certificate);
    if (!import->leaf && !spoc_openssl_is_authority(certificate))
        return spoc_ctl_fail("this is a single server's certificate, which works only until the "
                             "server gets its next one; import the root that issued it, or give "
                             "--leaf");
    if (!import->yes) {
        if (!isatty(STDIN_FILENO))
            return spoc_ctl_usage("nobody can be asked without a terminal; compare the SHA-256 "
                                  "and give --yes");
        if (!confirmed())
            return spoc_ctl_fail("not imported");
    }
    return import_certificate(import, certificate);
}
