/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A strict engine for a part of Mustache's syntax: {{name}}, {{#section}}…{{/section}}
 *           for lists and conditions, {{^section}}…{{/section}} where there is nothing,
 *           {{! comment}}. A line with nothing but a section's or a comment's tag vanishes.
 * INPUT     A file becomes a program once; the names in it are resolved against a vocabulary, so
 *           that a mail costs neither parsing nor a look-up by name. A text file may begin with
 *           "Subject: …" and an empty line.
 * ERRORS    SPOC_ERROR_INVALID or SPOC_ERROR_LIMIT, "FILE:LINE: what is wrong and what is
 *           accepted": an unknown name, a section that is not closed, unescaped values, partials,
 *           other delimiters, a value where none can be made harmless.
 * SECURITY  Values are foreign. How one is escaped follows from where its tag stands, which the
 *           engine finds out; a template cannot turn it off. HTML: in text and in quoted
 *           attributes alone; an address (href, src …) takes nothing but a whole http or https
 *           URL that is known to be ours. Text: one line without control characters. The subject
 *           is cut off the file before any value is put in, so no value can begin one.
 */
#pragma once

#include <glib.h>

#define SPOC_TEMPLATE_FILE_MAX_BYTES (256 * 1024)
#define SPOC_TEMPLATE_OUTPUT_MAX_BYTES (1024 * 1024)
#define SPOC_TEMPLATE_DEPTH_MAX 16
#define SPOC_TEMPLATE_LIST_MAX 1000
#define SPOC_TEMPLATE_STEPS_MAX 1000000

typedef enum {
    SPOC_TEMPLATE_VALUE, /* {{name}}; as a section: where it says something */
    SPOC_TEMPLATE_URL,   /* the same, and accepted in href and src */
    SPOC_TEMPLATE_FLAG,  /* a section only */
    SPOC_TEMPLATE_LIST,  /* a section only: once for each element */
} SpocTemplateKind;

/**
 * SpocTemplateName:
 * @within: (nullable): the list whose elements alone have this name
 */
typedef struct {
    const char *name;
    SpocTemplateKind kind;
    const char *within;
} SpocTemplateName;

/* Names that templates may use; a value's index in a scope is its name's index here. */
typedef struct {
    const SpocTemplateName *names;
    guint count;
} SpocTemplateVocabulary;

typedef struct _SpocTemplateScope SpocTemplateScope;

/**
 * SpocTemplateSlot:
 * @text: (nullable): NULL: as outside of the list; "": nothing; a flag is set by any text
 * @elements: (array length=count): of a list
 */
typedef struct {
    const char *text;
    const SpocTemplateScope *const *elements;
    guint count;
} SpocTemplateSlot;

struct _SpocTemplateScope {
    SpocTemplateSlot *slots; /* as many as the vocabulary has names */
};

typedef enum {
    SPOC_TEMPLATE_TEXT,
    SPOC_TEMPLATE_HTML,
} SpocTemplateType;

typedef struct _SpocTemplate SpocTemplate;

/**
 * spoc_template_parse:
 * @file: its name, for errors
 * @source: (array length=size): any bytes; not needed any more afterwards
 * @vocabulary: lives as long as the template
 */
SpocTemplate *spoc_template_parse(const char *file, const char *source, gsize size,
                                  SpocTemplateType type, const SpocTemplateVocabulary *vocabulary,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_template_free(SpocTemplate *template);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocTemplate, spoc_template_free)

gboolean spoc_template_has_subject(const SpocTemplate *template);

/* Append to @output, whose content is then of no use where they fail. */
gboolean spoc_template_render(const SpocTemplate *template, const SpocTemplateScope *scope,
                              GString *output, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean spoc_template_render_subject(const SpocTemplate *template, const SpocTemplateScope *scope,
                                      GString *output, GError **error) G_GNUC_WARN_UNUSED_RESULT;
