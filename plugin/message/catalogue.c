/* SPDX-License-Identifier: Apache-2.0 */
#include "message/catalogue.h"

#include "base/error.h"
#include "message/plural.h"
#include "po/catalogues.h"

#include <gio/gio.h>
#include <string.h>

#define RESOURCE_FOLDER "/spoc/po/"
#define CONTEXT_END '\004'

/* The .mo format, "The Format of GNU MO Files" in gettext's manual: two tables of length and
 * offset, sorted by msgid. */
#define MAGIC 0x950412deU
#define HEAD_BYTES 20
#define ENTRY_BYTES 8
#define ENTRIES_MAX 10000
#define FORMS_MAX 8

typedef struct {
    const char *msgid;
    const char *text; /* the forms behind each other, a NUL after each */
    guint form_count;
} Entry;

struct _SpocCatalogue {
    char *language;
    GBytes *mo;
    Entry *entries; /* (nullable): English has none */
    guint count;
    char *plural; /* (nullable) */
};

/* --- reading ---------------------------------------------------------------------------- */

static guint32
number_at(const guint8 *bytes, gboolean is_swapped)
{
    guint32 value = 0;
    memcpy(&value, bytes, sizeof value);
    return is_swapped ? GUINT32_SWAP_LE_BE(value) : value;
}

/* (nullable): the string that a table's entry tells, which ends within @size and is UTF-8 */
static const char *
string_at(const guint8 *bytes, gsize size, gsize entry, gboolean is_swapped, gsize *ret_length)
{
    gsize length = number_at(bytes + entry, is_swapped);
    gsize offset = number_at(bytes + entry + 4, is_swapped);
    if (offset >= size || length >= size - offset || bytes[offset + length] != '\0')
        return NULL;
    const char *text = (const char *)bytes + offset;
    for (const char *part = text; part <= text + length; part += strlen(part) + 1) {
        if (!g_utf8_validate(part, -1, NULL))
            return NULL;
    }
    *ret_length = length;
    return text;
}

static gboolean
read_entries(SpocCatalogue *catalogue, const guint8 *bytes, gsize size)
{
    if (size < HEAD_BYTES)
        return FALSE;
    gboolean is_swapped = number_at(bytes, FALSE) == GUINT32_SWAP_LE_BE(MAGIC);
    gsize count = number_at(bytes + 8, is_swapped);
    gsize msgids = number_at(bytes + 12, is_swapped);
    gsize texts = number_at(bytes + 16, is_swapped);
    if (number_at(bytes, is_swapped) != MAGIC || number_at(bytes + 4, is_swapped) >> 16 > 1 ||
        count > ENTRIES_MAX || msgids > size || size - msgids < count * ENTRY_BYTES ||
        texts > size || size - texts < count * ENTRY_BYTES)
        return FALSE;
    catalogue->entries = g_new0(Entry, MAX(count, 1));
    catalogue->count = (guint)count;
    for (gsize i = 0; i < count; i++) {
        Entry *entry = &catalogue->entries[i];
        gsize length = 0;
        entry->msgid = string_at(bytes, size, msgids + i * ENTRY_BYTES, is_swapped, &length);
        entry->text = string_at(bytes, size, texts + i * ENTRY_BYTES, is_swapped, &length);
        if (entry->msgid == NULL || entry->text == NULL ||
            (i > 0 && strcmp(entry[-1].msgid, entry->msgid) >= 0))
            return FALSE;
        for (const char *form = entry->text; form <= entry->text + length; form += strlen(form) + 1)
            entry->form_count++;
    }
    return TRUE;
}

static const Entry *
find_entry(const SpocCatalogue *catalogue, const char *msgid)
{
    guint low = 0;
    guint high = catalogue->count;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = strcmp(msgid, catalogue->entries[middle].msgid);
        if (order == 0)
            return &catalogue->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* The header is the translation of "". */
static gboolean
read_header(SpocCatalogue *catalogue)
{
    static const char key[] = "plural=";
    const Entry *header = find_entry(catalogue, "");
    const char *line = header != NULL ? strstr(header->text, "\nPlural-Forms:") : NULL;
    const char *plural = line != NULL ? strstr(line + 1, key) : NULL;
    if (plural == NULL)
        return TRUE;
    plural += strlen(key);
    catalogue->plural = g_strndup(plural, strcspn(plural, ";\n"));
    gulong form = 0;
    return spoc_plural_evaluate(catalogue->plural, 1, &form);
}

SpocCatalogue *
spoc_catalogue_new(const char *language, GBytes *mo, GError **error)
{
    g_autoptr(SpocCatalogue) catalogue = g_new0(SpocCatalogue, 1);
    catalogue->language = g_strdup(language);
    catalogue->mo = g_bytes_ref(mo);
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(mo, &size);
    if (!read_entries(catalogue, bytes, size) || !read_header(catalogue)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "the catalogue of the language '%s' is damaged", language);
        return NULL;
    }
    return g_steal_pointer(&catalogue);
}

void
spoc_catalogue_free(SpocCatalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    g_free(catalogue->language);
    g_clear_pointer(&catalogue->mo, g_bytes_unref);
    g_free(catalogue->entries);
    g_free(catalogue->plural);
    g_free(catalogue);
}

guint
spoc_catalogue_size(const SpocCatalogue *catalogue)
{
    return catalogue->count;
}

const char *
spoc_catalogue_msgid(const SpocCatalogue *catalogue, guint place)
{
    return place < catalogue->count ? catalogue->entries[place].msgid : NULL;
}

/* --- sentences -------------------------------------------------------------------------- */

static const char *
without_context(const char *msgid)
{
    const char *end = strchr(msgid, CONTEXT_END);
    return end != NULL ? end + 1 : msgid;
}

const char *
spoc_catalogue_get(const SpocCatalogue *catalogue, const char *msgid)
{
    const Entry *entry = catalogue->entries != NULL ? find_entry(catalogue, msgid) : NULL;
    return entry != NULL ? entry->text : without_context(msgid);
}

const char *
spoc_catalogue_get_plural(const SpocCatalogue *catalogue, const char *msgid,
                          const char *msgid_plural, gulong n)
{
    const Entry *entry = catalogue->entries != NULL ? find_entry(catalogue, msgid) : NULL;
    if (entry == NULL)
        return n == 1 ? without_context(msgid) : msgid_plural;
    gulong form = 0;
    if (catalogue->plural == NULL || !spoc_plural_evaluate(catalogue->plural, n, &form) ||
        form >= entry->form_count)
        form = 0;
    const char *text = entry->text;
    while (form-- > 0)
        text += strlen(text) + 1;
    return text;
}

/* --- languages -------------------------------------------------------------------------- */

static const SpocCatalogue ENGLISH = {.language = (char *)"en"};

typedef struct {
    GPtrArray *catalogues; /* English first */
    GPtrArray *tags;       /* the same ones' tags, and NULL */
} Languages;

static Languages *
load_languages(void)
{
    Languages *languages = g_new0(Languages, 1);
    languages->catalogues = g_ptr_array_new();
    languages->tags = g_ptr_array_new();
    g_ptr_array_add(languages->catalogues, (gpointer)&ENGLISH);
    g_ptr_array_add(languages->tags, ENGLISH.language);
    /* By name, so that the linker takes it out of the static library; no constructor does it. */
    spoc_catalogues_register_resource();
    GResource *resource = spoc_catalogues_get_resource();
    g_auto(GStrv) names = g_resource_enumerate_children(resource, RESOURCE_FOLDER, 0, NULL);
    for (gsize i = 0; names != NULL && names[i] != NULL; i++) {
        g_autofree char *path = g_strconcat(RESOURCE_FOLDER, names[i], NULL);
        g_autofree char *tag = g_strdelimit(g_strndup(names[i], strcspn(names[i], ".")), "_", '-');
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) mo = g_resource_lookup_data(resource, path, 0, &error);
        SpocCatalogue *catalogue = mo != NULL ? spoc_catalogue_new(tag, mo, &error) : NULL;
        if (catalogue == NULL)
            g_error("%s", error->message); /* a fault of the build */
        g_ptr_array_add(languages->catalogues, catalogue);
        g_ptr_array_add(languages->tags, catalogue->language);
    }
    g_ptr_array_add(languages->tags, NULL);
    return languages;
}

/* Read once and never changed: as constant as the bytes that it is made from. */
static const Languages *
all_languages(void)
{
    static gsize loaded = 0;
    if (g_once_init_enter(&loaded))
        g_once_init_leave(&loaded, (gsize)load_languages());
    return (const Languages *)loaded;
}

/* Bytes of a tag's beginning up to the first "-" */
static gsize
primary_length(const char *tag)
{
    return strcspn(tag, "-");
}

/* (nullable): for a single tag: the same, else another one of the same language */
static const SpocCatalogue *
match(const char *tag)
{
    const GPtrArray *catalogues = all_languages()->catalogues;
    gsize length = primary_length(tag);
    const SpocCatalogue *kin = NULL;
    for (guint i = 0; i < catalogues->len; i++) {
        const SpocCatalogue *catalogue = g_ptr_array_index(catalogues, i);
        if (g_ascii_strcasecmp(tag, catalogue->language) == 0)
            return catalogue;
        if (kin == NULL && primary_length(catalogue->language) == length &&
            g_ascii_strncasecmp(tag, catalogue->language, length) == 0)
            kin = catalogue;
    }
    return kin;
}

static const SpocCatalogue *
find_language(const char *language)
{
    const SpocCatalogue *found = NULL;
    for (const char *next = language; found == NULL && next != NULL && *next != '\0';) {
        next += strspn(next, " ,");
        gsize length = strcspn(next, ",");
        g_autofree char *tag = g_strndup(next, strcspn(next, ",;.@ "));
        if (*tag != '\0')
            found = match(g_strdelimit(tag, "_", '-'));
        next += length;
    }
    return found;
}

const SpocCatalogue *
spoc_catalogue_find(const char *language)
{
    const SpocCatalogue *found = find_language(language);
    return found != NULL ? found : &ENGLISH;
}

gboolean
spoc_catalogue_exists(const char *language)
{
    return find_language(language) != NULL;
}

const char *
spoc_catalogue_language(const SpocCatalogue *catalogue)
{
    return catalogue->language;
}

const char *const *
spoc_catalogue_languages(void)
{
    return (const char *const *)all_languages()->tags->pdata;
}
