/* SPDX-License-Identifier: Apache-2.0 */
#include "message/templates.h"

#include "base/error.h"
#include "base/text.h"
#include "event/event.h"
#include "message/vocabulary.h"
#include "templates-resource.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESOURCE_FOLDER "/cups-spoc/templates/"
#define NAME_MAX_BYTES 100
#define USED_INSTEAD "; the stock template is used instead"

static const char FOR_EVENTS[] = "notification";
static const char FOR_DIGESTS[] = "digest";
static const char *const SUFFIXES[] = {
    [SPOC_TEMPLATE_TEXT] = ".txt", [SPOC_TEMPLATE_HTML] = ".html"};

/* Either it can be used or it has a problem. */
typedef struct {
    SpocTemplate *template;
    char *problem;
} Entry;

struct _SpocTemplates {
    char *own_dir;
    char *stock_dir;
    GHashTable *own; /* "job-completed.pt-br.txt", in lower case → Entry */
    GHashTable *stock;
    GPtrArray *problems;
    char *stamp;
};

static void
entry_free(gpointer data)
{
    Entry *entry = data;
    spoc_template_free(entry->template);
    g_free(entry->problem);
    g_free(entry);
}

/* --- names of files --------------------------------------------------------------------- */

static gboolean
find_type(const char *file_name, SpocTemplateType *ret_type)
{
    for (guint i = 0; i < G_N_ELEMENTS(SUFFIXES); i++) {
        if (g_str_has_suffix(file_name, SUFFIXES[i]) && file_name[0] != '.') {
            *ret_type = (SpocTemplateType)i;
            return TRUE;
        }
    }
    return FALSE;
}

/* "pt_BR" and "pt-BR" are one. */
static char *
make_key(const char *file_name)
{
    return g_strdelimit(g_ascii_strdown(file_name, -1), "_", '-');
}

static gboolean
is_language(const char *text)
{
    gsize length = strlen(text);
    return length >= 2 && length <= 20 && g_ascii_isalpha(text[0]) && g_ascii_isalpha(text[1]) &&
           strspn(text, G_CSET_a_2_z G_CSET_DIGITS "-") == length;
}

/* (nullable) (transfer full): what is wrong with the name of a file */
static char *
check_name(const char *key, const char *suffix)
{
    g_autofree char *stem = g_strndup(key, strlen(key) - strlen(suffix));
    char *dot = strchr(stem, '.');
    if (dot != NULL)
        *dot = '\0';
    if (strcmp(stem, FOR_EVENTS) != 0 && strcmp(stem, FOR_DIGESTS) != 0 &&
        spoc_event_kind(stem) == SPOC_EVENT_OTHER)
        return g_strdup_printf("there is no event of this name; 'spocctl template preview --help' "
                               "lists them, and %s and %s stand for all",
                               FOR_EVENTS, FOR_DIGESTS);
    if (dot != NULL && !is_language(dot + 1))
        return g_strdup_printf("a file is named NAME%s or NAME.LANGUAGE%s, with a language such "
                               "as de or pt-BR",
                               suffix, suffix);
    return NULL;
}

/* --- reading ---------------------------------------------------------------------------- */

static gboolean
read_all(int fd, GString *content)
{
    char buffer[16384];
    ssize_t count;
    while (content->len <= SPOC_TEMPLATE_FILE_MAX_BYTES) {
        do
            count = read(fd, buffer, sizeof buffer);
        while (count < 0 && errno == EINTR);
        if (count <= 0)
            return count == 0;
        g_string_append_len(content, buffer, count);
    }
    return TRUE;
}

/* A link is followed, as far as the user that this runs as may; a pipe is not waited for. */
static GString *
read_file(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        spoc_error_set_errno(error, errno, "%s: it cannot be read", path);
        return NULL;
    }
    struct stat info;
    GString *content = NULL;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "%s: it is no ordinary file", path);
    } else {
        content = g_string_sized_new(8192);
        if (!read_all(fd, content)) {
            spoc_error_set_errno(error, errno, "%s: it cannot be read", path);
            g_string_free(content, TRUE);
            content = NULL;
        }
    }
    (void)close(fd);
    return content;
}

static SpocTemplate *
load_template(const char *path, SpocTemplateType type, GError **error)
{
    GString *content = read_file(path, error);
    if (content == NULL)
        return NULL;
    SpocTemplate *template =
        spoc_template_parse(path, content->str, content->len, type, spoc_vocabulary(), error);
    g_string_free(content, TRUE);
    return template;
}

static void
load_file(GPtrArray *problems, GHashTable *entries, const char *folder, const char *name)
{
    SpocTemplateType type;
    if (!find_type(name, &type))
        return;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *key = make_key(name);
    g_autofree char *wrong_name = check_name(key, SUFFIXES[type]);
    if (wrong_name != NULL) {
        g_ptr_array_add(problems, g_strdup_printf("%s: %s", path, wrong_name));
        return;
    }
    g_autoptr(GError) error = NULL;
    Entry *entry = g_new0(Entry, 1);
    entry->template = load_template(path, type, &error);
    if (entry->template == NULL) {
        entry->problem = g_strconcat(error->message, USED_INSTEAD, NULL);
        g_ptr_array_add(problems, g_strdup(entry->problem));
    }
    g_hash_table_replace(entries, g_steal_pointer(&key), entry);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* (transfer full): the names of templates in a folder, in an order that does not change */
static GPtrArray *
list_folder(const char *path, GError **error)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GError *problem = NULL;
    g_autoptr(GDir) folder = path != NULL ? g_dir_open(path, 0, &problem) : NULL;
    if (problem != NULL && !g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_propagate_error(error, problem);
    else
        g_clear_error(&problem);
    const char *name;
    SpocTemplateType type;
    while (folder != NULL && names->len < SPOC_TEMPLATES_MAX_FILES &&
           (name = g_dir_read_name(folder)) != NULL) {
        if (find_type(name, &type))
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

static GHashTable *
load_folder(GPtrArray *problems, const char *path)
{
    GHashTable *entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) names = list_folder(path, &error);
    if (error != NULL)
        g_ptr_array_add(problems, g_strdup_printf("%s%s", error->message, USED_INSTEAD));
    for (guint i = 0; i < names->len; i++)
        load_file(problems, entries, path, g_ptr_array_index(names, i));
    return entries;
}

/* --- changes ---------------------------------------------------------------------------- */

static void
stamp_folder(GString *stamp, const char *path)
{
    g_autoptr(GPtrArray) names = list_folder(path, NULL);
    struct stat info;
    if (path != NULL && stat(path, &info) == 0)
        g_string_append_printf(stamp, "%o %u %u\n", info.st_mode, info.st_uid, info.st_gid);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *file = g_build_filename(path, g_ptr_array_index(names, i), NULL);
        g_string_append(stamp, file);
        if (stat(file, &info) == 0)
            g_string_append_printf(stamp,
                                   " %o %u %u %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT
                                   " %" G_GINT64_FORMAT ".%09ld %" G_GINT64_FORMAT ".%09ld",
                                   info.st_mode, info.st_uid, info.st_gid, (guint64)info.st_ino,
                                   (gint64)info.st_size, (gint64)info.st_mtim.tv_sec,
                                   info.st_mtim.tv_nsec, (gint64)info.st_ctim.tv_sec,
                                   info.st_ctim.tv_nsec);
        g_string_append_c(stamp, '\n');
    }
}

static char *
make_stamp(const char *stock_dir, const char *own_dir)
{
    GString *stamp = g_string_new(NULL);
    stamp_folder(stamp, stock_dir);
    g_string_append_c(stamp, '\n');
    stamp_folder(stamp, own_dir);
    return g_string_free(stamp, FALSE);
}

gboolean
spoc_templates_is_stale(const SpocTemplates *templates)
{
    g_autofree char *stamp = make_stamp(templates->stock_dir, templates->own_dir);
    return strcmp(stamp, templates->stamp) != 0;
}

/* --- the object ------------------------------------------------------------------------- */

SpocTemplates *
spoc_templates_new(const char *stock_dir, const char *own_dir)
{
    SpocTemplates *templates = g_new0(SpocTemplates, 1);
    templates->own_dir = g_strdup(own_dir);
    templates->stock_dir = g_strdup(stock_dir);
    templates->problems = g_ptr_array_new_with_free_func(g_free);
    /* Before they are read: a change in between is seen as one. */
    templates->stamp = make_stamp(stock_dir, own_dir);
    templates->own = load_folder(templates->problems, own_dir);
    templates->stock = load_folder(templates->problems, stock_dir);
    return templates;
}

void
spoc_templates_free(SpocTemplates *templates)
{
    if (templates == NULL)
        return;
    g_hash_table_unref(templates->own);
    g_hash_table_unref(templates->stock);
    g_ptr_array_unref(templates->problems);
    g_free(templates->own_dir);
    g_free(templates->stock_dir);
    g_free(templates->stamp);
    g_free(templates);
}

const GPtrArray *
spoc_templates_problems(const SpocTemplates *templates)
{
    return templates->problems;
}

/* --- finding ---------------------------------------------------------------------------- */

/* NAME.LANGUAGE, with ever less of the language, then NAME */
static const Entry *
find_name(GHashTable *entries, const char *name, const char *language, SpocTemplateType type)
{
    char key[NAME_MAX_BYTES];
    g_autofree char *rest = language != NULL && strlen(language) < NAME_MAX_BYTES / 2
                                ? make_key(language)
                                : g_strdup("");
    while (*rest != '\0') {
        (void)g_snprintf(key, sizeof key, "%.40s.%s%s", name, rest, SUFFIXES[type]);
        const Entry *entry = g_hash_table_lookup(entries, key);
        if (entry != NULL)
            return entry;
        char *dash = strrchr(rest, '-');
        *(dash != NULL ? dash : rest) = '\0';
    }
    (void)g_snprintf(key, sizeof key, "%.40s%s", name, SUFFIXES[type]);
    return g_hash_table_lookup(entries, key);
}

static const Entry *
find_entry(GHashTable *entries, const char *event, const char *language, SpocTemplateType type)
{
    if (g_hash_table_size(entries) == 0)
        return NULL;
    if (event == NULL)
        return find_name(entries, FOR_DIGESTS, language, type);
    const Entry *entry = find_name(entries, event, language, type);
    return entry != NULL ? entry : find_name(entries, FOR_EVENTS, language, type);
}

const SpocTemplate *
spoc_templates_find(const SpocTemplates *templates, const char *event, const char *language,
                    SpocTemplateType type, const char **ret_problem)
{
    *ret_problem = NULL;
    if (templates != NULL) {
        const Entry *own = find_entry(templates->own, event, language, type);
        if (own != NULL && own->template != NULL)
            return own->template;
        const Entry *stock = find_entry(templates->stock, event, language, type);
        if (own != NULL)
            *ret_problem = own->problem;
        else if (stock != NULL)
            *ret_problem = stock->problem;
        if (stock != NULL && stock->template != NULL)
            return stock->template;
    }
    return spoc_templates_find_stock(event == NULL, type);
}

static SpocTemplate *
load_resource(const char *stem, SpocTemplateType type)
{
    g_autofree char *path = g_strconcat(RESOURCE_FOLDER, stem, SUFFIXES[type], NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_resource_lookup_data(spoc_templates_get_resource(), path,
                                                     G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
    SpocTemplate *template = NULL;
    if (bytes != NULL)
        template = spoc_template_parse(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                       type, spoc_vocabulary(), &error);
    if (template == NULL)
        g_error("%s", error->message); /* it was built in */
    return template;
}

const SpocTemplate *
spoc_templates_find_stock(gboolean is_digest, SpocTemplateType type)
{
    /* Made once, never changed and never freed, like the text that they are made of */
    static const SpocTemplate *stock[2][2];
    static gsize done = 0;
    if (g_once_init_enter(&done)) {
        for (guint i = 0; i < G_N_ELEMENTS(SUFFIXES); i++) {
            stock[0][i] = load_resource(FOR_EVENTS, (SpocTemplateType)i);
            stock[1][i] = load_resource(FOR_DIGESTS, (SpocTemplateType)i);
        }
        g_once_init_leave(&done, 1);
    }
    return stock[is_digest ? 1 : 0][type];
}
