/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Which template a mail is made with. The administrator's folder has files
 *           NAME[.LANGUAGE].txt and .html, where NAME is an event's ("job-completed"), or
 *           "notification" or "digest" for all; the most specific one counts. What is not there
 *           comes from the vendor's folder, and at last from the program itself.
 * ERRORS    A file that cannot be used is never a reason not to mail: the stock template is used,
 *           and the problem names file, line and what is accepted.
 * OWNERSHIP Immutable once made, every file is read and parsed once; it is replaced as a whole
 *           when a file changes.
 */
#pragma once

#include "message/template.h"

#define SPOC_TEMPLATES_MAX_FILES 1000

typedef struct _SpocTemplates SpocTemplates;

/* @stock_dir: the vendor's; @own_dir: the administrator's. Either may be missing. */
SpocTemplates *spoc_templates_new(const char *stock_dir, const char *own_dir);
void spoc_templates_free(SpocTemplates *templates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocTemplates, spoc_templates_free)

/* Whether a file was added, removed or changed */
gboolean spoc_templates_is_stale(const SpocTemplates *templates);

/* (transfer none) (element-type utf8): every file that cannot be used, and the remedy */
const GPtrArray *spoc_templates_problems(const SpocTemplates *templates);

/**
 * spoc_templates_find:
 * @templates: (nullable): NULL: the stock ones of the program
 * @event: (nullable): an event's name; NULL for a digest
 * @language: (nullable): "pt-BR", which falls back to "pt"
 * @ret_problem: (out) (nullable) (transfer none): why the file that was meant cannot be used
 *
 * Returns: (transfer none): never NULL
 */
const SpocTemplate *spoc_templates_find(const SpocTemplates *templates, const char *event,
                                        const char *language, SpocTemplateType type,
                                        const char **ret_problem);

/* (transfer none): the program's own, which always works */
const SpocTemplate *spoc_templates_find_stock(gboolean is_digest, SpocTemplateType type);
