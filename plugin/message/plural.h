/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The rule by which a language chooses the form for a number, as the header of a
 *           catalogue writes it: "nplurals=3; plural=(n==1) ? 0 : …" (GNU gettext manual, 11.2.6).
 * SECURITY  The text is bounded in length and depth; every division is guarded.
 */
#pragma once

#include <glib.h>

typedef struct _SpocPlural SpocPlural;

/* (nullable) (transfer full): NULL when it cannot be understood */
SpocPlural *spoc_plural_parse(const char *rule);
void spoc_plural_free(SpocPlural *plural);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocPlural, spoc_plural_free)

guint spoc_plural_forms(const SpocPlural *plural);
/* The place of the form for @n: below spoc_plural_forms() */
guint spoc_plural_form(const SpocPlural *plural, gulong n);
