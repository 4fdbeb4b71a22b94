/* SPDX-License-Identifier: Apache-2.0 */
#include "people/recipient.h"

#include "base/durable.h"
#include "base/error.h"
#include "base/text.h"
#include "people/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct _SpocPeople {
    char *domain; /* (nullable) */
    SpocAllowed *allowed;
    const char *allowed_key; /* of the configuration: where somebody is let in */
    SpocAliases *aliases;    /* (nullable): without a file, or when it cannot be read */
    GError *alias_problem;   /* (nullable) */
    SpocAccounts *accounts;
    SpocDirectory *directory; /* (nullable) */
    gboolean guesses;         /* NAME@domain while the directory is away */
};

/* A link is followed: administrators point this at /etc/aliases, and chose the path. */
static SpocAliases *
read_aliases(const char *path, GError **error)
{
    g_autofree char *target = realpath(path, NULL);
    g_autofree char *folder = g_path_get_dirname(target != NULL ? target : path);
    g_autofree char *name = g_path_get_basename(target != NULL ? target : path);
    int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0) {
        spoc_error_set_errno(error, errno, "cannot open the folder %s", folder);
        return NULL;
    }
    g_autoptr(GBytes) content =
        spoc_durable_read(folder_fd, name, SPOC_ALIAS_FILE_MAX_BYTES, error);
    (void)close(folder_fd);
    if (content == NULL)
        return NULL;
    gsize size = 0;
    const char *text = g_bytes_get_data(content, &size);
    return spoc_aliases_parse(text != NULL ? text : "", (gssize)size);
}

SpocPeople *
spoc_people_new_from_rules(const char *domain, const char *const *allowed, const char *alias_file)
{
    SpocPeople *people = g_new0(SpocPeople, 1);
    people->domain = domain != NULL && *domain != '\0' ? g_strdup(domain) : NULL;
    people->allowed = spoc_allowed_new(allowed);
    people->allowed_key = "notifyAllowedRecipients";
    people->accounts = spoc_accounts_new();
    if (alias_file != NULL && *alias_file != '\0') {
        people->aliases = read_aliases(alias_file, &people->alias_problem);
        if (people->aliases == NULL)
            g_prefix_error(&people->alias_problem,
                           "recipientAliasFile %s cannot be used: ", alias_file);
    }
    return people;
}

void
spoc_people_set_guesses(SpocPeople *people, gboolean guesses)
{
    people->guesses = guesses;
}

void
spoc_people_set_directory(SpocPeople *people, SpocDirectory *directory)
{
    people->directory = directory;
}

void
spoc_people_set_allowed_key(SpocPeople *people, const char *key)
{
    people->allowed_key = key;
}

void
spoc_people_free(SpocPeople *people)
{
    if (people == NULL)
        return;
    g_free(people->domain);
    spoc_allowed_free(people->allowed);
    spoc_aliases_free(people->aliases);
    g_clear_error(&people->alias_problem);
    spoc_accounts_free(people->accounts);
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
        if (find_person(persons, person->address) != NULL)
            spoc_person_free(person);
        else
            g_ptr_array_add(persons, person);
    }
}

static void
add_person(GPtrArray *persons, char *address, const char *name, const char *language)
{
    if (find_person(persons, address) != NULL) {
        g_free(address);
        return;
    }
    SpocPerson *person = g_new0(SpocPerson, 1);
    person->address = address;
    person->name = g_strdup(name);
    person->language = g_strdup(language);
    g_ptr_array_add(persons, person);
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
    if (!spoc_local_part_is_valid(user, -1, error)) {
        g_prefix_error(error, "the user needs a line in recipientAliasFile: ");
        return NULL;
    }
    g_autofree char *address = g_strdup_printf("%s@%s", user, people->domain);
    return spoc_address_canonical(address, error);
}

/* Where a user's name leads to by the alias file, which is itself when it isn't there;
 * (element-type SpocAliasTarget) */
static GPtrArray *
targets_of_user(const SpocPeople *people, const char *user, GError **error)
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
    return spoc_aliases_expand(none != NULL ? none : people->aliases, user, error);
}

/* Fills @ret_entry, of which the address is for the caller to free. */
static gboolean
find_user(const SpocPeople *people, const char *user, SpocDirectoryEntry *ret_entry,
          char **ret_address, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (people->directory != NULL) {
        if (spoc_directory_find(people->directory, user, ret_entry, &problem)) {
            *ret_address = g_strdup(ret_entry->address);
            return TRUE;
        }
        if (!people->guesses || !g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
    }
    *ret_address = append_domain(people, user, error);
    return *ret_address != NULL;
}

static gboolean
add_target(const SpocPeople *people, GPtrArray *persons, const SpocAliasTarget *target,
           const char *full_name, GError **error)
{
    SpocDirectoryEntry entry = {0};
    char *address = NULL;
    if (target->is_address) {
        address = spoc_address_canonical(target->text, error);
        if (address == NULL)
            return FALSE;
    } else if (!find_user(people, target->text, &entry, &address, error)) {
        return FALSE;
    }
    const char *name = entry.name != NULL ? entry.name : full_name;
    if (name == NULL && !target->is_address)
        name = spoc_accounts_full_name(people->accounts, target->text);
    add_person(persons, address, name,
               target->language != NULL ? target->language : entry.language);
    return TRUE;
}

/* A user's name becomes persons; not yet checked against the allow-list. */
static GPtrArray *
persons_of_user(const SpocPeople *people, const char *user, GError **error)
{
    g_autoptr(GPtrArray) targets = targets_of_user(people, user, error);
    if (targets == NULL)
        return NULL;
    const char *full_name =
        targets->len == 1 ? spoc_accounts_full_name(people->accounts, user) : NULL;
    g_autoptr(GPtrArray) persons = new_persons();
    for (guint i = 0; i < targets->len; i++) {
        if (!add_target(people, persons, g_ptr_array_index(targets, i), full_name, error))
            return NULL;
    }
    return g_steal_pointer(&persons);
}

/* --- the allow-list --------------------------------------------------------------------- */

static gboolean
is_allowed(const SpocPeople *people, const SpocPerson *person)
{
    return spoc_allowed_has(people->allowed, person->address) ||
           (person->is_owner && spoc_allowed_has_owner(people->allowed));
}

/* The owner's addresses as "@owner" may allow them. The name of an owner is whatever the
 * printing program said. Where it looks like an address ("alice@REALM") and no alias says
 * where its mail goes, "@owner" does not vouch for it: else anyone who may print could
 * have mail sent to anyone. It needs an entry of its own in the allow-list. */
static GPtrArray *
persons_of_owner(const SpocPeople *people, const char *owner, GError **error)
{
    g_autoptr(GPtrArray) persons = persons_of_user(people, owner, error);
    if (persons == NULL)
        return NULL;
    const SpocPerson *first = g_ptr_array_index(persons, 0);
    gboolean is_itself = strchr(owner, '@') != NULL && persons->len == 1 &&
                         spoc_address_equal(first->address, owner);
    for (guint i = 0; i < persons->len; i++) {
        SpocPerson *person = g_ptr_array_index(persons, i);
        person->is_owner = !is_itself || spoc_allowed_has(people->allowed, person->address);
    }
    return g_steal_pointer(&persons);
}

static GPtrArray *
persons_of(const SpocPeople *people, const SpocRecipient *recipient, const char *owner,
           GError **error)
{
    switch (recipient->who) {
    case SPOC_WHO_OWNER:
        if (owner == NULL || *owner == '\0') {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND,
                        "the owner of the job is not known");
            return NULL;
        }
        return persons_of_owner(people, owner, error);
    case SPOC_WHO_USER:
        return persons_of_user(people, recipient->text, error);
    case SPOC_WHO_ADDRESS: {
        g_autofree char *address = spoc_address_canonical(recipient->text, error);
        if (address == NULL)
            return NULL;
        GPtrArray *persons = new_persons();
        add_person(persons, g_steal_pointer(&address), NULL, NULL);
        return persons;
    }
    }
    g_return_val_if_reached(NULL);
}

/* Marks those who are the owner, however they were named. FALSE: it is not known yet who the
 * owner is, because of @error. */
static gboolean
mark_owner(const SpocPeople *people, GPtrArray *persons, const char *owner, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(GPtrArray) owners = persons_of_owner(people, owner, &problem);
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
    if (!g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_PENDING) &&
        !g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

static gboolean
check_allowed(const SpocPeople *people, const GPtrArray *persons, GError **error)
{
    for (guint i = 0; i < persons->len; i++) {
        const SpocPerson *person = g_ptr_array_index(persons, i);
        if (is_allowed(people, person))
            continue;
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_DENIED,
                    "%s does not allow %s; add the address, or its domain as @%s",
                    people->allowed_key, person->address, strrchr(person->address, '@') + 1);
        return FALSE;
    }
    return TRUE;
}

GPtrArray *
spoc_people_resolve(const SpocPeople *people, const SpocRecipient *recipient, const char *owner,
                    GError **error)
{
    g_autoptr(GError) denial = NULL;
    g_autoptr(GError) unknown = NULL;
    g_autoptr(GPtrArray) persons = persons_of(people, recipient, owner, error);
    if (persons == NULL)
        return NULL;
    gboolean knows_owner = recipient->who == SPOC_WHO_OWNER || owner == NULL || *owner == '\0' ||
                           mark_owner(people, persons, owner, &unknown);
    gboolean good = check_allowed(people, persons, &denial);
    /* Who may have mail anyway need not wait for a directory that is away to know the owner. */
    if (good && (knows_owner || !g_error_matches(unknown, SPOC_ERROR, SPOC_ERROR_PENDING)))
        return g_steal_pointer(&persons);
    gboolean could_help = !knows_owner && (good || spoc_allowed_has_owner(people->allowed));
    g_propagate_error(error, could_help ? g_steal_pointer(&unknown) : g_steal_pointer(&denial));
    return NULL;
}

/* --- asking ----------------------------------------------------------------------------- */

static void
add_users(const SpocPeople *people, const char *user, GPtrArray *users)
{
    g_autoptr(GPtrArray) targets = user != NULL ? targets_of_user(people, user, NULL) : NULL;
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
    if (recipient->who == SPOC_WHO_USER)
        add_users(people, recipient->text, users);
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
