/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Where in HTML one stands: in text, in an attribute's value, in a style sheet. The HTML
 *           standard's tokenizer as far as it decides whether a value can stand there harmlessly;
 *           where reading depends on more than the tokenizer, what is read never ends, and so no
 *           value is taken and the file is refused.
 */
#pragma once

#include <glib.h>

#define SPOC_HTML_NAME_MAX_BYTES 23

typedef enum {
    SPOC_HTML_TEXT,
    SPOC_HTML_PLAIN,       /* text without tags: <title>, <textarea> */
    SPOC_HTML_RAW,         /* <style>, <script> and their like */
    SPOC_HTML_TAG_BEGIN,   /* "<" or "</" */
    SPOC_HTML_TAG_NAME,    /* "<tab" */
    SPOC_HTML_TAG,         /* before an attribute */
    SPOC_HTML_NAME,        /* of an attribute */
    SPOC_HTML_NAME_BEHIND, /* and a blank: "=" may follow */
    SPOC_HTML_VALUE_BEGIN, /* behind its "=" */
    SPOC_HTML_BARE_VALUE,
    SPOC_HTML_VALUE, /* in quotes */
    SPOC_HTML_DECLARATION,
    SPOC_HTML_COMMENT,
} SpocHtmlPlace;

/**
 * SpocHtmlState:
 * @is_endless: of SPOC_HTML_RAW: nothing ends it
 * @is_foreign: within <svg> and its like, where <style> and <title> are no text; it stays set,
 *   for what is open is not counted
 * @is_value_begun: something stands in the attribute's value, or may stand there
 * @seen: of the bytes seen last, those that decide whether an end is coming
 *
 * All zero at the beginning of a file. What no longer matters is zero again, so that two equal
 * places have equal states.
 */
typedef struct {
    SpocHtmlPlace place;
    char quote;
    gboolean is_end_tag;
    gboolean is_endless;
    gboolean is_foreign;
    gboolean is_value_begun;
    char element[SPOC_HTML_NAME_MAX_BYTES + 1];
    char attribute[SPOC_HTML_NAME_MAX_BYTES + 1];
    char seen[SPOC_HTML_NAME_MAX_BYTES + 3];
} SpocHtmlState;

void spoc_html_feed(SpocHtmlState *state, const char *text, gsize length);

/* Whether a piece that begins in @a and ends in @b may be left out; @repeats: or come again */
gboolean spoc_html_is_same_place(const SpocHtmlState *a, const SpocHtmlState *b, gboolean repeats);

/* (nullable): NULL where a value may stand, else why not and what is accepted. @is_url: it is
 * a whole URL of our own. */
const char *spoc_html_refusal(const SpocHtmlState *state, gboolean is_url);

/* A value has been put in. */
void spoc_html_pass_value(SpocHtmlState *state);

const char *spoc_html_place_name(const SpocHtmlState *state);
