/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What a template is once it is parsed: shared by template-parse.c, which makes it, and
 *          template.c, which runs it.
 */
#pragma once

#include "message/template.h"

typedef enum {
    SPOC_TEMPLATE_OP_LITERAL,
    SPOC_TEMPLATE_OP_VALUE,
    SPOC_TEMPLATE_OP_IF,
    SPOC_TEMPLATE_OP_UNLESS,
    SPOC_TEMPLATE_OP_END,
} SpocTemplateOpKind;

typedef struct {
    SpocTemplateOpKind kind;
    guint name;       /* in the vocabulary */
    guint end;        /* of a section: where its END stands */
    const char *text; /* of a literal, in the template's source */
    gsize length;
} SpocTemplateOp;

typedef struct {
    GArray *ops; /* (element-type SpocTemplateOp) (nullable) */
} SpocTemplateProgram;

struct _SpocTemplate {
    char *file;
    char *source;
    SpocTemplateType type;
    const SpocTemplateVocabulary *vocabulary;
    SpocTemplateProgram subject; /* without operations where the file has none */
    SpocTemplateProgram body;
};
