/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The one way in which a program says something to its administrator.
 * SECURITY  A line break in what a CUPS program writes to stderr starts a new
 *           message, and "STATE:" or "ATTR:" at its start steers the printer. So
 *           every line passes spoc_text_line() and ends within 1,000 bytes.
 * OWNERSHIP A main makes the log and hands it down; only mains and the daemon's
 *           own modules write to it. Libraries return errors.
 */
#pragma once

#include <glib.h>

#define SPOC_LOG_LINE_MAX_BYTES 1000

typedef enum {
    SPOC_LOG_ERROR,
    SPOC_LOG_WARNING,
    SPOC_LOG_INFO,
    SPOC_LOG_DEBUG,
} SpocLogLevel;

/**
 * SpocLogStyle:
 * @SPOC_LOG_STYLE_CUPS: "ERROR: text", as cupsd and a person at a terminal read it
 * @SPOC_LOG_STYLE_SYSLOG: "<3>text", as systemd reads a service's stderr
 * @SPOC_LOG_STYLE_FILE: "2026-05-01T12:00:00Z ERROR: text", for a log file of our own
 */
typedef enum {
    SPOC_LOG_STYLE_CUPS,
    SPOC_LOG_STYLE_SYSLOG,
    SPOC_LOG_STYLE_FILE,
} SpocLogStyle;

typedef struct _SpocLog SpocLog;

/**
 * spoc_log_new:
 * @fd: where the lines go; stays the caller's and must outlive the log
 * @style: how they look
 * @level: the least important level that is written
 *
 * Returns: (transfer full): a log, freed with spoc_log_free()
 */
SpocLog *spoc_log_new(int fd, SpocLogStyle style, SpocLogLevel level);
void spoc_log_free(SpocLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocLog, spoc_log_free)

/**
 * spoc_log_set_fd:
 *
 * Lets later lines go to @fd, after a log file was replaced.
 */
void spoc_log_set_fd(SpocLog *log, int fd);

/* Whether a line of this level would be written: to spare the making of it. */
gboolean spoc_log_wants(const SpocLog *log, SpocLogLevel level);

/* Writes one line in one write(2). A line that cannot be written is dropped. */
void spoc_log(SpocLog *log, SpocLogLevel level, const char *format, ...) G_GNUC_PRINTF(3, 4);
