/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One configuration in force: the snapshot and what is built from it. It is
 *           replaced as a whole when a file changes.
 * OWNERSHIP Everything in it is its own and lives as long as it does.
 */
#pragma once

#include "base/log.h"
#include "base/places.h"
#include "delivery/schedule.h"
#include "people/recipient.h"
#include "trust/tls.h"

typedef struct {
    SpocConfig *config;
    SpocTls *tls; /* (nullable): only while delivery is blocked */
    SpocPeople *people;
    SpocSchedule schedule;
    const char *sender;
    char *host_name;
    SpocUnverified unverified;
    char *blocker; /* (nullable): why no mail may go out, and the cure */
} SpocSetup;

/**
 * spoc_setup_load:
 *
 * Reads the configuration and writes every problem to @log. Never fails: what is wrong
 * with it stands in blocker.
 */
SpocSetup *spoc_setup_load(const SpocPlaces *places, SpocLog *log);
void spoc_setup_free(SpocSetup *setup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocSetup, spoc_setup_free)

/* Whether a file of the configuration is another now. */
gboolean spoc_setup_is_stale(const SpocSetup *setup, const SpocPlaces *places);
