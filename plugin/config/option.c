/* SPDX-License-Identifier: Apache-2.0 */
/* Needs GLib alone: the generator of the sample file is built from it as well. */
#include "config/option.h"

#include "config/option-rows.h"

#include <string.h>

/* Longer names are nobody's typing error. */
#define SUGGEST_MAX_LENGTH 64

const SpocOption *
spoc_option_get(SpocOptionId id)
{
    g_return_val_if_fail((guint)id < SPOC_OPTION_COUNT, NULL);
    if (id < SPOC_OPTION_FIRST_OF_LOGIN)
        return &spoc_option_transport_rows[id];
    if (id < SPOC_OPTION_FIRST_OF_PEOPLE)
        return &spoc_option_login_rows[id - SPOC_OPTION_FIRST_OF_LOGIN];
    return &spoc_option_people_rows[id - SPOC_OPTION_FIRST_OF_PEOPLE];
}

gboolean
spoc_option_is_never_empty(const SpocOption *option)
{
    switch (option->type) {
    case SPOC_TYPE_INTEGER:
    case SPOC_TYPE_BOOLEAN:
    case SPOC_TYPE_CHOICE:
    case SPOC_TYPE_DURATION:
    case SPOC_TYPE_DURATIONS:
    case SPOC_TYPE_SIZE:
    case SPOC_TYPE_TIME:
        return TRUE;
    default:
        return (option->flags & NEVER_EMPTY) != 0;
    }
}

const SpocOption *
spoc_option_find(const char *name)
{
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        if (strcmp(option->name, name) == 0)
            return option;
    }
    return NULL;
}

/* Letters to insert, delete, replace or swap with a neighbour, without regard to case. */
static guint
edit_distance(const char *a, const char *b)
{
    guint rows[3][SUGGEST_MAX_LENGTH + 1];
    gsize length = strlen(b);
    for (guint j = 0; j <= length; j++)
        rows[1][j] = j;
    guint *before = rows[0], *last = rows[1], *now = rows[2];
    for (guint i = 1; a[i - 1] != '\0'; i++) {
        now[0] = i;
        for (guint j = 1; j <= length; j++) {
            char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[j - 1]);
            guint best = MIN(MIN(last[j], now[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) && y == g_ascii_tolower(a[i - 2]))
                best = MIN(best, before[j - 2] + 1);
            now[j] = best;
        }
        guint *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[length];
}

const SpocOption *
spoc_option_suggest(const char *name)
{
    gsize length = strlen(name);
    if (length > SUGGEST_MAX_LENGTH)
        return NULL;
    const SpocOption *nearest = NULL;
    guint least = 1 + (guint)length / 5; /* more than that is another word, not a slip */
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        guint distance = edit_distance(name, option->name);
        if (distance < least || (distance == least && nearest == NULL)) {
            nearest = option;
            least = distance;
        }
    }
    return nearest;
}
