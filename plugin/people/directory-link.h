/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The questions to a directory themselves (LDAP, RFC 4511), one at a time, blocking;
 *           for the worker thread of directory.c alone.
 * SECURITY  Answers are foreign: bounded, and an address counts only when it can be mailed. A
 *           user's name is escaped (RFC 4515). Nothing is asked before the connection is as safe
 *           as the configuration wants it; no password crosses a network in the clear.
 */
#pragma once

#include "trust/tls.h"

#include <gio/gio.h>

/**
 * SpocDirectorySettings:
 * @tls: (nullable): without it only ldapi: and unprotected ldap: can be asked
 * @name_attribute: (nullable)
 * @language_attribute: (nullable)
 * @bind_dn: (nullable): with @password
 * @mechanism: (nullable): "EXTERNAL" or "GSSAPI"
 */
typedef struct {
    char **uris;
    gboolean start_tls;
    SpocTls *tls;
    char *base;
    char *filter;
    char *address_attribute;
    char *name_attribute;
    char *language_attribute;
    char *bind_dn;
    char *password;
    char *mechanism;
    guint timeout_ms;
} SpocDirectorySettings;

SpocDirectorySettings *spoc_directory_settings_new(const SpocConfig *config, SpocTls *tls);
/* The password is wiped. */
void spoc_directory_settings_free(SpocDirectorySettings *settings);

typedef enum {
    SPOC_DIRECTORY_FOUND,
    SPOC_DIRECTORY_NOT_FOUND,
    SPOC_DIRECTORY_SEVERAL, /* more than one entry matches */
    SPOC_DIRECTORY_NO_ADDRESS,
    SPOC_DIRECTORY_AWAY, /* it cannot be asked now */
} SpocDirectoryOutcome;

/**
 * SpocDirectoryAnswer:
 * @address: (nullable): canonical; with FOUND
 * @name: (nullable): one line
 * @language: (nullable): "pt-BR"
 * @words: (nullable): with AWAY the servers, what failed, and the cure; with NO_ADDRESS the entry
 */
typedef struct {
    SpocDirectoryOutcome outcome;
    char *address;
    char *name;
    char *language;
    char *words;
} SpocDirectoryAnswer;

void spoc_directory_answer_clear(SpocDirectoryAnswer *answer);

typedef struct _SpocDirectoryLink SpocDirectoryLink;

/* @settings: borrowed. @cancellable: ends what is waited for, from another thread. */
SpocDirectoryLink *spoc_directory_link_new(const SpocDirectorySettings *settings,
                                           GCancellable *cancellable);
void spoc_directory_link_free(SpocDirectoryLink *link);
gboolean spoc_directory_link_is_connected(const SpocDirectoryLink *link);
/* Hangs up. */
void spoc_directory_link_rest(SpocDirectoryLink *link);

/* @ret_answer: zeroed */
void spoc_directory_link_ask(SpocDirectoryLink *link, const char *user,
                             SpocDirectoryAnswer *ret_answer);

/* Whether this build has LDAP. */
gboolean spoc_directory_is_supported(void);

/* (transfer full): the filter for one user */
char *spoc_directory_filter(const char *filter, const char *user);
/* Whether libldap can make a question of it. */
gboolean spoc_directory_filter_is_valid(const char *filter);
