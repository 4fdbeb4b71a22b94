/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/server-health.h"

#include "../spool/root.h"

#include <string.h>

static void
test_round(Root *root, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) none = spoc_server_notes_load(root->spool);
    g_assert_cmpuint(none->len, ==, 0);

    g_autoptr(GPtrArray) notes = spoc_server_notes_new();
    g_ptr_array_add(notes, spoc_server_note_new("a.example:25", 1700000000, "refused\n\tagain"));
    g_ptr_array_add(notes, spoc_server_note_new("[2001:db8::1]:465", 1, "x"));
    g_assert_true(spoc_server_notes_save(root->spool, notes, &error));
    g_assert_no_error(error);
    g_autoptr(GPtrArray) loaded = spoc_server_notes_load(root->spool);
    g_assert_cmpuint(loaded->len, ==, 2);
    const SpocServerNote *note = spoc_server_notes_find(loaded, "a.example:25");
    g_assert_nonnull(note);
    g_assert_cmpint(note->since_unix_s, ==, 1700000000);
    g_assert_cmpstr(note->words, ==, "refused again");
    g_assert_nonnull(spoc_server_notes_find(loaded, "[2001:db8::1]:465"));
    g_assert_null(spoc_server_notes_find(loaded, "b.example:25"));
}

/* Whatever somebody who runs as lp could put there. */
static void
test_foreign(Root *root, gconstpointer data)
{
    static const char *const texts[] = {"", "\n\n", "x", "1\ta", "\xff\xfe\t\t\t\n", "\t\t"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        root_put(root, "state", "servers", texts[i], strlen(texts[i]));
        g_autoptr(GPtrArray) notes = spoc_server_notes_load(root->spool);
        g_assert_cmpuint(notes->len, <=, 1);
    }
    g_autofree char *many = g_strnfill(4000, '\n');
    for (guint i = 0; i + 8 < 4000; i += 8)
        memcpy(many + i, "1\ta\tb\x1b[m", 7);
    root_put(root, "state", "servers", many, 4000);
    g_autoptr(GPtrArray) notes = spoc_server_notes_load(root->spool);
    g_assert_cmpuint(notes->len, ==, SPOC_SERVER_NOTES_MAX);
    const SpocServerNote *first = g_ptr_array_index(notes, 0);
    g_assert_null(strchr(first->words, '\x1b'));
    g_autofree char *large = g_strnfill(100000, 'x');
    root_put(root, "state", "servers", large, 100000);
    g_autoptr(GPtrArray) refused = spoc_server_notes_load(root->spool);
    g_assert_cmpuint(refused->len, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/server-health/round", Root, NULL, root_set_up, test_round, root_tear_down);
    g_test_add("/server-health/foreign", Root, NULL, root_set_up, test_foreign, root_tear_down);
    return g_test_run();
}
