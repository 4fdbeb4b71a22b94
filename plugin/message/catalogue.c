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

/* --- the rule for plurals ---------------------------------------------------------------- */

/*
 * The expression is C's, on n alone: numbers, n, ! * / % + - < <= > >= == != && || ?: and
 * parentheses. It is kept as text and evaluated anew each time by recursive descent, which for
 * some dozens of characters costs less than a mail's headers; both branches of an operator are
 * read, and the value of one counts.
 */

#define RULE_MAX_BYTES 500
#define DEPTH_MAX 30
#define FORMS_MAX 8

struct _SpocPlural {
    guint forms;
    char *expression;
};

typedef struct {
    const char *rest;
    gulong n;
    guint depth;
    gboolean failed;
} Reader;

static gulong read_condition(Reader *reader);

static void
skip_blanks(Reader *reader)
{
    while (*reader->rest == ' ' || *reader->rest == '\t')
        reader->rest++;
}

static gboolean
accept_token(Reader *reader, const char *token)
{
    skip_blanks(reader);
    if (!g_str_has_prefix(reader->rest, token))
        return FALSE;
    reader->rest += strlen(token);
    return TRUE;
}

static gulong
fail_rule(Reader *reader)
{
    reader->failed = TRUE;
    reader->rest = "";
    return 0;
}

static gulong
read_primary(Reader *reader)
{
    if (++reader->depth > DEPTH_MAX)
        return fail_rule(reader);
    gulong value = 0;
    skip_blanks(reader);
    if (accept_token(reader, "!")) {
        value = !read_primary(reader);
    } else if (accept_token(reader, "(")) {
        value = read_condition(reader);
        if (!accept_token(reader, ")"))
            return fail_rule(reader);
    } else if (accept_token(reader, "n")) {
        value = reader->n;
    } else if (g_ascii_isdigit(*reader->rest)) {
        char *end = NULL;
        value = (gulong)g_ascii_strtoull(reader->rest, &end, 10);
        reader->rest = end;
    } else {
        return fail_rule(reader);
    }
    reader->depth--;
    return value;
}

static gulong
read_product(Reader *reader)
{
    gulong value = read_primary(reader);
    for (;;) {
        char operation = '\0';
        if (accept_token(reader, "*"))
            operation = '*';
        else if (accept_token(reader, "/"))
            operation = '/';
        else if (accept_token(reader, "%"))
            operation = '%';
        else
            return value;
        gulong other = read_primary(reader);
        if (operation == '*')
            value *= other;
        else if (other == 0)
            return fail_rule(reader);
        else
            value = operation == '/' ? value / other : value % other;
    }
}

static gulong
read_sum(Reader *reader)
{
    gulong value = read_product(reader);
    for (;;) {
        if (accept_token(reader, "+"))
            value += read_product(reader);
        else if (accept_token(reader, "-"))
            value -= read_product(reader);
        else
            return value;
    }
}

static gulong
read_order(Reader *reader)
{
    gulong value = read_sum(reader);
    for (;;) {
        if (accept_token(reader, "<="))
            value = value <= read_sum(reader);
        else if (accept_token(reader, ">="))
            value = value >= read_sum(reader);
        else if (accept_token(reader, "<"))
            value = value < read_sum(reader);
        else if (accept_token(reader, ">"))
            value = value > read_sum(reader);
        else
            return value;
    }
}

static gulong
read_equality(Reader *reader)
{
    gulong value = read_order(reader);
    for (;;) {
        if (accept_token(reader, "=="))
            value = value == read_order(reader);
        else if (accept_token(reader, "!="))
            value = value != read_order(reader);
        else
            return value;
    }
}

static gulong
read_and(Reader *reader)
{
    gulong value = read_equality(reader);
    while (accept_token(reader, "&&")) {
        gulong other = read_equality(reader);
        value = value && other;
    }
    return value;
}

static gulong
read_or(Reader *reader)
{
    gulong value = read_and(reader);
    while (accept_token(reader, "||")) {
        gulong other = read_and(reader);
        value = value || other;
    }
    return value;
}

static gulong
read_condition(Reader *reader)
{
    gulong value = read_or(reader);
    if (!accept_token(reader, "?"))
        return value;
    if (++reader->depth > DEPTH_MAX)
        return fail_rule(reader);
    gulong yes = read_condition(reader);
    if (!accept_token(reader, ":"))
        return fail_rule(reader);
    gulong no = read_condition(reader);
    reader->depth--;
    return value ? yes : no;
}

/* Returns whether the whole expression was understood. */
static gboolean
evaluate_rule(const char *expression, gulong n, gulong *ret_value)
{
    Reader reader = {.rest = expression, .n = n};
    *ret_value = read_condition(&reader);
    skip_blanks(&reader);
    return !reader.failed && *reader.rest == '\0';
}

SpocPlural *
spoc_plural_parse(const char *rule)
{
    static const char forms_key[] = "nplurals=", plural_key[] = "plural=";
    const char *forms = strstr(rule, forms_key);
    const char *semicolon = forms != NULL ? strchr(forms, ';') : NULL;
    const char *plural = semicolon != NULL ? strstr(semicolon, plural_key) : NULL;
    if (plural == NULL || strlen(plural) > RULE_MAX_BYTES)
        return NULL;
    g_autofree char *count_text =
        g_strndup(forms + strlen(forms_key), (gsize)(semicolon - forms) - strlen(forms_key));
    guint64 count = 0;
    if (!g_ascii_string_to_unsigned(g_strstrip(count_text), 10, 1, FORMS_MAX, &count, NULL))
        return NULL;
    plural += strlen(plural_key);
    g_autoptr(SpocPlural) result = g_new0(SpocPlural, 1);
    result->forms = (guint)count;
    result->expression = g_strndup(plural, strcspn(plural, ";\n"));
    gulong value = 0;
    return evaluate_rule(result->expression, 1, &value) ? g_steal_pointer(&result) : NULL;
}

void
spoc_plural_free(SpocPlural *plural)
{
    if (plural == NULL)
        return;
    g_free(plural->expression);
    g_free(plural);
}

guint
spoc_plural_form(const SpocPlural *plural, gulong n)
{
    gulong value = 0;
    /* What divides by zero for this n alone counts as the first form. */
    return evaluate_rule(plural->expression, n, &value) && value < plural->forms ? (guint)value : 0;
}

/* --- a catalogue ------------------------------------------------------------------------- */

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
load_catalogue(const char *language)
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
all_catalogues(void)
{
    static SpocCatalogue *all[G_N_ELEMENTS(LANGUAGES)];
    static gsize done = 0;
    if (g_once_init_enter(&done)) {
        for (gsize i = 0; LANGUAGES[i] != NULL; i++)
            all[i] = load_catalogue(LANGUAGES[i]);
        g_once_init_leave(&done, 1);
    }
    return all;
}

/* (nullable): "de_AT.UTF-8@euro" is "de-at" here */
static const SpocCatalogue *
find_catalogue(const char *language)
{
    if (language == NULL)
        return NULL;
    g_autofree char *cut = g_strndup(language, MIN(strcspn(language, ".@"), TAG_MAX_BYTES));
    g_autofree char *tag = g_ascii_strdown(g_strdelimit(cut, "_", '-'), -1);
    gsize main_length = strcspn(tag, "-");
    const SpocCatalogue *nearest = NULL;
    for (gsize i = 0; LANGUAGES[i] != NULL; i++) {
        if (g_ascii_strcasecmp(LANGUAGES[i], tag) == 0)
            return all_catalogues()[i];
        if (main_length > 0 && strcspn(LANGUAGES[i], "-") == main_length &&
            strncmp(LANGUAGES[i], tag, main_length) == 0)
            nearest = all_catalogues()[i];
    }
    return nearest;
}

const SpocCatalogue *
spoc_catalogue_find(const char *language)
{
    const SpocCatalogue *found = find_catalogue(language);
    return found != NULL ? found : all_catalogues()[0];
}

gboolean
spoc_catalogue_exists(const char *language)
{
    return find_catalogue(language) != NULL;
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
