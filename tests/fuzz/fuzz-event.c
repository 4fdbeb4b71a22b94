/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"
#include "event/subscription-match.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A stream to its end: each step makes progress within bounds, and every event has its bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SpocSubscription subscription = {.status = SPOC_SUBSCRIPTION_NOT_FOUND, .complete = TRUE};
    gsize at = 0;
    for (;;) {
        g_autoptr(SpocEvent) event = NULL;
        gsize consumed = 0;
        SpocScanResult result = spoc_event_scan(data + at, size - at, at, TRUE, &consumed, &event);
        if (result == SPOC_SCAN_END)
            break;
        if (result == SPOC_SCAN_MORE || consumed == 0 || consumed > size - at)
            abort();
        if (result == SPOC_SCAN_EVENT) {
            if (event->name == NULL || event->length_bytes > SPOC_EVENT_MAX_BYTES)
                abort();
            spoc_subscription_match_learn(&subscription, event);
            (void)spoc_subscription_match_decide(&subscription, event);
        }
        at += consumed;
    }
    if (at != size)
        abort();
    spoc_subscription_clear(&subscription);
    return 0;
}
