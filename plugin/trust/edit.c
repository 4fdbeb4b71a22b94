/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/edit.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "trust/pkcs12.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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
    if (edit->folder_fd < 0)
        return spoc_error_set_errno(error, errno, "cannot open the folder '%s'", folder);
    while (flock(edit->folder_fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        return spoc_error_set_errno(error, errno, "cannot lock the folder '%s'", folder);
    }
    edit->exists = fstatat(edit->folder_fd, edit->name, &edit->old, AT_SYMLINK_NOFOLLOW) == 0;
    if (!edit->exists && errno != ENOENT)
        return spoc_error_set_errno(error, errno, "'%s'", edit->path);
    return TRUE;
}

static gboolean
refuse_what_would_be_lost(const SpocEdit *edit, GError **error)
{
    const SpocStoreContent *content = &edit->content;
    if (content->kind == SPOC_STORE_PEM || content->kind == SPOC_STORE_PEM_DIRECTORY)
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "'%s' is a %s and is not changed here: add or take away the certificate as "
            "PEM text yourself, or let trustStore name another file",
            edit->path, spoc_store_kind_name(content->kind));
    if (content->key_count > 0 || content->other_count > 0)
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "'%s' holds %s, which would be lost: change it with Java's keytool, or let "
            "trustStore name another file",
            edit->path,
            content->key_count > 0 ? "private or secret keys" : "more than trusted certificates");
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
    return *alias != '\0' && strlen(alias) <= SPOC_EDIT_ALIAS_MAX_BYTES &&
           g_utf8_validate(alias, -1, NULL) && !spoc_text_has_control(alias);
}

gboolean
spoc_edit_import(SpocEdit *edit, const char *alias, X509 *certificate, GError **error)
{
    if (!alias_is_usable(alias))
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "this alias cannot be used: 1 to %d bytes of text without control characters "
            "are accepted",
            SPOC_EDIT_ALIAS_MAX_BYTES);
    if (spoc_anchors_find(edit->content.anchors, alias) != NULL)
        return spoc_error_set(
            error, SPOC_ERROR_INVALID,
            "alias '%s' is there already; choose another, or delete that entry first", alias);
    X509_up_ref(certificate);
    return spoc_store_content_add(&edit->content, g_strdup(alias), 0, certificate, error);
}

gboolean
spoc_edit_delete(SpocEdit *edit, const char *alias, GError **error)
{
    guint at = 0;
    if (!g_utf8_validate(alias, -1, NULL) || !find_alias(edit->content.anchors, alias, &at)) {
        g_autofree char *shown = spoc_text_line(alias, -1, SPOC_EDIT_ALIAS_MAX_BYTES);
        return spoc_error_set(error, SPOC_ERROR_NOT_FOUND, "no entry '%s' is in '%s'", shown,
                              edit->path);
    }
    g_ptr_array_remove_index(edit->content.anchors, at);
    return TRUE;
}

gboolean
spoc_edit_save(SpocEdit *edit, GError **error)
{
    g_autoptr(GBytes) bytes = spoc_pkcs12_write(edit->content.anchors, edit->password, error);
    if (bytes == NULL)
        return FALSE;
    gsize size = 0;
    const void *data = g_bytes_get_data(bytes, &size);
    gboolean good =
        spoc_durable_replace_like(edit->folder_fd, edit->name, data, size,
                                  edit->exists ? &edit->old : NULL, NEW_STORE_MODE, error);
    if (!good)
        g_prefix_error(error, "trust store '%s': ", edit->path);
    return good;
}
