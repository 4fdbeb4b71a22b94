/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Makes the system calls of the spool and base layers fail, one at a time. The test
 *          is linked with --wrap for each of these, so that calls of libraries are untouched.
 */
#pragma once

#include <glib.h>

typedef enum {
    FAULT_OPEN,
    FAULT_WRITE,  /* write and pwrite */
    FAULT_SYNC,   /* fsync and fdatasync */
    FAULT_CUT,    /* ftruncate */
    FAULT_RENAME, /* renameat */
    FAULT_UNLINK, /* unlinkat */
    FAULT_TIME,   /* futimens */
    FAULT_CALLS,
} FaultCall;

const char *fault_call_name(FaultCall call);

/* From now on the @nth call (from 0) of this kind, and @count in all, fail with @error_number.
 * A number of 0 makes writes short: half, and then the rest may follow. */
void fault_arm(FaultCall call, guint nth, guint count, int error_number);
/* Ends it. Returns whether any call had failed. */
gboolean fault_disarm(void);
/* Called at each sync before it is done or fails; NULL for none. */
void fault_at_sync(void (*function)(gpointer), gpointer user_data);
