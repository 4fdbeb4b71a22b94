/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/check.h"
#include "config/file.h"
#include "config/host.h"
#include "config/layers.h"
#include "config/preset.h"
#include "config/snapshot.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A trust store may be a folder; what is more in it cannot be loaded anyway. */
#define FOLDER_MAX_FILES 10000
#define PASSWORD_FILE_MAX_BYTES 4096
#define EMPTY_WORD "[EMPTY]"
#define KEY_SHOWN_MAX_BYTES 80

/* --- whether a file of the configuration is another now ---------------------------------- */

static void add_path(GString *stamp, const char *path, gboolean is_entry);

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_folder(GString *stamp, const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while (folder != NULL && names->len < FOLDER_MAX_FILES &&
           (name = g_dir_read_name(folder)) != NULL)
        g_ptr_array_add(names, g_build_filename(path, name, NULL));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++)
        add_path(stamp, g_ptr_array_index(names, i), TRUE);
}

static void
add_path(GString *stamp, const char *path, gboolean is_entry)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        g_string_append_printf(stamp, "%s\n!%d\n", path, errno);
        return;
    }
    g_string_append_printf(stamp, "%s\n%o %u %u %" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT, path,
                           info.st_mode, info.st_uid, info.st_gid, (guint64)info.st_dev,
                           (guint64)info.st_ino);
    /* What comes and goes in a folder without being ours is no change. */
    if (!S_ISDIR(info.st_mode))
        g_string_append_printf(stamp,
                               " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld"
                               " %" G_GINT64_FORMAT ".%09ld",
                               (gint64)info.st_size, (gint64)info.st_mtim.tv_sec,
                               info.st_mtim.tv_nsec, (gint64)info.st_ctim.tv_sec,
                               info.st_ctim.tv_nsec);
    g_string_append_c(stamp, '\n');
    if (S_ISDIR(info.st_mode) && !is_entry)
        add_folder(stamp, path);
}

static void
add_layers(GString *stamp, const SpocPlaces *places)
{
    g_auto(GStrv) paths = spoc_layers_paths(places);
    for (guint i = 0; paths[i] != NULL; i++)
        add_path(stamp, paths[i], FALSE);
}

/* (transfer full) (nullable): where a systemd credential of this option would be */
static char *
credential_path(SpocOptionId option)
{
    /* The service manager's interface, systemd.exec(5) */
    const char *directory = g_getenv("CREDENTIALS_DIRECTORY");
    if (directory == NULL || !g_path_is_absolute(directory))
        return NULL;
    return g_build_filename(directory, spoc_option_get(option)->name, NULL);
}

/* The files that options name */
static void
add_named(GString *stamp, const SpocConfig *config)
{
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        const char *text = config->slots[i].value.text;
        if (option->type == SPOC_TYPE_PATH && *text != '\0')
            add_path(stamp, text, FALSE);
        g_autofree char *credential =
            (option->flags & SPOC_OPTION_FLAG_SECRET) != 0 ? credential_path(option->id) : NULL;
        if (credential != NULL)
            add_path(stamp, credential, FALSE);
    }
}

/* Takes @stamp over. */
static char *
digest_stamp(GString *stamp)
{
    g_autofree char *all = g_string_free(stamp, FALSE);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
}

char *
spoc_config_stamp(const SpocPlaces *places, const SpocConfig *config)
{
    GString *stamp = g_string_new(NULL);
    add_layers(stamp, places);
    add_named(stamp, config);
    return digest_stamp(stamp);
}

/* --- passwords that stand elsewhere ------------------------------------------------------
 * A systemd credential of the option's name counts first; then the file that the option of that
 * name with File behind it (mailpassFile) names, unless the password itself is set in a higher
 * layer; then the password's own key. A file that cannot be read gives no password at all, rather
 * than an old one, and makes delivery wait. Problems never quote what a file holds. */

static const struct {
    SpocOptionId password;
    SpocOptionId file;
} pairs[] = {
    {SPOC_OPTION_MAILPASS, SPOC_OPTION_MAIL_PASS_FILE},
    {SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET, SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET_FILE},
    {SPOC_OPTION_TRUST_STORE_PASSWORD, SPOC_OPTION_TRUST_STORE_PASSWORD_FILE},
    {SPOC_OPTION_RECIPIENT_LDAP_PASSWORD, SPOC_OPTION_RECIPIENT_LDAP_PASSWORD_FILE},
};

/* (transfer full) (nullable): the first line without its end; never with a NUL in it */
static char *
read_first_line(const char *path, gsize max_bytes, GError **error)
{
    g_autoptr(SpocSecretBytes) content = spoc_config_file_read(path, max_bytes, error);
    if (content == NULL)
        return NULL;
    gsize size = 0;
    const char *data = g_bytes_get_data(content, &size);
    gsize length = 0;
    while (length < size && data[length] != '\n' && data[length] != '\r')
        length++;
    if (length > 0 && memchr(data, '\0', length) != NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "has a NUL character in its first line");
        return NULL;
    }
    return length > 0 ? g_strndup(data, length) : g_strdup("");
}

/* Sets the password to the file's first line, or to nothing with a problem. */
static void
take_password_file(SpocConfig *config, SpocOptionId password, const char *path,
                   SpocConfigLayer layer, const char *key, const SpocSlot *named_by)
{
    const SpocOption *option = spoc_option_get(password);
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocSecret) text = read_first_line(path, PASSWORD_FILE_MAX_BYTES, &error);
    SpocValue value = {0};
    if (text != NULL && *text == '\0')
        g_set_error_literal(&error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "has no password in its first line");
    else if (text != NULL && !g_utf8_validate(text, -1, NULL))
        g_set_error_literal(&error, SPOC_ERROR, SPOC_ERROR_INVALID, "is not UTF-8");
    else if (text != NULL && spoc_value_parse(option, text, &value, &error)) {
        spoc_snapshot_set(config, password, &value, layer, path, 1);
        return;
    }
    spoc_value_set_empty(option, &value);
    spoc_snapshot_set(config, password, &value, layer, path, 0);
    spoc_snapshot_add_problem(
        config, SPOC_SEVERITY_ERROR, TRUE, key, named_by != NULL ? named_by->file : NULL,
        named_by != NULL ? named_by->line : 0,
        "'%s' %s; accepted: a file whose first line is the password", path, error->message);
}

/* Replaces passwords by what credentials and password files hold. */
static void
apply_secrets(SpocConfig *config)
{
    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        const SpocSlot *file = &config->slots[pairs[i].file];
        const SpocSlot *password = &config->slots[pairs[i].password];
        const char *key = spoc_option_get(pairs[i].password)->name;
        g_autofree char *credential = credential_path(pairs[i].password);
        if (credential != NULL && g_file_test(credential, G_FILE_TEST_EXISTS))
            take_password_file(config, pairs[i].password, credential, SPOC_LAYER_CREDENTIAL, key,
                               NULL);
        else if (*file->value.text != '\0' && file->layer >= password->layer)
            take_password_file(config, pairs[i].password, file->value.text, file->layer,
                               spoc_option_get(pairs[i].file)->name, file);
    }
}

/* --- the layers, laid over each other ----------------------------------------------------- */

static gboolean
has_flag(const SpocOption *option, guint flag)
{
    return (option->flags & flag) != 0;
}

/* A good value in a higher layer: what was wrong below no longer decides anything. */
static void
pardon(SpocConfig *config, const SpocOption *option)
{
    for (guint i = 0; i < config->problems->len; i++) {
        SpocConfigProblem *problem = g_ptr_array_index(config->problems, i);
        if (problem->severity != SPOC_SEVERITY_ERROR || g_strcmp0(problem->key, option->name) != 0)
            continue;
        problem->blocks_delivery = FALSE;
        problem->severity = SPOC_SEVERITY_WARNING;
    }
}

static void
report_bad(SpocConfig *config, const SpocOption *option, const char *file, guint line,
           const char *why)
{
    spoc_snapshot_add_problem(config, SPOC_SEVERITY_ERROR,
                              has_flag(option, SPOC_OPTION_FLAG_CRITICAL), option->name, file, line,
                              "%s", why);
}

static void
report_unknown(SpocConfig *config, const SpocProperty *property, const char *file)
{
    g_autofree char *key = spoc_text_line(property->key, -1, KEY_SHOWN_MAX_BYTES);
    const SpocOption *near = spoc_option_suggest(property->key);
    if (near != NULL)
        spoc_snapshot_add_problem(config, SPOC_SEVERITY_WARNING, FALSE, key, file, property->line,
                                  "this key is not known; did you mean %s?", near->name);
    else
        spoc_snapshot_add_problem(config, SPOC_SEVERITY_WARNING, FALSE, key, file, property->line,
                                  "this key is not known and does nothing");
}

/* "" where the lower layer holds. */
static char *
bare_value(const SpocOption *option, const SpocProperty *property)
{
    char *value = g_strdup(property->value);
    return option->type == SPOC_TYPE_STRING ? value : g_strstrip(value);
}

static void
apply_value(SpocConfig *config, SpocConfigLayer layer, const char *file, const SpocOption *option,
            const SpocProperty *property)
{
    g_autoptr(SpocSecret) text = bare_value(option, property);
    g_autoptr(GError) error = NULL;
    SpocValue value = {0};
    if (property->damage != NULL) {
        g_autofree char *accepted = spoc_value_accepted(option);
        g_autofree char *why =
            g_strdup_printf("the value %s; accepted: %s", property->damage, accepted);
        report_bad(config, option, file, property->line, why);
        return;
    }
    if (*text == '\0')
        return;
    if (strcmp(text, EMPTY_WORD) == 0 && spoc_option_is_never_empty(option)) {
        spoc_snapshot_reset(config, option->id, layer, file, property->line);
    } else if (strcmp(text, EMPTY_WORD) == 0) {
        spoc_value_set_empty(option, &value);
        spoc_snapshot_set(config, option->id, &value, layer, file, property->line);
    } else if (spoc_value_parse(option, text, &value, &error)) {
        spoc_snapshot_set(config, option->id, &value, layer, file, property->line);
    } else {
        report_bad(config, option, file, property->line, error->message);
        return;
    }
    pardon(config, option);
}

static void
apply_property(SpocConfig *config, SpocConfigFile *file, const SpocProperty *property)
{
    const SpocOption *option = spoc_option_find(property->key);
    if (option == NULL) {
        report_unknown(config, property, file->path);
        return;
    }
    /* A default is known to everyone. */
    if (has_flag(option, SPOC_OPTION_FLAG_SECRET) && *property->value != '\0' &&
        strcmp(property->value, EMPTY_WORD) != 0 &&
        strcmp(property->value, option->default_value) != 0)
        file->holds_secret = TRUE;
    if (file->layer == SPOC_LAYER_MANAGEMENT && !has_flag(option, SPOC_OPTION_FLAG_MANAGEABLE)) {
        spoc_snapshot_add_problem(config, SPOC_SEVERITY_WARNING, FALSE, option->name, file->path,
                                  property->line,
                                  "is ignored here: the management layer may not set it; write it "
                                  "into spoc.conf");
        return;
    }
    apply_value(config, file->layer, file->path, option, property);
}

static void
apply_file(SpocConfig *config, const SpocLayerFile *source)
{
    const char *path = g_string_chunk_insert_const(config->strings, source->path);
    if (source->error != NULL) {
        spoc_snapshot_add_problem(config, SPOC_SEVERITY_ERROR, TRUE, NULL, path, 0,
                                  "%s; mend it, or make it readable for the user that spocd runs "
                                  "as",
                                  source->error->message);
        return;
    }
    SpocConfigFile *file = g_new0(SpocConfigFile, 1);
    file->layer = source->layer;
    file->path = path;
    g_ptr_array_add(config->files, file);
    for (guint i = 0; i < source->properties->warnings->len; i++) {
        const SpocPropertyWarning *warning = g_ptr_array_index(source->properties->warnings, i);
        spoc_snapshot_add_problem(config, SPOC_SEVERITY_WARNING, FALSE, NULL, path, warning->line,
                                  "%s", warning->text);
    }
    for (guint i = 0; i < source->properties->entries->len; i++)
        apply_property(config, file, g_ptr_array_index(source->properties->entries, i));
}

/* Whether a layer other than management's says where to fetch values from. It must be known
 * before the fetched ones can be laid between the others. */
static gboolean
has_management_url(const GPtrArray *files)
{
    const SpocOption *option = spoc_option_get(SPOC_OPTION_MANAGEMENT_URL);
    gboolean is_set = FALSE;
    for (guint i = 0; i < files->len; i++) {
        const SpocLayerFile *file = g_ptr_array_index(files, i);
        if (file->layer == SPOC_LAYER_MANAGEMENT || file->properties == NULL)
            continue;
        for (guint j = 0; j < file->properties->entries->len; j++) {
            const SpocProperty *property = g_ptr_array_index(file->properties->entries, j);
            if (strcmp(property->key, option->name) != 0 || property->damage != NULL)
                continue;
            SpocValue value = {0};
            if (strcmp(property->value, EMPTY_WORD) == 0)
                is_set = FALSE;
            else if (spoc_value_parse(option, property->value, &value, NULL))
                is_set = TRUE;
            spoc_value_clear(&value);
        }
    }
    return is_set;
}

/* Relative paths are meant from the configuration directory. */
static void
resolve_paths(SpocConfig *config)
{
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        char **text = &config->slots[i].value.text;
        if (spoc_option_get((SpocOptionId)i)->type != SPOC_TYPE_PATH || **text == '\0')
            continue;
        char *absolute = g_canonicalize_filename(*text, config->directory);
        g_free(*text);
        *text = absolute;
    }
}

/* (nullable): the slot when its computed default is wanted */
static SpocSlot *
default_slot(SpocConfig *config, SpocOptionId option)
{
    return config->slots[option].is_default ? &config->slots[option] : NULL;
}

static void
add_host_patterns(SpocConfig *config, GPtrArray *patterns)
{
    g_autofree char *short_name = g_strndup(config->host, strcspn(config->host, "."));
    const char *names[] = {spoc_config_string(config, SPOC_OPTION_RECIPIENT_DOMAIN), config->host,
                           short_name};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        char *pattern = names[i] != NULL ? g_strconcat("@", names[i], NULL) : NULL;
        if (pattern != NULL &&
            !g_ptr_array_find_with_equal_func(patterns, pattern, g_str_equal, NULL))
            g_ptr_array_add(patterns, pattern);
        else
            g_free(pattern);
    }
}

static void
compute_scan_recipients(SpocConfig *config)
{
    SpocSlot *slot = default_slot(config, SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS);
    const char *domain = spoc_config_string(config, SPOC_OPTION_RECIPIENT_DOMAIN);
    if (slot == NULL)
        return;
    g_autofree char *at_domain = domain != NULL ? g_strconcat("@", domain, NULL) : NULL;
    const char *const patterns[] = {"@owner", at_domain, NULL};
    spoc_value_clear(&slot->value);
    spoc_value_set_list(&slot->value, patterns);
}

/* The defaults that depend on other values, in the order in which they depend. */
static void
compute_defaults(SpocConfig *config)
{
    SpocSlot *port = default_slot(config, SPOC_OPTION_MAIL_SMTP_PORT);
    SpocSlot *from = default_slot(config, SPOC_OPTION_MAILFROM);
    SpocSlot *domain = default_slot(config, SPOC_OPTION_RECIPIENT_DOMAIN);
    SpocSlot *allowed = default_slot(config, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS);
    if (port != NULL) {
        int encryption = spoc_config_choice(config, SPOC_OPTION_MAIL_SMTP_ENCRYPTION);
        port->value.integer = encryption == SPOC_ENCRYPTION_SSL_TLS ? 465 : 25;
        g_free(port->value.text);
        port->value.text = g_strdup_printf("%" G_GINT64_FORMAT, port->value.integer);
    }
    if (from != NULL) {
        spoc_value_clear(&from->value);
        from->value.address = g_strconcat("print-server@", config->host, NULL);
        from->value.text = g_strdup(from->value.address);
    }
    if (domain != NULL) {
        const char *sender = spoc_config_string(config, SPOC_OPTION_MAILFROM);
        g_free(domain->value.text);
        domain->value.text = g_strdup(strrchr(sender, '@') + 1);
    }
    SpocSlot *web = default_slot(config, SPOC_OPTION_NOTIFY_WEB_INTERFACE);
    if (web != NULL) {
        g_free(web->value.text);
        web->value.text = g_strdup_printf("https://%s:631", config->host);
    }
    compute_scan_recipients(config);
    if (allowed != NULL) {
        g_autoptr(GPtrArray) patterns = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(patterns, g_strdup("@owner"));
        add_host_patterns(config, patterns);
        g_ptr_array_add(patterns, NULL);
        spoc_value_clear(&allowed->value);
        spoc_value_set_list(&allowed->value, (const char *const *)patterns->pdata);
    }
}

/* Without its alias file nobody can tell where a name's mail goes: it waits. What stands in the
 * file concerns single names; the layer of people tells. */
static void
check_alias_file(SpocConfig *config, const SpocPlaces *places)
{
    const SpocOption *option = spoc_option_get(SPOC_OPTION_RECIPIENT_ALIAS_FILE);
    const char *path = spoc_config_string(config, option->id);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content =
        path != NULL ? spoc_config_file_read(path, SPOC_ALIAS_FILE_MAX_BYTES, &error) : NULL;
    if (path == NULL || content != NULL)
        return;
    g_autofree char *remedy = NULL;
    if (g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        remedy = g_strdup_printf("put the file there, or take '%s' out", option->name);
    else if (g_error_matches(error, SPOC_ERROR, SPOC_ERROR_DENIED))
        remedy = g_strdup_printf("chgrp %s '%s' && chmod 0640 '%s', and let its folders be entered",
                                 places->group, path, path);
    else
        remedy = g_strdup("name a file that holds lines such as 'alice: alice@example.com', or "
                          "take the line out");
    g_autofree char *by =
        g_error_matches(error, SPOC_ERROR, SPOC_ERROR_DENIED)
            ? g_strdup_printf("cannot be read by '%s', the user that spocd runs as",
                              g_get_user_name())
            : g_strdup(error->message);
    spoc_snapshot_add_problem_of(config, SPOC_SEVERITY_ERROR, TRUE, option->id, "'%s' %s: %s", path,
                                 by, remedy);
}

static void
require_server(SpocConfig *config, const SpocPlaces *places)
{
    /* A bad one is said already. */
    if (spoc_config_string(config, SPOC_OPTION_MAILSERVER) == NULL &&
        !spoc_snapshot_is_blocked_by(config, SPOC_OPTION_MAILSERVER))
        spoc_snapshot_add_problem(
            config, SPOC_SEVERITY_ERROR, TRUE, spoc_option_get(SPOC_OPTION_MAILSERVER)->name, NULL,
            0,
            "is not set, so all mail waits; write a line such as 'mailserver = smtp.example.com' "
            "into %s",
            places->config_file);
}

SpocConfig *
spoc_config_load(const SpocPlaces *places)
{
    SpocConfig *config = spoc_snapshot_new(places->config_dir);
    config->host = spoc_host_name();
    /* Before they are read, so that a change in between is not missed */
    GString *stamp = g_string_new(NULL);
    add_layers(stamp, places);
    g_autoptr(GPtrArray) files = spoc_layers_read(places);
    gboolean with_fetched = has_management_url(files);
    for (guint i = 0; i < files->len; i++) {
        const SpocLayerFile *file = g_ptr_array_index(files, i);
        if (!file->is_fetched || with_fetched)
            apply_file(config, file);
    }
    spoc_preset_apply(config);
    resolve_paths(config);
    add_named(stamp, config);
    config->stamp = digest_stamp(stamp);
    apply_secrets(config);
    compute_defaults(config);
    require_server(config, places);
    check_alias_file(config, places);
    spoc_config_check_directory(config);
    return config;
}
