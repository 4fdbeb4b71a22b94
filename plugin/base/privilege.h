/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Gives up root for the owner of the spool, before anything in it is
 *           touched.
 * SECURITY  The spool is writable for lp; root must not follow what lp put there.
 */
#pragma once

#include "base/places.h"

/**
 * spoc_privilege_drop:
 * @places: where the spool is
 *
 * Does nothing for an ordinary user. Root makes a missing spool directory (0700,
 * owned by the user and group of the build; that is possible only where the
 * request root allows it) and becomes the directory's owner, with the owner's
 * groups. A spool owned by root itself keeps root. The process is made
 * non-dumpable, so that a crash leaves no secret in a core file.
 *
 * Returns: FALSE with SPOC_ERROR_DENIED or SPOC_ERROR_NOT_FOUND
 */
gboolean spoc_privilege_drop(const SpocPlaces *places, GError **error) G_GNUC_WARN_UNUSED_RESULT;
