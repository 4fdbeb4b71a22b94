/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Tells a living process from another that has its number later.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* (transfer full): "PID-STARTED" of a process, the same as long as it lives and no other's
 * afterwards; "" when it cannot be told */
char *spoc_process_stamp(pid_t pid);
/* FALSE also where nothing tells. */
gboolean spoc_process_lives(const char *stamp);
