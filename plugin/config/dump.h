/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The effective values with their origin, ready to be shown.
 * SECURITY Secrets are masked: a row never holds one.
 */
#pragma once

#include "config/config.h"

#define SPOC_DUMP_MASK "********"

/**
 * SpocConfigRow:
 * @name: the key
 * @value: as one would write it; SPOC_DUMP_MASK for a secret that is set, or in the place of a
 *   URL's query; "" for none
 * @layer: "built-in", "vendor", …
 * @file: (nullable)
 * @line: from 1; 0 where there is none
 * @is_changed: a layer above the built-in defaults set it
 * @is_secret: whether @value is masked
 *
 * All strings belong to the snapshot.
 */
typedef struct {
    SpocOptionId option;
    const char *name;
    const char *value;
    const char *layer;
    const char *file;
    guint line;
    gboolean is_changed;
    gboolean is_secret;
} SpocConfigRow;

/* The row of one option; it lives as long as @config. */
SpocConfigRow spoc_config_row(const SpocConfig *config, SpocOptionId option);
