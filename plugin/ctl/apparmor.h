/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What a spocd that CUPS's programs start may read where Debian's AppArmor profile for
 *          cupsd is in force: it inherits that profile. One that systemd starts does not.
 */
#pragma once

#include <glib.h>

/* @profiles: the content of /sys/kernel/security/apparmor/profiles */
gboolean spoc_apparmor_enforces(const char *profiles);

/* The same on this host; only root sees it. */
gboolean spoc_apparmor_is_in_force(void);

/* Whether the profile lets a file be read there. @path: absolute */
gboolean spoc_apparmor_allows(const char *path);

/* (transfer full): the folders that it allows, for people */
char *spoc_apparmor_allowed_text(void);
