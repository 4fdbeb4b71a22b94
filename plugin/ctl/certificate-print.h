/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Shows certificates to people and to programs.
 */
#pragma once

#include "trust/store.h"

#include <json-glib/json-glib.h>

/**
 * spoc_certificate_print:
 * @alias: (nullable)
 *
 * Several lines on stdout: subject, issuer, validity, SHA-256, kind.
 */
void spoc_certificate_print(const char *alias, X509 *certificate);

/* The same as members of an object that has been begun. */
void spoc_certificate_to_json(JsonBuilder *builder, const SpocAnchor *anchor);
