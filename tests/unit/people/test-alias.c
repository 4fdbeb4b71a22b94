/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "config/file.h"
#include "people/alias.h"
#include "people/allow.h"
#include "people/recipient.h"

#include <string.h>

static const char FILE_TEXT[] = "# people\r\n"
                                "alice: alice@example.com\r\n"
                                "Bob:bob@EXAMPLE.com,\n"
                                "  carol ,\n"
                                "# a comment between\n"
                                "\t\"dave\"\n"
                                "\n"
                                "\"Alice Smith\": alice\n"
                                "\"back\\\"slash:x\": quoted@example.com\n"
                                "carol: carol@example.net # no comment\n"
                                "self: \\self, self@example.net\n"
                                "mirror: mirror\n"
                                "erin@realm.example: erin@example.com\n"
                                "twice: alice, alice@example.com, alice\n"
                                "last: one@example.com\n"
                                "last: two@example.com\n"
                                "root: \"|/usr/bin/id\"\n"
                                "file: /var/mail/x\n"
                                "include: :include:/etc/passwd\n"
                                "bad: a b@example.com\n"
                                "loop: pool\n"
                                "pool: loop\n"
                                "a0: a1\na1: a2\na2: a3\na3: a4\na4: deep@example.com\n"
                                "b0:b1\nb1:b2\nb2:b3\nb3:b4\nb4:b5\nb5:b6\nb6:b7\nb7:b8\nb8:b9\n"
                                "empty:\n"
                                "blank: ,,\n"
                                ": nobody\n"
                                "no colon here\n"
                                "end: end@example.com";

static void
test_expand(void)
{
    g_autoptr(SpocAliases) aliases = spoc_aliases_parse(FILE_TEXT, sizeof FILE_TEXT - 1);
    static const struct {
        const char *name;
        const char *targets; /* NULL: refused */
    } cases[] = {
        {"alice", "alice@example.com"},
        {"ALICE", "alice@example.com"},
        {"Alice Smith", "alice@example.com"},
        {"back\"slash:x", "quoted@example.com"},
        {"self", "self self@example.net"},
        {"mirror", "mirror"},
        {"erin@REALM.example", "erin@example.com"},
        {"twice", "alice@example.com"},
        {"last", "two@example.com"},
        {"a0", "deep@example.com"},
        {"end", "end@example.com"},
        {"stranger", "stranger"},
        {"stranger@example.com", "stranger@example.com"},
        {"empty", "empty"},
        {"carol", NULL},                 /* "carol@example.net # no comment" is no address */
        {"bob", "bob@example.com dave"}, /* without carol, see below */
        {"root", NULL},
        {"file", NULL},
        {"include", NULL},
        {"bad", NULL},
        {"loop", NULL},
        {"b0", NULL},
        {"blank", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) found = spoc_aliases_expand(aliases, cases[i].name, NULL, &error);
        if (cases[i].targets == NULL) {
            if (found != NULL)
                g_error("accepted: %s", cases[i].name);
            g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
            g_assert_nonnull(strstr(error->message, "recipientAliasFile"));
            continue;
        }
        g_assert_no_error(error);
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint n = 0; n < found->len; n++) {
            const SpocAliasTarget *target = g_ptr_array_index(found, n);
            /* A name that no line has is no address, whatever stands in it. */
            gboolean is_itself = strcmp(target->text, cases[i].name) == 0;
            g_assert_cmpint(target->is_address, ==,
                            strchr(target->text, '@') != NULL && !is_itself);
            g_string_append_printf(text, "%s%s", n > 0 ? " " : "", target->text);
        }
        g_assert_cmpstr(text->str, ==, cases[i].targets);
    }
}

static void
test_several(void)
{
    static const char text[] = "team: alice@example.com,\n bob,\n# between\n\t\"Carol C\"\n"
                               "carol c: carol@example.com\n";
    g_autoptr(SpocAliases) aliases = spoc_aliases_parse(text, -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = spoc_aliases_expand(aliases, "team", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(found->len, ==, 3);
    const SpocAliasTarget *last = g_ptr_array_index(found, 2);
    g_assert_cmpstr(last->text, ==, "carol@example.com");
}

static void
test_language(void)
{
    static const char text[] = "alice: alice@example.com?language=de\n"
                               "bob: robert?language=pt_BR\n"
                               "team: alice, bob?language=fr, eve?language=../x, dan\n"
                               "odd: x@example.com?format=html\n";
    static const char *const expected[] = {"alice@example.com de", "robert pt-BR", "eve -",
                                           "dan -"};
    g_autoptr(SpocAliases) aliases = spoc_aliases_parse(text, -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = spoc_aliases_expand(aliases, "team", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(found->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < found->len; i++) {
        const SpocAliasTarget *target = g_ptr_array_index(found, i);
        g_autofree char *said = g_strdup_printf("%s %s", target->text,
                                                target->language != NULL ? target->language : "-");
        g_assert_cmpstr(said, ==, expected[i]);
    }
    g_assert_null(spoc_aliases_expand(aliases, "odd", NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
}

static void
test_only(void)
{
    static const char text[] = "alice: alice@example.com?only=faults\n"
                               "bob: bob@example.com?language=de&only=problems\n"
                               "carol: carol@example.com?only=all&language=fr&x\n"
                               "dan: dan@example.com?only=nothing\n"
                               "eve: eve@example.com?only=faults, eve@example.com?only=problems\n"
                               "team: alice?only=problems, bob, carol?only=faults, dan, eve\n"
                               "all: team?only=faults\n";
    static const char *const expected[] = {
        "alice@example.com - faults", "bob@example.com de problems", "carol@example.com fr all",
        "dan@example.com - faults", "eve@example.com - problems"};
    g_autoptr(SpocAliases) aliases = spoc_aliases_parse(text, -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = spoc_aliases_expand(aliases, "all", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(found->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < found->len; i++) {
        const SpocAliasTarget *target = g_ptr_array_index(found, i);
        const char *only = spoc_only_name(target->only);
        g_autofree char *said = g_strdup_printf("%s %s %s", target->text,
                                                target->language != NULL ? target->language : "-",
                                                only != NULL ? only : "-");
        g_assert_cmpstr(said, ==, expected[i]);
    }
    g_autoptr(GPtrArray) problems = spoc_aliases_check(text, -1);
    g_assert_cmpuint(problems->len, ==, 0);
}

/* Neither many targets nor a wide fan of aliases may cost more than a bounded walk. */
static void
test_limits(void)
{
    g_autoptr(GString) text = g_string_new("wide: ");
    for (int i = 0; i <= SPOC_ALIAS_TARGETS_MAX; i++)
        g_string_append_printf(text, "u%d@example.com,", i);
    for (int level = 0; level < 7; level++) {
        g_string_append_printf(text, "\nfan%d: ", level);
        for (int i = 0; i < 20; i++)
            g_string_append_printf(text, "fan%d,", level + 1);
    }
    g_autoptr(SpocAliases) aliases = spoc_aliases_parse(text->str, -1);
    g_autoptr(GError) error = NULL;
    g_assert_null(spoc_aliases_expand(aliases, "wide", NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    g_clear_error(&error);
    g_assert_null(spoc_aliases_expand(aliases, "fan0", NULL, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
}

/* One target that cannot be followed keeps no mail from the others. */
static void
test_each_for_itself(void)
{
    static const char text[] = "team: bob@example.com, |cmd, ro und, a b@c, loop, dan\nloop: pool\n"
                               "pool: loop\n";
    g_autoptr(SpocAliases) aliases = spoc_aliases_parse(text, -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) refusals = spoc_refusals_new();
    g_autoptr(GPtrArray) found = spoc_aliases_expand(aliases, "team", refusals, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(found->len, ==, 3);
    static const char *const refused[] = {"'|cmd'", "'a b@c'", "circle"};
    g_assert_cmpuint(refusals->len, ==, G_N_ELEMENTS(refused));
    for (guint i = 0; i < refusals->len; i++) {
        const GError *refusal = g_ptr_array_index(refusals, i);
        g_assert_error(refusal, SPOC_ERROR, SPOC_ERROR_INVALID);
        g_assert_nonnull(strstr(refusal->message, refused[i]));
    }
}

static void
test_bom(void)
{
    g_autoptr(SpocAliases) aliases =
        spoc_aliases_parse("\xef\xbb\xbf"
                           "alice: a@example.com\nbob: b@example.com\n",
                           -1);
    g_autoptr(GPtrArray) found = spoc_aliases_expand(aliases, "alice", NULL, NULL);
    g_assert_nonnull(found);
    g_assert_cmpstr(((SpocAliasTarget *)g_ptr_array_index(found, 0))->text, ==, "a@example.com");
}

/* ASCII folding alone: nobody gets another's mail because letters look alike. */
static void
test_names(void)
{
    g_autoptr(SpocAliases) aliases =
        spoc_aliases_parse("Stra\u00dfe: a@example.com\n\u212aim: b@example.com\n", -1);
    static const char *const others[] = {"strasse", "STRASSE", "kim", "KIM"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(GPtrArray) found = spoc_aliases_expand(aliases, others[i], NULL, NULL);
        g_assert_cmpstr(((SpocAliasTarget *)g_ptr_array_index(found, 0))->text, ==, others[i]);
    }
    g_autoptr(GPtrArray) found = spoc_aliases_expand(aliases, "stra\u00dfe", NULL, NULL);
    g_assert_cmpstr(((SpocAliasTarget *)g_ptr_array_index(found, 0))->text, ==, "a@example.com");
}

static void
test_check(void)
{
    g_autoptr(GPtrArray) problems = spoc_aliases_check(FILE_TEXT, sizeof FILE_TEXT - 1);
    static const struct {
        guint line;
        gboolean loses_mail;
        const char *part;
    } expected[] = {
        {10, TRUE, "'carol' leads to 'carol@example.net # no comment', which is no mail address"},
        {15, FALSE, "'last' stands in line 16 again"},
        {17, FALSE, "'root' leads to '|/usr/bin/id': no command is started"},
        {18, FALSE, "'/var/mail/x'"},
        {19, FALSE, "':include:/etc/passwd'"},
        {20, TRUE, "'a b@example.com'"},
        {21, TRUE, "circle"},
        {22, TRUE, "circle"},
        {28, TRUE, "too far"},
        {37, TRUE, "'empty' leads to nobody"},
        {38, TRUE, "'blank' leads to nobody"},
        {39, TRUE, "no name with a colon"},
        {40, TRUE, "no name with a colon"},
    };
    for (guint i = 0; i < problems->len; i++) {
        const SpocAliasProblem *problem = g_ptr_array_index(problems, i);
        g_test_message("%u: %s", problem->line, problem->text);
    }
    for (guint i = 0; i < MIN(problems->len, G_N_ELEMENTS(expected)); i++) {
        const SpocAliasProblem *problem = g_ptr_array_index(problems, i);
        g_assert_cmpuint(problem->line, ==, expected[i].line);
        g_assert_cmpint(problem->loses_mail, ==, expected[i].loses_mail);
        g_assert_nonnull(strstr(problem->text, expected[i].part));
    }
    g_assert_cmpuint(problems->len, ==, G_N_ELEMENTS(expected));
    g_autoptr(GPtrArray) none =
        spoc_aliases_check("\xef\xbb\xbf# fine\nalice: a@example.com?language=de,\n\\bob\n", -1);
    g_assert_cmpuint(none->len, ==, 1); /* the last line is none that goes on */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/alias/expand", test_expand);
    g_test_add_func("/alias/several", test_several);
    g_test_add_func("/alias/language", test_language);
    g_test_add_func("/alias/only", test_only);
    g_test_add_func("/alias/limits", test_limits);
    g_test_add_func("/alias/each-for-itself", test_each_for_itself);
    g_test_add_func("/alias/bom", test_bom);
    g_test_add_func("/alias/names", test_names);
    g_test_add_func("/alias/check", test_check);
    return g_test_run();
}
