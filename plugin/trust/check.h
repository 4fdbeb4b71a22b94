/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What `spocctl check` says about trust and TLS, without a network.
 */
#pragma once

#include "config/config.h"

typedef struct {
    SpocSeverity severity;
    gboolean blocks_delivery; /* no mail goes until this is mended */
    char *message;            /* one line with the cure, without secrets */
} SpocTrustProblem;

/**
 * spoc_trust_check:
 *
 * Settings that cannot work, a store that cannot be read, anchors that have expired or
 * will within 30 days, suites that do not fit, a single server's certificate in the store.
 *
 * Returns: (transfer full) (element-type SpocTrustProblem): perhaps empty; freed with
 *   g_ptr_array_unref()
 */
GPtrArray *spoc_trust_check(const SpocConfig *config);
