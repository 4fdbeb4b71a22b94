/* SPDX-License-Identifier: Apache-2.0 */
#include "message/template-html.h"

#include <string.h>

/* Their content is no HTML; values in it could not be escaped. */
static const char *const RAW_ELEMENTS[] = {"style", "script", NULL};

/* Their content is text without tags. */
static const char *const PLAIN_ELEMENTS[] = {"title", "textarea", NULL};

/* Whether their content is read as tags depends on who reads it, or nothing ends it. */
static const char *const ENDLESS_ELEMENTS[] = {"xmp",      "iframe",    "noembed",  "noframes",
                                               "noscript", "plaintext", "template", NULL};

/* Within them what is raw or plain elsewhere is read as tags. */
static const char *const FOREIGN_ELEMENTS[] = {"svg", "math", "select", "frameset", NULL};

/* Attributes that hold an address, so that a value could choose what is opened or loaded */
static const char *const URL_ATTRIBUTES[] = {
    "href",     "src",     "action", "formaction", "background", "cite",       "data",
    "longdesc", "ping",    "poster", "manifest",   "usemap",     "xlink:href", "codebase",
    "classid",  "archive", "lowsrc", "dynsrc",     "profile",    "icon",       NULL};

/* Attributes whose value is a language of its own, or says what another attribute is */
static const char *const CODE_ATTRIBUTES[] = {
    "style",         "srcset", "srcdoc", "imagesrcset", "content",   "http-equiv",
    "attributename", "to",     "from",   "by",          "values",    "fill",
    "stroke",        "filter", "mask",   "cursor",      "clip-path", NULL};

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
clear_seen(SpocHtmlState *state)
{
    memset(state->seen, 0, sizeof(state->seen));
}

static void
add_seen(SpocHtmlState *state, const char *bytes)
{
    clear_seen(state);
    (void)g_strlcpy(state->seen, bytes, sizeof(state->seen));
}

static gboolean
is_name_full(const char *name)
{
    return strlen(name) == SPOC_HTML_NAME_MAX_BYTES;
}

static void
enter_endless(SpocHtmlState *state)
{
    state->place = SPOC_HTML_RAW;
    state->is_endless = TRUE;
    clear_seen(state);
}

static void
enter_text(SpocHtmlState *state)
{
    *state = (SpocHtmlState){.place = SPOC_HTML_TEXT, .is_foreign = state->is_foreign};
}

/* ">" of a tag */
static void
end_tag(SpocHtmlState *state)
{
    gboolean is_raw = g_strv_contains(RAW_ELEMENTS, state->element);
    gboolean is_plain = g_strv_contains(PLAIN_ELEMENTS, state->element);
    gboolean is_endless = g_strv_contains(ENDLESS_ELEMENTS, state->element) ||
                          ((is_raw || is_plain) && state->is_foreign);
    if (state->is_end_tag || !(is_raw || is_plain || is_endless)) {
        if (g_strv_contains(FOREIGN_ELEMENTS, state->element))
            state->is_foreign = TRUE;
        enter_text(state);
        return;
    }
    clear_name(state->attribute);
    clear_seen(state);
    state->place = is_plain ? SPOC_HTML_PLAIN : SPOC_HTML_RAW;
    if (is_endless)
        enter_endless(state);
}

/* "</style" ends it where nothing follows that would make it another name. @seen is as much of
 * that as stands there; in a script also of "<!--", behind which "</script" need not end it. */
static void
feed_raw(SpocHtmlState *state, char byte)
{
    if (state->is_endless)
        return;
    g_autofree char *end = g_strconcat("</", state->element, NULL);
    if (strcmp(state->seen, end) == 0 && (is_blank(byte) || byte == '/' || byte == '>')) {
        clear_seen(state);
        state->is_end_tag = TRUE;
        state->place = SPOC_HTML_TAG;
        if (byte == '>')
            end_tag(state);
        return;
    }
    const char piece[] = {g_ascii_tolower(byte), '\0'};
    g_autofree char *longer = g_strconcat(state->seen, piece, NULL);
    gboolean is_script = strcmp(state->element, "script") == 0;
    if (is_script && strcmp(longer, "<!--") == 0)
        enter_endless(state);
    else if (g_str_has_prefix(end, longer) || (is_script && g_str_has_prefix("<!--", longer)))
        add_seen(state, longer);
    else
        add_seen(state, byte == '<' ? "<" : "");
}

static void
begin_tag(SpocHtmlState *state, char byte)
{
    if (byte == '/' && !state->is_end_tag) {
        state->is_end_tag = TRUE;
    } else if (g_ascii_isalpha(byte)) {
        append_name(state->element, byte);
        state->place = SPOC_HTML_TAG_NAME;
    } else if (byte == '!' && !state->is_end_tag) {
        state->place = SPOC_HTML_DECLARATION;
    } else if (state->is_end_tag ? byte != '>' : byte == '?') {
        state->is_end_tag = FALSE;
        state->place = SPOC_HTML_DECLARATION;
        add_seen(state, "?");
    } else {
        enter_text(state);
        if (byte == '<')
            state->place = SPOC_HTML_TAG_BEGIN;
    }
}

static void
feed_tag(SpocHtmlState *state, char byte)
{
    gboolean is_named = state->place == SPOC_HTML_NAME || state->place == SPOC_HTML_NAME_BEHIND;
    if (byte == '>') {
        end_tag(state);
    } else if (byte == '=' && is_named) {
        state->place = SPOC_HTML_VALUE_BEGIN;
    } else if (is_blank(byte) && is_named) {
        state->place = SPOC_HTML_NAME_BEHIND;
    } else if (is_blank(byte) || byte == '/') {
        clear_name(state->attribute);
        state->place = SPOC_HTML_TAG;
    } else if (state->place == SPOC_HTML_TAG_NAME) {
        append_name(state->element, byte);
    } else {
        if (state->place != SPOC_HTML_NAME)
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
    state->is_value_begun = FALSE;
    state->place = SPOC_HTML_TAG;
}

static void
begin_value(SpocHtmlState *state, char byte)
{
    if (byte == '"' || byte == '\'') {
        state->quote = byte;
        state->place = SPOC_HTML_VALUE;
    } else if (byte == '>') {
        end_tag(state);
    } else if (!is_blank(byte)) {
        state->place = SPOC_HTML_BARE_VALUE;
    }
}

/* @seen: "" or "-" at its beginning, "?" where it is none that matters */
static void
feed_declaration(SpocHtmlState *state, char byte)
{
    if (byte == '>') {
        enter_text(state);
    } else if (byte == '-' && strcmp(state->seen, "-") == 0) {
        state->place = SPOC_HTML_COMMENT;
        add_seen(state, "^");
    } else if (byte == '[' && *state->seen == '\0' && state->is_foreign) {
        enter_endless(state); /* CDATA */
    } else {
        add_seen(state, byte == '-' && *state->seen == '\0' ? "-" : "?");
    }
}

/* @seen: the dashes before the byte, "^" for the comment's beginning */
static void
feed_comment(SpocHtmlState *state, char byte)
{
    static const struct {
        const char *seen;
        const char *dash; /* becomes */
        const char *bang;
        gboolean ends; /* with ">" */
    } rows[] = {
        {"", "-", "", FALSE},  {"-", "--", "", FALSE}, {"--", "--", "--!", TRUE},
        {"^", "^-", "", TRUE}, {"^-", "--", "", TRUE}, {"--!", "-", "", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(state->seen, rows[i].seen) != 0)
            continue;
        if (byte == '>' && rows[i].ends)
            enter_text(state);
        else
            add_seen(state, byte == '-' ? rows[i].dash : byte == '!' ? rows[i].bang : "");
        return;
    }
}

static void
feed_byte(SpocHtmlState *state, char byte)
{
    switch (state->place) {
    case SPOC_HTML_TEXT:
        if (byte == '<')
            state->place = SPOC_HTML_TAG_BEGIN;
        return;
    case SPOC_HTML_PLAIN:
    case SPOC_HTML_RAW:
        feed_raw(state, byte);
        return;
    case SPOC_HTML_TAG_BEGIN:
        begin_tag(state, byte);
        return;
    case SPOC_HTML_TAG_NAME:
    case SPOC_HTML_TAG:
    case SPOC_HTML_NAME:
    case SPOC_HTML_NAME_BEHIND:
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
        feed_comment(state, byte);
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
spoc_html_is_same_place(const SpocHtmlState *a, const SpocHtmlState *b, gboolean repeats)
{
    /* What only grows may differ: it is checked for the longer way from here on. A second round
     * was not read with it. */
    gboolean grows =
        a->is_foreign != b->is_foreign ||
        (a->is_value_begun != b->is_value_begun && g_strv_contains(URL_ATTRIBUTES, a->attribute));
    return a->place == b->place && a->quote == b->quote && a->is_end_tag == b->is_end_tag &&
           a->is_endless == b->is_endless && strcmp(a->element, b->element) == 0 &&
           strcmp(a->attribute, b->attribute) == 0 && strcmp(a->seen, b->seen) == 0 &&
           a->is_foreign <= b->is_foreign && a->is_value_begun <= b->is_value_begun &&
           !(repeats && grows);
}

const char *
spoc_html_refusal(const SpocHtmlState *state, gboolean is_url)
{
    const char *attribute = state->attribute;
    switch (state->place) {
    case SPOC_HTML_TEXT:
        return NULL;
    case SPOC_HTML_PLAIN:
        return *state->seen == '\0' ? NULL : "no value may stand within a tag";
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
    if (state->place == SPOC_HTML_VALUE)
        state->is_value_begun = TRUE;
}

const char *
spoc_html_place_name(const SpocHtmlState *state)
{
    switch (state->place) {
    case SPOC_HTML_TEXT:
        return "text";
    case SPOC_HTML_PLAIN:
        return "a title or text area";
    case SPOC_HTML_RAW:
        return state->is_endless
                   ? "an element that mail programs read differently: <iframe>, <noembed>, "
                     "<noframes>, <noscript>, <plaintext>, <template>, <xmp>, <style> or <title> "
                     "behind <svg>, <math> or <select>, a <script> with '<!--'"
                   : "a style sheet or script";
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
