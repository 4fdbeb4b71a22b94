/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The alias file, as aliases(5) has it: "name: target, target", a comment after #
 *           at the start of a line, a line that begins with a blank goes on with the one
 *           before. Names are compared without regard to case. Behind a target may stand
 *           ?language=de, the language of the mails to whom it leads to.
 * SECURITY  A target is an address or a user's name. What a mail system would run, write or
 *           include ("|command", "/file", ":include:") is never followed.
 */
#include "base/error.h"
#include "base/text.h"
#include "people/rules.h"

#include <string.h>

#define ALIASES_MAX 200000

/* What a loop or a wide fan of aliases may cost */
#define STEPS_MAX 1000

#define LANGUAGE_PARAMETER "?language="

struct _SpocAliases {
    GHashTable *lines; /* folded name to the targets as they stand in the file */
};

void
spoc_aliases_free(SpocAliases *aliases)
{
    if (aliases == NULL)
        return;
    g_hash_table_unref(aliases->lines);
    g_free(aliases);
}

void
spoc_alias_target_free(SpocAliasTarget *target)
{
    if (target == NULL)
        return;
    g_free(target->text);
    g_free(target->language);
    g_free(target);
}

/* The next item before one of @ends outside quotes, without its quotes and blanks; *@text
 * moves to the end that was met. A backslash in quotes takes the next character as it is. */
static char *
next_item(const char **text, const char *ends)
{
    GString *item = g_string_new(NULL);
    gboolean quoted = FALSE;
    const char *p = *text;
    for (; *p != '\0' && (quoted || strchr(ends, *p) == NULL); p++) {
        if (*p == '"') {
            quoted = !quoted;
            continue;
        }
        if (quoted && *p == '\\' && p[1] != '\0')
            p++;
        g_string_append_c(item, *p);
    }
    *text = p;
    return g_strstrip(g_string_free(item, FALSE));
}

/* One logical line */
static void
add_line(SpocAliases *aliases, const char *line)
{
    const char *p = line;
    g_autofree char *name = next_item(&p, ":");
    if (*p != ':' || *name == '\0' || g_hash_table_size(aliases->lines) >= ALIASES_MAX)
        return;
    g_autofree char *targets = g_strstrip(g_strdup(p + 1));
    if (*targets != '\0')
        g_hash_table_replace(aliases->lines, g_utf8_casefold(name, -1), g_steal_pointer(&targets));
}

SpocAliases *
spoc_aliases_parse(const char *text, gssize length)
{
    SpocAliases *aliases = g_new0(SpocAliases, 1);
    aliases->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *valid = g_utf8_make_valid(text, length);
    g_auto(GStrv) lines = g_strsplit(valid, "\n", -1);
    g_autoptr(GString) logical = g_string_new(NULL);
    for (gsize i = 0; lines[i] != NULL; i++) {
        const char *line = g_strchomp(lines[i]);
        if (*line == '#' || *line == '\0')
            continue;
        if (!g_ascii_isspace(*line)) {
            add_line(aliases, logical->str);
            g_string_truncate(logical, 0);
        }
        g_string_append(logical, line);
    }
    add_line(aliases, logical->str);
    return aliases;
}

/* --- following -------------------------------------------------------------------------- */

typedef struct {
    const SpocAliases *aliases;
    const char *name; /* that was asked for */
    GPtrArray *found;
    guint steps;
} Walk;

static gboolean
refuse(const Walk *walk, SpocErrorCode code, const char *format, const char *detail, GError **error)
{
    g_autofree char *name = spoc_text_line(walk->name, -1, 100);
    g_autofree char *shown = spoc_text_line(detail, -1, 100);
    g_autofree char *reason = g_strdup_printf("%s'%s'", format, shown);
    g_set_error(error, SPOC_ERROR, code, "the alias '%s' in recipientAliasFile %s", name, reason);
    return FALSE;
}

static gboolean
add_target(Walk *walk, const char *text, const char *language, GError **error)
{
    if (strchr("|/:", text[0]) != NULL)
        return refuse(walk, SPOC_ERROR_INVALID,
                      "leads to a command, a file or an include, where only addresses and names "
                      "are accepted: ",
                      text, error);
    gboolean is_address = strchr(text, '@') != NULL;
    g_autofree char *canonical = is_address ? spoc_address_canonical(text, error) : g_strdup(text);
    if (canonical == NULL) {
        g_autofree char *name = spoc_text_line(walk->name, -1, 100);
        g_prefix_error(error, "the alias '%s' in recipientAliasFile: ", name);
        return FALSE;
    }
    for (guint i = 0; i < walk->found->len; i++) {
        const SpocAliasTarget *known = g_ptr_array_index(walk->found, i);
        if (strcmp(known->text, canonical) == 0)
            return TRUE;
    }
    if (walk->found->len >= SPOC_ALIAS_TARGETS_MAX)
        return refuse(walk, SPOC_ERROR_LIMIT, "leads to more than 100 people; the next is ", text,
                      error);
    SpocAliasTarget *target = g_new0(SpocAliasTarget, 1);
    target->text = g_steal_pointer(&canonical);
    target->is_address = is_address;
    target->language = g_strdup(language);
    g_ptr_array_add(walk->found, target);
    return TRUE;
}

/* Takes "?language=de" off the end of @target; (transfer full) (nullable): "de" */
static char *
cut_language(char *target)
{
    char *parameter = strstr(target, LANGUAGE_PARAMETER);
    if (parameter == NULL)
        return NULL;
    *parameter = '\0';
    return spoc_language_canonical(parameter + strlen(LANGUAGE_PARAMETER));
}

static gboolean follow(Walk *walk, const char *name, const char *language, guint depth,
                       GError **error);

static gboolean
follow_targets(Walk *walk, const char *name, const char *targets, const char *language, guint depth,
               GError **error)
{
    for (const char *p = targets; *p != '\0';) {
        g_autofree char *target = next_item(&p, ",");
        if (*p == ',')
            p++;
        g_autofree char *own_language = cut_language(target);
        if (*target == '\0')
            continue;
        const char *chosen = own_language != NULL ? own_language : language;
        /* A backslash ends the search, and so does a name that leads to itself. */
        gboolean is_last = target[0] == '\\';
        const char *text = is_last ? target + 1 : target;
        g_autofree char *folded = g_utf8_casefold(text, -1);
        is_last |= strcmp(folded, name) == 0;
        if (is_last ? !add_target(walk, text, chosen, error)
                    : !follow(walk, text, chosen, depth + 1, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
follow(Walk *walk, const char *name, const char *language, guint depth, GError **error)
{
    g_autofree char *folded = g_utf8_casefold(name, -1);
    const char *targets = g_hash_table_lookup(walk->aliases->lines, folded);
    if (targets == NULL)
        return add_target(walk, name, language, error);
    if (depth >= SPOC_ALIAS_DEPTH_MAX || walk->steps++ >= STEPS_MAX)
        return refuse(walk, SPOC_ERROR_INVALID, "leads in a circle, or too far: ", name, error);
    return follow_targets(walk, folded, targets, language, depth, error);
}

GPtrArray *
spoc_aliases_expand(const SpocAliases *aliases, const char *name, GError **error)
{
    g_autoptr(GPtrArray) found =
        g_ptr_array_new_with_free_func((GDestroyNotify)spoc_alias_target_free);
    g_autofree char *folded = g_utf8_casefold(name, -1);
    if (g_hash_table_lookup(aliases->lines, folded) == NULL) {
        SpocAliasTarget *itself = g_new0(SpocAliasTarget, 1);
        itself->text = g_strdup(name);
        itself->is_address = strchr(name, '@') != NULL;
        g_ptr_array_add(found, itself);
        return g_steal_pointer(&found);
    }
    Walk walk = {.aliases = aliases, .name = name, .found = found};
    if (!follow(&walk, name, NULL, 0, error))
        return NULL;
    if (found->len == 0) {
        (void)refuse(&walk, SPOC_ERROR_INVALID, "leads to nobody: ", name, error);
        return NULL;
    }
    return g_steal_pointer(&found);
}
