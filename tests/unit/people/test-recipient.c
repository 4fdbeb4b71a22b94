/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "config/file.h"
#include "people/alias.h"
#include "people/allow.h"
#include "people/recipient.h"

#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>

#define NONE (-1)

typedef struct {
    const char *name;
    SpocWho who;
    const char *text;
    const char *owner;
    const char *found; /* "address" or "address*" for the owner, separated by blanks */
    int code;          /* of the error, or NONE */
} Case;

static const char ALIASES[] = "alice: alice.smith@mail.example\n"
                              "team: bob, carol@example.com\n"
                              "\"Eve Jones\": eve\n"
                              "erin@CORP.EXAMPLE: erin\n"
                              "pipe: \"|/bin/sh\"\n";

static void
check(const SpocPeople *people, const Case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        const SpocRecipient recipient = {.who = cases[i].who, .text = (char *)cases[i].text};
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) found =
            spoc_people_resolve(people, &recipient, cases[i].owner, NULL, &error);
        if (found == NULL) {
            if (cases[i].code == NONE)
                g_error("%s: %s", cases[i].name, error->message);
            g_assert_error(error, SPOC_ERROR, cases[i].code);
            continue;
        }
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint n = 0; n < found->len; n++) {
            const SpocPerson *person = g_ptr_array_index(found, n);
            g_assert_true(spoc_address_is_valid(person->address, NULL));
            g_string_append_printf(text, "%s%s%s", n > 0 ? " " : "", person->address,
                                   person->is_owner ? "*" : "");
        }
        if (g_strcmp0(text->str, cases[i].found) != 0)
            g_error("%s: %s", cases[i].name, text->str);
    }
}

#define ADDRESS SPOC_WHO_ADDRESS
#define USER SPOC_WHO_USER
#define OWNER SPOC_WHO_OWNER

static void
test_resolve(void)
{
    static const Case cases[] = {
        {"address of the domain", ADDRESS, "Bob@example.com", NULL, "Bob@example.com", NONE},
        {"address elsewhere", ADDRESS, "bob@evil.example", NULL, NULL, SPOC_ERROR_DENIED},
        {"bare name", USER, "bob", NULL, "bob@example.com", NONE},
        {"bare name of the owner", USER, "bob", "bob", "bob@example.com*", NONE},
        {"alias elsewhere", USER, "alice", NULL, NULL, SPOC_ERROR_DENIED},
        {"alias elsewhere of the owner", USER, "alice", "alice", "alice.smith@mail.example*", NONE},
        {"the owner's address by hand", ADDRESS, "Alice.Smith@mail.example", "alice",
         "Alice.Smith@mail.example*", NONE},
        {"somebody else's address by hand", ADDRESS, "alice.smith@mail.example", "bob", NULL,
         SPOC_ERROR_DENIED},
        {"owner", OWNER, NULL, "alice", "alice.smith@mail.example*", NONE},
        {"owner without alias", OWNER, NULL, "carol", "carol@example.com*", NONE},
        {"owner unknown", OWNER, NULL, NULL, NULL, SPOC_ERROR_NOT_FOUND},
        {"owner empty", OWNER, NULL, "", NULL, SPOC_ERROR_NOT_FOUND},
        {"several", USER, "team", NULL, "bob@example.com carol@example.com", NONE},
        {"several, one the owner", USER, "team", "carol", "bob@example.com carol@example.com*",
         NONE},
        {"owner with a blank", OWNER, NULL, "Eve Jones", "eve@example.com*", NONE},
        {"owner with a blank and no alias", OWNER, NULL, "Mallory X", NULL, SPOC_ERROR_INVALID},
        {"owner with a line break", OWNER, NULL, "a\r\nBcc: x", NULL, SPOC_ERROR_INVALID},
        {"owner that is an option", OWNER, NULL, "-oQ/tmp", NULL, SPOC_ERROR_INVALID},
        /* Whoever prints chooses this name: "@owner" must not make it an open relay. */
        {"owner that is an address elsewhere", OWNER, NULL, "victim@evil.example", NULL,
         SPOC_ERROR_INVALID},
        {"the same, named by hand", ADDRESS, "victim@evil.example", "victim@evil.example", NULL,
         SPOC_ERROR_DENIED},
        {"owner that is an allowed address", OWNER, NULL, "dora@example.com", NULL,
         SPOC_ERROR_INVALID},
        {"owner of a realm with an alias", OWNER, NULL, "erin@CORP.EXAMPLE", "erin@example.com*",
         NONE},
        {"pipe", USER, "pipe", NULL, NULL, SPOC_ERROR_INVALID},
    };
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    int fd = g_file_open_tmp("spoc-aliases-XXXXXX", &path, &error);
    g_assert_no_error(error);
    g_assert_true(g_close(fd, NULL));
    g_assert_true(g_file_set_contents(path, ALIASES, -1, NULL));
    static const char *const allowed[] = {"@owner", "@example.com", NULL};
    SpocPeople *people = spoc_people_new_from_rules(
        &(SpocPeopleRules){.domain = "example.com", .allowed = allowed, .alias_file = path});
    g_assert_null(spoc_people_problem(people));
    check(people, cases, G_N_ELEMENTS(cases));
    spoc_people_free(people);
    (void)g_unlink(path);
}

static void
test_other_rules(void)
{
    static const char *const closed[] = {"boss@example.com", NULL};
    static const Case closed_cases[] = {
        {"the owner is not in the list", OWNER, NULL, "bob", NULL, SPOC_ERROR_DENIED},
        {"but the boss", ADDRESS, "BOSS@example.com", NULL, "BOSS@example.com", NONE},
        {"the boss as owner", OWNER, NULL, "boss", "boss@example.com*", NONE},
    };
    SpocPeople *people =
        spoc_people_new_from_rules(&(SpocPeopleRules){.domain = "example.com", .allowed = closed});
    check(people, closed_cases, G_N_ELEMENTS(closed_cases));
    spoc_people_free(people);

    static const char *const open[] = {"*", NULL};
    static const Case open_cases[] = {
        {"anyone", ADDRESS, "x@anywhere.example", NULL, "x@anywhere.example", NONE},
        {"an owner that is an address", OWNER, NULL, "x@anywhere.example", NULL,
         SPOC_ERROR_NOT_FOUND},
        {"no domain", USER, "bob", NULL, NULL, SPOC_ERROR_NOT_FOUND},
    };
    people = spoc_people_new_from_rules(&(SpocPeopleRules){.allowed = open});
    check(people, open_cases, G_N_ELEMENTS(open_cases));
    spoc_people_free(people);
}

/* Mail for names waits while the alias file is away: it could say anything. */
static void
test_alias_file_away(void)
{
    static const char *const allowed[] = {"@owner", "@example.com", NULL};
    static const Case cases[] = {
        {"name", USER, "bob", NULL, NULL, SPOC_ERROR_UNAVAILABLE},
        {"owner", OWNER, NULL, "bob", NULL, SPOC_ERROR_UNAVAILABLE},
        {"address", ADDRESS, "bob@example.com", "bob", "bob@example.com", NONE},
    };
    SpocPeople *people = spoc_people_new_from_rules(&(SpocPeopleRules){
        .domain = "example.com", .allowed = allowed, .alias_file = "/nonexistent/spoc/aliases"});
    g_assert_nonnull(strstr(spoc_people_problem(people), "/nonexistent/spoc/aliases"));
    check(people, cases, G_N_ELEMENTS(cases));
    spoc_people_free(people);
}

/* root has an account everywhere, and Debian gives it the full name "root". */
static void
test_full_name(void)
{
    static const char *const allowed[] = {"*", NULL};
    SpocPeople *people =
        spoc_people_new_from_rules(&(SpocPeopleRules){.domain = "example.com", .allowed = allowed});
    const SpocRecipient recipient = {.who = USER, .text = (char *)"root"};
    g_autoptr(GPtrArray) found = spoc_people_resolve(people, &recipient, NULL, NULL, NULL);
    g_assert_nonnull(found);
    const SpocPerson *person = g_ptr_array_index(found, 0);
    const struct passwd *root = getpwnam("root");
    g_autofree char *full_name = g_strndup(root->pw_gecos, strcspn(root->pw_gecos, ","));
    g_assert_cmpstr(person->name, ==, full_name);
    spoc_people_free(people);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/recipient/resolve", test_resolve);
    g_test_add_func("/recipient/other-rules", test_other_rules);
    g_test_add_func("/recipient/alias-file-away", test_alias_file_away);
    g_test_add_func("/recipient/full-name", test_full_name);
    return g_test_run();
}
