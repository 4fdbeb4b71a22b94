/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Tells whether any file of the configuration has changed.
 */
#pragma once

#include "base/places.h"
#include "config/layer.h"

/**
 * spoc_config_stamp:
 *
 * Returns: (transfer full): text that differs when any file of the layers (the trust
 *   store and the alias file among them) was added, removed or changed: size,
 *   modification time and inode of each. Comparing two is how a running spocd sees
 *   a change that no file monitor told it.
 */
char *spoc_config_stamp(const SpocPlaces *places, const SpocConfig *config);

/* (transfer full): the state of the layers' files, of those that options name */
char *spoc_stamp_layers(const SpocPlaces *places);
char *spoc_stamp_named(const SpocConfig *config);
char *spoc_stamp_join(const char *layers, const char *named);
