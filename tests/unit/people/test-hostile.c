/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What anybody who may print can say, as a job's owner, a recipient URI or mail-to, and whom it
 * mails: the whole way from the text to addresses, as notifications and scans go it. Here
 * example.com is the site, evil.test is not.
 */
#include "base/error.h"
#include "config/file.h"
#include "people/alias.h"
#include "people/allow.h"
#include "people/recipient.h"

#include <glib/gstdio.h>
#include <string.h>

#define SIXTY_FIVE "01234567890123456789012345678901234567890123456789012345678901234"
#define NOBODY ""

static const char ALIASES[] = "alice: alice@example.com\n"
                              "erin@CORP.EXAMPLE: erin\n"
                              "far: far@partner.example\n"
                              "gate: C=de/x@example.com, x%y@example.com\n"
                              "mixed: bob, victim@evil.test, \"|id\"\n";

typedef struct {
    const char *text;
    const char *mailed; /* addresses between blanks */
} Case;

/* (transfer full): whom @uri mails for @owner's job, between blanks */
static char *
mailed_by(const SpocPeople *people, const char *text, const char *owner)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocRecipientUri) uri = spoc_recipient_uri_parse(text, &error);
    g_autoptr(GString) mailed = g_string_new(NULL);
    for (guint i = 0; uri != NULL && i < uri->recipients->len; i++) {
        g_autoptr(GError) refusal = NULL;
        g_autoptr(GPtrArray) found = spoc_people_resolve(
            people, g_ptr_array_index(uri->recipients, i), owner, NULL, &refusal);
        if (found == NULL)
            g_assert_null(strpbrk(refusal->message, "\r\n\x1b"));
        for (guint n = 0; found != NULL && n < found->len; n++) {
            const SpocPerson *person = g_ptr_array_index(found, n);
            g_assert_true(spoc_address_is_valid(person->address, NULL));
            g_string_append_printf(mailed, "%s%s", mailed->len > 0 ? " " : "", person->address);
        }
    }
    return g_string_free(g_steal_pointer(&mailed), FALSE);
}

static void
check(const char *what, const char *text, const char *mailed, const char *expected)
{
    if (strcmp(mailed, expected) != 0)
        g_error("%s '%s' mails '%s' instead of '%s'", what, text, mailed, expected);
}

static SpocPeople *
new_people(SpocPeopleRules rules)
{
    static const char *const names[] = {"printhost.example.net", "printhost", NULL};
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("spoc-aliases-XXXXXX", &path, NULL);
    g_assert_true(fd >= 0 && g_close(fd, NULL));
    g_assert_true(g_file_set_contents(path, ALIASES, -1, NULL));
    rules.domain = "example.com";
    rules.host_names = names;
    rules.alias_file = path;
    SpocPeople *people = spoc_people_new_from_rules(&rules);
    (void)g_unlink(path);
    return people;
}

static const char *const USUAL[] = {"@owner", "@example.com", "listed%gate@example.com", NULL};

/* What lp -U takes. The second is mailed with ownerIsAddress. */
static const struct {
    const char *owner;
    const char *mailed;
    const char *as_address;
} OWNERS[] = {
    {"bob", "bob@example.com", "bob@example.com"},
    {"alice", "alice@example.com", "alice@example.com"},
    {"far", "far@partner.example", "far@partner.example"},
    {"erin@corp.example", "erin@example.com", "erin@example.com"},
    {"gate", "C=de/x@example.com x%y@example.com", "C=de/x@example.com x%y@example.com"},
    {"mixed", "bob@example.com victim@evil.test", "bob@example.com victim@evil.test"},
    {"carol@example.com", NOBODY, "carol@example.com"},
    {"Carol@EXAMPLE.com", NOBODY, "Carol@example.com"},
    {"victim@evil.test", NOBODY, NOBODY},
    {"victim@evil\u3002test", NOBODY, NOBODY},
    {"victim@evil\uff0etest", NOBODY, NOBODY},
    {"victim@evil\uff61test", NOBODY, NOBODY},
    {"victim@\uff45\uff56\uff49\uff4c.test", NOBODY, NOBODY},
    {"victim\uff20evil.test", NOBODY, NOBODY},
    {"victim\ufe6bevil.test", NOBODY, NOBODY},
    {"victim@EVIL.TEST", NOBODY, NOBODY},
    {"victim@evil.test.", NOBODY, NOBODY},
    {"victim@[192.0.2.1]", NOBODY, NOBODY},
    {"victim@[IPv6:2001:db8::1]", NOBODY, NOBODY},
    {"victim%evil.test", NOBODY, NOBODY},
    {"victim%evil.test@example.com", NOBODY, NOBODY},
    {"victim\uff05evil.test", NOBODY, NOBODY},
    {"evil.test!victim", NOBODY, NOBODY},
    {"evil.test!victim@example.com", NOBODY, NOBODY},
    {"evil.test\uff01victim", NOBODY, NOBODY},
    {"@evil.test:victim@example.com", NOBODY, NOBODY},
    {"@evil.test,@b:victim@example.com", NOBODY, NOBODY},
    {"\"victim@evil.test\"@example.com", NOBODY, NOBODY},
    {"\"bob\"@example.com", NOBODY, NOBODY},
    {"victim@evil.test@example.com", NOBODY, NOBODY},
    {"<victim@evil.test>", NOBODY, NOBODY},
    {"victim@evil.test>\r\nRCPT TO:<x@evil.test", NOBODY, NOBODY},
    {"bob\nBcc: victim@evil.test", NOBODY, NOBODY},
    {"bob\u202emoc.live@example.com", NOBODY, NOBODY},
    {"bo\u200db", NOBODY, NOBODY},
    {"bo\u200cb", NOBODY, NOBODY},
    {"bo\u00adb", NOBODY, NOBODY},
    {"bob\ufeff", NOBODY, NOBODY},
    {"bob (comment)", NOBODY, NOBODY},
    {"bob,victim@evil.test", NOBODY, NOBODY},
    {"friends:bob;", NOBODY, NOBODY},
    {"|/bin/sh", NOBODY, NOBODY},
    {"/var/mail/bob", NOBODY, NOBODY},
    {":include:/etc/passwd", NOBODY, NOBODY},
    {"-oQ/tmp", NOBODY, NOBODY},
    {"@owner", NOBODY, NOBODY},
    {"*", "*@example.com", "*@example.com"},
    {"", NOBODY, NOBODY},
    {SIXTY_FIVE, NOBODY, NOBODY},
    {"stra\u00dfe", "stra\u00dfe@example.com", "stra\u00dfe@example.com"},
    {"x@stra\u00dfe.example", NOBODY, NOBODY},
    {"listed%gate", "listed%gate@example.com", "listed%gate@example.com"},
};

/* Whether the owner is named as such, or by the very address that the name looks like. */
static void
test_owners(void)
{
    SpocPeople *people = new_people((SpocPeopleRules){.allowed = USUAL});
    SpocPeople *believing =
        new_people((SpocPeopleRules){.allowed = USUAL, .owner_is_address = TRUE});
    for (guint i = 0; i < G_N_ELEMENTS(OWNERS); i++) {
        const char *owner = OWNERS[i].owner;
        g_autofree char *mailed = mailed_by(people, "spoc:%40owner", owner);
        check("the owner", owner, mailed, OWNERS[i].mailed);
        g_autofree char *as_address = mailed_by(believing, "spoc:%40owner", owner);
        check("with ownerIsAddress the owner", owner, as_address, OWNERS[i].as_address);
        /* Nobody vouches for an address by taking it as a name. */
        g_autofree char *victim = mailed_by(believing, "spoc:victim@evil.test", owner);
        check("by spoc:victim@evil.test the owner", owner, victim,
              strcmp(owner, "mixed") == 0 ? "victim@evil.test" : NOBODY);
    }
    spoc_people_free(believing);
    spoc_people_free(people);
}

/* Reply-To, and From with scanFrom = user */
static void
test_reply_to(void)
{
    static const char *const owner_alone[] = {"@owner", NULL};
    SpocPeople *people = new_people((SpocPeopleRules){.allowed = owner_alone});
    for (guint i = 0; i < G_N_ELEMENTS(OWNERS); i++) {
        if (strcmp(OWNERS[i].owner, "listed%gate") == 0)
            continue; /* not in this list */
        g_autofree char *mailed = mailed_by(people, "spoc:%40owner", OWNERS[i].owner);
        check("Reply-To of", OWNERS[i].owner, mailed, OWNERS[i].mailed);
    }
    spoc_people_free(people);
}

static void
test_uris(void)
{
    static const Case cases[] = {
        {"spoc:bob@example.com", "bob@example.com"},
        {"spoc:bob%40example.com", "bob@example.com"},
        {"spoc:bob%2540example.com", NOBODY},
        {"spoc:bob@ex%61mple.com", "bob@example.com"},
        {"spoc:victim@evil.test", NOBODY},
        {"spoc:victim@evil%E3%80%82test", NOBODY},
        {"spoc:victim@example.com%E3%80%82evil%E3%80%82test", NOBODY},
        {"spoc:bob@example%E3%80%82com", "bob@example.com"},
        {"spoc:bob@%EF%BD%85xample.com", "bob@example.com"},
        {"spoc:bob@example.com.", NOBODY},
        {"spoc:bob@example.com%00.evil.test", NOBODY},
        {"spoc:victim%25evil.test@example.com", NOBODY},
        {"spoc:victim%2525evil.test@example.com", NOBODY},
        {"spoc:victim%25evil.test", NOBODY},
        {"spoc:listed%25gate@example.com", "listed%gate@example.com"},
        {"spoc:LISTED%25gate@Example.com", "LISTED%gate@example.com"},
        {"spoc:evil.test!victim@example.com", NOBODY},
        {"spoc:a/b@example.com", NOBODY},
        {"spoc:%7Cid@example.com", NOBODY},
        {"spoc:victim%EF%BC%A0evil.test@example.com", NOBODY},
        {"spoc:victim%EF%BC%A0evil.test", NOBODY},
        {"spoc:%22victim@evil.test%22@example.com", NOBODY},
        {"spoc:%22bob%22@example.com", NOBODY},
        {"spoc:@evil.test:bob@example.com", NOBODY},
        {"spoc:%40evil.test%2Cbob@example.com", NOBODY},
        {"spoc:bob(x)@example.com", NOBODY},
        {"spoc:friends:bob@example.com;", NOBODY},
        {"spoc:bob@[192.0.2.1]", NOBODY},
        {"spoc:bob@[IPv6:2001:db8::1]", NOBODY},
        {"spoc:bob%0d%0aDATA@example.com", NOBODY},
        {"spoc:bob@example.com%20ORCPT=rfc822;x", NOBODY},
        {"spoc:bob%E2%80%AE@example.com", NOBODY},
        {"spoc:bo%E2%80%8Db@example.com", NOBODY},
        {"spoc:bob@exam%C2%ADple.com", NOBODY},
        {"spoc:" SIXTY_FIVE "@example.com", NOBODY},
        {"spoc:bob,not%20one,victim@evil.test,alice", "bob@example.com alice@example.com"},
        {"spoc:bob?cc=victim@evil.test&bcc=victim@evil.test", "bob@example.com"},
        {"spoc:mixed", "bob@example.com"},
        /* lp -m */
        {"mailto:alice@printhost", "alice@example.com"},
        {"mailto:bob@PRINTHOST.example.net", "bob@example.com"},
        {"mailto:mixed@printhost", "bob@example.com"},
        {"mailto:victim%25evil.test@printhost", NOBODY},
        {"mailto:bob@printhost.evil.test", NOBODY},
        {"spoc:bob@printhost", NOBODY},
    };
    SpocPeople *people = new_people((SpocPeopleRules){.allowed = USUAL});
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *mailed = mailed_by(people, cases[i].text, "carol");
        check("the URI", cases[i].text, mailed, cases[i].mailed);
    }
    spoc_people_free(people);
}

/* "*" allows everybody, but nobody through somebody else; root's own commands may say so. */
static void
test_open(void)
{
    static const char *const everybody[] = {"*", NULL};
    SpocPeople *people = new_people((SpocPeopleRules){.allowed = everybody});
    g_autofree char *plain = mailed_by(people, "spoc:x@evil.test", NULL);
    g_assert_cmpstr(plain, ==, "x@evil.test");
    g_autofree char *hacked = mailed_by(people, "spoc:x%25y@example.com", NULL);
    g_assert_cmpstr(hacked, ==, NOBODY);
    spoc_people_free(people);
    people = new_people((SpocPeopleRules){.allowed = everybody, .trusts_names = TRUE});
    g_autofree char *trusted = mailed_by(people, "spoc:x%25y@example.com", NULL);
    g_assert_cmpstr(trusted, ==, "x%y@example.com");
    spoc_people_free(people);
}

static void
test_words(void)
{
    SpocPeople *people = new_people((SpocPeopleRules){.allowed = USUAL});
    static const struct {
        SpocRecipient recipient;
        const char *owner;
        const char *part;
    } cases[] = {
        {{.who = SPOC_WHO_OWNER}, "victim@evil.test", "ownerIsAddress = true"},
        {{.who = SPOC_WHO_ADDRESS, .text = (char *)"a%b@example.com"},
         NULL,
         "notifyAllowedRecipients lists this very address"},
        {{.who = SPOC_WHO_ADDRESS, .text = (char *)"a@evil.test"},
         NULL,
         "does not allow a@evil.test; add the address, or its domain as @evil.test"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(
            spoc_people_resolve(people, &cases[i].recipient, cases[i].owner, NULL, &error));
        g_assert_nonnull(strstr(error->message, cases[i].part));
    }
    /* One that is refused, while the others of its alias get their mail */
    const SpocRecipient mixed = {.who = SPOC_WHO_USER, .text = (char *)"mixed"};
    g_autoptr(GPtrArray) refusals = spoc_refusals_new();
    g_autoptr(GPtrArray) found = spoc_people_resolve(people, &mixed, NULL, refusals, NULL);
    g_assert_nonnull(found);
    g_assert_cmpuint(refusals->len, ==, 2);
    g_assert_error((GError *)g_ptr_array_index(refusals, 1), SPOC_ERROR, SPOC_ERROR_DENIED);
    spoc_people_free(people);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hostile/owners", test_owners);
    g_test_add_func("/hostile/reply-to", test_reply_to);
    g_test_add_func("/hostile/uris", test_uris);
    g_test_add_func("/hostile/open", test_open);
    g_test_add_func("/hostile/words", test_words);
    return g_test_run();
}
