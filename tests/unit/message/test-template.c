/* SPDX-License-Identifier: Apache-2.0 */
/* Also tests: template-html.c */
#include "message/template.h"

#include "base/error.h"

#include <string.h>

enum { WORD, EMPTY, URL, YES, NO, ITEMS, ITEM, NOTHING, COUNT };

static const SpocTemplateName NAMES[COUNT] = {
    [WORD] = {"word", SPOC_TEMPLATE_VALUE},
    [EMPTY] = {"empty", SPOC_TEMPLATE_VALUE},
    [URL] = {"url", SPOC_TEMPLATE_URL},
    [YES] = {"yes", SPOC_TEMPLATE_FLAG},
    [NO] = {"no", SPOC_TEMPLATE_FLAG},
    [ITEMS] = {"items", SPOC_TEMPLATE_LIST},
    [ITEM] = {"item", SPOC_TEMPLATE_VALUE, "items"},
    [NOTHING] = {"nothing", SPOC_TEMPLATE_LIST},
};
static const SpocTemplateVocabulary VOCABULARY = {NAMES, COUNT};

static char *
render(const char *source, SpocTemplateType type, const char *word, const char *url)
{
    SpocTemplateSlot first[COUNT] = {[ITEM] = {.text = "one"}};
    SpocTemplateSlot second[COUNT] = {[ITEM] = {.text = "two"}, [WORD] = {.text = "inner"}};
    const SpocTemplateScope scopes[] = {{first}, {second}};
    const SpocTemplateScope *elements[] = {&scopes[0], &scopes[1]};
    SpocTemplateSlot slots[COUNT] = {
        [WORD] = {.text = word},
        [EMPTY] = {.text = ""},
        [URL] = {.text = url},
        [YES] = {.text = "1"},
        [ITEMS] = {.elements = elements, .count = 2},
    };
    const SpocTemplateScope scope = {slots};
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocTemplate) template =
        spoc_template_parse("t", source, strlen(source), type, &VOCABULARY, &error);
    g_assert_no_error(error);
    GString *output = g_string_new(NULL);
    if (spoc_template_has_subject(template)) {
        g_assert_true(spoc_template_render_subject(template, &scope, output, &error));
        g_string_append_c(output, '|');
    }
    g_assert_true(spoc_template_render(template, &scope, output, &error));
    g_assert_no_error(error);
    return g_string_free(output, FALSE);
}

static void
test_text(void)
{
    static const struct {
        const char *source;
        const char *made;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"{ {x} }}", "{ {x} }}"},
        {"{{word}}", "w&<"},
        {"{{ word }}, {{\tword}}", "w&<, w&<"},
        {"[{{empty}}]", "[]"},
        {"a{{! a comment }}b", "ab"},
        {"a\n  {{! alone\n on its lines }}  \nb\n", "a\nb\n"},
        {"{{#yes}}y{{/yes}}{{^yes}}n{{/yes}}", "y"},
        {"{{#no}}y{{/no}}{{^no}}n{{/no}}", "n"},
        {"{{#word}}y{{/word}}{{^word}}n{{/word}}", "y"},
        {"{{#empty}}y{{/empty}}{{^empty}}n{{/empty}}", "n"},
        {"{{#nothing}}y{{/nothing}}{{^nothing}}n{{/nothing}}", "n"},
        {"{{#items}}<{{item}},{{word}}>{{/items}}{{^items}}n{{/items}}", "<one,w&<><two,inner>"},
        {"{{#items}}{{#items}}{{item}} {{/items}}{{/items}}", "one two one two "},
        /* lines with a section's tag alone vanish */
        {"a\n{{#yes}}\nb\n{{/yes}}\nc\n", "a\nb\nc\n"},
        {"a\n{{#no}}\nb\n{{/no}}\nc\n", "a\nc\n"},
        {"a\n \t{{#items}} \n{{item}}\n\t{{/items}}\t\nc", "a\none\ntwo\nc"},
        {"{{#yes}}\nb\n{{/yes}}", "b\n"},
        {"a {{#yes}}\nb{{/yes}}\n", "a \nb\n"},
        {"{{#yes}}{{/yes}}\n", "\n"},
        {"{{word}}\nx", "w&<\nx"},
        /* however the editor ends lines */
        {"\xef\xbb\xbf"
         "a\r\n{{#yes}}\r\nb\r\n{{/yes}}\r\n\x1b[31mc\r",
         "a\nb\n [31mc\n"},
        /* the subject */
        {"Subject: {{word}} now\n\nbody\n", "w&< now|body\n"},
        {"subject:x\n", "x|"},
        {"Subject: x\n\n\nbody", "x|\nbody"},
        {"{{! c }}\nSubject: x\n", "Subject: x\n"},
        {" Subject: x\n", " Subject: x\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *made = render(cases[i].source, SPOC_TEMPLATE_TEXT, "w&<", NULL);
        g_assert_cmpstr(made, ==, cases[i].made);
    }
}

static void
test_html(void)
{
    static const struct {
        const char *source;
        const char *word;
        const char *url;
        const char *made;
    } cases[] = {
        {"<p>{{word}}</p>", "<b a='1' b=\"2\">&", NULL,
         "<p>&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;</p>"},
        {"<p title=\"{{word}}\">", "\"><script>", NULL, "<p title=\"&quot;&gt;&lt;script&gt;\">"},
        {"<p title='x {{word}}'>", "'", NULL, "<p title='x &#39;'>"},
        {"<a href=\"{{url}}\">", "", "https://h:631/printers/q?a&b",
         "<a href=\"https://h:631/printers/q?a&amp;b\">"},
        {"<a HREF = '{{url}}#x'>", "", "http://h/", "<a HREF = 'http://h/#x'>"},
        {"<a href=\"{{url}}\">", "", "javascript:alert(1)", "<a href=\"\">"},
        {"<a href=\"{{url}}\">", "", "https://h/\"x", "<a href=\"\">"},
        {"{{url}}", "", "data:text/html,x", ""},
        {"<title>{{word}}</title>", "</title>", NULL, "<title>&lt;/title&gt;</title>"},
        {"<style>p > a{}</style>{{word}}", "w", NULL, "<style>p > a{}</style>w"},
        {"<style></stylex></STYLE >{{word}}", "w", NULL, "<style></stylex></STYLE >w"},
        {"<!-- > -- a=\"--><p>{{word}}", "w", NULL, "<!-- > -- a=\"--><p>w"},
        {"<!DOCTYPE html>{{word}}", "w", NULL, "<!DOCTYPE html>w"},
        {"a < b {{word}}", "w", NULL, "a < b w"},
        {"<p class=\"a{{#yes}} b{{/yes}}{{^yes}} c{{/yes}}\"{{#yes}} lang=\"{{word}}\"{{/yes}}>",
         "w", NULL, "<p class=\"a b\" lang=\"w\">"},
        {"<p style=\"{{#yes}}color:red{{/yes}}\">", "", NULL, "<p style=\"color:red\">"},
        {"<br/>{{word}}", "a\r\nb\xe2\x80\xae", NULL, "<br/>a b"},
        {"<style>{{#yes}}p{}{{/yes}} {{#no}}</x{{/no}}</style>{{word}}", "w", NULL,
         "<style>p{} </style>w"},
        {"<p {{#yes}}title='x'{{/yes}} {{#yes}}lang=y {{/yes}}class=\"{{#no}}b{{/no}}{{word}}\">",
         "w", NULL, "<p title='x' lang=y class=\"w\">"},
        {"<a {{#url}}href=\"{{url}}\"{{/url}}{{^url}}href=\"#\"{{/url}}>{{word}}", "w",
         "https://h/", "<a href=\"https://h/\">w"},
        {"<a href=\"{{#url}}{{url}}{{/url}}{{^url}}#{{/url}}\">", "", "https://h/",
         "<a href=\"https://h/\">"},
        {"<title>{{#yes}}<b>{{/yes}}{{word}}</title>{{#items}}<b>{{word}}</b>{{/items}}", "<", NULL,
         "<title><b>&lt;</title><b>&lt;</b><b>inner</b>"},
        {"<!---->{{word}}<!--->{{word}}<!-- --!>{{word}}<?x>{{word}}</>{{word}}</ x>{{word}}", "w",
         NULL, "<!---->w<!--->w<!-- --!>w<?x>w</>w</ x>w"},
        {"<style>a</style><svg><b title='{{word}}'></svg>", "w", NULL,
         "<style>a</style><svg><b title='w'></svg>"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *made =
            render(cases[i].source, SPOC_TEMPLATE_HTML, cases[i].word, cases[i].url);
        g_assert_cmpstr(made, ==, cases[i].made);
    }
}

/* A value stays one line, whatever is in it, and makes no subject. */
static void
test_one_line(void)
{
    static const char *const words[] = {
        "a\nb", "a\r\nSubject: x\r\n\r\ny", "\x01\x1b[2J", "\xc2\x85", "\xe2\x80\xa8", "{{yes}}"};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *made = render("{{word}}\n\nx", SPOC_TEMPLATE_TEXT, words[i], NULL);
        g_auto(GStrv) lines = g_strsplit(made, "\n", -1);
        g_assert_cmpuint(g_strv_length(lines), ==, 3);
        for (const guchar *p = (const guchar *)lines[0]; *p != '\0'; p++)
            g_assert_cmpuint(*p, >=, 0x20);
        g_assert_null(strstr(made, "|"));
    }
    g_autofree char *subject =
        render("{{word}}\n\nx", SPOC_TEMPLATE_TEXT, "Subject: of a stranger", NULL);
    g_assert_cmpstr(subject, ==, "Subject: of a stranger\n\nx");
}

static void
test_refused(void)
{
    static const struct {
        SpocTemplateType type;
        const char *source;
        const char *said; /* with file and line */
    } cases[] = {
        {SPOC_TEMPLATE_TEXT, "a\n{{wrod}}", "t:2: there is no value 'wrod'"},
        {SPOC_TEMPLATE_TEXT, "{{{word}}}", "t:1: values are always escaped"},
        {SPOC_TEMPLATE_TEXT, "{{&word}}", "t:1: values are always escaped"},
        {SPOC_TEMPLATE_TEXT, "{{>file}}", "t:1: there are no partials"},
        {SPOC_TEMPLATE_TEXT, "{{=<% %>=}}", "t:1: the delimiters"},
        {SPOC_TEMPLATE_TEXT, "{{$block}}", "t:1: there are no blocks"},
        {SPOC_TEMPLATE_TEXT, "{{a.b}}", "t:1: '{{a.b}}' is no tag"},
        {SPOC_TEMPLATE_TEXT, "{{.}}", "t:1: '{{.}}' is no tag"},
        {SPOC_TEMPLATE_TEXT, "{{}}", "t:1: '{{}}' is no tag"},
        {SPOC_TEMPLATE_TEXT, "{{#}}", "t:1: '{{#}}' is no tag"},
        {SPOC_TEMPLATE_TEXT, "\n\n{{word", "t:3: a tag is not closed"},
        {SPOC_TEMPLATE_TEXT, "\n{{#yes}}\n", "t:2: the section 'yes' is not closed"},
        {SPOC_TEMPLATE_TEXT, "{{/yes}}", "t:1: {{/yes}} ends a section that does not begin"},
        {SPOC_TEMPLATE_TEXT, "{{#yes}}\n{{#no}}\n{{/yes}}",
         "t:3: {{/yes}} stands where {{/no}}, for line 2, is expected"},
        {SPOC_TEMPLATE_TEXT, "{{yes}}", "t:1: 'yes' is no value"},
        {SPOC_TEMPLATE_TEXT, "{{items}}", "t:1: 'items' is no value"},
        {SPOC_TEMPLATE_TEXT, "{{item}}", "t:1: 'item' is known within {{#items}}"},
        {SPOC_TEMPLATE_TEXT, "a\n\xff", "t:2: a template is UTF-8"},
        {SPOC_TEMPLATE_TEXT, "Subject: x\nbody", "t:2: after the line 'Subject:'"},
        {SPOC_TEMPLATE_TEXT, "Subject: {{#yes}}\n\nbody{{/yes}}", "t:1: the section 'yes'"},
        {SPOC_TEMPLATE_TEXT, "Subject: x\n\nbody\n{{wrod}}", "t:4: there is no value"},
        {SPOC_TEMPLATE_HTML, "<style>{{word}}</style>", "in a style sheet or script"},
        {SPOC_TEMPLATE_HTML, "<SCRIPT>{{word}}</SCRIPT>", "in a style sheet or script"},
        {SPOC_TEMPLATE_HTML, "<script></scrip{{word}}", "in a style sheet or script"},
        {SPOC_TEMPLATE_HTML, "<style></stylex>{{word}}", "in a style sheet or script"},
        {SPOC_TEMPLATE_HTML, "<!-- {{word}} -->", "no value may stand in an HTML comment"},
        {SPOC_TEMPLATE_HTML, "<!{{word}}>", "no value may stand within a tag"},
        {SPOC_TEMPLATE_HTML, "<{{word}}>", "no value may stand within a tag"},
        {SPOC_TEMPLATE_HTML, "<p{{word}}>", "no value may stand within a tag"},
        {SPOC_TEMPLATE_HTML, "<p {{word}}>", "no value may stand within a tag"},
        {SPOC_TEMPLATE_HTML, "<p title={{word}}>", "needs quotes"},
        {SPOC_TEMPLATE_HTML, "<p title=x{{word}}>", "needs quotes"},
        {SPOC_TEMPLATE_HTML, "<p onclick=\"{{word}}\">", "no value may stand in this attribute"},
        {SPOC_TEMPLATE_HTML, "<p style='{{word}}'>", "no value may stand in this attribute"},
        {SPOC_TEMPLATE_HTML, "<img srcset='{{url}}'>", "no value may stand in this attribute"},
        {SPOC_TEMPLATE_HTML, "<meta content=\"{{word}}\">", "no value may stand in this"},
        {SPOC_TEMPLATE_HTML, "<a href=\"{{word}}\">", "an address takes only"},
        {SPOC_TEMPLATE_HTML, "<a\nhref\n=\n\"{{word}}\">", "t:4: {{word}}: an address takes only"},
        {SPOC_TEMPLATE_HTML, "<img src=\"{{word}}\">", "an address takes only"},
        {SPOC_TEMPLATE_HTML, "<a x=\"1\"href=\"{{word}}\">", "an address takes only"},
        {SPOC_TEMPLATE_HTML, "<a/href=\"{{word}}\">", "an address takes only"},
        {SPOC_TEMPLATE_HTML, "<a href=\"javascript:{{url}}\">", "a URL must be the first"},
        {SPOC_TEMPLATE_HTML, "<a href=\"{{#yes}}x{{/yes}}{{url}}\">", "a URL must be the first"},
        {SPOC_TEMPLATE_HTML, "<p {{#yes}}title=\"{{/yes}}\">", "begins in a tag and ends"},
        {SPOC_TEMPLATE_HTML, "{{#yes}}<p {{/yes}}>",
         "begins in text and ends in another or in a tag"},
        {SPOC_TEMPLATE_HTML, "{{^no}}<style>{{/no}}</style>", "or in a style sheet"},
        {SPOC_TEMPLATE_HTML, "<p title=\"x", "t:1: the file ends within an attribute"},
        {SPOC_TEMPLATE_HTML, "<style>\n", "t:2: the file ends within a style sheet"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(spoc_template_parse("t", cases[i].source, strlen(cases[i].source),
                                          cases[i].type, &VOCABULARY, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_INVALID);
        if (!g_str_has_prefix(error->message, "t:") ||
            strstr(error->message, cases[i].said) == NULL)
            g_error("'%s' says: %s", cases[i].source, error->message);
    }
}

/* What is left out, or comes again, must change nothing of how the rest is read: one case for
 * each state of the HTML standard's tokenizer in which the ways could part. */
static void
test_ways_meet(void)
{
    static const char *const cases[] = {
        /* "<", "</", a tag's name */
        "<{{#yes}}p{{/yes}} title=\"{{word}}\">",
        "<{{#yes}}/{{/yes}}style>{{word}}",
        "<{{#yes}}!{{/yes}}--><p title=\"{{word}}\">",
        "<st{{#yes}}yle{{/yes}}>{{word}}",
        "<style{{#yes}}d{{/yes}}>{{word}}",
        "</{{#yes}}style{{/yes}}>{{word}}",
        /* an attribute's name, behind it, before its value */
        "<a h{{#yes}}ref{{/yes}}=\"{{word}}\">",
        "<a title{{#yes}} href{{/yes}}=\"{{word}}\">",
        "<a href {{#no}}class {{/no}}=\"{{word}}\">",
        "<a href {{#yes}}class {{/yes}}=\"{{word}}\">",
        "<a title {{#yes}}href {{/yes}}=\"{{word}}\">",
        "<a title {{#yes}}/ {{/yes}}=\"{{word}}\">",
        "<a title {{#yes}}class=x {{/yes}}=\"{{word}}\">",
        "<a title{{#yes}}/{{/yes}}=\"{{word}}\">",
        "<a title{{#yes}}={{/yes}}\"{{word}}\">",
        "<a title={{#yes}}\"{{/yes}}{{word}}\">",
        "<a title={{#yes}}x href={{/yes}}\"{{word}}\">",
        /* values */
        "<a title=\"{{#yes}}\" href=\"{{/yes}}{{word}}\">",
        "<a title=\"{{#yes}}\" title='{{/yes}}{{word}}\">",
        "<a title=x{{#yes}} href=x{{/yes}}>",
        "<a title=x{{#yes}}\" {{/yes}}y=\"{{word}}\">",
        "<a href=\"javascript:{{#yes}}\" href=\"{{/yes}}{{url}}\">",
        "<a href=\"{{#items}}{{url}}javascript:{{/items}}\">",
        /* declarations and comments */
        "<!{{#yes}}-{{/yes}}- x=\">{{word}}-->",
        "<!-{{#yes}}-{{/yes}} x=\">{{word}}-->",
        "<!-- -{{#yes}}-{{/yes}}>{{word}}-->",
        "<!-- --{{#yes}}!{{/yes}}>{{word}}-->",
        "<!--{{#yes}}-{{/yes}}>{{word}}-->",
        "<!--{{#yes}} --><!--x{{/yes}}><p title=\"{{word}}\">-->",
        /* the end of a style sheet, a script, a title */
        "<style></{{#yes}}style{{/yes}}>{{word}}",
        "<style>{{#yes}}</style{{/yes}}>{{word}}",
        "<style><{{#yes}}/{{/yes}}style>{{word}}",
        "<style></style{{#yes}}d{{/yes}}>{{word}}",
        "<style>{{#yes}}</style><script>{{/yes}}</style>{{word}}",
        "<script><{{#yes}}!{{/yes}}--<script></script>{{word}}",
        "<title></{{#yes}}title{{/yes}}><a title='{{word}}'></title>",
        "<title></titl{{#yes}}e{{/yes}}><a href='{{url}}'></title>",
        "<title>{{#yes}}</title><textarea>{{/yes}}</title>{{word}}",
        "{{#yes}}<title>{{/yes}}<a title='</title>{{word}}'>",
        "{{#items}}<style></style><svg>{{/items}}</svg>",
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocTemplate) template = spoc_template_parse(
            "t", cases[i], strlen(cases[i]), SPOC_TEMPLATE_HTML, &VOCABULARY, &error);
        if (template != NULL)
            g_error("'%s' was taken", cases[i]);
    }
}

/* What a browser reads as something else than it seems: each would let a value become an address
 * or an attribute. */
static void
test_read_as_browsers_do(void)
{
    static const char *const cases[] = {
        "<<a href=\"{{word}}\">",
        "</ <p title='><a href=\"{{word}}\">'>",
        "<a title/=\"{{word}}\">",
        "<!-- --!><a x=\"-->\" href=\"{{word}}\">",
        "<!---!><a title='{{word}}'> -->",
        "<title><p title='</title><a href=\"{{word}}\">'>",
        "<textarea><!--</textarea><a href=\"{{word}}\">-->",
        "<title></titl{{word}}></title>",
        "<title></title{{word}}></title>",
        "<title></titlex></title ><a href=\"{{word}}\">",
        "<template><a x=\"</template>\" href=\"{{word}}\">",
        "<noscript><a x=\"</noscript>\" href=\"{{word}}\">",
        "<plaintext></plaintext><p title='{{word}}'>",
        "<svg><style><a x=\"</style>\" href=\"{{word}}\">",
        "<select><title><a x=\"</title>\" href=\"{{word}}\">",
        "<svg><![CDATA[ > ]]><a x=\"{{word}}\">",
        "<script><!--<script></script>{{word}}</script>",
        "<script><!--<script></script><p title='{{word}}'>",
        "<SCRIPT/></SCRIP <SCRIPT>{{word}}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocTemplate) template = spoc_template_parse(
            "t", cases[i], strlen(cases[i]), SPOC_TEMPLATE_HTML, &VOCABULARY, &error);
        if (template != NULL)
            g_error("'%s' was taken", cases[i]);
    }
}

static char *
repeat(const char *text, guint count)
{
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < count; i++)
        g_string_append(all, text);
    return g_string_free(all, FALSE);
}

static void
test_limits(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *large = g_strnfill(SPOC_TEMPLATE_FILE_MAX_BYTES + 1, 'x');
    g_assert_null(
        spoc_template_parse("t", large, strlen(large), SPOC_TEMPLATE_TEXT, &VOCABULARY, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
    g_clear_error(&error);

    g_autofree char *deep = repeat("{{#yes}}", SPOC_TEMPLATE_DEPTH_MAX + 1);
    g_assert_null(
        spoc_template_parse("t", deep, strlen(deep), SPOC_TEMPLATE_TEXT, &VOCABULARY, &error));
    g_assert_nonnull(strstr(error->message, "at most 16 deep"));
    g_clear_error(&error);

    g_autofree char *tags = repeat("{{word}}", 30000);
    g_assert_null(
        spoc_template_parse("t", tags, strlen(tags), SPOC_TEMPLATE_TEXT, &VOCABULARY, &error));
    g_assert_nonnull(strstr(error->message, "tags"));
}

/* Lists in lists end: by what they make, and by how long they run. */
static void
test_runs_end(void)
{
    SpocTemplateSlot inner[COUNT] = {[ITEM] = {.text = "x"}};
    const SpocTemplateScope element = {inner};
    const SpocTemplateScope *elements[100];
    for (guint i = 0; i < G_N_ELEMENTS(elements); i++)
        elements[i] = &element;
    SpocTemplateSlot slots[COUNT] = {
        [ITEMS] = {.elements = elements, .count = 100}, [YES] = {.text = "1"}};
    const SpocTemplateScope scope = {slots};
    g_autofree char *open = repeat("{{#items}}", 8);
    g_autofree char *close = repeat("{{/items}}", 8);
    static const char *const bodies[] = {"", "{{#no}}{{/no}}", "0123456789"};
    for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autofree char *source = g_strconcat(open, bodies[i], close, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocTemplate) template = spoc_template_parse(
            "t", source, strlen(source), SPOC_TEMPLATE_TEXT, &VOCABULARY, &error);
        g_assert_no_error(error);
        g_autoptr(GString) output = g_string_new(NULL);
        g_assert_false(spoc_template_render(template, &scope, output, &error));
        g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
        g_assert_cmpuint(output->len, <, SPOC_TEMPLATE_OUTPUT_MAX_BYTES + 8192);
    }
    slots[ITEMS].count = SPOC_TEMPLATE_LIST_MAX + 1;
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocTemplate) template =
        spoc_template_parse("t", "{{#items}}{{/items}}", 20, SPOC_TEMPLATE_TEXT, &VOCABULARY, NULL);
    g_autoptr(GString) output = g_string_new(NULL);
    g_assert_false(spoc_template_render(template, &scope, output, &error));
    g_assert_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/template/text", test_text);
    g_test_add_func("/template/html", test_html);
    g_test_add_func("/template/one-line", test_one_line);
    g_test_add_func("/template/refused", test_refused);
    g_test_add_func("/template/ways-meet", test_ways_meet);
    g_test_add_func("/template/read-as-browsers-do", test_read_as_browsers_do);
    g_test_add_func("/template/limits", test_limits);
    g_test_add_func("/template/runs-end", test_runs_end);
    return g_test_run();
}
