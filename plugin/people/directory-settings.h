/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The settings of the directory, what it answers, and how long that is remembered; with or
 *          without libldap.
 */
#pragma once

#include "trust/tls.h"

/**
 * SpocDirectorySettings: for the thread that asks
 * @config: of which the strings are
 * @tls: (nullable): without it only ldapi: and unprotected ldap: can be asked
 * @name_attribute: (nullable)
 * @language_attribute: (nullable)
 * @bind_dn: (nullable): with @password
 * @mechanism: (nullable): "EXTERNAL" or "GSSAPI"
 */
typedef struct {
    SpocConfig *config;
    const char *const *uris;
    gboolean start_tls;
    SpocTls *tls;
    const char *base;
    const char *filter;
    const char *address_attribute;
    const char *name_attribute;
    const char *language_attribute;
    const char *bind_dn;
    const char *password;
    const char *mechanism;
    guint timeout_ms;
} SpocDirectorySettings;

SpocDirectorySettings *spoc_directory_settings_new(const SpocConfig *config, SpocTls *tls);
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
 * @words: (nullable): with AWAY the servers, what failed, and the remedy; with NO_ADDRESS the entry
 */
typedef struct {
    SpocDirectoryOutcome outcome;
    char *address;
    char *name;
    char *language;
    char *words;
} SpocDirectoryAnswer;

void spoc_directory_answer_clear(SpocDirectoryAnswer *answer);

/* What a directory has said about users, for a time. Bounded: user names are anyone's choice. Times
 * are arguments. */
typedef struct _SpocDirectoryCache SpocDirectoryCache;

/* @max_users: beyond that the oldest answer goes */
SpocDirectoryCache *spoc_directory_cache_new(guint max_users);
void spoc_directory_cache_free(SpocDirectoryCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocDirectoryCache, spoc_directory_cache_free)

/* Takes over what is in @answer, and leaves it empty. */
void spoc_directory_cache_put(SpocDirectoryCache *cache, const char *user,
                              SpocDirectoryAnswer *answer, gint64 until_us);
/* (nullable): the cache's own; NULL when unknown, or too old at @now_us */
const SpocDirectoryAnswer *spoc_directory_cache_get(SpocDirectoryCache *cache, const char *user,
                                                    gint64 now_us);
