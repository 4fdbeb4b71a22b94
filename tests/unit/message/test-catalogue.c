/* SPDX-License-Identifier: Apache-2.0 */
#include "message/catalogue.h"

#include "base/error.h"
#include "config/option.h"
#include "mo.h"

static const MoEntry SAMPLE[] = {
    MO_ENTRY("", "Content-Type: text/plain; charset=UTF-8\n"
                 "Plural-Forms: nplurals=3; plural=n==1 ? 0 : n<5 ? 1 : 2;\n"),
    MO_ENTRY("job\004stopped", "zastavena"),
    MO_ENTRY("page\0pages", "stránka\0stránky\0stránek"),
    MO_ENTRY("printer\004stopped", "zastavený"),
};

static SpocCatalogue *
open_bytes(const guint8 *bytes, gsize size)
{
    /* A copy of just this size, so that the sanitizer sees a step beyond it. */
    g_autoptr(GBytes) mo = g_bytes_new(bytes, size);
    g_autoptr(GError) error = NULL;
    SpocCatalogue *catalogue = spoc_catalogue_new("xx", mo, &error);
    if (catalogue == NULL)
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT);
    return catalogue;
}

static void
test_read(void)
{
    for (gboolean is_swapped = FALSE; is_swapped <= TRUE; is_swapped++) {
        g_autoptr(GByteArray) mo = mo_make(SAMPLE, G_N_ELEMENTS(SAMPLE), is_swapped);
        g_autoptr(SpocCatalogue) catalogue = open_bytes(mo->data, mo->len);
        g_assert_nonnull(catalogue);
        g_assert_cmpuint(spoc_catalogue_size(catalogue), ==, 4);
        g_assert_cmpstr(spoc_catalogue_msgid(catalogue, 1), ==, "job\004stopped");
        g_assert_null(spoc_catalogue_msgid(catalogue, 4));
        g_assert_cmpstr(spoc_catalogue_get(catalogue, NC_("job", "stopped")), ==, "zastavena");
        g_assert_cmpstr(spoc_catalogue_get(catalogue, NC_("printer", "stopped")), ==, "zastavený");
        g_assert_cmpstr(spoc_catalogue_get(catalogue, NC_("door", "stopped")), ==, "stopped");
        g_assert_cmpstr(spoc_catalogue_get(catalogue, "stopped"), ==, "stopped");
        static const struct {
            gulong n;
            const char *text;
        } cases[] = {{0, "stránky"}, {1, "stránka"}, {4, "stránky"}, {5, "stránek"}};
        for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
            g_assert_cmpstr(spoc_catalogue_get_plural(catalogue, "page", "pages", cases[i].n), ==,
                            cases[i].text);
        g_assert_cmpstr(spoc_catalogue_get_plural(catalogue, "job", "jobs", 1), ==, "job");
        g_assert_cmpstr(spoc_catalogue_get_plural(catalogue, "job", "jobs", 2), ==, "jobs");
    }
}

/* A file cut anywhere, and every number in its head and tables made hostile */
static void
test_damaged(void)
{
    g_autoptr(GByteArray) mo = mo_make(SAMPLE, G_N_ELEMENTS(SAMPLE), FALSE);
    for (gsize size = 0; size < mo->len; size++)
        g_assert_null(open_bytes(mo->data, size));
    static const guint32 hostile[] = {1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff8};
    guint refused = 0;
    for (guint place = 0; place + 4 <= 20 + 16 * G_N_ELEMENTS(SAMPLE); place += 4) {
        for (guint i = 0; i < G_N_ELEMENTS(hostile); i++) {
            g_autofree guint8 *bytes = g_memdup2(mo->data, mo->len);
            memcpy(bytes + place, &hostile[i], 4);
            g_autoptr(SpocCatalogue) catalogue = open_bytes(bytes, mo->len);
            refused += catalogue == NULL;
            if (catalogue != NULL)
                g_assert_nonnull(spoc_catalogue_get(catalogue, "page"));
        }
    }
    g_assert_cmpuint(refused, >, 60);
}

static void
test_refused(void)
{
    static const MoEntry unsorted[] = {MO_ENTRY("b", "1"), MO_ENTRY("a", "2")};
    static const MoEntry twice[] = {MO_ENTRY("a", "1"), MO_ENTRY("a", "2")};
    static const MoEntry no_text[] = {MO_ENTRY("a", "\xff")};
    static const MoEntry no_plural[] = {MO_ENTRY("", "\nPlural-Forms: nplurals=2; plural=n&1;\n")};
    static const struct {
        const MoEntry *entries;
        guint count;
    } cases[] = {{unsorted, 2}, {twice, 2}, {no_text, 1}, {no_plural, 1}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GByteArray) mo = mo_make(cases[i].entries, cases[i].count, FALSE);
        g_assert_null(open_bytes(mo->data, mo->len));
    }
    static const MoEntry far_form[] = {MO_ENTRY("", "\nPlural-Forms: nplurals=9; plural=n+7;\n"),
                                       MO_ENTRY("a\0as", "x\0y")};
    g_autoptr(GByteArray) mo = mo_make(far_form, 2, FALSE);
    g_autoptr(SpocCatalogue) catalogue = open_bytes(mo->data, mo->len);
    g_assert_cmpstr(spoc_catalogue_get_plural(catalogue, "a", "as", 5), ==, "x");
}

static void
test_match(void)
{
    static const struct {
        const char *language;
        const char *found; /* (nullable): none */
    } cases[] = {
        {NULL, NULL},       {"", NULL},
        {"en", "en"},       {"en-GB", "en"},
        {"de", "de"},       {"DE", "de"},
        {"de-AT", "de"},    {"de_AT.UTF-8", "de"},
        {"de@euro", "de"},  {"pt", "pt-BR"},
        {"pt_BR", "pt-BR"}, {"pt-br", "pt-BR"},
        {"pt-PT", "pt-BR"}, {"ja_JP.eucJP", "ja"},
        {"cs-CZ", "cs"},    {"d", NULL},
        {"deu", NULL},      {"-", NULL},
        {"C", NULL},        {"C.UTF-8", NULL},
        {"tlh", NULL},      {"tlh, fr;q=0.8, de", "fr"},
        {"da,nl", "nl"},    {",,, ,", NULL},
        {"../de", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SpocCatalogue *catalogue = spoc_catalogue_find(cases[i].language);
        const char *expected = cases[i].found != NULL ? cases[i].found : "en";
        g_assert_cmpstr(spoc_catalogue_language(catalogue), ==, expected);
        g_assert_cmpint(spoc_catalogue_exists(cases[i].language), ==, cases[i].found != NULL);
    }
}

/* What the configuration offers is what is there. */
static void
test_languages(void)
{
    const char *const *choices = spoc_option_get(SPOC_OPTION_NOTIFY_LANGUAGE)->choices;
    const char *const *languages = spoc_catalogue_languages();
    g_assert_cmpstr(languages[0], ==, "en");
    g_assert_cmpuint(g_strv_length((char **)choices), ==, g_strv_length((char **)languages));
    for (guint i = 0; choices[i] != NULL; i++) {
        g_autofree char *tag = g_strdelimit(g_strdup(choices[i]), "_", '-');
        const SpocCatalogue *catalogue = spoc_catalogue_find(choices[i]);
        g_assert_cmpstr(spoc_catalogue_language(catalogue), ==, tag);
        if (strcmp(tag, "en") != 0)
            g_assert_cmpuint(spoc_catalogue_size(catalogue), >, 0);
    }
}

/* English is what the program itself says. */
static void
test_english(void)
{
    const SpocCatalogue *english = spoc_catalogue_find("en");
    static const char sentence[] = "any sentence";
    g_assert_true(spoc_catalogue_get(english, sentence) == sentence);
    g_assert_cmpstr(spoc_catalogue_get(english, NC_("a", "b")), ==, "b");
    g_assert_cmpstr(spoc_catalogue_get_plural(english, "page", "pages", 1), ==, "page");
    g_assert_cmpstr(spoc_catalogue_get_plural(english, "page", "pages", 0), ==, "pages");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/catalogue/read", test_read);
    g_test_add_func("/catalogue/damaged", test_damaged);
    g_test_add_func("/catalogue/refused", test_refused);
    g_test_add_func("/catalogue/match", test_match);
    g_test_add_func("/catalogue/languages", test_languages);
    g_test_add_func("/catalogue/english", test_english);
    return g_test_run();
}
