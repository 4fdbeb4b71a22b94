/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  People from a directory (LDAP): asked without ever holding up the main loop, and
 *          remembered.
 *
 * Name services, TLS handshakes over slow lines and Kerberos have blocking calls only, or ones
 * that libldap makes inside of its own. So one worker thread asks, as in cups.h; answers come
 * back on the main context. Each wait for a server is bounded by recipientLdapTimeout, those for
 * name services and Kerberos by their own time-outs; meanwhile only who needs an answer waits.
 *
 * While no server can be asked, the next try is a few seconds off, however many ask.
 */
#pragma once

#include "trust/tls.h"

typedef struct _SpocDirectory SpocDirectory;

/**
 * spoc_directory_new:
 * @tls: (nullable): the policy of mail servers, which holds here as well
 *
 * Answers come on the thread-default context of the caller of this.
 *
 * Returns: (nullable): NULL without recipientLdapUri
 */
SpocDirectory *spoc_directory_new(const SpocConfig *config, SpocTls *tls);
/* Whoever waits for an answer is told that there is one, from the main loop. Waits for the thread,
 * for at most a third of a second. */
void spoc_directory_free(SpocDirectory *directory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocDirectory, spoc_directory_free)

/* (transfer full) (nullable): what is wrong with the settings that only libldap can tell: for
 * people, with the remedy */
char *spoc_directory_problem(const SpocConfig *config);

/**
 * SpocDirectoryChangedFunc:
 * @words: (nullable): which servers cannot be asked, why, and the remedy; NULL: one answers again
 *
 * It has gone away, or is back: each once. Must not free the directory.
 */
typedef void (*SpocDirectoryChangedFunc)(const char *words, gpointer user_data);
void spoc_directory_set_changed(SpocDirectory *directory, SpocDirectoryChangedFunc changed,
                                gpointer user_data);

/**
 * SpocDirectoryEntry:
 * @name: (nullable)
 * @language: (nullable)
 */
typedef struct {
    const char *address; /* canonical */
    const char *name;
    const char *language;
} SpocDirectoryEntry;

/**
 * spoc_directory_find:
 * @ret_entry: (out): valid until the main loop's next turn
 *
 * Looks into what is remembered; never asks.
 *
 * Returns: FALSE with SPOC_ERROR_PENDING (ask, then look again), SPOC_ERROR_UNAVAILABLE (no
 *   server can be asked), SPOC_ERROR_NOT_FOUND or SPOC_ERROR_INVALID (several entries, or one
 *   without an address); the message says user, base and filter
 */
gboolean spoc_directory_find(SpocDirectory *directory, const char *user,
                             SpocDirectoryEntry *ret_entry,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef void (*SpocAnsweredFunc)(gpointer user_data);

/**
 * spoc_directory_ask:
 * @directory: (nullable)
 * @users: NULL-terminated
 *
 * Asks for those of @users who are not remembered, while no server can be asked in a few
 * seconds. Equal questions under way are asked once.
 *
 * Returns: never 0; @answered is called once from the main loop, when all have been answered or
 *   cannot be
 */
guint spoc_directory_ask(SpocDirectory *directory, const char *const *users,
                         SpocAnsweredFunc answered, gpointer user_data);
/* @answered will not be called. Also after the directory was freed. */
void spoc_directory_ask_cancel(guint id);
