/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What a subscription is made of, from what a person types: recipient URI, object,
 *           events. Pure.
 * ERRORS    SPOC_ERROR_INVALID, saying what is accepted.
 */
#pragma once

#include "people/recipient.h"

#define SPOC_TARGET_URI_MAX_BYTES 1023 /* RFC 8011 5.1.6 */

/**
 * spoc_target_recipient_uri:
 * @text: "spoc:alice@example.com,@owner", with or without "spoc:"
 * @language: (nullable): "de", "pt-BR"; else the one in @text
 * @only: (nullable): "problems"; else what is in @text
 * @ret_parsed: (out) (optional) (transfer full)
 *
 * Returns: (transfer full): the canonical form, "spoc:alice@example.com,%40owner?language=de"
 */
char *spoc_target_recipient_uri(const char *text, const char *language, const char *only,
                                SpocRecipientUri **ret_parsed,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "job-completed" for @owner, "printer-stopped" for others. NULL-terminated */
const char *const *spoc_target_default_events(const SpocRecipientUri *uri);

/* (transfer full): from "job-completed,printer-stopped"; each is one that CUPS knows */
char **spoc_target_parse_events(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_target_object_uri:
 * @printer: (nullable)
 * @class_name: (nullable)
 *
 * Returns: (transfer full): what printer-uri names: a printer, a class, or with neither the
 *   whole server
 */
char *spoc_target_object_uri(const char *printer, const char *class_name,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full): "printer P", "class C", "server" from what CUPS says */
char *spoc_target_object_name(const char *printer_uri);
