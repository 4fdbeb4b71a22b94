/* SPDX-License-Identifier: Apache-2.0 */
/* What the catalogues say is checked by check-translations.py. */
#include "message/catalogue.h"

#include <string.h>

static void
test_find(void)
{
    static const struct {
        const char *language, *found;
    } cases[] = {
        {"de", "de"},      {"de-AT", "de"},    {"de_AT.UTF-8@euro", "de"},
        {"DE", "de"},      {"pt-BR", "pt-BR"}, {"pt_br", "pt-BR"},
        {"pt", "pt-BR"},   {"pt-PT", "pt-BR"}, {"ja", "ja"},
        {"en-GB", "en"},   {"zh", "en"},       {"d", "en"},
        {"", "en"},        {NULL, "en"},       {"-", "en"},
        {"deutsch", "en"}, {"C.UTF-8", "en"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(spoc_catalogue_language(spoc_catalogue_find(cases[i].language)), ==,
                        cases[i].found);
    g_assert_true(spoc_catalogue_exists("de-CH"));
    g_assert_true(spoc_catalogue_exists("en"));
    g_assert_false(spoc_catalogue_exists("zh"));
    g_assert_false(spoc_catalogue_exists(NULL));
}

static void
test_english(void)
{
    const SpocCatalogue *english = spoc_catalogue_find(NULL);
    const char *msgid = "anything";
    g_assert_true(spoc_catalogue_get(english, msgid) == msgid);
    g_assert_cmpstr(spoc_catalogue_get_plural(english, "one", "many", 1), ==, "one");
    g_assert_cmpstr(spoc_catalogue_get_plural(english, "one", "many", 0), ==, "many");
}

/* The rules of gettext's manual, by what they give for 0 to 25 */
static void
test_plural(void)
{
    static const struct {
        const char *rule, *forms;
    } cases[] = {
        {"nplurals=1; plural=0;", "00000000000000000000000000"},
        {"nplurals=2; plural=n != 1;", "10111111111111111111111111"},
        {"Plural-Forms: nplurals=2; plural=(n > 1);\nX: y\n", "00111111111111111111111111"},
        {"nplurals=3; plural=(n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2;", "20111222222222222222222222"},
        {"nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
         "20111222222222222222221112"},
        {"nplurals=2; plural=!(n%10==1 && n%100!=11);", "10111111111111111111101111"},
        {"nplurals=2; plural=n/10*10==n-n%10?n-n:1;", "00000000000000000000000000"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SpocPlural) plural = spoc_plural_parse(cases[i].rule);
        g_assert_nonnull(plural);
        for (gulong n = 0; n < strlen(cases[i].forms); n++)
            g_assert_cmpuint(spoc_plural_form(plural, n), ==, (guint)(cases[i].forms[n] - '0'));
    }
    /* A value beyond the number of forms, and a division by zero, are the first form. */
    g_autoptr(SpocPlural) wild = spoc_plural_parse("nplurals=2; plural=n;");
    g_autoptr(SpocPlural) zero = spoc_plural_parse("nplurals=2; plural=1/n;");
    g_assert_cmpuint(spoc_plural_form(wild, 7), ==, 0);
    g_assert_cmpuint(spoc_plural_form(zero, 0), ==, 0);
}

static void
test_plural_refused(void)
{
    g_autofree char *deep = g_strnfill(200, '(');
    g_autofree char *deep_rule = g_strconcat("nplurals=2; plural=", deep, "n", NULL);
    g_autofree char *nots = g_strnfill(400, '!');
    g_autofree char *nots_rule = g_strconcat("nplurals=2; plural=", nots, "n;", NULL);
    const char *const cases[] = {
        "",
        "nplurals=2;",
        "nplurals=0; plural=0;",
        "nplurals=99; plural=0;",
        "nplurals=x; plural=0;",
        "nplurals=2; plural=;",
        "nplurals=2; plural=n==;",
        "nplurals=2; plural=n 1;",
        "nplurals=2; plural=m;",
        "nplurals=2; plural=n ? 1;",
        "nplurals=2; plural=system(n);",
        deep_rule,
        nots_rule,
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_null(spoc_plural_parse(cases[i]));
}

/* A catalogue of one sentence: header, pairs, strings */
static GByteArray *
make_catalogue(const char *id, gsize id_size, const char *translation, gsize translation_size)
{
    GByteArray *bytes = g_byte_array_new();
    guint32 first = 28 + 16;
    const guint32 numbers[] = {0x950412de,
                               0,
                               1,
                               28,
                               36,
                               0,
                               0,
                               (guint32)id_size,
                               first,
                               (guint32)translation_size,
                               first + (guint32)id_size + 1};
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        guint32 number = GUINT32_TO_LE(numbers[i]);
        g_byte_array_append(bytes, (const guint8 *)&number, sizeof number);
    }
    g_byte_array_append(bytes, (const guint8 *)id, (guint)id_size + 1);
    g_byte_array_append(bytes, (const guint8 *)translation, (guint)translation_size + 1);
    return bytes;
}

static SpocCatalogue *
parse(const GByteArray *array)
{
    g_autoptr(GBytes) bytes = g_bytes_new(array->data, array->len);
    return spoc_catalogue_parse("xx", bytes);
}

static void
test_parse(void)
{
    g_autoptr(GByteArray) bytes = make_catalogue("Title", 5, "Titel", 5);
    g_autoptr(SpocCatalogue) catalogue = parse(bytes);
    g_assert_nonnull(catalogue);
    g_assert_cmpstr(spoc_catalogue_get(catalogue, "Title"), ==, "Titel");
    g_assert_cmpstr(spoc_catalogue_get(catalogue, "Owner"), ==, "Owner");
    /* Without a rule the forms of a plural cannot be told apart. */
    g_assert_cmpstr(spoc_catalogue_get_plural(catalogue, "Title", "Titles", 2), ==, "Titles");

    g_autoptr(GByteArray) empty = make_catalogue("Title", 5, "", 0);
    g_autoptr(SpocCatalogue) untranslated = parse(empty);
    g_assert_cmpstr(spoc_catalogue_get(untranslated, "Title"), ==, "Title");
}

/* Whichever number or byte is wrong, nothing beyond the bytes is read. */
static void
test_damaged(void)
{
    g_autoptr(GByteArray) good = make_catalogue("Title", 5, "Titel", 5);
    for (guint size = 0; size < good->len; size++) {
        g_autoptr(GBytes) cut = g_bytes_new(good->data, size);
        g_assert_null(spoc_catalogue_parse("xx", cut));
    }
    for (guint place = 0; place < 44; place += 4) {
        static const guint32 wrong[] = {0xffffffff, 0x7fffffff, 0x80000000, 1000};
        for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
            g_autoptr(GByteArray) bad = g_byte_array_new();
            g_byte_array_append(bad, good->data, good->len);
            guint32 number = GUINT32_TO_LE(wrong[i]);
            memcpy(bad->data + place, &number, sizeof number);
            g_autoptr(SpocCatalogue) catalogue = parse(bad);
            if (catalogue != NULL)
                g_assert_nonnull(spoc_catalogue_get(catalogue, "Title"));
        }
    }
    g_autoptr(GByteArray) not_utf8 = make_catalogue("Title", 5, "\xff\xfe", 2);
    g_assert_null(parse(not_utf8));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/catalogue/find", test_find);
    g_test_add_func("/catalogue/english", test_english);
    g_test_add_func("/catalogue/plural", test_plural);
    g_test_add_func("/catalogue/plural-refused", test_plural_refused);
    g_test_add_func("/catalogue/parse", test_parse);
    g_test_add_func("/catalogue/damaged", test_damaged);
    return g_test_run();
}
