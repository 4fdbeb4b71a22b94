/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The alias file, as aliases(5) has it: "name: target, target", a comment after #
 *           at the start of a line, a line that begins with a blank goes on with the one
 *           before. Names are compared by spoc_address_key(). Behind a target may stand
 *           ?language=de, the language of the mails to whom it leads to, and ?only=problems or
 *           &only=problems, what they tell.
 * SECURITY  A target is an address or a user's name. What a mail system would run, write or
 *           include ("|command", "/file", ":include:") is never followed.
 */
#include "people/alias.h"
#include "base/address.h"
#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define ALIASES_MAX 200000

/* What a loop or a wide fan of aliases may cost */
#define STEPS_MAX 1000

/* What is left out is said of so many targets of one name. */
#define REFUSALS_MAX 20

/* That are named of one file */
#define PROBLEMS_MAX 100

#define BOM "\xef\xbb\xbf"

/* A logical line */
typedef struct {
    guint number;  /* of its first line, from 1 */
    char *name;    /* as it stands there; NULL: there is no colon behind a name */
    char *targets; /* likewise */
} Line;

struct _SpocAliases {
    GPtrArray *all;    /* of Line, in the file's order */
    GHashTable *lines; /* spoc_address_key() of a name to its Line: the last of equal ones */
};

void
spoc_aliases_free(SpocAliases *aliases)
{
    if (aliases == NULL)
        return;
    g_hash_table_unref(aliases->lines);
    g_ptr_array_unref(aliases->all);
    g_free(aliases);
}

static void
line_free(gpointer data)
{
    Line *line = data;
    g_free(line->name);
    g_free(line->targets);
    g_free(line);
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
add_line(SpocAliases *aliases, const char *text, guint number)
{
    if (*text == '\0' || aliases->all->len >= ALIASES_MAX)
        return;
    Line *line = g_new0(Line, 1);
    line->number = number;
    g_ptr_array_add(aliases->all, line);
    const char *p = text;
    g_autofree char *name = next_item(&p, ":");
    if (*p != ':' || *name == '\0')
        return;
    line->name = g_steal_pointer(&name);
    line->targets = g_strstrip(g_strdup(p + 1));
    if (*line->targets != '\0')
        g_hash_table_replace(aliases->lines, spoc_address_key(line->name), line);
}

SpocAliases *
spoc_aliases_parse(const char *text, gssize length)
{
    SpocAliases *aliases = g_new0(SpocAliases, 1);
    aliases->all = g_ptr_array_new_with_free_func(line_free);
    aliases->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *valid = g_utf8_make_valid(text, length);
    g_auto(GStrv) lines =
        g_strsplit(g_str_has_prefix(valid, BOM) ? valid + strlen(BOM) : valid, "\n", -1);
    g_autoptr(GString) logical = g_string_new(NULL);
    guint number = 1;
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = g_strchomp(lines[i]);
        if (*line == '#' || *line == '\0')
            continue;
        if (!g_ascii_isspace(*line)) {
            add_line(aliases, logical->str, number);
            g_string_truncate(logical, 0);
            number = i + 1;
        }
        g_string_append(logical, line);
    }
    add_line(aliases, logical->str, number);
    return aliases;
}

/* --- following -------------------------------------------------------------------------- */

/* How mails to whom a target leads to are wanted */
typedef struct {
    char *language; /* (nullable) */
    SpocOnly only;
} Wish;

static void
wish_clear(Wish *wish)
{
    g_free(wish->language);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wish, wish_clear)

/* Where the parameters begin that stand behind @target; NULL: it has none. An address may have a
 * question mark in it. */
static char *
find_parameters(char *target)
{
    for (char *mark = strchr(target, '?'); mark != NULL; mark = strchr(mark + 1, '?'))
        if (g_str_has_prefix(mark, "?language=") || g_str_has_prefix(mark, "?only="))
            return mark;
    return NULL;
}

/* Takes "?language=de&only=faults" off the end of @target. @ret_wish: what it says of them, else
 * @before; its language is (transfer full) */
static void
cut_wish(char *target, const Wish *before, Wish *ret_wish)
{
    char *parameters = find_parameters(target);
    g_auto(GStrv) parts = g_strsplit(parameters != NULL ? parameters + 1 : "", "&", 8);
    g_autofree char *language = NULL;
    ret_wish->only = before->only;
    for (gsize i = 0; parts[i] != NULL; i++) {
        const char *value = strchr(parts[i], '=');
        if (g_str_has_prefix(parts[i], "language=")) {
            g_free(language);
            language = spoc_language_canonical(value + 1);
        } else if (g_str_has_prefix(parts[i], "only=") &&
                   spoc_only_parse(value + 1) != SPOC_ONLY_UNSET) {
            ret_wish->only = spoc_only_parse(value + 1);
        }
    }
    ret_wish->language = language != NULL ? g_steal_pointer(&language) : g_strdup(before->language);
    if (parameters != NULL)
        *parameters = '\0';
}

typedef struct {
    const SpocAliases *aliases;
    const char *name; /* that was asked for */
    GPtrArray *found;
    GPtrArray *refusals; /* of GError */
    guint steps;
} Walk;

static void
set_refusal(const Walk *walk, SpocErrorCode code, const char *format, const char *detail,
            GError **error)
{
    g_autofree char *name = spoc_text_line(walk->name, -1, 100);
    g_autofree char *shown = spoc_text_line(detail, -1, 100);
    g_set_error(error, SPOC_ERROR, code, "the alias '%s' in recipientAliasFile %s'%s'", name,
                format, shown);
}

/* Keeps a target that is left out in mind: each stands for itself. */
static void
leave_out(Walk *walk, GError *refusal)
{
    for (guint i = 0; i < walk->refusals->len; i++) {
        const GError *known = g_ptr_array_index(walk->refusals, i);
        if (walk->refusals->len >= REFUSALS_MAX || strcmp(known->message, refusal->message) == 0) {
            g_error_free(refusal);
            return;
        }
    }
    g_ptr_array_add(walk->refusals, refusal);
}

/* (nullable): why it cannot be followed, what a mail server's alias file may hold */
static const char *
foreign_target(const char *text)
{
    return strchr("|/:", text[0]) != NULL
               ? "leads to a command, a file or an include, where only addresses and names are "
                 "accepted: "
               : NULL;
}

static gboolean
add_target(Walk *walk, const char *text, const Wish *wish, GError **error)
{
    GError *refusal = NULL;
    const char *foreign = foreign_target(text);
    gboolean is_address = strchr(text, '@') != NULL;
    g_autofree char *canonical = NULL;
    if (foreign != NULL) {
        set_refusal(walk, SPOC_ERROR_INVALID, foreign, text, &refusal);
    } else {
        canonical = is_address ? spoc_address_canonical(text, &refusal) : g_strdup(text);
        if (refusal != NULL) {
            g_autofree char *name = spoc_text_line(walk->name, -1, 100);
            g_prefix_error(&refusal, "the alias '%s' in recipientAliasFile: ", name);
        }
    }
    if (refusal != NULL) {
        leave_out(walk, refusal);
        return TRUE;
    }
    for (guint i = 0; i < walk->found->len; i++) {
        SpocAliasTarget *known = g_ptr_array_index(walk->found, i);
        if (!spoc_address_equal(known->text, canonical))
            continue;
        known->only = MIN(known->only, wish->only); /* whoever is named twice misses nothing */
        return TRUE;
    }
    if (walk->found->len >= SPOC_ALIAS_TARGETS_MAX) {
        set_refusal(walk, SPOC_ERROR_LIMIT, "leads to more than 100 people; the next is ", text,
                    error);
        return FALSE;
    }
    SpocAliasTarget *target = g_new0(SpocAliasTarget, 1);
    target->text = g_steal_pointer(&canonical);
    target->is_address = is_address;
    target->language = g_strdup(wish->language);
    target->only = wish->only;
    g_ptr_array_add(walk->found, target);
    return TRUE;
}

static gboolean follow(Walk *walk, const char *name, const Wish *wish, guint depth, GError **error);

static gboolean
follow_targets(Walk *walk, const char *key, const char *targets, const Wish *wish, guint depth,
               GError **error)
{
    for (const char *p = targets; *p != '\0';) {
        g_autofree char *target = next_item(&p, ",");
        if (*p == ',')
            p++;
        g_auto(Wish) own = {0};
        cut_wish(target, wish, &own);
        if (*target == '\0')
            continue;
        /* A backslash ends the search, and so does a name that leads to itself. */
        gboolean is_last = target[0] == '\\';
        const char *text = is_last ? target + 1 : target;
        g_autofree char *text_key = spoc_address_key(text);
        is_last |= strcmp(text_key, key) == 0;
        if (is_last ? !add_target(walk, text, &own, error)
                    : !follow(walk, text, &own, depth + 1, error))
            return FALSE;
    }
    return TRUE;
}

/* FALSE: beyond a limit, no mail to anybody */
static gboolean
follow(Walk *walk, const char *name, const Wish *wish, guint depth, GError **error)
{
    g_autofree char *key = spoc_address_key(name);
    const Line *line = g_hash_table_lookup(walk->aliases->lines, key);
    if (line == NULL)
        return add_target(walk, name, wish, error);
    if (walk->steps++ >= STEPS_MAX) {
        set_refusal(walk, SPOC_ERROR_LIMIT, "leads too far: ", name, error);
        return FALSE;
    }
    if (depth >= SPOC_ALIAS_DEPTH_MAX) {
        GError *refusal = NULL;
        set_refusal(walk, SPOC_ERROR_INVALID, "leads in a circle, or too far: ", name, &refusal);
        leave_out(walk, refusal);
        return TRUE;
    }
    return follow_targets(walk, key, line->targets, wish, depth, error);
}

GPtrArray *
spoc_aliases_expand(const SpocAliases *aliases, const char *name, GPtrArray *refusals,
                    GError **error)
{
    g_autoptr(GPtrArray) found =
        g_ptr_array_new_with_free_func((GDestroyNotify)spoc_alias_target_free);
    g_autofree char *key = spoc_address_key(name);
    if (g_hash_table_lookup(aliases->lines, key) == NULL) {
        SpocAliasTarget *itself = g_new0(SpocAliasTarget, 1);
        itself->text = g_strdup(name);
        g_ptr_array_add(found, itself);
        return g_steal_pointer(&found);
    }
    g_autoptr(GPtrArray) left_out = spoc_refusals_new();
    Walk walk = {.aliases = aliases, .name = name, .found = found, .refusals = left_out};
    const Wish none = {0};
    if (!follow(&walk, name, &none, 0, error))
        return NULL;
    if (found->len == 0 && left_out->len > 0)
        g_propagate_error(error, g_ptr_array_steal_index(left_out, 0));
    else if (found->len == 0)
        set_refusal(&walk, SPOC_ERROR_INVALID, "leads to nobody: ", name, error);
    if (found->len == 0)
        return NULL;
    while (refusals != NULL && left_out->len > 0)
        g_ptr_array_add(refusals, g_ptr_array_steal_index(left_out, 0));
    return g_steal_pointer(&found);
}

/* --- checking --------------------------------------------------------------------------- */

static void
problem_free(gpointer data)
{
    SpocAliasProblem *problem = data;
    g_free(problem->text);
    g_free(problem);
}

static void G_GNUC_PRINTF(4, 5)
    add_problem(GPtrArray *problems, guint line, gboolean loses_mail, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    SpocAliasProblem *problem = g_new0(SpocAliasProblem, 1);
    *problem = (SpocAliasProblem){line, loses_mail, spoc_text_line(text, -1, 500)};
    g_ptr_array_add(problems, problem);
}

/* Whether the targets of @line are what targets can be */
static gboolean
check_targets(GPtrArray *problems, const Line *line)
{
    gboolean is_good = TRUE;
    guint count = 0;
    for (const char *p = line->targets; *p != '\0';) {
        g_autofree char *target = next_item(&p, ",");
        if (*p == ',')
            p++;
        const Wish none = {0};
        g_auto(Wish) own = {0};
        cut_wish(target, &none, &own);
        const char *text = target[0] == '\\' ? target + 1 : target;
        const char *why = NULL;
        if (strchr(text, '@') != NULL)
            g_free(spoc_address_parse(text, &why));
        if (*text == '\0')
            continue;
        count++;
        if (foreign_target(text) != NULL)
            add_problem(problems, line->number, FALSE,
                        "'%s' leads to '%s': no command is started, no file written and none "
                        "included; mail to it is refused, name an address or a user",
                        line->name, text);
        else if (why != NULL)
            add_problem(problems, line->number, TRUE,
                        "'%s' leads to '%s', which is no mail address: %s; mail to it is refused",
                        line->name, text, why);
        else
            continue;
        is_good = FALSE;
    }
    if (count == 0)
        add_problem(problems, line->number, TRUE, "'%s' leads to nobody; write NAME: ADDRESS",
                    line->name);
    return is_good && count > 0;
}

/* Of lines that are good each by itself: circles, and too many people */
static void
check_way(GPtrArray *problems, const SpocAliases *aliases, const Line *line)
{
    g_autoptr(GPtrArray) refusals = spoc_refusals_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = spoc_aliases_expand(aliases, line->name, refusals, &error);
    const GError *refusal = refusals->len > 0 ? g_ptr_array_index(refusals, 0) : error;
    if (refusal != NULL && (found == NULL || strstr(refusal->message, "circle") != NULL))
        add_problem(problems, line->number, TRUE, "%s", refusal->message);
}

GPtrArray *
spoc_aliases_check(const char *text, gssize length)
{
    GPtrArray *problems = g_ptr_array_new_with_free_func(problem_free);
    g_autoptr(SpocAliases) aliases = spoc_aliases_parse(text, length);
    for (guint i = 0; i < aliases->all->len && problems->len < PROBLEMS_MAX; i++) {
        const Line *line = g_ptr_array_index(aliases->all, i);
        if (line->name == NULL) {
            add_problem(problems, line->number, TRUE,
                        "the line has no name with a colon after it, so it does nothing; write "
                        "NAME: ADDRESS");
            continue;
        }
        g_autofree char *key = spoc_address_key(line->name);
        const Line *last = g_hash_table_lookup(aliases->lines, key);
        if (!check_targets(problems, line))
            continue;
        if (last != line)
            add_problem(problems, line->number, FALSE,
                        "'%s' stands in line %u again, and only that one counts", line->name,
                        last->number);
        else
            check_way(problems, aliases, line);
    }
    return problems;
}
