/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/route.h"

#define PAUSE_FIRST_S 30
#define PAUSE_LONGEST_S 300

SpocRoute
spoc_route_next(const SpocServerState *states, guint tried, gint64 now_us)
{
    int probed = -1;
    gint64 earliest_us = 0;
    for (int i = 0; i < SPOC_ROUTE_SERVERS; i++) {
        const SpocServerState *state = &states[i];
        if (!state->usable)
            continue;
        if (state->failing && (earliest_us == 0 || state->down_until_us < earliest_us))
            earliest_us = state->down_until_us;
        if ((tried & (1u << i)) != 0)
            continue;
        if (state->failing && state->probing)
            probed = probed < 0 ? i : probed;
        else if (!state->failing || state->down_until_us <= now_us)
            return (SpocRoute){.server = i};
    }
    if (probed >= 0)
        return (SpocRoute){.server = probed};
    return (SpocRoute){.server = -1, .earliest_us = earliest_us};
}

guint
spoc_route_kept_from(const SpocServerState *states, guint tried, int dropped_by, guint drops)
{
    if (dropped_by < 0 || drops == 0 || drops >= SPOC_ROUTE_DROPS_MAX)
        return 0;
    guint its_bit = 1u << dropped_by;
    if ((tried & its_bit) != 0 || !states[dropped_by].usable || states[dropped_by].failing)
        return 0;
    return ~its_bit;
}

gint64
spoc_route_pause_us(guint failures)
{
    gint64 pause_s = PAUSE_FIRST_S;
    for (guint i = 1; i < failures && pause_s < PAUSE_LONGEST_S; i++)
        pause_s *= 2;
    return MIN(pause_s, PAUSE_LONGEST_S) * G_USEC_PER_SEC;
}
