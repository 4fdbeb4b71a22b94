/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   JSON of servers, programs and key files: one object, bounded in size and depth.
 * SECURITY  Foreign data. Errors quote none of it, because secrets stand in it.
 */
#pragma once

#include <json-glib/json-glib.h>

#define SPOC_OAUTH_JSON_MAX_BYTES ((gsize)64 * 1024)
#define SPOC_OAUTH_JSON_MAX_DEPTH 16

/**
 * spoc_oauth_json_parse:
 *
 * Returns: (transfer full): or NULL with SPOC_ERROR_LIMIT or SPOC_ERROR_CORRUPT, a clause about
 *   what was parsed ("is not JSON")
 */
JsonObject *spoc_oauth_json_parse(const char *bytes, gsize length,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (nullable): a member that is a text and not empty */
const char *spoc_oauth_json_text(JsonObject *object, const char *name);

/* A member that is a number, or its digits as a text, from 0 to @maximum; -1 where there is none */
gint64 spoc_oauth_json_number(JsonObject *object, const char *name, gint64 maximum);
