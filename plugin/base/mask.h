/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Takes secrets out of a text before anybody sees it.
 */
#pragma once

#include <glib.h>

/**
 * spoc_mask:
 * @text: (transfer full)
 * @secret: (nullable)
 *
 * Returns: (transfer full): @text with "***" for the secret and for any longer piece of it, as it
 * is, as it stands in a form, and in base64
 */
char *spoc_mask(char *text, const char *secret);

/* @text: (transfer full)
 *
 * Returns: (transfer full): @text with "***" for words as long as no word is, but tokens are */
char *spoc_mask_words(char *text);
