/* SPDX-License-Identifier: Apache-2.0 */
#include "people/account.h"
#include "base/text.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define REMEMBERED_MAX 10000
#define FULL_NAME_MAX_BYTES 120
#define BUFFER_BYTES 16384

struct _SpocAccounts {
    GHashTable *names; /* user to full name, "" for none */
};

SpocAccounts *
spoc_accounts_new(void)
{
    SpocAccounts *accounts = g_new0(SpocAccounts, 1);
    accounts->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return accounts;
}

void
spoc_accounts_free(SpocAccounts *accounts)
{
    if (accounts == NULL)
        return;
    g_hash_table_unref(accounts->names);
    g_free(accounts);
}

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
look_up(const char *user)
{
    g_autofree char *buffer = g_malloc(BUFFER_BYTES);
    struct passwd account;
    struct passwd *found = NULL;
    if (getpwnam_r(user, &account, buffer, BUFFER_BYTES, &found) != 0 || found == NULL)
        return g_strdup("");
    return full_name_of(found);
}

const char *
spoc_accounts_full_name(SpocAccounts *accounts, const char *user)
{
    const char *name = g_hash_table_lookup(accounts->names, user);
    if (name == NULL) {
        if (g_hash_table_size(accounts->names) >= REMEMBERED_MAX)
            g_hash_table_remove_all(accounts->names);
        char *found = look_up(user);
        g_hash_table_insert(accounts->names, g_strdup(user), found);
        name = found;
    }
    return *name != '\0' ? name : NULL;
}
