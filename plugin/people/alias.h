/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The alias file, in the form of aliases(5).
 */
#pragma once

#include "people/uri.h"

#define SPOC_USER_NAME_MAX_BYTES 255
#define SPOC_ALIAS_TARGETS_MAX 100
#define SPOC_ALIAS_DEPTH_MAX 8

typedef struct _SpocAliases SpocAliases;

/* Reads the text of an aliases(5) file, with or without a BOM. Never fails: a target that is
 * refused is an error when somebody's mail would go there; spoc_aliases_check() finds it before. */
SpocAliases *spoc_aliases_parse(const char *text, gssize length);
void spoc_aliases_free(SpocAliases *aliases);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocAliases, spoc_aliases_free)

/**
 * SpocAliasTarget:
 * @text: an address or a user name
 * @is_address: which of them
 * @language: (nullable): from "?language=de" behind a target on the way there
 * @only: from "?only=problems"
 */
typedef struct {
    char *text;
    gboolean is_address;
    char *language;
    SpocOnly only;
} SpocAliasTarget;

void spoc_alias_target_free(SpocAliasTarget *target);

/**
 * spoc_aliases_expand:
 * @name: a user's name, whatever stands in it
 * @refusals: (nullable) (element-type GError): filled, spoc_refusals_new(): targets that are left
 *   out while others remain
 *
 * Returns: (transfer full) (element-type SpocAliasTarget): where @name leads to, which is
 *   itself alone, and never an address, when there is no such alias; NULL with SPOC_ERROR_INVALID
 *   (nothing but commands, files, includes, loops) or SPOC_ERROR_LIMIT
 */
GPtrArray *spoc_aliases_expand(const SpocAliases *aliases, const char *name, GPtrArray *refusals,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * SpocAliasProblem:
 * @line: from 1
 * @loses_mail: somebody whom the line names gets no mail; else it is as in the alias file of a mail
 *   server, where commands and files are usual
 * @text: what is wrong and what mends it
 */
typedef struct {
    guint line;
    gboolean loses_mail;
    char *text;
} SpocAliasProblem;

/* (transfer full) (element-type SpocAliasProblem): every line that cannot be followed */
GPtrArray *spoc_aliases_check(const char *text, gssize length);
