/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Runs mailOAuthTokenCommand and takes what it prints.
 * SECURITY  No shell: the line is split by a shell's rules for quotes and nothing else. The program
 *           is named by its absolute path; it is told nothing but its arguments, which stand in the
 *           configuration, and inherits no descriptor but stderr's pipe. Output and time are
 *           bounded; at the end of the time it is killed with all that it started.
 */
#pragma once

#include <glib.h>

#define SPOC_TOKEN_COMMAND_TIMEOUT_MS (30 * 1000)
#define SPOC_TOKEN_COMMAND_MAX_BYTES ((gsize)64 * 1024)

typedef struct _SpocTokenCommand SpocTokenCommand;

/**
 * SpocTokenCommandFunc:
 * @output: (nullable): what it printed; NULL with @error: SPOC_ERROR_UNAVAILABLE, because what a
 *   program fails for may pass
 *
 * Called once, from the main loop; the command may be freed from here.
 */
typedef void (*SpocTokenCommandFunc)(const GString *output, const GError *error,
                                     gpointer user_data);

/**
 * spoc_token_command_split:
 *
 * Returns: (transfer full): the arguments; or NULL with SPOC_ERROR_INVALID: mailOAuthTokenCommand,
 *   and what is wrong with it
 */
char **spoc_token_command_split(const char *line, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Starts it. SPOC_ERROR_INVALID or SPOC_ERROR_DENIED when that is not possible. */
SpocTokenCommand *spoc_token_command_new(const char *line, guint timeout_ms,
                                         SpocTokenCommandFunc func, gpointer user_data,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Kills it, if it still runs. */
void spoc_token_command_free(SpocTokenCommand *command);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocTokenCommand, spoc_token_command_free)
