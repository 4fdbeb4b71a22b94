/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Gives up root for the owner of the spool, before anything in it is
 *           touched.
 * SECURITY  The spool is writable for lp; root must not follow what lp put there, and makes
 *           nothing there either.
 */
#pragma once

#include "base/places.h"

/**
 * spoc_privilege_drop:
 * @places: where the spool is
 *
 * Does nothing for an ordinary user. Root becomes the owner of the spool directory, with the
 * owner's groups; where there is none, the user and group of the build. Only a private place that
 * root named in the environment may have a spool of root's, and keeps root: nobody else puts
 * anything there. The process is made non-dumpable, so that a crash leaves no secret in a core
 * file.
 *
 * Returns: FALSE with SPOC_ERROR_DENIED or SPOC_ERROR_NOT_FOUND when the process would stay
 *   root: a spool of root's in the system's CUPS, a user that does not exist
 */
gboolean spoc_privilege_drop(const SpocPlaces *places, GError **error) G_GNUC_WARN_UNUSED_RESULT;
