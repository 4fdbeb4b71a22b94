/* SPDX-License-Identifier: Apache-2.0 */
#include "message/template.h"

#include "message/vocabulary.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a stranger would put in; none of it may be found in what a template makes. */
static const char HOSTILE_TEXT[] = "<\n\x01\">'&";
static const char HOSTILE_URL[] = "javascript:alert(1)";

static void
fill(SpocTemplateSlot *slots)
{
    const SpocTemplateVocabulary *vocabulary = spoc_vocabulary();
    for (guint i = 0; i < vocabulary->count; i++) {
        gboolean is_url = vocabulary->names[i].kind == SPOC_TEMPLATE_URL;
        if (vocabulary->names[i].kind != SPOC_TEMPLATE_LIST)
            slots[i].text = is_url ? HOSTILE_URL : HOSTILE_TEXT;
    }
}

static void
run(const SpocTemplate *template, const char *source, gsize size)
{
    SpocTemplateSlot inner[SPOC_SLOT_COUNT] = {0};
    SpocTemplateSlot outer[SPOC_SLOT_COUNT] = {0};
    fill(inner);
    fill(outer);
    const SpocTemplateScope element = {inner};
    const SpocTemplateScope *elements[] = {&element, &element};
    outer[SPOC_SLOT_EVENTS] = (SpocTemplateSlot){.elements = elements, .count = 2};
    outer[SPOC_SLOT_FACTS] = (SpocTemplateSlot){.elements = elements, .count = 2};
    const SpocTemplateScope scope = {outer};
    g_autoptr(GString) output = g_string_new(NULL);
    if (!spoc_template_render(template, &scope, output, NULL))
        return;
    gboolean was_there = memmem(source, size, "javascript:alert(1)", strlen(HOSTILE_URL)) != NULL;
    if (strchr(output->str, '\x01') != NULL ||
        (!was_there && strstr(output->str, HOSTILE_URL) != NULL))
        abort();
    g_string_truncate(output, 0);
    if (spoc_template_has_subject(template) &&
        spoc_template_render_subject(template, &scope, output, NULL) &&
        strchr(output->str, '\n') != NULL)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const SpocTemplateType types[] = {SPOC_TEMPLATE_TEXT, SPOC_TEMPLATE_HTML};
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocTemplate) template = spoc_template_parse("file", (const char *)data, size,
                                                               types[i], spoc_vocabulary(), &error);
        if ((template == NULL) != (error != NULL) ||
            (error != NULL && !g_str_has_prefix(error->message, "file:")))
            abort();
        if (template != NULL)
            run(template, (const char *)data, size);
    }
    return 0;
}
