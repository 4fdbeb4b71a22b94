/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The settings of the directory, and what it answers; with or without libldap.
 */
#pragma once

#include "trust/tls.h"

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
