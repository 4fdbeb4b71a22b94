/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Where in HTML one stands: in text, in an attribute's value, in a style sheet. Enough
 *           of the HTML standard's tokenizer to say whether a value can stand there harmlessly;
 *           in doubt it cannot.
 */
#pragma once

#include <glib.h>

#define SPOC_HTML_NAME_MAX_BYTES 23

typedef enum {
    SPOC_HTML_TEXT,        /* also in <title> and <textarea> */
    SPOC_HTML_RAW,         /* <style>, <script> and their like */
    SPOC_HTML_TAG_BEGIN,   /* "<" or "</" */
    SPOC_HTML_TAG_NAME,    /* "<tab" */
    SPOC_HTML_TAG,         /* between attributes */
    SPOC_HTML_NAME,        /* of an attribute */
    SPOC_HTML_VALUE_BEGIN, /* behind its "=" */
    SPOC_HTML_BARE_VALUE,
    SPOC_HTML_VALUE, /* in quotes */
    SPOC_HTML_DECLARATION,
    SPOC_HTML_COMMENT,
} SpocHtmlPlace;

/* All zero at the beginning of a file */
typedef struct {
    SpocHtmlPlace place;
    char quote;
    gboolean is_end_tag;
    gboolean is_value_begun;
    char element[SPOC_HTML_NAME_MAX_BYTES + 1];
    char attribute[SPOC_HTML_NAME_MAX_BYTES + 1];
    char last[SPOC_HTML_NAME_MAX_BYTES + 1]; /* bytes seen last, where an end is awaited */
} SpocHtmlState;

void spoc_html_feed(SpocHtmlState *state, const char *text, gsize length);

/* Whether a piece that begins in @a and ends in @b may be left out */
gboolean spoc_html_is_same_place(const SpocHtmlState *a, const SpocHtmlState *b);

/* (nullable): NULL where a value may stand, else why not and what is accepted. @is_url: it is
 * a whole URL of our own. */
const char *spoc_html_refusal(const SpocHtmlState *state, gboolean is_url);

/* A value has been put in. */
void spoc_html_pass_value(SpocHtmlState *state);

const char *spoc_html_place_name(const SpocHtmlState *state);
