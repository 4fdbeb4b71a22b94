/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The layers of the configuration, and where a value or a problem comes from.
 */
#pragma once

#include <glib.h>

/* Lowest first. */
typedef enum {
    SPOC_LAYER_BUILTIN,
    SPOC_LAYER_PRESET, /* of mailProvider */
    SPOC_LAYER_VENDOR,
    SPOC_LAYER_MANAGEMENT,
    SPOC_LAYER_MAILTO, /* CUPS's mailto.conf, while there is no spoc.conf */
    SPOC_LAYER_LOCAL,
    SPOC_LAYER_DROPIN,
    SPOC_LAYER_CREDENTIAL, /* of the systemd service: passwords only */
} SpocConfigLayer;

typedef struct {
    SpocConfigLayer layer;
    const char *file; /* (nullable): path; NULL for a built-in default */
    guint line;       /* from 1; 0 where there is none */
} SpocConfigOrigin;

typedef enum {
    SPOC_SEVERITY_ERROR,
    SPOC_SEVERITY_WARNING,
} SpocSeverity;

/**
 * SpocConfigProblem:
 * @blocks_delivery: mail must wait until this is mended, because the key decides
 *   where mail goes, as whom, or how safely
 * @message: "FILE:LINE: KEY: what is wrong; what is accepted", without secrets
 */
typedef struct {
    SpocSeverity severity;
    gboolean blocks_delivery;
    const char *key;  /* (nullable) */
    const char *file; /* (nullable) */
    guint line;
    char *message;
} SpocConfigProblem;

typedef struct _SpocConfig SpocConfig;
