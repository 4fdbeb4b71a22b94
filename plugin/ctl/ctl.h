/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What spocctl's commands share: how they are called, how they read arguments and
 *           how they say what is wrong.
 * SECURITY  What is shown comes from job titles, servers and files: it passes
 *           spoc_text_line() before it reaches a terminal. JSON escapes it.
 */
#pragma once

#include "base/places.h"
#include "message/templates.h"
#include "spool/spool.h"

/* The exit statuses. */
enum {
    SPOC_CTL_GOOD = 0,
    SPOC_CTL_PROBLEM = 1,
    SPOC_CTL_USAGE = 2,
};

/* Longest text of one piece on a terminal */
#define SPOC_CTL_SHOWN_MAX_BYTES 900

/**
 * spoc_ctl_parse:
 * @entries: (nullable): GOption's table
 * @parameters: "[KEY]", for the usage line
 * @summary: what the command does, for --help
 * @argc: (inout): what is left counts the command's name
 *
 * --help is answered here and ends the process with success.
 *
 * Returns: FALSE when an argument is wrong, which has been said
 */
gboolean spoc_ctl_parse(const GOptionEntry *entries, const char *parameters, const char *summary,
                        int *argc, char ***argv);

/* Says that the arguments are wrong and where help is. Returns SPOC_CTL_USAGE. */
int spoc_ctl_usage(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Says "spocctl: TEXT" on stderr, in one line. Returns SPOC_CTL_PROBLEM. */
int spoc_ctl_fail(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Says "WARNING: TEXT" on stderr, in one line. */
void spoc_ctl_warn(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The same, as spoc_queue_list() wants it. */
void spoc_ctl_warn_entry(const char *text, gpointer unused);

/**
 * spoc_ctl_open_spool:
 *
 * Becomes the spool's owner and opens the spool.
 *
 * Returns: (transfer full): SPOC_ERROR_DENIED, which then says so, for whoever is neither
 *   root nor the owner
 */
SpocSpool *spoc_ctl_open_spool(const SpocPlaces *places, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes to stdout as UTF-8, whatever the locale is. FALSE when stdout does not take it. */
gboolean spoc_ctl_put(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* (transfer full): the templates in force, as far as this user may read them */
SpocTemplates *spoc_ctl_load_templates(const SpocPlaces *places);

/* Foreign text made one harmless line. (transfer full) */
char *spoc_ctl_shown(const char *text);

/* "2026-05-01 12:00:00" in local time; "-" for 0. (transfer full) */
char *spoc_ctl_time(gint64 unix_s);
