/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What is wrong with settings and with the files that they name, as the user that spocd
 *          runs as sees them.
 */
#pragma once

#include "config/config.h"
#include "ctl/findings.h"

/**
 * spoc_find_settings:
 * @config: loaded from @places
 * @is_confined: spoc_apparmor_is_in_force()
 */
void spoc_find_settings(GPtrArray *findings, const SpocPlaces *places, const SpocConfig *config,
                        gboolean is_confined);

/* What a spocd that CUPS's programs start may read where Debian's AppArmor profile for cupsd is in
 * force: it inherits that profile. One that systemd starts does not. */

/* @profiles: the content of /sys/kernel/security/apparmor/profiles */
gboolean spoc_apparmor_enforces(const char *profiles);

/* The same on this host; only root sees it. */
gboolean spoc_apparmor_is_in_force(void);

/* Whether the profile lets a file be read there. @path: absolute */
gboolean spoc_apparmor_allows(const char *path);

/* Whether it lets a program be run. @path: absolute */
gboolean spoc_apparmor_lets_run(const char *path);
