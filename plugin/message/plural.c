/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The expression is C's, on n alone: numbers, n, ! * / % + - < <= > >= == != && || ?: and
 * parentheses. It is kept as text and evaluated anew each time by recursive descent, which for
 * some dozens of characters costs less than a mail's headers; both branches of an operator are
 * read, and the value of one counts.
 */
#include "message/plural.h"

#include <string.h>

#define RULE_MAX_BYTES 500
#define DEPTH_MAX 30
#define FORMS_MAX 8

struct _SpocPlural {
    guint forms;
    char *expression;
};

typedef struct {
    const char *rest;
    gulong n;
    guint depth;
    gboolean failed;
} Reader;

static gulong read_condition(Reader *reader);

static void
skip_blanks(Reader *reader)
{
    while (*reader->rest == ' ' || *reader->rest == '\t')
        reader->rest++;
}

static gboolean
accept(Reader *reader, const char *token)
{
    skip_blanks(reader);
    if (!g_str_has_prefix(reader->rest, token))
        return FALSE;
    reader->rest += strlen(token);
    return TRUE;
}

static gulong
fail(Reader *reader)
{
    reader->failed = TRUE;
    reader->rest = "";
    return 0;
}

static gulong
read_primary(Reader *reader)
{
    if (++reader->depth > DEPTH_MAX)
        return fail(reader);
    gulong value = 0;
    skip_blanks(reader);
    if (accept(reader, "!")) {
        value = !read_primary(reader);
    } else if (accept(reader, "(")) {
        value = read_condition(reader);
        if (!accept(reader, ")"))
            return fail(reader);
    } else if (accept(reader, "n")) {
        value = reader->n;
    } else if (g_ascii_isdigit(*reader->rest)) {
        char *end = NULL;
        value = (gulong)g_ascii_strtoull(reader->rest, &end, 10);
        reader->rest = end;
    } else {
        return fail(reader);
    }
    reader->depth--;
    return value;
}

static gulong
read_product(Reader *reader)
{
    gulong value = read_primary(reader);
    for (;;) {
        char operation = '\0';
        if (accept(reader, "*"))
            operation = '*';
        else if (accept(reader, "/"))
            operation = '/';
        else if (accept(reader, "%"))
            operation = '%';
        else
            return value;
        gulong other = read_primary(reader);
        if (operation == '*')
            value *= other;
        else if (other == 0)
            return fail(reader);
        else
            value = operation == '/' ? value / other : value % other;
    }
}

static gulong
read_sum(Reader *reader)
{
    gulong value = read_product(reader);
    for (;;) {
        if (accept(reader, "+"))
            value += read_product(reader);
        else if (accept(reader, "-"))
            value -= read_product(reader);
        else
            return value;
    }
}

static gulong
read_order(Reader *reader)
{
    gulong value = read_sum(reader);
    for (;;) {
        if (accept(reader, "<="))
            value = value <= read_sum(reader);
        else if (accept(reader, ">="))
            value = value >= read_sum(reader);
        else if (accept(reader, "<"))
            value = value < read_sum(reader);
        else if (accept(reader, ">"))
            value = value > read_sum(reader);
        else
            return value;
    }
}

static gulong
read_equality(Reader *reader)
{
    gulong value = read_order(reader);
    for (;;) {
        if (accept(reader, "=="))
            value = value == read_order(reader);
        else if (accept(reader, "!="))
            value = value != read_order(reader);
        else
            return value;
    }
}

static gulong
read_and(Reader *reader)
{
    gulong value = read_equality(reader);
    while (accept(reader, "&&")) {
        gulong other = read_equality(reader);
        value = value && other;
    }
    return value;
}

static gulong
read_or(Reader *reader)
{
    gulong value = read_and(reader);
    while (accept(reader, "||")) {
        gulong other = read_and(reader);
        value = value || other;
    }
    return value;
}

static gulong
read_condition(Reader *reader)
{
    gulong value = read_or(reader);
    if (!accept(reader, "?"))
        return value;
    if (++reader->depth > DEPTH_MAX)
        return fail(reader);
    gulong yes = read_condition(reader);
    if (!accept(reader, ":"))
        return fail(reader);
    gulong no = read_condition(reader);
    reader->depth--;
    return value ? yes : no;
}

/* Returns whether the whole expression was understood. */
static gboolean
evaluate(const char *expression, gulong n, gulong *ret_value)
{
    Reader reader = {.rest = expression, .n = n};
    *ret_value = read_condition(&reader);
    skip_blanks(&reader);
    return !reader.failed && *reader.rest == '\0';
}

SpocPlural *
spoc_plural_parse(const char *rule)
{
    static const char forms_key[] = "nplurals=", plural_key[] = "plural=";
    const char *forms = strstr(rule, forms_key);
    const char *semicolon = forms != NULL ? strchr(forms, ';') : NULL;
    const char *plural = semicolon != NULL ? strstr(semicolon, plural_key) : NULL;
    if (plural == NULL || strlen(plural) > RULE_MAX_BYTES)
        return NULL;
    g_autofree char *count_text =
        g_strndup(forms + strlen(forms_key), (gsize)(semicolon - forms) - strlen(forms_key));
    guint64 count = 0;
    if (!g_ascii_string_to_unsigned(g_strstrip(count_text), 10, 1, FORMS_MAX, &count, NULL))
        return NULL;
    plural += strlen(plural_key);
    g_autoptr(SpocPlural) result = g_new0(SpocPlural, 1);
    result->forms = (guint)count;
    result->expression = g_strndup(plural, strcspn(plural, ";\n"));
    gulong value = 0;
    return evaluate(result->expression, 1, &value) ? g_steal_pointer(&result) : NULL;
}

void
spoc_plural_free(SpocPlural *plural)
{
    if (plural == NULL)
        return;
    g_free(plural->expression);
    g_free(plural);
}

guint
spoc_plural_forms(const SpocPlural *plural)
{
    return plural->forms;
}

guint
spoc_plural_form(const SpocPlural *plural, gulong n)
{
    gulong value = 0;
    /* What divides by zero for this n alone counts as the first form. */
    return evaluate(plural->expression, n, &value) && value < plural->forms ? (guint)value : 0;
}
