/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Which files the layers are, and their content, lowest first. Knows nothing of
 *          options.
 */
#pragma once

#include "base/places.h"
#include "config/config.h"
#include "config/properties.h"

#define SPOC_LAYERS_MAX_DROPINS 256

/* In the configuration directory, put there by configuration management */
#define SPOC_LAYERS_MANAGEMENT_FILE "management.conf"
/* In the cache directory, the last good copy of what managementUrl gave */
#define SPOC_LAYERS_FETCHED_FILE "management-values"
#define SPOC_LAYERS_DROPIN_DIRECTORY "spoc.conf.d"

/**
 * SpocLayerFile:
 * @is_fetched: it counts only while managementUrl is set
 * @properties: (nullable): NULL when it could not be read
 * @error: (nullable): then why, a clause without the path
 */
typedef struct {
    SpocConfigLayer layer;
    gboolean is_fetched;
    char *path;
    SpocProperties *properties;
    GError *error;
} SpocLayerFile;

/* (transfer full) (element-type SpocLayerFile): those that exist, in the order in which they
 * count, lowest first; mailto.conf only where there is no spoc.conf */
GPtrArray *spoc_layers_read(const SpocPlaces *places);

/* (transfer full): where each may be, whether it exists or not; folders among them */
char **spoc_layers_paths(const SpocPlaces *places);
