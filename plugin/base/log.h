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

/**
 * SpocLogFields:
 *
 * What a line is about, for a log that keeps such things apart (systemd's journal). All may be
 * missing (NULL, 0); the line itself says them for people.
 */
typedef struct {
    const char *queue_id;
    gint64 job_id;
    const char *recipient;
    const char *server;
    const char *stage;
    const char *reply;
} SpocLogFields;

/**
 * SpocLogSinkFunc:
 * @line: without prefix and line end, as it would be written
 * @fields: (nullable)
 *
 * Returns: FALSE to have it written to the descriptor after all
 */
typedef gboolean (*SpocLogSinkFunc)(SpocLogLevel level, const char *line,
                                    const SpocLogFields *fields, gpointer user_data);

/* Lines go to @sink first. */
void spoc_log_set_sink(SpocLog *log, SpocLogSinkFunc sink, gpointer user_data);

/* Writes one line in one write(2). A line that cannot be written is dropped. */
void spoc_log(SpocLog *log, SpocLogLevel level, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The same with fields. */
void spoc_log_about(SpocLog *log, SpocLogLevel level, const SpocLogFields *fields,
                    const char *format, ...) G_GNUC_PRINTF(4, 5);

/**
 * SpocLogSteer:
 * @SPOC_LOG_ATTRIBUTE: "ATTR: name=value", sets an attribute of the job or printer
 * @SPOC_LOG_STATE: "STATE: +keyword" or "-keyword", a reason of the printer's state
 */
typedef enum {
    SPOC_LOG_ATTRIBUTE,
    SPOC_LOG_STATE,
} SpocLogSteer;

/* What a backend tells cupsd about the job, beside words for people; only in the CUPS style.
 * @format holds our own words and numbers, never foreign text. */
void spoc_log_steer(SpocLog *log, SpocLogSteer kind, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* --- the log in the spool of a spocd that was started on demand: its stderr --- */

#define SPOC_OWN_LOG_NAME "spocd.log"
#define SPOC_OWN_LOG_OLD_NAME "spocd.log.1"
#define SPOC_OWN_LOG_MAX_BYTES (1024 * 1024)

/**
 * spoc_own_log_tend:
 * @folder: the spool's file descriptor
 *
 * Keeps it below SPOC_OWN_LOG_MAX_BYTES, with one old copy, and makes it anew when somebody
 * removed it: to be called before each line, and now and then. Does something only where stderr is
 * that log. A link that was planted under its name is not followed.
 */
void spoc_own_log_tend(int folder);
