/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What a document is, and what its file is called.
 * SECURITY  Both are foreign: nothing that a program would run, no folder, one line.
 */
#pragma once

#include <glib.h>

/* Bytes of a document's beginning that tell what it is */
#define SPOC_SCAN_START_BYTES 4096

/**
 * spoc_scan_content_type:
 * @declared: (nullable): what CUPS says
 * @start: (array length=size): the document's beginning
 *
 * What CUPS says, where that says something; else what the bytes look like. A program is but
 * bytes: a scanner sends none.
 *
 * Returns: (transfer full): "application/pdf", with a charset where it is text in UTF-8; never
 *   anything that is not a valid Content-Type
 */
char *spoc_scan_content_type(const char *declared, const guint8 *start, gsize size);

/**
 * spoc_scan_filename:
 * @wanted: anything
 *
 * Returns: (transfer full): a file's name with the extension of @content_type: one line, no
 *   folder in it, nothing that a file system refuses, and none that a double click would run
 */
char *spoc_scan_filename(const char *wanted, const char *content_type);
