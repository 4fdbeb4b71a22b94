/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The state reasons of printers and jobs in words, and what somebody can do about them.
 */
#pragma once

#include "message/catalogue.h"

/* (transfer full) (nullable): the keywords of RFC 8011, PWG 5100.9 and CUPS in words,
 * "the paper is jammed; toner is low (warning)"; NULL when they say nothing */
char *spoc_words_reasons(const SpocCatalogue *catalogue, char *const *keywords);

/* (transfer full) (nullable): a sentence for each that somebody can do something about,
 * "Put paper into the tray."; NULL when there is none */
char *spoc_words_advice(const SpocCatalogue *catalogue, char *const *keywords);
