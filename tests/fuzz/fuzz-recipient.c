/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"
#include "people/alias.h"
#include "people/allow.h"
#include "people/recipient.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing in an address may end a command or a header, or begin another. */
static void
check_person(const SpocPerson *person)
{
    if (strlen(person->address) > SPOC_ADDRESS_MAX_BYTES || person->address[0] == '-' ||
        strpbrk(person->address, " \t\r\n<>\"(),;\\") != NULL)
        abort();
}

static void
resolve(const SpocPeople *people, const SpocRecipientUri *uri, const char *owner)
{
    for (guint i = 0; i < uri->recipients->len; i++) {
        g_autoptr(GPtrArray) found =
            spoc_people_resolve(people, g_ptr_array_index(uri->recipients, i), owner, NULL, NULL);
        for (guint n = 0; found != NULL && n < found->len; n++)
            check_person(g_ptr_array_index(found, n));
    }
}

/* The first line is a URI, the second an owner, the rest an alias file. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) parts = g_strsplit(text, "\n", 3);
    guint count = g_strv_length(parts);
    static const char *const everybody[] = {"*", NULL};
    SpocPeople *people = spoc_people_new_from_rules(
        &(SpocPeopleRules){.domain = "example.com", .allowed = everybody});
    g_autoptr(SpocRecipientUri) uri = count > 0 ? spoc_recipient_uri_parse(parts[0], NULL) : NULL;
    const char *owner = count > 1 && g_utf8_validate(parts[1], -1, NULL) ? parts[1] : NULL;
    if (uri != NULL)
        resolve(people, uri, owner);
    spoc_people_free(people);

    if (count < 3)
        return 0;
    g_autoptr(SpocAliases) aliases = spoc_aliases_parse(parts[2], -1);
    g_autoptr(GPtrArray) targets = spoc_aliases_expand(aliases, "alice", NULL, NULL);
    if (targets != NULL && (targets->len == 0 || targets->len > SPOC_ALIAS_TARGETS_MAX))
        abort();
    return 0;
}
