/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: vocabulary.c */
#include "message/templates.h"

#include "message/vocabulary.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *root;
    char *own;
    char *stock;
} Folders;

static void
set_up(Folders *folders, gconstpointer data)
{
    folders->root = g_dir_make_tmp("spoc-templates-XXXXXX", NULL);
    folders->own = g_build_filename(folders->root, "own", NULL);
    folders->stock = g_build_filename(folders->root, "stock", NULL);
    g_assert_no_errno(g_mkdir(folders->own, 0755));
    g_assert_no_errno(g_mkdir(folders->stock, 0755));
}

static void
empty(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder)) != NULL;) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_assert_no_errno(g_remove(file));
    }
    g_assert_no_errno(g_rmdir(path));
}

static void
tear_down(Folders *folders, gconstpointer data)
{
    empty(folders->own);
    empty(folders->stock);
    g_assert_no_errno(g_rmdir(folders->root));
    g_free(folders->root);
    g_free(folders->own);
    g_free(folders->stock);
}

static void
put(const char *folder, const char *name, const char *content)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, content, -1, NULL));
}

/* What the template that is found makes; the stock ones make more than a word. */
static char *
made_by(const SpocTemplates *templates, const char *event, const char *language,
        const char **ret_problem)
{
    const SpocTemplate *template =
        spoc_templates_find(templates, event, language, SPOC_TEMPLATE_TEXT, ret_problem);
    SpocTemplateSlot slots[SPOC_SLOT_COUNT] = {0};
    const SpocTemplateScope scope = {slots};
    GString *output = g_string_new(NULL);
    g_assert_true(spoc_template_render(template, &scope, output, NULL));
    return g_string_free(output, FALSE);
}

static void
test_order(Folders *folders, gconstpointer data)
{
    put(folders->own, "job-completed.pt-BR.txt", "1");
    put(folders->own, "job-completed.pt.txt", "2");
    put(folders->own, "job-completed.txt", "3");
    put(folders->own, "notification.de.txt", "4");
    put(folders->own, "notification.txt", "5");
    put(folders->own, "digest.txt", "6");
    put(folders->own, "digest.de_AT.txt", "7");
    put(folders->stock, "notification.txt", "8");
    put(folders->own, "README", "{{");
    put(folders->own, ".job-completed.txt.swp", "{{");
    put(folders->own, "job-completed.txt~", "{{");
    static const struct {
        const char *event;
        const char *language;
        const char *made;
    } cases[] = {
        {"job-completed", "pt-BR", "1"},
        {"job-completed", "PT_br", "1"},
        {"job-completed", "pt-PT", "2"},
        {"job-completed", "pt", "2"},
        {"job-completed", "de", "3"},
        {"job-completed", NULL, "3"},
        {"job-created", "de-AT", "4"},
        {"job-created", "fr", "5"},
        {"never-heard-of", "de", "4"},
        {NULL, "de-AT", "7"},
        {NULL, "de", "6"},
        {NULL, NULL, "6"},
    };
    g_autoptr(SpocTemplates) templates = spoc_templates_new(folders->stock, folders->own);
    g_assert_cmpuint(spoc_templates_problems(templates)->len, ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *problem = NULL;
        g_autofree char *made = made_by(templates, cases[i].event, cases[i].language, &problem);
        g_assert_cmpstr(made, ==, cases[i].made);
        g_assert_null(problem);
    }
    g_autoptr(SpocTemplates) vendors = spoc_templates_new(folders->stock, NULL);
    const char *problem = NULL;
    g_autofree char *made = made_by(vendors, "job-completed", "de", &problem);
    g_assert_cmpstr(made, ==, "8");
}

static void
test_broken(Folders *folders, gconstpointer data)
{
    put(folders->own, "job-completed.txt", "a\n{{wrod}}\n");
    put(folders->own, "job-complete.txt", "a");
    put(folders->own, "job-created.german!.txt", "a");
    put(folders->own, "notification.txt", "5");
    g_autofree char *pipe = g_build_filename(folders->own, "digest.txt", NULL);
    g_assert_no_errno(mkfifo(pipe, 0600));
    g_autofree char *link = g_build_filename(folders->own, "job-stopped.txt", NULL);
    g_assert_no_errno(symlink("/nowhere/at-all", link));
    put(folders->stock, "digest.txt", "{{#");
    g_autoptr(SpocTemplates) templates = spoc_templates_new(folders->stock, folders->own);

    static const char *const said[] = {
        "/own/digest.txt: it is no ordinary file",
        "/own/job-complete.txt: there is no event of this name",
        "/own/job-completed.txt:2: there is no value 'wrod'",
        "/own/job-created.german!.txt: a file is named",
        "/own/job-stopped.txt: it cannot be read: No such file",
        "/stock/digest.txt:1: a tag is not closed",
    };
    const GPtrArray *problems = spoc_templates_problems(templates);
    g_assert_cmpuint(problems->len, ==, G_N_ELEMENTS(said));
    for (guint i = 0; i < G_N_ELEMENTS(said); i++)
        g_assert_nonnull(strstr(g_ptr_array_index(problems, i), said[i]));

    const char *problem = NULL;
    g_autofree char *stock = made_by(templates, "job-completed", "de", &problem);
    g_assert_nonnull(strstr(stock, "\n-- \n"));
    g_assert_nonnull(strstr(problem, "job-completed.txt:2: "));
    g_assert_nonnull(strstr(problem, "the stock template is used instead"));
    g_autofree char *digest = made_by(templates, NULL, NULL, &problem);
    g_assert_nonnull(strstr(digest, "\n-- \n"));
    g_assert_nonnull(strstr(problem, "/own/digest.txt"));
    g_autofree char *other = made_by(templates, "job-created", "de", &problem);
    g_assert_cmpstr(other, ==, "5");
    g_assert_null(problem);
}

static void
test_stale(Folders *folders, gconstpointer data)
{
    static const char *const contents[] = {"one", "two, longer", NULL};
    for (guint i = 0; i < G_N_ELEMENTS(contents); i++) {
        g_autoptr(SpocTemplates) templates = spoc_templates_new(folders->stock, folders->own);
        g_assert_false(spoc_templates_is_stale(templates));
        put(folders->own, "README", "no template");
        g_assert_false(spoc_templates_is_stale(templates));
        g_autofree char *path = g_build_filename(folders->own, "notification.html", NULL);
        if (contents[i] != NULL)
            put(folders->own, "notification.html", contents[i]);
        else
            g_assert_no_errno(g_remove(path));
        g_assert_true(spoc_templates_is_stale(templates));
    }
    g_autoptr(SpocTemplates) templates = spoc_templates_new(folders->stock, folders->own);
    put(folders->stock, "digest.txt", "x");
    g_assert_true(spoc_templates_is_stale(templates));
    g_autofree char *missing = g_build_filename(folders->root, "missing", NULL);
    g_autoptr(SpocTemplates) nowhere = spoc_templates_new(missing, missing);
    g_assert_false(spoc_templates_is_stale(nowhere));
    g_assert_cmpuint(spoc_templates_problems(nowhere)->len, ==, 0);
}

/* Every name is there once, in small letters. */
static void
test_vocabulary(void)
{
    const SpocTemplateVocabulary *vocabulary = spoc_vocabulary();
    g_assert_cmpuint(vocabulary->count, ==, SPOC_SLOT_COUNT);
    for (guint i = 0; i < vocabulary->count; i++) {
        const char *name = vocabulary->names[i].name;
        g_assert_nonnull(name);
        g_assert_cmpuint(strspn(name, G_CSET_a_2_z "_"), ==, strlen(name));
        for (guint j = 0; j < i; j++)
            g_assert_cmpstr(name, !=, vocabulary->names[j].name);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/templates/order", Folders, NULL, set_up, test_order, tear_down);
    g_test_add("/templates/broken", Folders, NULL, set_up, test_broken, tear_down);
    g_test_add("/templates/stale", Folders, NULL, set_up, test_stale, tear_down);
    g_test_add_func("/templates/vocabulary", test_vocabulary);
    return g_test_run();
}
