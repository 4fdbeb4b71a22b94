/* SPDX-License-Identifier: Apache-2.0 */
#include "message/template.h"

#include "base/error.h"
#include "base/text.h"
#include "message/template-program.h"

#include <string.h>

#define VALUE_MAX_BYTES 4096

typedef struct {
    const SpocTemplate *template;
    const SpocTemplateProgram *program;
    const SpocTemplateScope *scopes[SPOC_TEMPLATE_DEPTH_MAX + 1];
    guint depth;
    guint steps;
    GString *output;
    gsize limit; /* of the output's length */
} Run;

/* --- values ----------------------------------------------------------------------------- */

/* The innermost scope that says anything about the name */
static const SpocTemplateSlot *
find_slot(const Run *run, guint name)
{
    static const SpocTemplateSlot nothing = {0};
    for (guint depth = run->depth; depth > 0; depth--) {
        const SpocTemplateSlot *slot = &run->scopes[depth - 1]->slots[name];
        if (slot->text != NULL || slot->elements != NULL)
            return slot;
    }
    return &nothing;
}

/* Whether there is a character for spoc_text_line() to replace */
static gboolean
is_suspicious(const char *text)
{
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        guchar first = (guchar)*p;
        if (first < 0x80 ? spoc_text_is_control(first)
                         : spoc_text_is_control(g_utf8_get_char_validated(p, -1)))
            return TRUE;
    }
    return FALSE;
}

static void
append_html(GString *output, const char *text)
{
    while (*text != '\0') {
        gsize plain = strcspn(text, "&<>\"'");
        g_string_append_len(output, text, (gssize)plain);
        text += plain;
        switch (*text) {
        case '&':
            g_string_append(output, "&amp;");
            break;
        case '<':
            g_string_append(output, "&lt;");
            break;
        case '>':
            g_string_append(output, "&gt;");
            break;
        case '"':
            g_string_append(output, "&quot;");
            break;
        case '\'':
            g_string_append(output, "&#39;");
            break;
        default:
            return;
        }
        text++;
    }
}

static gboolean
is_web_url(const char *text)
{
    return (g_str_has_prefix(text, "http://") || g_str_has_prefix(text, "https://")) &&
           strpbrk(text, " \"'<>\\") == NULL;
}

static void
append_value(const Run *run, const SpocTemplateOp *op)
{
    const char *text = find_slot(run, op->name)->text;
    if (text == NULL)
        return;
    if (run->template->vocabulary->names[op->name].kind == SPOC_TEMPLATE_URL && !is_web_url(text))
        return;
    g_autofree char *clean = is_suspicious(text) ? spoc_text_line(text, -1, VALUE_MAX_BYTES) : NULL;
    if (clean != NULL)
        text = clean;
    if (run->template->type == SPOC_TEMPLATE_HTML)
        append_html(run->output, text);
    else
        g_string_append(run->output, text);
}

/* --- running ---------------------------------------------------------------------------- */

static gboolean run_range(Run *run, guint from, guint to, GError **error);

static gboolean
run_list(Run *run, guint at, const SpocTemplateSlot *slot, GError **error)
{
    if (slot->count > SPOC_TEMPLATE_LIST_MAX) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "%s: a list of more than %d",
                    run->template->file, SPOC_TEMPLATE_LIST_MAX);
        return FALSE;
    }
    const SpocTemplateOp *op = &g_array_index(run->program->ops, SpocTemplateOp, at);
    for (guint i = 0; i < slot->count; i++) {
        run->scopes[run->depth++] = slot->elements[i];
        gboolean done = run_range(run, at + 1, op->end, error);
        run->depth--;
        if (!done)
            return FALSE;
    }
    return TRUE;
}

static gboolean
run_section(Run *run, guint at, GError **error)
{
    const SpocTemplateOp *op = &g_array_index(run->program->ops, SpocTemplateOp, at);
    const SpocTemplateSlot *slot = find_slot(run, op->name);
    gboolean is_list = run->template->vocabulary->names[op->name].kind == SPOC_TEMPLATE_LIST;
    gboolean is_there = is_list ? slot->count > 0 : slot->text != NULL && *slot->text != '\0';
    if (is_there == (op->kind == SPOC_TEMPLATE_OP_UNLESS))
        return TRUE;
    return is_list && is_there ? run_list(run, at, slot, error)
                               : run_range(run, at + 1, op->end, error);
}

static gboolean
run_range(Run *run, guint from, guint to, GError **error)
{
    for (guint at = from; at < to; at++) {
        const SpocTemplateOp *op = &g_array_index(run->program->ops, SpocTemplateOp, at);
        if (op->kind == SPOC_TEMPLATE_OP_LITERAL) {
            g_string_append_len(run->output, op->text, (gssize)op->length);
        } else if (op->kind == SPOC_TEMPLATE_OP_VALUE) {
            append_value(run, op);
        } else {
            if (!run_section(run, at, error))
                return FALSE;
            at = op->end;
        }
        if (++run->steps > SPOC_TEMPLATE_STEPS_MAX || run->output->len > run->limit) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                        "%s: what it makes is longer than %d bytes: write less within its lists",
                        run->template->file, SPOC_TEMPLATE_OUTPUT_MAX_BYTES);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
run_program(const SpocTemplate *template, const SpocTemplateProgram *program,
            const SpocTemplateScope *scope, GString *output, GError **error)
{
    Run run = {.template = template,
               .program = program,
               .scopes = {scope},
               .depth = 1,
               .output = output,
               .limit = output->len + SPOC_TEMPLATE_OUTPUT_MAX_BYTES};
    return run_range(&run, 0, program->ops->len, error);
}

gboolean
spoc_template_render(const SpocTemplate *template, const SpocTemplateScope *scope, GString *output,
                     GError **error)
{
    return run_program(template, &template->body, scope, output, error);
}

gboolean
spoc_template_render_subject(const SpocTemplate *template, const SpocTemplateScope *scope,
                             GString *output, GError **error)
{
    g_return_val_if_fail(spoc_template_has_subject(template), FALSE);
    return run_program(template, &template->subject, scope, output, error);
}

gboolean
spoc_template_has_subject(const SpocTemplate *template)
{
    return template->subject.ops != NULL;
}

void
spoc_template_free(SpocTemplate *template)
{
    if (template == NULL)
        return;
    g_clear_pointer(&template->subject.ops, g_array_unref);
    g_clear_pointer(&template->body.ops, g_array_unref);
    g_free(template->source);
    g_free(template->file);
    g_free(template);
}
