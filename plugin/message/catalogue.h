/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A language's sentences: the .mo files that are made from po/ and stand in the
 *           program itself. glibc's gettext serves one locale a process, and none at all where
 *           only C.UTF-8 is installed; spocd writes to many people.
 * OWNERSHIP spoc_catalogue_find() gives what lives for ever and never changes.
 * SECURITY  The reader takes any bytes: every offset is checked once, when they are opened.
 */
#pragma once

#include <glib.h>

/* What xgettext looks for: see po/update. NC_ has the context in which a word is meant. */
#define N_(text) text
#define NC_(context, text) context "\004" text

typedef struct _SpocCatalogue SpocCatalogue;

/**
 * spoc_catalogue_find:
 * @language: (nullable): "de", "de-AT", "de_AT.UTF-8", "pt"; or several with commas between,
 *   the best first, as in Accept-Language
 *
 * Returns: (transfer none): never NULL; English where we have none of them
 */
const SpocCatalogue *spoc_catalogue_find(const char *language);

/* Whether it is, or begins with, a language that we have */
gboolean spoc_catalogue_exists(const char *language);

/* "pt-BR": a tag of BCP 47, for Content-Language and lang= */
const char *spoc_catalogue_language(const SpocCatalogue *catalogue);

/* (transfer none): "pt-BR", "de", ... and NULL, English among them */
const char *const *spoc_catalogue_languages(void);

/* (transfer none): @msgid itself, without its context, where there is no translation */
const char *spoc_catalogue_get(const SpocCatalogue *catalogue, const char *msgid);
const char *spoc_catalogue_get_plural(const SpocCatalogue *catalogue, const char *msgid,
                                      const char *msgid_plural, gulong n);

/* --- the format of the files ------------------------------------------------------------ */

/* (transfer full): @language: a tag of BCP 47; NULL with SPOC_ERROR_CORRUPT */
SpocCatalogue *spoc_catalogue_new(const char *language, GBytes *mo,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_catalogue_free(SpocCatalogue *catalogue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocCatalogue, spoc_catalogue_free)

guint spoc_catalogue_size(const SpocCatalogue *catalogue);
/* The @place'th msgid, with its context */
const char *spoc_catalogue_msgid(const SpocCatalogue *catalogue, guint place);
