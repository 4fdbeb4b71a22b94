/* SPDX-License-Identifier: Apache-2.0 */
#include "people/recipient.h"

#include "base/error.h"
#include "base/text.h"
#include "config/file.h"
#include "config/host.h"
#include "people/alias.h"
#include "people/allow.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define REMEMBERED_MAX 10000
#define FULL_NAME_MAX_BYTES 120
#define BUFFER_BYTES 16384

struct _SpocPeople {
    char *domain; /* (nullable) */
    SpocAllowed *allowed;
    SpocAllowed *titles;      /* who reads the titles of jobs */
    const char *allowed_key;  /* of the configuration: where somebody is let in */
    SpocAliases *aliases;     /* (nullable): without a file, or when it cannot be read */
    GError *alias_problem;    /* (nullable) */
    GHashTable *full_names;   /* of accounts: user to full name, "" for none */
    SpocDirectory *directory; /* (nullable) */
    gboolean guesses;         /* NAME@domain while the directory is away */
    gboolean owner_is_address;
    gboolean trusts_names;
    char **host_names; /* (nullable) */
};

/* --- the accounts of this host ----------------------------------------------------------- */

/* The first field of the comment, where & stands for the user's name with a capital. */
static char *
full_name_of(const struct passwd *account)
{
    const char *comment = account->pw_gecos != NULL ? account->pw_gecos : "";
    g_autofree char *first = g_strndup(comment, strcspn(comment, ","));
    g_auto(GStrv) parts = g_strsplit(first, "&", -1);
    g_autofree char *capital = g_strdup(account->pw_name);
    capital[0] = g_ascii_toupper(capital[0]);
    g_autofree char *joined = g_strjoinv(capital, parts);
    return spoc_text_line(joined, -1, FULL_NAME_MAX_BYTES);
}

static char *
read_full_name(const char *user)
{
    g_autofree char *buffer = g_malloc(BUFFER_BYTES);
    struct passwd account;
    struct passwd *found = NULL;
    if (getpwnam_r(user, &account, buffer, BUFFER_BYTES, &found) != 0 || found == NULL)
        return g_strdup("");
    return full_name_of(found);
}

/* (nullable): the full name of the account, one line. Looked up once, for the name service may be a
 * slow network. */
static const char *
find_full_name(const SpocPeople *people, const char *user)
{
    const char *name = g_hash_table_lookup(people->full_names, user);
    if (name == NULL) {
        if (g_hash_table_size(people->full_names) >= REMEMBERED_MAX)
            g_hash_table_remove_all(people->full_names);
        char *found = read_full_name(user);
        g_hash_table_insert(people->full_names, g_strdup(user), found);
        name = found;
    }
    return *name != '\0' ? name : NULL;
}

/* --- one configuration's rules ------------------------------------------------------------ */

static SpocAliases *
read_aliases(const char *path, GError **error)
{
    g_autoptr(GBytes) content = spoc_config_file_read(path, SPOC_ALIAS_FILE_MAX_BYTES, error);
    gsize size = 0;
    const char *text = content != NULL ? g_bytes_get_data(content, &size) : NULL;
    return content != NULL ? spoc_aliases_parse(text != NULL ? text : "", (gssize)size) : NULL;
}

GPtrArray *
spoc_people_check_aliases(const char *path)
{
    g_autoptr(GBytes) content = spoc_config_file_read(path, SPOC_ALIAS_FILE_MAX_BYTES, NULL);
    if (content == NULL)
        return NULL;
    gsize size = 0;
    const char *text = g_bytes_get_data(content, &size);
    return spoc_aliases_check(text != NULL ? text : "", (gssize)size);
}

SpocPeople *
spoc_people_new_from_rules(const SpocPeopleRules *rules)
{
    SpocPeople *people = g_new0(SpocPeople, 1);
    people->domain = g_strdup(rules->domain);
    people->allowed = spoc_allowed_new(rules->allowed);
    people->titles = spoc_allowed_new(rules->titles);
    people->allowed_key =
        rules->allowed_key != NULL ? rules->allowed_key : "notifyAllowedRecipients";
    people->host_names = g_strdupv((char **)rules->host_names);
    people->guesses = rules->guesses;
    people->owner_is_address = rules->owner_is_address;
    people->trusts_names = rules->trusts_names;
    people->full_names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (rules->alias_file != NULL) {
        people->aliases = read_aliases(rules->alias_file, &people->alias_problem);
        if (people->aliases == NULL)
            g_prefix_error(&people->alias_problem, "recipientAliasFile: '%s' ", rules->alias_file);
    }
    return people;
}

void
spoc_people_set_directory(SpocPeople *people, SpocDirectory *directory)
{
    people->directory = directory;
}

gboolean
spoc_people_shows_title(const SpocPeople *people, const SpocPerson *person, gboolean by_owner)
{
    return spoc_allowed_has(people->titles, person->address) ||
           ((person->is_owner || by_owner) && spoc_allowed_has_owner(people->titles));
}

gboolean
spoc_people_titles_need_owner(const SpocPeople *people)
{
    return spoc_allowed_has_owner(people->titles) && !spoc_allowed_has_everybody(people->titles);
}

void
spoc_people_free(SpocPeople *people)
{
    if (people == NULL)
        return;
    g_free(people->domain);
    g_strfreev(people->host_names);
    spoc_allowed_free(people->allowed);
    spoc_allowed_free(people->titles);
    spoc_aliases_free(people->aliases);
    g_clear_error(&people->alias_problem);
    g_hash_table_unref(people->full_names);
    g_free(people);
}

const char *
spoc_people_problem(const SpocPeople *people)
{
    return people->alias_problem != NULL ? people->alias_problem->message : NULL;
}

void
spoc_person_free(SpocPerson *person)
{
    if (person == NULL)
        return;
    g_free(person->address);
    g_free(person->name);
    g_free(person->language);
    g_free(person);
}

/* --- names to addresses ----------------------------------------------------------------- */

static GPtrArray *
new_persons(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)spoc_person_free);
}

static SpocPerson *
find_person(const GPtrArray *persons, const char *address)
{
    for (guint i = 0; i < persons->len; i++) {
        SpocPerson *person = g_ptr_array_index(persons, i);
        if (spoc_address_equal(person->address, address))
            return person;
    }
    return NULL;
}

void
spoc_persons_add(GPtrArray *persons, GPtrArray *found)
{
    while (found->len > 0) {
        SpocPerson *person = g_ptr_array_steal_index(found, 0);
        SpocPerson *known = find_person(persons, person->address);
        if (known != NULL) {
            known->only = MIN(known->only, person->only); /* named twice: misses nothing */
            spoc_person_free(person);
        } else {
            g_ptr_array_add(persons, person);
        }
    }
}

/* Where an address comes from decides whether a job's owner may be mailed there. */
typedef enum {
    SAID_BY_SITE, /* the alias file, the directory, recipientDomain */
    SAID_BY_NAME, /* the name itself is it: ownerIsAddress */
} Source;

/* Takes @address over. @source: one that the site names has a person marked as the owner for now,
 * persons_of_owner() */
static void
add_person(GPtrArray *persons, char *address, const char *name, const char *language, SpocOnly only,
           Source source)
{
    SpocPerson *known = find_person(persons, address);
    if (known != NULL) {
        known->is_owner |= source == SAID_BY_SITE;
        known->only = MIN(known->only, only);
        g_free(address);
        return;
    }
    SpocPerson *person = g_new0(SpocPerson, 1);
    person->is_owner = source == SAID_BY_SITE;
    person->address = address;
    person->name = g_strdup(name);
    person->language = g_strdup(language);
    person->only = only;
    g_ptr_array_add(persons, person);
}

/* Of an address that a job or a URI made up: whether a mail server could see another in it */
static gboolean
check_hazard(const SpocPeople *people, const char *address, GError **error)
{
    g_autofree char *hazard = people->trusts_names ? NULL : spoc_address_hazard(address);
    if (hazard == NULL || spoc_allowed_lists(people->allowed, address))
        return TRUE;
    return spoc_error_set(
        error, SPOC_ERROR_DENIED,
        "'%s' has '%s' before the @, by which mail servers may send it elsewhere; it is "
        "mailed only when %s lists this very address",
        address, hazard, people->allowed_key);
}

/* (transfer full): @text, which a job or a URI says, as an address */
static char *
take_address(const SpocPeople *people, const char *text, GError **error)
{
    g_autofree char *address = spoc_address_canonical(text, error);
    return address != NULL && check_hazard(people, address, error) ? g_steal_pointer(&address)
                                                                   : NULL;
}

/* user@recipientDomain */
static char *
append_domain(const SpocPeople *people, const char *user, GError **error)
{
    if (people->domain == NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND,
                    "there is no domain for the user '%s': set recipientDomain or mailfrom", user);
        return NULL;
    }
    if (strchr(user, '@') != NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "'%s' is the name of a user, and no address by itself: it needs a line in "
                    "recipientAliasFile, an entry in the directory, or ownerIsAddress = true",
                    user);
        return NULL;
    }
    if (!spoc_local_part_is_valid(user, -1, error)) {
        g_prefix_error(error, "the user needs a line in recipientAliasFile: ");
        return NULL;
    }
    g_autofree char *address = g_strdup_printf("%s@%s", user, people->domain);
    return take_address(people, address, error);
}

/* Whether the name of a user, in which an @ stands, is an address. */
static gboolean
is_address_itself(const SpocPeople *people, const char *user)
{
    return people->owner_is_address && strchr(user, '@') != NULL;
}

/* Where a user's name leads to by the alias file, which is itself when it isn't there;
 * (element-type SpocAliasTarget) */
static GPtrArray *
targets_of_user(const SpocPeople *people, const char *user, GPtrArray *refusals, GError **error)
{
    g_autofree char *shown = spoc_text_line(user, -1, SPOC_USER_NAME_MAX_BYTES);
    if (*user == '\0' || strcmp(shown, user) != 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "'%s' is no name of a user", shown);
        return NULL;
    }
    if (people->alias_problem != NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                            people->alias_problem->message);
        return NULL;
    }
    g_autoptr(SpocAliases) none = people->aliases == NULL ? spoc_aliases_parse("", 0) : NULL;
    return spoc_aliases_expand(none != NULL ? none : people->aliases, user, refusals, error);
}

/* @user at recipientDomain, or as an address itself */
static char *
guess_address(const SpocPeople *people, const char *user, Source *ret_source, GError **error)
{
    if (!is_address_itself(people, user))
        return append_domain(people, user, error);
    char *address = take_address(people, user, error);
    /* At recipientDomain it is no more than its local part as a name would be. */
    gboolean is_of_site = address != NULL && people->domain != NULL &&
                          strcmp(strrchr(address, '@') + 1, people->domain) == 0;
    *ret_source = is_of_site ? SAID_BY_SITE : SAID_BY_NAME;
    return address;
}

/* Fills @ret_entry; (transfer full): the address */
static char *
find_user(const SpocPeople *people, const char *user, SpocDirectoryEntry *ret_entry,
          Source *ret_source, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (people->directory == NULL)
        return guess_address(people, user, ret_source, error);
    if (spoc_directory_find(people->directory, user, ret_entry, &problem))
        return g_strdup(ret_entry->address);
    gboolean may_guess =
        (people->guesses && g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE)) ||
        (is_address_itself(people, user) &&
         g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND));
    if (may_guess)
        return guess_address(people, user, ret_source, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return NULL;
}

static gboolean
add_target(const SpocPeople *people, GPtrArray *persons, const SpocAliasTarget *target,
           const char *full_name, GError **error)
{
    SpocDirectoryEntry entry = {0};
    Source source = SAID_BY_SITE;
    char *address = target->is_address ? g_strdup(target->text)
                                       : find_user(people, target->text, &entry, &source, error);
    if (address == NULL)
        return FALSE;
    const char *name = entry.name != NULL ? entry.name : full_name;
    if (name == NULL && !target->is_address)
        name = find_full_name(people, target->text);
    add_person(persons, address, name, target->language != NULL ? target->language : entry.language,
               target->only, source);
    return TRUE;
}

static gboolean
is_for_now(const GError *error)
{
    return g_error_matches(error, SPOC_ERROR, SPOC_ERROR_PENDING) ||
           g_error_matches(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE);
}

/* The end of looking for people: NULL with the first of @refusals when nobody was found. */
static GPtrArray *
some_or_refusal(GPtrArray *persons, GPtrArray *own, GPtrArray *refusals, GError **error)
{
    if (persons->len == 0) {
        g_propagate_error(error, g_ptr_array_steal_index(own, 0));
        return NULL;
    }
    while (refusals != NULL && own->len > 0)
        g_ptr_array_add(refusals, g_ptr_array_steal_index(own, 0));
    return g_ptr_array_ref(persons);
}

/* A user's name becomes persons, each marked as the owner when its address is one that the site
 * names; not yet checked against the allow-list. */
static GPtrArray *
persons_of_user(const SpocPeople *people, const char *user, GPtrArray *refusals, GError **error)
{
    g_autoptr(GPtrArray) own = spoc_refusals_new();
    g_autoptr(GPtrArray) targets = targets_of_user(people, user, own, error);
    if (targets == NULL)
        return NULL;
    const char *full_name = targets->len == 1 ? find_full_name(people, user) : NULL;
    g_autoptr(GPtrArray) persons = new_persons();
    for (guint i = 0; i < targets->len; i++) {
        GError *problem = NULL;
        if (add_target(people, persons, g_ptr_array_index(targets, i), full_name, &problem))
            continue;
        if (is_for_now(problem)) {
            g_propagate_error(error, problem);
            return NULL;
        }
        g_ptr_array_add(own, problem);
    }
    return some_or_refusal(persons, own, refusals, error);
}

/* --- the allow-list --------------------------------------------------------------------- */

static gboolean
is_allowed(const SpocPeople *people, const SpocPerson *person)
{
    return spoc_allowed_has(people->allowed, person->address) ||
           (person->is_owner && spoc_allowed_has_owner(people->allowed));
}

/* The owner's addresses as "@owner" may allow them. The name of an owner is whatever the
 * printing program said: "@owner" vouches for what the site makes of it, never for what stands in
 * it, else anyone who may print could have mail sent to anyone. */
static GPtrArray *
persons_of_owner(const SpocPeople *people, const char *owner, GPtrArray *refusals, GError **error)
{
    GPtrArray *persons = persons_of_user(people, owner, refusals, error);
    for (guint i = 0; persons != NULL && i < persons->len; i++) {
        SpocPerson *person = g_ptr_array_index(persons, i);
        person->is_owner |= spoc_allowed_has(people->allowed, person->address);
    }
    return persons;
}

/* As persons_of_user(), of whom none is the owner yet */
static GPtrArray *
persons_of_name(const SpocPeople *people, const char *user, GPtrArray *refusals, GError **error)
{
    GPtrArray *persons = persons_of_user(people, user, refusals, error);
    for (guint i = 0; persons != NULL && i < persons->len; i++)
        ((SpocPerson *)g_ptr_array_index(persons, i))->is_owner = FALSE;
    return persons;
}

/* (transfer full) (nullable): the user whom mailto:USER@HOST means, as lp -m writes it */
static char *
user_of_host(const SpocPeople *people, const SpocRecipient *recipient)
{
    const char *at = recipient->is_mailto ? strrchr(recipient->text, '@') : NULL;
    for (guint i = 0; at != NULL && people->host_names != NULL && people->host_names[i] != NULL;
         i++) {
        g_autofree char *own = g_strconcat("@", people->host_names[i], NULL);
        if (spoc_address_equal(at, own))
            return g_strndup(recipient->text, (gsize)(at - recipient->text));
    }
    return NULL;
}

static GPtrArray *
persons_of_address(const SpocPeople *people, const SpocRecipient *recipient, GPtrArray *refusals,
                   GError **error)
{
    g_autofree char *user = user_of_host(people, recipient);
    if (user != NULL) {
        g_autoptr(GError) problem = NULL;
        GPtrArray *persons = persons_of_name(people, user, refusals, &problem);
        /* Where names have no domain, this host's is meant. */
        if (persons != NULL || people->domain != NULL || people->directory != NULL ||
            !g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_NOT_FOUND)) {
            if (problem != NULL)
                g_propagate_error(error, g_steal_pointer(&problem));
            return persons;
        }
    }
    char *address = take_address(people, recipient->text, error);
    if (address == NULL)
        return NULL;
    GPtrArray *persons = new_persons();
    add_person(persons, address, NULL, NULL, SPOC_ONLY_UNSET, SAID_BY_NAME);
    return persons;
}

static GPtrArray *
persons_of(const SpocPeople *people, const SpocRecipient *recipient, const char *owner,
           GPtrArray *refusals, GError **error)
{
    switch (recipient->who) {
    case SPOC_WHO_OWNER:
        if (owner == NULL || *owner == '\0') {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND,
                        "the owner of the job is not known");
            return NULL;
        }
        return persons_of_owner(people, owner, refusals, error);
    case SPOC_WHO_USER:
        return persons_of_name(people, recipient->text, refusals, error);
    case SPOC_WHO_ADDRESS:
        return persons_of_address(people, recipient, refusals, error);
    }
    g_return_val_if_reached(NULL);
}

/* Marks those who are the owner, however they were named. FALSE: it is not known yet who the
 * owner is, because of @error. */
static gboolean
mark_owner(const SpocPeople *people, GPtrArray *persons, const char *owner, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(GPtrArray) owners = persons_of_owner(people, owner, NULL, &problem);
    for (guint i = 0; owners != NULL && i < owners->len; i++) {
        const SpocPerson *known = g_ptr_array_index(owners, i);
        SpocPerson *person = find_person(persons, known->address);
        if (person == NULL || !known->is_owner)
            continue;
        person->is_owner = TRUE;
        if (person->name == NULL)
            person->name = g_strdup(known->name);
        if (person->language == NULL)
            person->language = g_strdup(known->language);
    }
    if (!is_for_now(problem))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

/* Moves those who are not allowed out of @persons, to @denials. */
static void
take_denied(const SpocPeople *people, GPtrArray *persons, GPtrArray *denials)
{
    for (guint i = 0; i < persons->len;) {
        const SpocPerson *person = g_ptr_array_index(persons, i);
        if (is_allowed(people, person)) {
            i++;
            continue;
        }
        g_ptr_array_add(denials,
                        g_error_new(SPOC_ERROR, SPOC_ERROR_DENIED,
                                    "%s does not allow %s; add the address, or its domain as @%s",
                                    people->allowed_key, person->address,
                                    strrchr(person->address, '@') + 1));
        g_ptr_array_remove_index(persons, i);
    }
}

GPtrArray *
spoc_people_resolve(const SpocPeople *people, const SpocRecipient *recipient, const char *owner,
                    GPtrArray *refusals, GError **error)
{
    g_autoptr(GError) unknown = NULL;
    g_autoptr(GPtrArray) own = spoc_refusals_new();
    g_autoptr(GPtrArray) persons = persons_of(people, recipient, owner, own, error);
    if (persons == NULL)
        return NULL;
    gboolean knows_owner = recipient->who == SPOC_WHO_OWNER || owner == NULL || *owner == '\0' ||
                           mark_owner(people, persons, owner, &unknown);
    guint known_refusals = own->len;
    take_denied(people, persons, own);
    gboolean all_allowed = own->len == known_refusals;
    /* Who may have mail anyway need not wait for a directory that is away to know the owner. */
    gboolean must_wait = all_allowed ? g_error_matches(unknown, SPOC_ERROR, SPOC_ERROR_PENDING)
                                     : !knows_owner && spoc_allowed_has_owner(people->allowed);
    if (must_wait) {
        g_propagate_error(error, g_steal_pointer(&unknown));
        return NULL;
    }
    return some_or_refusal(persons, own, refusals, error);
}

/* --- asking ----------------------------------------------------------------------------- */

static void
add_users(const SpocPeople *people, const char *user, GPtrArray *users)
{
    g_autoptr(GPtrArray) targets = user != NULL ? targets_of_user(people, user, NULL, NULL) : NULL;
    for (guint i = 0; targets != NULL && i < targets->len; i++) {
        const SpocAliasTarget *target = g_ptr_array_index(targets, i);
        if (!target->is_address)
            g_ptr_array_add(users, g_strdup(target->text));
    }
}

guint
spoc_people_ask(SpocPeople *people, const SpocRecipient *recipient, const char *owner,
                SpocAnsweredFunc answered, gpointer user_data)
{
    g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *of_host =
        recipient->who == SPOC_WHO_ADDRESS ? user_of_host(people, recipient) : NULL;
    if (recipient->who != SPOC_WHO_OWNER)
        add_users(people, recipient->who == SPOC_WHO_USER ? recipient->text : of_host, users);
    add_users(people, owner, users);
    g_ptr_array_add(users, NULL);
    return spoc_directory_ask(people->directory, (const char *const *)users->pdata, answered,
                              user_data);
}

void
spoc_people_ask_cancel(SpocPeople *people, guint id)
{
    spoc_directory_ask_cancel(id);
}

/* --- from the configuration ------------------------------------------------------------- */

/* @rules: what the configuration does not say of all */
static SpocPeople *
new_from_config(const SpocConfig *config, SpocPeopleRules rules)
{
    rules.domain = spoc_config_string(config, SPOC_OPTION_RECIPIENT_DOMAIN);
    rules.alias_file = spoc_config_string(config, SPOC_OPTION_RECIPIENT_ALIAS_FILE);
    rules.owner_is_address = spoc_config_boolean(config, SPOC_OPTION_OWNER_IS_ADDRESS);
    rules.guesses =
        spoc_config_choice(config, SPOC_OPTION_RECIPIENT_LDAP_WHEN_AWAY) == SPOC_LDAP_AWAY_DOMAIN;
    g_auto(GStrv) names = spoc_host_names(rules.domain);
    rules.host_names = (const char *const *)names;
    return spoc_people_new_from_rules(&rules);
}

SpocPeople *
spoc_people_new(const SpocConfig *config)
{
    return new_from_config(
        config, (SpocPeopleRules){
                    .allowed = spoc_config_list(config, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS),
                    .titles = spoc_config_list(config, SPOC_OPTION_NOTIFY_TITLES)});
}

SpocPeople *
spoc_people_new_for_scans(const SpocConfig *config)
{
    return new_from_config(
        config, (SpocPeopleRules){
                    .allowed = spoc_config_list(config, SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS),
                    .allowed_key = spoc_option_get(SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS)->name});
}

SpocPeople *
spoc_people_new_for_anybody(const SpocConfig *config)
{
    static const char *const patterns[] = {"*", NULL};
    return new_from_config(config, (SpocPeopleRules){.allowed = patterns, .trusts_names = TRUE});
}

SpocPeople *
spoc_people_new_for_owners(const SpocConfig *config)
{
    static const char *const patterns[] = {"@owner", NULL};
    return new_from_config(config, (SpocPeopleRules){.allowed = patterns});
}
