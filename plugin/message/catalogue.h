/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The sentences of one language. spocd speaks many languages at once and where no locale
 *           but C.UTF-8 is installed, neither of which gettext() of the C library does; so the
 *           catalogues that msgfmt makes are in the program and read here.
 * OWNERSHIP Catalogues live as long as the process.
 */
#pragma once

#include <glib.h>

typedef struct _SpocCatalogue SpocCatalogue;

/**
 * spoc_catalogue_find:
 * @language: (nullable): "de", "de-AT", "de_AT.UTF-8", "pt-BR", "pt"
 *
 * Returns: the language's, else that of its main language, else English; never NULL
 */
const SpocCatalogue *spoc_catalogue_find(const char *language);

/* Whether mails can be written in that language. */
gboolean spoc_catalogue_exists(const char *language);

/* The tag for Content-Language and lang=, "pt-BR" (BCP 47) */
const char *spoc_catalogue_language(const SpocCatalogue *catalogue);

/* @msgid itself where there is no translation */
const char *spoc_catalogue_get(const SpocCatalogue *catalogue, const char *msgid);
/* With msgctxt */
const char *spoc_catalogue_get_in(const SpocCatalogue *catalogue, const char *context,
                                  const char *msgid);
const char *spoc_catalogue_get_plural(const SpocCatalogue *catalogue, const char *msgid,
                                      const char *msgid_plural, gulong n);

/* --- for tests -------------------------------------------------------------------------- */

/* The languages that there are, as in po/LINGUAS, and "en"; NULL-terminated */
const char *const *spoc_catalogue_languages(void);

/**
 * spoc_catalogue_parse:
 * @language: static
 * @bytes: a file that msgfmt made, or anything
 *
 * Returns: (transfer full) (nullable): NULL when it is damaged
 */
SpocCatalogue *spoc_catalogue_parse(const char *language, GBytes *bytes);
void spoc_catalogue_free(SpocCatalogue *catalogue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocCatalogue, spoc_catalogue_free)

/* The rule by which a language chooses the form for a number, as the header of a catalogue writes
 * it: "nplurals=3; plural=(n==1) ? 0 : …" (GNU gettext manual, 11.2.6). Bounded in length and
 * depth; every division is guarded. */
typedef struct _SpocPlural SpocPlural;

/* (nullable) (transfer full): NULL when it cannot be understood */
SpocPlural *spoc_plural_parse(const char *rule);
void spoc_plural_free(SpocPlural *plural);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocPlural, spoc_plural_free)

/* The place of the form for @n: below nplurals */
guint spoc_plural_form(const SpocPlural *plural, gulong n);
