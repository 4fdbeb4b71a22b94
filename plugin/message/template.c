/* SPDX-License-Identifier: Apache-2.0 */
#include "message/template.h"

#include "base/error.h"
#include "base/text.h"
#include "message/template-html.h"

#include <string.h>

/* What a file becomes once it is parsed */
typedef enum {
    OP_LITERAL,
    OP_VALUE,
    OP_IF,
    OP_UNLESS,
    OP_END,
} OpKind;

typedef struct {
    OpKind kind;
    guint name;       /* in the vocabulary */
    guint end;        /* of a section: where its END stands */
    const char *text; /* of a literal, in the template's source */
    gsize length;
} Op;

typedef struct {
    GArray *ops; /* (element-type Op) (nullable) */
} Program;

struct _SpocTemplate {
    char *file;
    char *source;
    SpocTemplateType type;
    const SpocTemplateVocabulary *vocabulary;
    Program subject; /* without operations where the file has none */
    Program body;
};

/* --- from a file to its program ---------------------------------------------------------- */

#define SHOWN_MAX_BYTES 60
#define OPS_MAX 20000

typedef struct {
    guint at; /* of its operation */
    guint name;
    guint line;
    SpocHtmlState html;
} Section;

typedef struct {
    SpocTemplate *template;
    GArray *ops;
    const char *begin; /* of this part of the source */
    const char *next;
    const char *end;
    guint line;
    SpocHtmlState html;
    Section sections[SPOC_TEMPLATE_DEPTH_MAX];
    guint depth;
} Parser;

static gboolean G_GNUC_PRINTF(3, 4)
    fail_parse(const Parser *parser, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "%s:%u: %s", parser->template->file,
                parser->line, what);
    return FALSE;
}

static char *
shown_text(const char *text, gsize length)
{
    return spoc_text_line(text, (gssize)length, SHOWN_MAX_BYTES);
}

static guint
count_lines(const char *from, const char *to)
{
    guint count = 0;
    for (const char *p = from; p < to; p++)
        count += *p == '\n';
    return count;
}

static gboolean
is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* --- pieces ----------------------------------------------------------------------------- */

static void
add_literal(Parser *parser, const char *from, const char *to)
{
    if (from >= to)
        return;
    const Op op = {.kind = OP_LITERAL, .text = from, .length = (gsize)(to - from)};
    g_array_append_val(parser->ops, op);
    if (parser->template->type == SPOC_TEMPLATE_HTML)
        spoc_html_feed(&parser->html, from, (gsize)(to - from));
}

static gboolean
is_within(const Parser *parser, const char *list)
{
    for (guint i = 0; i < parser->depth; i++) {
        if (strcmp(parser->template->vocabulary->names[parser->sections[i].name].name, list) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
find_name(const Parser *parser, const char *text, gsize length, guint *ret_name, GError **error)
{
    const SpocTemplateVocabulary *vocabulary = parser->template->vocabulary;
    const char *list = NULL;
    for (guint i = 0; i < vocabulary->count; i++) {
        const SpocTemplateName *name = &vocabulary->names[i];
        if (strlen(name->name) != length || strncmp(name->name, text, length) != 0)
            continue;
        if (name->within == NULL || is_within(parser, name->within)) {
            *ret_name = i;
            return TRUE;
        }
        list = name->within;
    }
    g_autofree char *word = shown_text(text, length);
    if (list != NULL)
        return fail_parse(parser, error, "'%s' is known within {{#%s}}…{{/%s}} only", word, list,
                          list);
    return fail_parse(parser, error,
                      "there is no value '%s'; spoc-templates(5) lists the names that there are",
                      word);
}

static gboolean
add_value(Parser *parser, const char *text, gsize length, GError **error)
{
    guint name = 0;
    if (!find_name(parser, text, length, &name, error))
        return FALSE;
    SpocTemplateKind kind = parser->template->vocabulary->names[name].kind;
    if (kind == SPOC_TEMPLATE_FLAG || kind == SPOC_TEMPLATE_LIST)
        return fail_parse(parser, error, "'%.*s' is no value: it is written {{#%.*s}}…{{/%.*s}}",
                          (int)length, text, (int)length, text, (int)length, text);
    if (parser->template->type == SPOC_TEMPLATE_HTML) {
        const char *refusal = spoc_html_refusal(&parser->html, kind == SPOC_TEMPLATE_URL);
        if (refusal != NULL)
            return fail_parse(parser, error, "{{%.*s}}: %s", (int)length, text, refusal);
        spoc_html_pass_value(&parser->html);
    }
    const Op op = {.kind = OP_VALUE, .name = name};
    g_array_append_val(parser->ops, op);
    return TRUE;
}

static gboolean
begin_section(Parser *parser, OpKind kind, const char *text, gsize length, GError **error)
{
    guint name = 0;
    if (!find_name(parser, text, length, &name, error))
        return FALSE;
    if (parser->depth == SPOC_TEMPLATE_DEPTH_MAX)
        return fail_parse(parser, error, "sections stand at most %d deep in each other",
                          SPOC_TEMPLATE_DEPTH_MAX);
    parser->sections[parser->depth++] =
        (Section){.at = parser->ops->len, .name = name, .line = parser->line, .html = parser->html};
    const Op op = {.kind = kind, .name = name};
    g_array_append_val(parser->ops, op);
    return TRUE;
}

static gboolean
end_section(Parser *parser, const char *text, gsize length, GError **error)
{
    g_autofree char *word = shown_text(text, length);
    if (parser->depth == 0)
        return fail_parse(parser, error, "{{/%s}} ends a section that does not begin", word);
    const Section *section = &parser->sections[parser->depth - 1];
    const char *name = parser->template->vocabulary->names[section->name].name;
    if (strlen(name) != length || strncmp(name, text, length) != 0)
        return fail_parse(parser, error, "{{/%s}} stands where {{/%s}}, for line %u, is expected",
                          word, name, section->line);
    gboolean repeats =
        parser->template->vocabulary->names[section->name].kind == SPOC_TEMPLATE_LIST;
    if (!spoc_html_is_same_place(&section->html, &parser->html, repeats))
        return fail_parse(
            parser, error,
            "the section '%s' of line %u begins in %s and ends in another or in %s: it "
            "must hold whole tags or whole attributes",
            name, section->line, spoc_html_place_name(&section->html),
            spoc_html_place_name(&parser->html));
    const Op op = {.kind = OP_END};
    g_array_index(parser->ops, Op, section->at).end = parser->ops->len;
    g_array_append_val(parser->ops, op);
    parser->depth--;
    return TRUE;
}

/* --- tags ------------------------------------------------------------------------------- */

static gboolean
is_name(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_islower(text[i]) && !g_ascii_isdigit(text[i]) && text[i] != '_')
            return FALSE;
    }
    return length > 0;
}

/* What of Mustache this engine does not have, by the character behind the braces */
static const char *
refused_tag(char mark)
{
    switch (mark) {
    case '{':
    case '&':
        return "values are always escaped: write {{name}}, without a third brace or &";
    case '>':
        return "there are no partials: write everything into this file";
    case '=':
        return "the delimiters are always {{ and }}";
    case '<':
    case '$':
        return "there are no blocks and parents: write everything into this file";
    default:
        return NULL;
    }
}

/* @text: between the braces */
static gboolean
take_tag(Parser *parser, const char *text, gsize length, GError **error)
{
    char mark = length > 0 ? *text : '\0';
    const char *refusal = refused_tag(mark);
    if (refusal != NULL)
        return fail_parse(parser, error, "%s", refusal);
    if (mark == '!')
        return TRUE;
    gboolean has_mark = mark == '#' || mark == '^' || mark == '/';
    const char *name = text + (has_mark ? 1 : 0);
    const char *end = text + length;
    while (name < end && is_blank(*name))
        name++;
    while (end > name && is_blank(end[-1]))
        end--;
    gsize size = (gsize)(end - name);
    if (!is_name(name, size)) {
        g_autofree char *word = shown_text(text, length);
        return fail_parse(parser, error,
                          "'{{%s}}' is no tag: {{name}}, {{#name}}, {{^name}}, {{/name}} and "
                          "{{! comment}} are, with names of a-z, 0-9 and _",
                          word);
    }
    if (mark == '#')
        return begin_section(parser, OP_IF, name, size, error);
    if (mark == '^')
        return begin_section(parser, OP_UNLESS, name, size, error);
    return mark == '/' ? end_section(parser, name, size, error)
                       : add_value(parser, name, size, error);
}

/* Whether nothing but blanks stands beside the tag on its line; then the blanks before it, and
 * those behind it with the line's end, are no part of what is made. */
static gboolean
is_alone(const Parser *parser, const char *tag, const char *tag_end, const char **ret_before,
         const char **ret_behind)
{
    const char *before = tag;
    while (before > parser->begin && is_blank(before[-1]))
        before--;
    const char *behind = tag_end;
    while (behind < parser->end && is_blank(*behind))
        behind++;
    if ((before > parser->begin && before[-1] != '\n') || (behind < parser->end && *behind != '\n'))
        return FALSE;
    *ret_before = before;
    *ret_behind = behind < parser->end ? behind + 1 : behind;
    return TRUE;
}

static gboolean
take_next_tag(Parser *parser, const char *tag, GError **error)
{
    const char *text = tag + strlen("{{");
    const char *close = memmem(text, (gsize)(parser->end - text), "}}", strlen("}}"));
    parser->line += count_lines(parser->next, tag);
    if (close == NULL)
        return fail_parse(parser, error, "a tag is not closed: }} is missing");
    const char *before = tag;
    const char *behind = close + strlen("}}");
    if (text < close && strchr("#^/!", *text) != NULL)
        (void)is_alone(parser, tag, behind, &before, &behind);
    add_literal(parser, parser->next, before);
    if (!take_tag(parser, text, (gsize)(close - text), error))
        return FALSE;
    parser->line += count_lines(tag, behind);
    parser->next = behind;
    if (parser->ops->len > OPS_MAX)
        return fail_parse(parser, error, "a template has at most %d tags", OPS_MAX / 2);
    return TRUE;
}

/* --- files ------------------------------------------------------------------------------ */

static gboolean
parse_part(SpocTemplate *template, Program *program, const char *begin, const char *end,
           GError **error)
{
    program->ops = g_array_new(FALSE, FALSE, sizeof(Op));
    Parser parser = {.template = template,
                     .ops = program->ops,
                     .begin = begin,
                     .next = begin,
                     .end = end,
                     .line = 1 + count_lines(template->source, begin)};
    const char *tag;
    while ((tag = memmem(parser.next, (gsize)(end - parser.next), "{{", strlen("{{"))) != NULL) {
        if (!take_next_tag(&parser, tag, error))
            return FALSE;
    }
    add_literal(&parser, parser.next, end);
    if (parser.depth > 0) {
        const Section *open = &parser.sections[parser.depth - 1];
        parser.line = open->line;
        return fail_parse(&parser, error, "the section '%s' is not closed: {{/%s}} is missing",
                          template->vocabulary->names[open->name].name,
                          template->vocabulary->names[open->name].name);
    }
    parser.line += count_lines(parser.next, end);
    if (parser.html.place != SPOC_HTML_TEXT)
        return fail_parse(&parser, error, "the file ends within %s",
                          spoc_html_place_name(&parser.html));
    return TRUE;
}

/* UTF-8 with \n line ends, whatever the editor was */
static char *
read_source(const char *file, const char *source, gsize size, GError **error)
{
    if (size > SPOC_TEMPLATE_FILE_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "%s:1: a template has at most %d bytes",
                    file, SPOC_TEMPLATE_FILE_MAX_BYTES);
        return NULL;
    }
    const char *invalid = NULL;
    if (!g_utf8_validate_len(source, size, &invalid)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "%s:%u: a template is UTF-8", file,
                    1 + count_lines(source, invalid));
        return NULL;
    }
    if (size >= 3 && memcmp(source, "\xef\xbb\xbf", 3) == 0) {
        source += 3;
        size -= 3;
    }
    GString *clean = g_string_sized_new(size);
    for (gsize i = 0; i < size; i++) {
        if (source[i] == '\r' && i + 1 < size && source[i + 1] == '\n')
            continue;
        gboolean is_control = (guchar)source[i] < 0x20 && source[i] != '\t';
        char otherwise = source[i] == '\r' || source[i] == '\n' ? '\n' : ' ';
        g_string_append_c(clean, is_control ? otherwise : source[i]);
    }
    return g_string_free(clean, FALSE);
}

/* "Subject: …" and an empty line at the beginning of a text; @ret_body: what stands behind */
static gboolean
take_subject(SpocTemplate *template, const char **ret_body, GError **error)
{
    static const char name[] = "Subject:";
    const char *begin = template->source + strlen(name);
    if (g_ascii_strncasecmp(template->source, name, strlen(name)) != 0)
        return TRUE;
    const char *end = begin + strcspn(begin, "\n");
    if (*end == '\n' && end[1] != '\n' && end[1] != '\0') {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "%s:2: after the line 'Subject:' must come an empty line, and then the text",
                    template->file);
        return FALSE;
    }
    *ret_body = end + MIN(strlen(end), strlen("\n\n"));
    while (is_blank(*begin))
        begin++;
    return parse_part(template, &template->subject, begin, end, error);
}

SpocTemplate *
spoc_template_parse(const char *file, const char *source, gsize size, SpocTemplateType type,
                    const SpocTemplateVocabulary *vocabulary, GError **error)
{
    g_autoptr(SpocTemplate) template = g_new0(SpocTemplate, 1);
    template->file = g_strdup(file);
    template->type = type;
    template->vocabulary = vocabulary;
    template->source = read_source(file, source, size, error);
    if (template->source == NULL)
        return NULL;
    const char *body = template->source;
    const char *end = template->source + strlen(template->source);
    if (type == SPOC_TEMPLATE_TEXT && !take_subject(template, &body, error))
        return NULL;
    if (!parse_part(template, &template->body, body, end, error))
        return NULL;
    return g_steal_pointer(&template);
}

/* --- from a program to a text ------------------------------------------------------------ */

#define VALUE_MAX_BYTES 4096

typedef struct {
    const SpocTemplate *template;
    const Program *program;
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
append_value(const Run *run, const Op *op)
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
    const Op *op = &g_array_index(run->program->ops, Op, at);
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
    const Op *op = &g_array_index(run->program->ops, Op, at);
    const SpocTemplateSlot *slot = find_slot(run, op->name);
    gboolean is_list = run->template->vocabulary->names[op->name].kind == SPOC_TEMPLATE_LIST;
    gboolean is_there = is_list ? slot->count > 0 : slot->text != NULL && *slot->text != '\0';
    if (is_there == (op->kind == OP_UNLESS))
        return TRUE;
    return is_list && is_there ? run_list(run, at, slot, error)
                               : run_range(run, at + 1, op->end, error);
}

static gboolean
run_range(Run *run, guint from, guint to, GError **error)
{
    for (guint at = from; at < to; at++) {
        const Op *op = &g_array_index(run->program->ops, Op, at);
        if (op->kind == OP_LITERAL) {
            g_string_append_len(run->output, op->text, (gssize)op->length);
        } else if (op->kind == OP_VALUE) {
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
run_program(const SpocTemplate *template, const Program *program, const SpocTemplateScope *scope,
            GString *output, GError **error)
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
