/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Reads PKCS#12 (RFC 7292) as Java and OpenSSL write it, and writes it so that Java
 *           reads it.
 *
 * Java marks what it trusts with the attribute TRUSTED_OID and takes only such entries;
 * certificates without it belong to keys. A store in which nothing has the attribute and
 * that holds no key at all (`openssl pkcs12 -export -nokeys`) can have been made for one
 * purpose only, so each of its certificates is an anchor.
 *
 * SECURITY  The MAC is verified whenever there is one and a password. The rounds of key
 *           derivation that a store may demand are counted over the whole file, or one
 *           of a few bytes could keep us busy for hours.
 */
#include "trust/pkcs12.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/openssl.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <string.h>

#define TRUSTED_OID "2.16.840.1.113894.746875.1.1"
#define ROUNDS 10000 /* as Java 17 writes */
#define MAX_SAFES 64
#define MAX_NAME_UNITS 1024 /* of UTF-16 */
#define ALIAS_SHOWN_MAX_BYTES 200
#define MAX_ROUNDS (5 * 1000 * 1000) /* as Java's own limit, which is for each part */

typedef struct {
    X509 *certificate;
    char *alias; /* (nullable) */
    gboolean trusted;
} Found;

typedef struct {
    const char *password; /* (nullable) */
    guint64 rounds;
    gboolean legacy_needed;
    GPtrArray *found; /* Found */
    SpocStoreContent *content;
} Walk;

typedef struct stack_st_PKCS7 Safes;
typedef struct stack_st_PKCS12_SAFEBAG Bags;

static void
free_safes(Safes *safes)
{
    sk_PKCS7_pop_free(safes, PKCS7_free);
}

static void
free_bags(Bags *bags)
{
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Safes, free_safes)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bags, free_bags)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PBEPARAM, PBEPARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PBE2PARAM, PBE2PARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PBKDF2PARAM, PBKDF2PARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_LIB_CTX, OSSL_LIB_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PROVIDER, OSSL_PROVIDER_unload)

static void
found_free(gpointer data)
{
    Found *found = data;
    X509_free(found->certificate);
    g_free(found->alias);
    g_free(found);
}

static gboolean
set_corrupt(GError **error, const char *what)
{
    g_autofree char *reason = spoc_openssl_reason();
    return spoc_error_set(error, SPOC_ERROR_CORRUPT, "%s of the PKCS#12 store is damaged (%s)",
                          what, reason);
}

static gboolean
set_wrong_password(GError **error)
{
    ERR_clear_error();
    return spoc_error_set(error, SPOC_ERROR_INVALID,
                          "the trust store's password is wrong, or the file was changed; set "
                          "trustStorePassword (keytool's own default is changeit)");
}

static gboolean
spend_rounds(Walk *walk, const ASN1_INTEGER *count, GError **error)
{
    gint64 rounds = 1;
    if (count != NULL && ASN1_INTEGER_get_int64(&rounds, count) != 1)
        rounds = G_MAXINT64;
    ERR_clear_error();
    if (rounds < 1 || (guint64)rounds > MAX_ROUNDS - walk->rounds)
        return spoc_error_set(error, SPOC_ERROR_LIMIT,
                              "the PKCS#12 store demands more than %d rounds of key derivation",
                              MAX_ROUNDS);
    walk->rounds += (guint64)rounds;
    return TRUE;
}

static gboolean
spend_pbes2(Walk *walk, const X509_ALGOR *algorithm, GError **error)
{
    g_autoptr(PBE2PARAM) parameters =
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
    if (parameters == NULL)
        return set_corrupt(error, "the encryption");
    if (OBJ_obj2nid(parameters->keyfunc->algorithm) != NID_id_pbkdf2)
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "the PKCS#12 store is encrypted in a way that neither Java nor we read "
            "(only PBKDF2 is known beside the old ways)");
    g_autoptr(PBKDF2PARAM) derivation =
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), parameters->keyfunc->parameter);
    if (derivation == NULL)
        return set_corrupt(error, "the encryption");
    return spend_rounds(walk, derivation->iter, error);
}

/* Looks at how a part is encrypted before anything is done with it. */
static gboolean
inspect_encryption(Walk *walk, const PKCS7 *safe, GError **error)
{
    if (safe->d.encrypted == NULL || safe->d.encrypted->enc_data == NULL ||
        safe->d.encrypted->enc_data->algorithm == NULL)
        return set_corrupt(error, "the encryption");
    const X509_ALGOR *algorithm = safe->d.encrypted->enc_data->algorithm;
    switch (OBJ_obj2nid(algorithm->algorithm)) {
    case NID_pbes2:
        return spend_pbes2(walk, algorithm, error);
    case NID_pbe_WithSHA1And40BitRC2_CBC:
    case NID_pbe_WithSHA1And128BitRC2_CBC:
    case NID_pbe_WithSHA1And40BitRC4:
    case NID_pbe_WithSHA1And128BitRC4:
        walk->legacy_needed = TRUE;
        break;
    case NID_pbe_WithSHA1And3_Key_TripleDES_CBC:
    case NID_pbe_WithSHA1And2_Key_TripleDES_CBC:
        break;
    default:
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "the PKCS#12 store is encrypted in an unknown way; write it again with keytool "
            "-importkeystore");
    }
    g_autoptr(PBEPARAM) parameters =
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
    if (parameters == NULL)
        return set_corrupt(error, "the encryption");
    return spend_rounds(walk, parameters->iter, error);
}

static gboolean
is_trusted(const PKCS12_SAFEBAG *bag)
{
    const STACK_OF(X509_ATTRIBUTE) *attributes = PKCS12_SAFEBAG_get0_attrs(bag);
    for (int i = 0; i < sk_X509_ATTRIBUTE_num(attributes); i++) {
        char oid[sizeof TRUSTED_OID + 1] = "";
        X509_ATTRIBUTE *attribute = sk_X509_ATTRIBUTE_value(attributes, i);
        /* The OID has no number in OpenSSL's tables, and giving it one would be global. */
        (void)OBJ_obj2txt(oid, sizeof oid, X509_ATTRIBUTE_get0_object(attribute), 1);
        if (strcmp(oid, TRUSTED_OID) == 0)
            return TRUE;
    }
    return FALSE;
}

/* (nullable): the friendlyName, in UTF-16 as Java writes it; NULL when it is none that could be
 * shown whole. OpenSSL 3.0's own decoder loses names beyond Latin-1. */
static char *
friendly_name(const PKCS12_SAFEBAG *bag)
{
    const ASN1_TYPE *value = PKCS12_SAFEBAG_get0_attr(bag, NID_friendlyName);
    if (value == NULL || value->type != V_ASN1_BMPSTRING)
        return NULL;
    const guint8 *bytes = ASN1_STRING_get0_data(value->value.bmpstring);
    gsize size = (gsize)ASN1_STRING_length(value->value.bmpstring);
    if (size % 2 != 0 || size > 2 * MAX_NAME_UNITS)
        return NULL;
    gunichar2 units[MAX_NAME_UNITS];
    glong count = 0;
    for (gsize i = 0; i < size; i += 2)
        units[count++] = (gunichar2)(bytes[i] << 8 | bytes[i + 1]);
    while (count > 0 && units[count - 1] == 0) /* some end it like a string of C */
        count--;
    glong read = 0;
    /* NULL for a surrogate alone; it ends at a NUL. */
    g_autofree char *name = g_utf16_to_utf8(units, count, &read, NULL, NULL);
    return name != NULL && read == count && count > 0 ? g_steal_pointer(&name) : NULL;
}

static gboolean
take_certificate(Walk *walk, PKCS12_SAFEBAG *bag, GError **error)
{
    if (walk->found->len >= SPOC_STORE_MAX_ENTRIES)
        return spoc_error_set(error, SPOC_ERROR_LIMIT,
                              "the PKCS#12 store holds more than %d certificates",
                              SPOC_STORE_MAX_ENTRIES);
    if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) {
        walk->content->other_count++;
        return TRUE;
    }
    Found *found = g_new0(Found, 1);
    g_ptr_array_add(walk->found, found);
    /* Encoded and read again, the certificate knows nothing of the library context that the
     * store may have been read with. */
    g_autoptr(X509) certificate = PKCS12_SAFEBAG_get1_cert(bag);
    guint8 *der = NULL;
    int size = certificate == NULL ? -1 : i2d_X509(certificate, &der);
    if (size > 0)
        found->certificate = spoc_openssl_certificate(der, (gsize)size);
    OPENSSL_free(der);
    if (found->certificate == NULL)
        return set_corrupt(error, "a certificate");
    found->alias = friendly_name(bag);
    found->trusted = is_trusted(bag);
    return TRUE;
}

static gboolean
walk_bags(Walk *walk, const Bags *bags, GError **error)
{
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
        case NID_certBag:
            if (!take_certificate(walk, bag, error))
                return FALSE;
            break;
        case NID_keyBag:
        case NID_pkcs8ShroudedKeyBag:
        case NID_secretBag:
            walk->content->key_count++;
            break;
        default: /* Java doesn't look into nested bags either. */
            walk->content->other_count++;
        }
    }
    return TRUE;
}

static gboolean
walk_safe(Walk *walk, PKCS7 *safe, GError **error)
{
    g_autoptr(Bags) bags = NULL;
    if (PKCS7_type_is_data(safe)) {
        bags = PKCS12_unpack_p7data(safe);
        if (bags == NULL)
            return set_corrupt(error, "a part");
    } else if (PKCS7_type_is_encrypted(safe)) {
        bags = PKCS12_unpack_p7encdata(safe, walk->password != NULL ? walk->password : "", -1);
        if (bags == NULL)
            return set_wrong_password(error);
    } else {
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "the PKCS#12 store is encrypted with a public key, which is not supported");
    }
    return walk_bags(walk, bags, error);
}

/* The parts of the store, each one's encryption within bounds. */
static Safes *
open_safes(Walk *walk, PKCS12 *store, GError **error)
{
    g_autoptr(Safes) safes = PKCS12_unpack_authsafes(store);
    if (safes == NULL) {
        (void)set_corrupt(error, "the content");
        return NULL;
    }
    if (sk_PKCS7_num(safes) > MAX_SAFES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "the PKCS#12 store has more than %d parts",
                    MAX_SAFES);
        return NULL;
    }
    for (int i = 0; i < sk_PKCS7_num(safes); i++) {
        const PKCS7 *safe = sk_PKCS7_value(safes, i);
        if (PKCS7_type_is_encrypted(safe) && !inspect_encryption(walk, safe, error))
            return NULL;
    }
    return g_steal_pointer(&safes);
}

static gboolean
verify_mac(Walk *walk, PKCS12 *store, GError **error)
{
    if (walk->password == NULL || !PKCS12_mac_present(store))
        return TRUE;
    const ASN1_INTEGER *count = NULL;
    PKCS12_get0_mac(NULL, NULL, NULL, &count, store);
    if (!spend_rounds(walk, count, error))
        return FALSE;
    return PKCS12_verify_mac(store, walk->password, -1) == 1 || set_wrong_password(error);
}

/* Reads the store with the old ciphers too, in a library context that nobody else sees. */
static gboolean
walk_with_legacy(Walk *walk, const guint8 *data, gsize size_bytes, GError **error)
{
    g_autoptr(OSSL_LIB_CTX) library = OSSL_LIB_CTX_new();
    g_autoptr(OSSL_PROVIDER) standard = OSSL_PROVIDER_load(library, "default");
    g_autoptr(OSSL_PROVIDER) legacy = OSSL_PROVIDER_load(library, "legacy");
    if (library == NULL || standard == NULL || legacy == NULL) {
        ERR_clear_error();
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "the PKCS#12 store is encrypted in an old way (RC2 or RC4) and OpenSSL's "
            "legacy provider is not installed; write the store again with keytool "
            "-importkeystore");
    }
    g_autoptr(PKCS12) store = PKCS12_init_ex(NID_pkcs7_data, library, NULL);
    g_autoptr(BIO) bio = BIO_new_mem_buf(data, (int)size_bytes);
    if (store == NULL || bio == NULL || d2i_PKCS12_bio(bio, &store) == NULL)
        return set_corrupt(error, "the outside");
    g_autoptr(Safes) safes = PKCS12_unpack_authsafes(store);
    if (safes == NULL)
        return set_corrupt(error, "the content");
    for (int i = 0; i < sk_PKCS7_num(safes); i++)
        if (!walk_safe(walk, sk_PKCS7_value(safes, i), error))
            return FALSE;
    return TRUE;
}

static gboolean
read_store(Walk *walk, const guint8 *data, gsize size_bytes, GError **error)
{
    const guint8 *p = data;
    g_autoptr(PKCS12) store = d2i_PKCS12(NULL, &p, (long)size_bytes);
    if (store == NULL || p != data + size_bytes)
        return set_corrupt(error, "the outside");
    if (!verify_mac(walk, store, error))
        return FALSE;
    g_autoptr(Safes) safes = open_safes(walk, store, error);
    if (safes == NULL)
        return FALSE;
    if (walk->legacy_needed)
        return walk_with_legacy(walk, data, size_bytes, error);
    for (int i = 0; i < sk_PKCS7_num(safes); i++)
        if (!walk_safe(walk, sk_PKCS7_value(safes, i), error))
            return FALSE;
    return TRUE;
}

gboolean
spoc_pkcs12_parse(const guint8 *data, gsize size_bytes, const char *password,
                  SpocStoreContent *content, GError **error)
{
    content->kind = SPOC_STORE_PKCS12;
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(found_free);
    Walk walk = {.password = password, .found = all, .content = content};
    if (!read_store(&walk, data, size_bytes, error))
        return FALSE;

    gboolean any_trusted = FALSE;
    for (guint i = 0; i < all->len; i++)
        any_trusted |= ((Found *)g_ptr_array_index(all, i))->trusted;
    gboolean take_all = !any_trusted && content->key_count == 0;
    for (guint i = 0; i < all->len; i++) {
        Found *found = g_ptr_array_index(all, i);
        if (!found->trusted && !take_all)
            content->other_count++;
        else if (!spoc_store_content_add(content, g_steal_pointer(&found->alias), 0,
                                         g_steal_pointer(&found->certificate), error))
            return FALSE;
    }
    return TRUE;
}

/* --- writing ------------------------------------------------------------------------------ */

/* As Java writes it: UTF-16, for which OpenSSL takes no character beyond U+FFFF. */
static gboolean
add_friendly_name(PKCS12_SAFEBAG *bag, const char *alias)
{
    glong count = 0;
    g_autofree gunichar2 *units = g_utf8_to_utf16(alias, -1, NULL, &count, NULL);
    for (glong i = 0; i < count; i++)
        units[i] = GUINT16_TO_BE(units[i]);
    return units != NULL &&
           PKCS12_add_friendlyname_uni(bag, (const guint8 *)units, (int)(2 * count)) == 1;
}

static gboolean
add_bag(Bags **bags, const SpocAnchor *anchor)
{
    PKCS12_SAFEBAG *bag = PKCS12_add_cert(bags, anchor->certificate);
    return bag != NULL && add_friendly_name(bag, anchor->alias) &&
           PKCS12_add1_attr_by_txt(bag, TRUSTED_OID, V_ASN1_OBJECT,
                                   (const guint8 *)OBJ_nid2obj(NID_anyExtendedKeyUsage), -1) == 1;
}

static PKCS12 *
build_store(const GPtrArray *anchors, const char *password, GError **error)
{
    g_autoptr(Bags) bags = sk_PKCS12_SAFEBAG_new_null();
    for (guint i = 0; i < anchors->len; i++) {
        const SpocAnchor *anchor = g_ptr_array_index(anchors, i);
        if (!add_bag(&bags, anchor)) {
            g_autofree char *alias = spoc_text_line(anchor->alias, -1, ALIAS_SHOWN_MAX_BYTES);
            g_autofree char *reason = spoc_openssl_reason();
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                        "the entry '%s' cannot be kept in PKCS#12 (%s)", alias, reason);
            return NULL;
        }
    }
    /* A cipher's own NID means PBES2; -1 no encryption. */
    const int encryption = password != NULL ? NID_aes_256_cbc : -1;
    Safes *filled = NULL;
    int good = PKCS12_add_safe(&filled, bags, encryption, ROUNDS, password);
    g_autoptr(Safes) safes = filled;
    g_autoptr(PKCS12) store = good == 1 ? PKCS12_add_safes(safes, 0) : NULL;
    if (store == NULL || (password != NULL && PKCS12_set_mac(store, password, -1, NULL, 0, ROUNDS,
                                                             EVP_sha256()) != 1)) {
        g_autofree char *reason = spoc_openssl_reason();
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "cannot make the PKCS#12 store: %s",
                    reason);
        return NULL;
    }
    return g_steal_pointer(&store);
}

GBytes *
spoc_pkcs12_write(const GPtrArray *anchors, const char *password, GError **error)
{
    g_autoptr(PKCS12) store = build_store(anchors, password, error);
    if (store == NULL)
        return NULL;
    guint8 *der = NULL;
    int size = i2d_PKCS12(store, &der);
    ERR_clear_error();
    GBytes *bytes = size > 0 ? g_bytes_new(der, (gsize)size) : NULL;
    OPENSSL_free(der);
    if (bytes == NULL)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "cannot encode the PKCS#12 store");
    return bytes;
}
