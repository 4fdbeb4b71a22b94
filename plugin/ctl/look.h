/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  How `spocctl check`, `status` and `test` look: at this host first, then at CUPS, so that
 *          a cupsd that is silent delays nothing but its own findings.
 */
#pragma once

#include "config/config.h"
#include "ctl/findings.h"
#include "cups/subscription.h"

typedef struct {
    SpocConfig *config;    /* as spocd finds it */
    GPtrArray *here;       /* of SpocFinding: what this host shows by itself */
    GPtrArray *cups;       /* of SpocFinding */
    SpocCupsAside *aside;  /* (nullable) */
    GError *why_not_aside; /* (nullable) */
} SpocLook;

/**
 * spoc_look_new:
 *
 * Puts the question to cupsd as whoever we are, becomes the user that spocd runs as, and looks at
 * programs, settings, spool and cache. Nothing is made or changed.
 *
 * Returns: (transfer full): SPOC_ERROR_DENIED for whoever is neither root nor that user: what they
 *   would see is not what spocd sees
 */
SpocLook *spoc_look_new(const SpocPlaces *places, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_look_free(SpocLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocLook, spoc_look_free)

/**
 * spoc_look_at_cups:
 *
 * Waits for cupsd's answer, once; no longer than SPOC_CUPSD_TIMEOUT_MS after spoc_look_new().
 *
 * Returns: (transfer full) (nullable) (element-type SpocCupsSubscription): NULL: not known
 */
GPtrArray *spoc_look_at_cups(SpocLook *look, const SpocPlaces *places);
