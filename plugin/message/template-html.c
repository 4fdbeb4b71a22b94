/* SPDX-License-Identifier: Apache-2.0 */
#include "message/template-html.h"

#include <string.h>

/* Their content is no HTML; values in it could not be escaped. */
static const char *const RAW_ELEMENTS[] = {"style",    "script",   "xmp",      "iframe",
                                           "noembed",  "noframes", "noscript", "plaintext",
                                           "template", NULL};

/* Attributes that hold an address, so that a value could choose what is opened or loaded */
static const char *const URL_ATTRIBUTES[] = {
    "href",     "src",  "action", "formaction", "background", "cite",       "data",
    "longdesc", "ping", "poster", "manifest",   "usemap",     "xlink:href", NULL};

/* Attributes whose value is a language of its own */
static const char *const CODE_ATTRIBUTES[] = {"style", "srcset", "srcdoc", "content", NULL};

static gboolean
is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

/* A name that is too long is none that matters; it stays too long. */
static void
append_name(char *name, char byte)
{
    gsize length = strlen(name);
    if (length < SPOC_HTML_NAME_MAX_BYTES)
        name[length] = g_ascii_tolower(byte);
}

static void
clear_name(char *name)
{
    memset(name, 0, SPOC_HTML_NAME_MAX_BYTES + 1);
}

static void
remember(SpocHtmlState *state, char byte)
{
    gsize length = strlen(state->last);
    if (length == SPOC_HTML_NAME_MAX_BYTES) {
        memmove(state->last, state->last + 1, length);
        length--;
    }
    state->last[length] = g_ascii_tolower(byte);
}

static gboolean
is_name_full(const char *name)
{
    return strlen(name) == SPOC_HTML_NAME_MAX_BYTES;
}

/* ">" of a tag */
static void
end_tag(SpocHtmlState *state)
{
    gboolean is_raw = !state->is_end_tag && g_strv_contains(RAW_ELEMENTS, state->element);
    state->place = is_raw ? SPOC_HTML_RAW : SPOC_HTML_TEXT;
    clear_name(state->last);
    clear_name(state->attribute);
    if (!is_raw)
        clear_name(state->element);
}

/* "</style" ends it where nothing follows that would make it another name. */
static void
feed_raw(SpocHtmlState *state, char byte)
{
    if (is_blank(byte) || byte == '/' || byte == '>') {
        g_autofree char *end = g_strconcat("</", state->element, NULL);
        if (g_str_has_suffix(state->last, end)) {
            state->is_end_tag = TRUE;
            state->place = SPOC_HTML_TAG;
            if (byte == '>')
                end_tag(state);
            return;
        }
    }
    remember(state, byte);
}

static void
begin_tag(SpocHtmlState *state, char byte)
{
    if (byte == '/' && !state->is_end_tag) {
        state->is_end_tag = TRUE;
    } else if (g_ascii_isalpha(byte)) {
        append_name(state->element, byte);
        state->place = SPOC_HTML_TAG_NAME;
    } else if (byte == '!' || byte == '?') {
        clear_name(state->last);
        state->place = SPOC_HTML_DECLARATION;
    } else {
        state->place = SPOC_HTML_TEXT;
    }
}

static void
feed_tag(SpocHtmlState *state, char byte)
{
    if (byte == '>') {
        end_tag(state);
    } else if (byte == '=' && state->place == SPOC_HTML_TAG && state->attribute[0] != '\0') {
        state->place = SPOC_HTML_VALUE_BEGIN;
    } else if (byte == '=' && state->place == SPOC_HTML_NAME) {
        state->place = SPOC_HTML_VALUE_BEGIN;
    } else if (is_blank(byte) || byte == '/') {
        state->place = SPOC_HTML_TAG;
    } else if (state->place == SPOC_HTML_TAG_NAME) {
        append_name(state->element, byte);
    } else {
        if (state->place == SPOC_HTML_TAG)
            clear_name(state->attribute);
        append_name(state->attribute, byte);
        state->place = SPOC_HTML_NAME;
    }
}

static void
end_value(SpocHtmlState *state)
{
    clear_name(state->attribute);
    state->quote = '\0';
    state->place = SPOC_HTML_TAG;
}

static void
begin_value(SpocHtmlState *state, char byte)
{
    state->is_value_begun = FALSE;
    if (byte == '"' || byte == '\'') {
        state->quote = byte;
        state->place = SPOC_HTML_VALUE;
    } else if (byte == '>') {
        end_tag(state);
    } else if (!is_blank(byte)) {
        state->place = SPOC_HTML_BARE_VALUE;
    }
}

static void
feed_declaration(SpocHtmlState *state, char byte)
{
    remember(state, byte);
    if (strcmp(state->last, "--") == 0)
        state->place = SPOC_HTML_COMMENT;
    else if (byte == '>')
        end_tag(state);
}

static void
feed_byte(SpocHtmlState *state, char byte)
{
    switch (state->place) {
    case SPOC_HTML_TEXT:
        if (byte != '<')
            return;
        clear_name(state->element);
        state->is_end_tag = FALSE;
        state->place = SPOC_HTML_TAG_BEGIN;
        return;
    case SPOC_HTML_RAW:
        feed_raw(state, byte);
        return;
    case SPOC_HTML_TAG_BEGIN:
        begin_tag(state, byte);
        return;
    case SPOC_HTML_TAG_NAME:
    case SPOC_HTML_TAG:
    case SPOC_HTML_NAME:
        feed_tag(state, byte);
        return;
    case SPOC_HTML_VALUE_BEGIN:
        begin_value(state, byte);
        return;
    case SPOC_HTML_BARE_VALUE:
        if (byte == '>')
            end_tag(state);
        else if (is_blank(byte))
            end_value(state);
        return;
    case SPOC_HTML_VALUE:
        if (byte == state->quote)
            end_value(state);
        else
            state->is_value_begun = TRUE;
        return;
    case SPOC_HTML_DECLARATION:
        feed_declaration(state, byte);
        return;
    case SPOC_HTML_COMMENT:
        remember(state, byte);
        if (g_str_has_suffix(state->last, "-->"))
            end_tag(state);
        return;
    }
}

void
spoc_html_feed(SpocHtmlState *state, const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++)
        feed_byte(state, text[i]);
}

gboolean
spoc_html_is_same_place(const SpocHtmlState *a, const SpocHtmlState *b)
{
    if (a->place != b->place)
        return FALSE;
    if (a->place == SPOC_HTML_TEXT)
        return TRUE;
    /* Between attributes nothing that stood before matters. */
    return strcmp(a->element, b->element) == 0 && a->quote == b->quote &&
           (a->place == SPOC_HTML_TAG || strcmp(a->attribute, b->attribute) == 0);
}

const char *
spoc_html_refusal(const SpocHtmlState *state, gboolean is_url)
{
    const char *attribute = state->attribute;
    switch (state->place) {
    case SPOC_HTML_TEXT:
        return NULL;
    case SPOC_HTML_RAW:
        return "in a style sheet or script no value can be made harmless; put it into text or a "
               "quoted attribute";
    case SPOC_HTML_VALUE_BEGIN:
    case SPOC_HTML_BARE_VALUE:
        return "an attribute that takes a value needs quotes: name=\"{{value}}\"";
    case SPOC_HTML_COMMENT:
        return "no value may stand in an HTML comment; use {{! … }} for comments";
    case SPOC_HTML_VALUE:
        break;
    default:
        return "no value may stand within a tag but in the quotes of an attribute";
    }
    if (is_name_full(attribute) || g_str_has_prefix(attribute, "on") ||
        g_strv_contains(CODE_ATTRIBUTES, attribute))
        return "no value may stand in this attribute; use sections that hold its whole content";
    if (!g_strv_contains(URL_ATTRIBUTES, attribute))
        return NULL;
    if (!is_url)
        return "an address takes only a value that is a URL, such as {{printer_url}}";
    return state->is_value_begun ? "a URL must be the first thing in its attribute" : NULL;
}

void
spoc_html_pass_value(SpocHtmlState *state)
{
    state->is_value_begun = TRUE;
}

const char *
spoc_html_place_name(const SpocHtmlState *state)
{
    switch (state->place) {
    case SPOC_HTML_TEXT:
        return "text";
    case SPOC_HTML_RAW:
        return "a style sheet or script";
    case SPOC_HTML_VALUE_BEGIN:
    case SPOC_HTML_BARE_VALUE:
    case SPOC_HTML_VALUE:
        return "an attribute";
    case SPOC_HTML_COMMENT:
        return "a comment";
    default:
        return "a tag";
    }
}
