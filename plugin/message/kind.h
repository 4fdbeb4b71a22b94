/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What an event means to a reader: which sentence tells it, and whether it is good or
 *          bad news.
 */
#pragma once

#include "event/severity.h"
#include "message/notification.h"
#include "message/words.h"

typedef enum {
    SPOC_TONE_GOOD,
    SPOC_TONE_INFO,
    SPOC_TONE_ATTENTION,
    SPOC_TONE_FAULT,
} SpocTone;

/* @printer_reasons, @job_reasons: those that are to be believed; never NULL */
SpocNews spoc_news_of(const SpocNotice *notice, char *const *printer_reasons);
SpocTone spoc_news_tone(SpocNews news, char *const *printer_reasons, char *const *job_reasons);
