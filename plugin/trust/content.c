/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/content.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/openssl.h"

#include <openssl/err.h>
#include <string.h>

#define ALIAS_MAX_BYTES 200

static void
anchor_free(gpointer data)
{
    SpocAnchor *anchor = data;
    g_free(anchor->alias);
    X509_free(anchor->certificate);
    g_free(anchor);
}

void
spoc_store_content_init(SpocStoreContent *content)
{
    *content = (SpocStoreContent){.anchors = g_ptr_array_new_with_free_func(anchor_free)};
}

void
spoc_store_content_clear(SpocStoreContent *content)
{
    g_clear_pointer(&content->anchors, g_ptr_array_unref);
}

static gboolean
alias_taken(const GPtrArray *anchors, const char *alias)
{
    for (guint i = 0; i < anchors->len; i++)
        if (g_str_equal(((const SpocAnchor *)g_ptr_array_index(anchors, i))->alias, alias))
            return TRUE;
    return FALSE;
}

static char *
alias_from_subject(const GPtrArray *anchors, X509 *certificate)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    const int candidates[] = {NID_commonName, NID_organizationalUnitName, NID_organizationName};
    g_autofree char *name = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(candidates) && name == NULL; i++) {
        int at = X509_NAME_get_index_by_NID(subject, candidates[i], -1);
        guint8 *text = NULL;
        int size = at < 0 ? -1
                          : ASN1_STRING_to_UTF8(
                                &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
        if (size > 0)
            name = spoc_text_line((const char *)text, size, ALIAS_MAX_BYTES);
        OPENSSL_free(text);
    }
    ERR_clear_error();
    if (name == NULL || *name == '\0') {
        g_free(name);
        name = g_strdup("certificate");
    }
    char *alias = g_strdup(name);
    for (guint number = 2; alias_taken(anchors, alias); number++) {
        g_free(alias);
        alias = g_strdup_printf("%s (%u)", name, number);
    }
    return alias;
}

gboolean
spoc_store_content_add(SpocStoreContent *content, char *alias, gint64 added_unix_s,
                       X509 *certificate, GError **error)
{
    SpocAnchor *anchor = g_new0(SpocAnchor, 1);
    anchor->alias = alias != NULL ? alias : alias_from_subject(content->anchors, certificate);
    anchor->added_unix_s = added_unix_s;
    anchor->certificate = certificate;
    g_ptr_array_add(content->anchors, anchor);
    if (content->anchors->len > SPOC_STORE_MAX_ENTRIES)
        return spoc_error_set(error, SPOC_ERROR_LIMIT,
                              "the trust store holds more than %d certificates",
                              SPOC_STORE_MAX_ENTRIES);
    return TRUE;
}
