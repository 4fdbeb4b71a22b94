/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What has become of a message, and of each of its recipients. The first five are also
 *          the folders of the queue; what is done leaves nothing there.
 */
#pragma once

typedef enum {
    SPOC_STATE_NEW,
    SPOC_STATE_WAITING, /* it is tried by the schedule */
    SPOC_STATE_SENDING,
    SPOC_STATE_HELD,   /* an administrator has to do something first */
    SPOC_STATE_FAILED, /* it will not be delivered */
    SPOC_STATE_DONE,   /* it is delivered */
} SpocState;

/* How many of them are folders: those before it */
#define SPOC_STATE_FOLDERS SPOC_STATE_DONE
