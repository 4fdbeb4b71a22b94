/* SPDX-License-Identifier: Apache-2.0 */
#include "message/vocabulary.h"

/* clang-format off */
static const SpocTemplateName NAMES[SPOC_SLOT_COUNT] = {
    [SPOC_SLOT_LANG] = {"lang", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_SUBJECT] = {"subject", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_PREHEADER] = {"preheader", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_HOST] = {"host", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_FOOTER] = {"footer", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_IS_DIGEST] = {"is_digest", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_IS_COLLECTED] = {"is_collected", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_INTRO] = {"intro", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_ADVICE_LABEL] = {"advice_label", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_PRINTER_LINK] = {"printer_link", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_EVENTS] = {"events", SPOC_TEMPLATE_LIST},
    [SPOC_SLOT_EVENTS_LABEL] = {"events_label", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_LEFT_OUT] = {"left_out", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_FACTS] = {"facts", SPOC_TEMPLATE_LIST},
    [SPOC_SLOT_LABEL] = {"label", SPOC_TEMPLATE_VALUE, "facts"},
    [SPOC_SLOT_PADDING] = {"padding", SPOC_TEMPLATE_VALUE, "facts"},
    [SPOC_SLOT_VALUE] = {"value", SPOC_TEMPLATE_VALUE, "facts"},
    [SPOC_SLOT_EVENT] = {"event", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_SENTENCE] = {"sentence", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_ADVICE] = {"advice", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_WHEN] = {"when", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_TIMES] = {"times", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_BADGE] = {"badge", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_IS_GOOD] = {"is_good", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_IS_INFO] = {"is_info", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_IS_ATTENTION] = {"is_attention", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_IS_FAULT] = {"is_fault", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_IS_RESOLVED] = {"is_resolved", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_IS_JOB] = {"is_job", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_IS_PRINTER] = {"is_printer", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_IS_SERVER] = {"is_server", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_IS_YOURS] = {"is_yours", SPOC_TEMPLATE_FLAG},
    [SPOC_SLOT_JOB_ID] = {"job_id", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_TITLE] = {"title", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_OWNER] = {"owner", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_JOB_STATE] = {"job_state", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_JOB_REASONS] = {"job_reasons", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_PAGES] = {"pages", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_PRINTER] = {"printer", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_PRINTER_INFO] = {"printer_info", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_PRINTER_LOCATION] = {"printer_location", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_PRINTER_URL] = {"printer_url", SPOC_TEMPLATE_URL},
    [SPOC_SLOT_PRINTER_STATE] = {"printer_state", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_OLD_PRINTER_STATE] = {"old_printer_state", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_PRINTER_REASONS] = {"printer_reasons", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_PRINTER_MESSAGE] = {"printer_message", SPOC_TEMPLATE_VALUE},
    [SPOC_SLOT_CUPS_SAYS] = {"cups_says", SPOC_TEMPLATE_VALUE},
};
/* clang-format on */

static const SpocTemplateVocabulary VOCABULARY = {NAMES, SPOC_SLOT_COUNT};

const SpocTemplateVocabulary *
spoc_vocabulary(void)
{
    return &VOCABULARY;
}
