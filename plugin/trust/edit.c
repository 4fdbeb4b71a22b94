/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/edit.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "trust/openssl.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRUSTED_OID "2.16.840.1.113894.746875.1.1"
#define ROUNDS 10000 /* as Java 17 writes */
#define NEW_STORE_MODE 0644

struct _SpocEdit {
    int folder_fd;
    char *name; /* in the folder */
    char *path; /* for people */
    char *password;
    gboolean exists;
    struct stat old;
    SpocStoreContent content;
};

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

void
spoc_edit_free(SpocEdit *edit)
{
    if (edit->folder_fd >= 0)
        close(edit->folder_fd); /* and with it the lock */
    spoc_secret_free(edit->password);
    g_free(edit->name);
    g_free(edit->path);
    spoc_store_content_clear(&edit->content);
    g_free(edit);
}

/* Locks the folder: the file itself is replaced when saving, and so is no place for a lock. */
static gboolean
lock_folder(SpocEdit *edit, GError **error)
{
    /* A link is kept and what it points to replaced. */
    g_autofree char *resolved = realpath(edit->path, NULL);
    const char *real = resolved != NULL ? resolved : edit->path;
    g_autofree char *folder = g_path_get_dirname(real);
    edit->name = g_path_get_basename(real);
    edit->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (edit->folder_fd < 0) {
        spoc_error_set_errno(error, errno, "cannot open the folder '%s'", folder);
        return FALSE;
    }
    while (flock(edit->folder_fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        spoc_error_set_errno(error, errno, "cannot lock the folder '%s'", folder);
        return FALSE;
    }
    edit->exists = fstatat(edit->folder_fd, edit->name, &edit->old, AT_SYMLINK_NOFOLLOW) == 0;
    if (!edit->exists && errno != ENOENT) {
        spoc_error_set_errno(error, errno, "'%s'", edit->path);
        return FALSE;
    }
    return TRUE;
}

static gboolean
refuse_what_would_be_lost(const SpocEdit *edit, GError **error)
{
    const SpocStoreContent *content = &edit->content;
    if (content->kind == SPOC_STORE_PEM || content->kind == SPOC_STORE_PEM_DIRECTORY) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "'%s' is a %s and is not changed here: add or take away the certificate as "
                    "PEM text yourself, or let trustStore name another file",
                    edit->path, spoc_store_kind_name(content->kind));
        return FALSE;
    }
    if (content->key_count > 0 || content->other_count > 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "'%s' holds %s, which would be lost: change it with Java's keytool, or let "
                    "trustStore name another file",
                    edit->path,
                    content->key_count > 0 ? "private or secret keys"
                                           : "more than trusted certificates");
        return FALSE;
    }
    return TRUE;
}

SpocEdit *
spoc_edit_open(const char *path, const char *password, GError **error)
{
    g_autoptr(SpocEdit) edit = g_new0(SpocEdit, 1);
    edit->folder_fd = -1;
    edit->path = g_strdup(path);
    edit->password = password == NULL || *password == '\0' ? NULL : g_strdup(password);
    if (!lock_folder(edit, error))
        return NULL;
    if (!edit->exists) {
        spoc_store_content_init(&edit->content);
        edit->content.kind = SPOC_STORE_PKCS12;
        return g_steal_pointer(&edit);
    }
    if (!spoc_store_content_read(path, password, &edit->content, error) ||
        !refuse_what_would_be_lost(edit, error))
        return NULL;
    return g_steal_pointer(&edit);
}

gboolean
spoc_edit_converts(const SpocEdit *edit)
{
    return edit->content.kind != SPOC_STORE_PKCS12;
}

const GPtrArray *
spoc_edit_anchors(const SpocEdit *edit)
{
    return edit->content.anchors;
}

static gboolean
find_alias(const GPtrArray *anchors, const char *alias, guint *ret_index)
{
    g_autofree char *wanted = g_utf8_casefold(alias, -1);
    for (guint i = 0; i < anchors->len; i++) {
        const SpocAnchor *anchor = g_ptr_array_index(anchors, i);
        g_autofree char *have = g_utf8_casefold(anchor->alias, -1);
        if (g_str_equal(have, wanted)) {
            *ret_index = i;
            return TRUE;
        }
    }
    return FALSE;
}

const SpocAnchor *
spoc_anchors_find(const GPtrArray *anchors, const char *alias)
{
    guint at = 0;
    if (!g_utf8_validate(alias, -1, NULL) || !find_alias(anchors, alias, &at))
        return NULL;
    return g_ptr_array_index(anchors, at);
}

const SpocAnchor *
spoc_anchors_find_certificate(const GPtrArray *anchors, const X509 *certificate)
{
    for (guint i = 0; i < anchors->len; i++) {
        const SpocAnchor *anchor = g_ptr_array_index(anchors, i);
        if (X509_cmp(anchor->certificate, certificate) == 0)
            return anchor;
    }
    return NULL;
}

static gboolean
alias_is_usable(const char *alias)
{
    if (*alias == '\0' || strlen(alias) > SPOC_EDIT_ALIAS_MAX_BYTES ||
        !g_utf8_validate(alias, -1, NULL))
        return FALSE;
    for (const char *p = alias; *p != '\0'; p = g_utf8_next_char(p))
        if (spoc_text_is_control(g_utf8_get_char(p)))
            return FALSE;
    return TRUE;
}

gboolean
spoc_edit_import(SpocEdit *edit, const char *alias, X509 *certificate, GError **error)
{
    if (!alias_is_usable(alias)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "this alias cannot be used: 1 to %d bytes of text without control characters "
                    "are accepted",
                    SPOC_EDIT_ALIAS_MAX_BYTES);
        return FALSE;
    }
    if (spoc_anchors_find(edit->content.anchors, alias) != NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "alias '%s' is there already; choose another, or delete that entry first",
                    alias);
        return FALSE;
    }
    X509_up_ref(certificate);
    return spoc_store_content_add(&edit->content, g_strdup(alias), 0, certificate, error);
}

gboolean
spoc_edit_delete(SpocEdit *edit, const char *alias, GError **error)
{
    guint at = 0;
    if (!g_utf8_validate(alias, -1, NULL) || !find_alias(edit->content.anchors, alias, &at)) {
        g_autofree char *shown = spoc_text_line(alias, -1, SPOC_EDIT_ALIAS_MAX_BYTES);
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND, "no entry '%s' is in '%s'", shown,
                    edit->path);
        return FALSE;
    }
    g_ptr_array_remove_index(edit->content.anchors, at);
    return TRUE;
}

/* As Java writes it: UTF-16, for which OpenSSL takes no character beyond U+FFFF. */
static gboolean
add_name(PKCS12_SAFEBAG *bag, const char *alias)
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
    return bag != NULL && add_name(bag, anchor->alias) &&
           PKCS12_add1_attr_by_txt(bag, TRUSTED_OID, V_ASN1_OBJECT,
                                   (const guint8 *)OBJ_nid2obj(NID_anyExtendedKeyUsage), -1) == 1;
}

static PKCS12 *
build(const SpocEdit *edit, GError **error)
{
    g_autoptr(Bags) bags = sk_PKCS12_SAFEBAG_new_null();
    for (guint i = 0; i < edit->content.anchors->len; i++) {
        const SpocAnchor *anchor = g_ptr_array_index(edit->content.anchors, i);
        if (!add_bag(&bags, anchor)) {
            g_autofree char *alias = spoc_text_line(anchor->alias, -1, SPOC_EDIT_ALIAS_MAX_BYTES);
            g_autofree char *reason = spoc_openssl_reason();
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                        "the entry '%s' cannot be kept in PKCS#12 (%s)", alias, reason);
            return NULL;
        }
    }
    /* A cipher's own NID means PBES2; -1 no encryption. */
    const int encryption = edit->password != NULL ? NID_aes_256_cbc : -1;
    Safes *filled = NULL;
    int good = PKCS12_add_safe(&filled, bags, encryption, ROUNDS, edit->password);
    g_autoptr(Safes) safes = filled;
    g_autoptr(PKCS12) store = good == 1 ? PKCS12_add_safes(safes, 0) : NULL;
    if (store == NULL || (edit->password != NULL && PKCS12_set_mac(store, edit->password, -1, NULL,
                                                                   0, ROUNDS, EVP_sha256()) != 1)) {
        g_autofree char *reason = spoc_openssl_reason();
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "cannot make the PKCS#12 store: %s",
                    reason);
        return NULL;
    }
    return g_steal_pointer(&store);
}

static gboolean
fill(const SpocEdit *edit, int fd, const void *data, gsize size_bytes, GError **error)
{
    if (edit->exists && fchown(fd, edit->old.st_uid, edit->old.st_gid) != 0) {
        spoc_error_set_errno(error, errno, "cannot keep the file's owner; run this as root");
        return FALSE;
    }
    if (fchmod(fd, edit->exists ? edit->old.st_mode & 07777 : NEW_STORE_MODE) != 0) {
        spoc_error_set_errno(error, errno, "cannot set the file's mode");
        return FALSE;
    }
    if (!spoc_durable_write_all(fd, data, size_bytes, error))
        return FALSE;
    if (fsync(fd) != 0) {
        spoc_error_set_errno(error, errno, "cannot sync");
        return FALSE;
    }
    return TRUE;
}

static gboolean
replace(const SpocEdit *edit, const void *data, gsize size_bytes, GError **error)
{
    g_autofree char *temporary = g_strconcat(SPOC_DURABLE_TEMPORARY_PREFIX, edit->name, NULL);
    (void)unlinkat(edit->folder_fd, temporary, 0);
    int fd = openat(edit->folder_fd, temporary,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        spoc_error_set_errno(error, errno, "cannot write beside it");
        return FALSE;
    }
    gboolean good = fill(edit, fd, data, size_bytes, error);
    if (close(fd) != 0 && good) {
        spoc_error_set_errno(error, errno, "cannot close");
        good = FALSE;
    }
    if (good && renameat(edit->folder_fd, temporary, edit->folder_fd, edit->name) != 0) {
        spoc_error_set_errno(error, errno, "cannot rename");
        good = FALSE;
    }
    if (!good) {
        (void)unlinkat(edit->folder_fd, temporary, 0);
        return FALSE;
    }
    return spoc_durable_sync_directory(edit->folder_fd, error);
}

gboolean
spoc_edit_save(SpocEdit *edit, GError **error)
{
    g_autoptr(PKCS12) store = build(edit, error);
    if (store == NULL)
        return FALSE;
    guint8 *der = NULL;
    int size = i2d_PKCS12(store, &der);
    ERR_clear_error();
    if (size <= 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_FAILED, "cannot encode the PKCS#12 store");
        return FALSE;
    }
    gboolean good = replace(edit, der, (gsize)size, error);
    OPENSSL_free(der);
    if (!good)
        g_prefix_error(error, "trust store '%s': ", edit->path);
    return good;
}
