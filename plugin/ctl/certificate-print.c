/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/certificate-print.h"

#include "ctl/ctl.h"
#include "trust/openssl.h"

static char *
day_of(const ASN1_TIME *time)
{
    g_autoptr(GDateTime) moment = g_date_time_new_from_unix_utc(spoc_openssl_unix_s(time));
    return moment == NULL ? g_strdup("?") : g_date_time_format(moment, "%Y-%m-%d %H:%M:%S UTC");
}

/* Two equal names: its own issuer. */
static const char *
kind_of(X509 *certificate)
{
    gboolean own =
        X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
    if (!spoc_openssl_is_authority(certificate))
        return own ? "a single server's certificate, signed by itself"
                   : "a single server's certificate (a leaf)";
    return own ? "root authority" : "intermediate authority";
}

void
spoc_certificate_print(const char *alias, X509 *certificate)
{
    g_autofree char *subject = spoc_openssl_name(X509_get_subject_name(certificate));
    g_autofree char *issuer = spoc_openssl_name(X509_get_issuer_name(certificate));
    g_autofree char *from = day_of(X509_get0_notBefore(certificate));
    g_autofree char *until = day_of(X509_get0_notAfter(certificate));
    g_autofree char *fingerprint = spoc_openssl_fingerprint(certificate);
    if (alias != NULL) {
        g_autofree char *shown = spoc_ctl_shown(alias);
        (void)spoc_ctl_put("Alias:    %s\n", shown);
    }
    (void)spoc_ctl_put("Subject:  %s\n"
                       "Issuer:   %s\n"
                       "Valid:    %s to %s\n"
                       "SHA-256:  %s\n"
                       "Kind:     %s\n",
                       subject, issuer, from, until, fingerprint, kind_of(certificate));
}

static void
add_string(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void
add_integer(JsonBuilder *builder, const char *name, gint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

void
spoc_certificate_to_json(JsonBuilder *builder, const SpocAnchor *anchor)
{
    X509 *certificate = anchor->certificate;
    g_autofree char *subject = spoc_openssl_name(X509_get_subject_name(certificate));
    g_autofree char *issuer = spoc_openssl_name(X509_get_issuer_name(certificate));
    g_autofree char *fingerprint = spoc_openssl_fingerprint(certificate);
    add_string(builder, "alias", anchor->alias);
    add_string(builder, "subject", subject);
    add_string(builder, "issuer", issuer);
    add_integer(builder, "not_before_unix_s",
                spoc_openssl_unix_s(X509_get0_notBefore(certificate)));
    add_integer(builder, "not_after_unix_s", spoc_openssl_unix_s(X509_get0_notAfter(certificate)));
    add_string(builder, "sha256", fingerprint);
    json_builder_set_member_name(builder, "authority");
    json_builder_add_boolean_value(builder, spoc_openssl_is_authority(certificate));
    json_builder_set_member_name(builder, "added_unix_s");
    if (anchor->added_unix_s > 0)
        json_builder_add_int_value(builder, anchor->added_unix_s);
    else
        json_builder_add_null_value(builder);
}
