/* SPDX-License-Identifier: Apache-2.0 */
#include "message/plural.h"

#include <string.h>

#define DEPTH_MAX 32

/* It is read anew for every number: the expressions are short, and there is nothing to keep. */
typedef struct {
    const char *next;
    gulong n;
    guint depth;
    gboolean is_bad;
} Reader;

/* A longer one stands before its own beginning. */
static const struct {
    const char *text;
    guint level;
} OPERATORS[] = {
    {"||", 0}, {"&&", 1}, {"==", 2}, {"!=", 2}, {"<=", 3}, {">=", 3}, {"<", 3},
    {">", 3},  {"+", 4},  {"-", 4},  {"*", 5},  {"/", 5},  {"%", 5},
};
#define LEVELS 6

static gulong read_conditional(Reader *reader);

static void
skip_blanks(Reader *reader)
{
    while (*reader->next == ' ' || *reader->next == '\t')
        reader->next++;
}

static gboolean
take(Reader *reader, const char *text)
{
    skip_blanks(reader);
    if (!g_str_has_prefix(reader->next, text))
        return FALSE;
    reader->next += strlen(text);
    return TRUE;
}

static gulong
read_number(Reader *reader)
{
    gulong value = 0;
    while (g_ascii_isdigit(*reader->next))
        value = value * 10 + (gulong)(*reader->next++ - '0');
    return value;
}

static gulong
read_unary(Reader *reader)
{
    guint negations = 0;
    while (take(reader, "!"))
        negations++;
    gulong value = 0;
    if (take(reader, "(")) {
        value = read_conditional(reader);
        if (!take(reader, ")"))
            reader->is_bad = TRUE;
    } else if (take(reader, "n")) {
        value = reader->n;
    } else if (g_ascii_isdigit(*reader->next)) {
        value = read_number(reader);
    } else {
        reader->is_bad = TRUE;
    }
    if (negations > 0)
        value = (value != 0) == (negations % 2 == 0);
    return value;
}

static gulong
calculate(const char *operator, gulong left, gulong right)
{
    switch (operator[0]) {
    case '|':
        return left != 0 || right != 0;
    case '&':
        return left != 0 && right != 0;
    case '=':
        return left == right;
    case '!':
        return left != right;
    case '<':
        return operator[1] == '=' ? left <= right : left<right;
    case '>':
        return operator[1] == '=' ? left >= right : left> right;
    case '+':
        return left + right;
    case '-':
        return left - right;
    case '*':
        return left * right;
    case '/':
        return right != 0 ? left / right : 0;
    default:
        return right != 0 ? left % right : 0;
    }
}

static const char *
take_operator(Reader *reader, guint level)
{
    skip_blanks(reader);
    for (gsize i = 0; i < G_N_ELEMENTS(OPERATORS); i++) {
        if (!g_str_has_prefix(reader->next, OPERATORS[i].text))
            continue;
        if (OPERATORS[i].level != level)
            return NULL;
        reader->next += strlen(OPERATORS[i].text);
        return OPERATORS[i].text;
    }
    return NULL;
}

static gulong
read_level(Reader *reader, guint level)
{
    if (level == LEVELS)
        return read_unary(reader);
    gulong value = read_level(reader, level + 1);
    const char *operator= NULL;
    while (!reader->is_bad && (operator= take_operator(reader, level)) != NULL)
        value = calculate(operator, value, read_level(reader, level + 1));
    return value;
}

static gulong
read_conditional(Reader *reader)
{
    if (reader->is_bad || ++reader->depth > DEPTH_MAX) {
        reader->is_bad = TRUE;
        return 0;
    }
    gulong value = read_level(reader, 0);
    if (!reader->is_bad && take(reader, "?")) {
        gulong yes = read_conditional(reader);
        if (!take(reader, ":"))
            reader->is_bad = TRUE;
        gulong no = read_conditional(reader);
        value = value != 0 ? yes : no;
    }
    reader->depth--;
    return value;
}

gboolean
spoc_plural_evaluate(const char *expression, gulong n, gulong *ret_form)
{
    if (strlen(expression) > SPOC_PLURAL_MAX_BYTES)
        return FALSE;
    Reader reader = {.next = expression, .n = n};
    gulong form = read_conditional(&reader);
    skip_blanks(&reader);
    if (reader.is_bad || (*reader.next != '\0' && *reader.next != ';'))
        return FALSE;
    *ret_form = form;
    return TRUE;
}
