/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format (GNU gettext manual, 10.3), numbers in the byte order of who made it; ours are made
 * little-endian:
 *
 *    0  4  0x950412de
 *    4  4  revision, the upper half of which must be 0
 *    8  4  N, the number of sentences
 *   12  4  offset of N pairs (length, offset) of msgids
 *   16  4  offset of N pairs of translations
 *
 * Strings end with a NUL that their length does not count. A msgid with a plural is "one NUL many",
 * its translation the forms with NULs between them; a context stands before, ended by EOT.
 */
#include "message/catalogue.h"

#include "message/plural.h"
#include "po-resources.h"

#include <gio/gio.h>
#include <string.h>

#define MAGIC 0x950412deu
#define HEADER_BYTES 20
#define SENTENCES_MAX 10000
#define TAG_MAX_BYTES 40

typedef struct {
    const char *text;
    gsize length;
} Sentence;

struct _SpocCatalogue {
    const char *language;
    GBytes *bytes;         /* (nullable): NULL for English */
    GHashTable *sentences; /* (nullable): msgid → Sentence */
    SpocPlural *plural;    /* (nullable) */
};

/* BCP 47; the msgids are English. */
static const char *const LANGUAGES[] = {"en", "cs", "de", "es",    "fr", "it",
                                        "ja", "nl", "pl", "pt-BR", NULL};

/* --- reading ---------------------------------------------------------------------------- */

static guint32
read_number(const guint8 *data, gsize offset)
{
    guint32 number = 0;
    memcpy(&number, data + offset, sizeof number);
    return GUINT32_FROM_LE(number);
}

/* FALSE: it is not within @size, or not ended by a NUL. */
static gboolean
read_string(const guint8 *data, gsize size, gsize pair, Sentence *ret_sentence)
{
    gsize length = read_number(data, pair);
    gsize offset = read_number(data, pair + 4);
    if (offset >= size || length >= size - offset || data[offset + length] != '\0')
        return FALSE;
    ret_sentence->text = (const char *)data + offset;
    ret_sentence->length = length;
    return TRUE;
}

static gboolean
read_sentences(SpocCatalogue *catalogue, const guint8 *data, gsize size)
{
    if (size < HEADER_BYTES || read_number(data, 0) != MAGIC || read_number(data, 4) >> 16 != 0)
        return FALSE;
    gsize count = read_number(data, 8);
    gsize ids = read_number(data, 12), translations = read_number(data, 16);
    if (count > SENTENCES_MAX || ids > size || count * 8 > size - ids || translations > size ||
        count * 8 > size - translations)
        return FALSE;
    for (gsize i = 0; i < count; i++) {
        Sentence id, translation;
        if (!read_string(data, size, ids + i * 8, &id) ||
            !read_string(data, size, translations + i * 8, &translation) ||
            !g_utf8_validate(translation.text, (gssize)strlen(translation.text), NULL))
            return FALSE;
        g_hash_table_insert(catalogue->sentences, (gpointer)id.text,
                            g_memdup2(&translation, sizeof translation));
    }
    return TRUE;
}

SpocCatalogue *
spoc_catalogue_parse(const char *language, GBytes *bytes)
{
    g_autoptr(SpocCatalogue) catalogue = g_new0(SpocCatalogue, 1);
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    catalogue->language = language;
    catalogue->bytes = g_bytes_ref(bytes);
    catalogue->sentences = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    if (!read_sentences(catalogue, data, size))
        return NULL;
    const Sentence *header = g_hash_table_lookup(catalogue->sentences, "");
    catalogue->plural = header != NULL ? spoc_plural_parse(header->text) : NULL;
    return g_steal_pointer(&catalogue);
}

void
spoc_catalogue_free(SpocCatalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    g_clear_pointer(&catalogue->sentences, g_hash_table_unref);
    g_clear_pointer(&catalogue->bytes, g_bytes_unref);
    spoc_plural_free(catalogue->plural);
    g_free(catalogue);
}

/* --- languages -------------------------------------------------------------------------- */

const char *const *
spoc_catalogue_languages(void)
{
    return LANGUAGES;
}

static SpocCatalogue *
load(const char *language)
{
    if (strcmp(language, "en") == 0) {
        SpocCatalogue *english = g_new0(SpocCatalogue, 1);
        english->language = language;
        return english;
    }
    g_autofree char *path = g_strconcat("/spoc/po/", language, ".mo", NULL);
    g_autoptr(GBytes) bytes =
        g_resource_lookup_data(spoc_po_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    SpocCatalogue *catalogue = bytes != NULL ? spoc_catalogue_parse(language, bytes) : NULL;
    if (catalogue == NULL)
        g_error("the catalogue of %s in this program is damaged", language);
    return catalogue;
}

/* All of them, in the order of LANGUAGES; read when the first is asked for. */
static SpocCatalogue *const *
catalogues(void)
{
    static SpocCatalogue *all[G_N_ELEMENTS(LANGUAGES)];
    static gsize done = 0;
    if (g_once_init_enter(&done)) {
        for (gsize i = 0; LANGUAGES[i] != NULL; i++)
            all[i] = load(LANGUAGES[i]);
        g_once_init_leave(&done, 1);
    }
    return all;
}

/* (nullable): "de_AT.UTF-8@euro" is "de-at" here */
static const SpocCatalogue *
find(const char *language)
{
    if (language == NULL)
        return NULL;
    g_autofree char *cut = g_strndup(language, MIN(strcspn(language, ".@"), TAG_MAX_BYTES));
    g_autofree char *tag = g_ascii_strdown(g_strdelimit(cut, "_", '-'), -1);
    gsize main_length = strcspn(tag, "-");
    const SpocCatalogue *nearest = NULL;
    for (gsize i = 0; LANGUAGES[i] != NULL; i++) {
        if (g_ascii_strcasecmp(LANGUAGES[i], tag) == 0)
            return catalogues()[i];
        if (main_length > 0 && strcspn(LANGUAGES[i], "-") == main_length &&
            strncmp(LANGUAGES[i], tag, main_length) == 0)
            nearest = catalogues()[i];
    }
    return nearest;
}

const SpocCatalogue *
spoc_catalogue_find(const char *language)
{
    const SpocCatalogue *found = find(language);
    return found != NULL ? found : catalogues()[0];
}

gboolean
spoc_catalogue_exists(const char *language)
{
    return find(language) != NULL;
}

const char *
spoc_catalogue_language(const SpocCatalogue *catalogue)
{
    return catalogue->language;
}

/* --- sentences -------------------------------------------------------------------------- */

const char *
spoc_catalogue_get(const SpocCatalogue *catalogue, const char *msgid)
{
    const Sentence *sentence =
        catalogue->sentences != NULL ? g_hash_table_lookup(catalogue->sentences, msgid) : NULL;
    return sentence != NULL && sentence->length > 0 ? sentence->text : msgid;
}

const char *
spoc_catalogue_get_in(const SpocCatalogue *catalogue, const char *context, const char *msgid)
{
    if (catalogue->sentences == NULL)
        return msgid;
    g_autofree char *key = g_strconcat(context, "\004", msgid, NULL);
    const Sentence *sentence = g_hash_table_lookup(catalogue->sentences, key);
    return sentence != NULL && sentence->length > 0 ? sentence->text : msgid;
}

const char *
spoc_catalogue_get_plural(const SpocCatalogue *catalogue, const char *msgid,
                          const char *msgid_plural, gulong n)
{
    const Sentence *sentence =
        catalogue->sentences != NULL ? g_hash_table_lookup(catalogue->sentences, msgid) : NULL;
    if (sentence == NULL || sentence->length == 0 || catalogue->plural == NULL)
        return n == 1 ? msgid : msgid_plural;
    const char *form = sentence->text;
    const char *end = sentence->text + sentence->length;
    for (guint skip = spoc_plural_form(catalogue->plural, n); skip > 0; skip--) {
        const char *next = form + strlen(form) + 1;
        if (next > end)
            break;
        form = next;
    }
    return form;
}
