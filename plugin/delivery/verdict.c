/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/verdict.h"

#include <string.h>

static const char *const stage_names[] = {
    [SPOC_STAGE_TOKEN] = "token",       [SPOC_STAGE_NAME] = "name lookup",
    [SPOC_STAGE_CONNECT] = "connect",   [SPOC_STAGE_GREETING] = "greeting",
    [SPOC_STAGE_HELLO] = "EHLO",        [SPOC_STAGE_STARTTLS] = "STARTTLS",
    [SPOC_STAGE_TLS] = "TLS",           [SPOC_STAGE_LOGIN] = "login",
    [SPOC_STAGE_SENDER] = "sender",     [SPOC_STAGE_RECIPIENT] = "recipient",
    [SPOC_STAGE_DATA] = "DATA",         [SPOC_STAGE_CONTENT] = "content",
    [SPOC_STAGE_FINAL] = "final reply",
};

const char *
spoc_stage_name(SpocStage stage)
{
    return stage_names[stage];
}

static SpocConsequence
consequence(SpocVerdict verdict, gboolean server_is_down)
{
    return (SpocConsequence){.verdict = verdict, .server_is_down = server_is_down};
}

/* Too large is said by 552 or by 5.3.4 (RFC 1870 6.1); 552 5.2.2 is a full mailbox and 552
 * 5.5.3 too many recipients. */
static gboolean
says_too_large(const SpocFailure *failure)
{
    if (strcmp(failure->enhanced_status, "5.3.4") == 0 ||
        strcmp(failure->enhanced_status, "5.2.3") == 0)
        return TRUE;
    return failure->reply_code == 552 && strcmp(failure->enhanced_status, "5.2.2") != 0 &&
           strcmp(failure->enhanced_status, "5.5.3") != 0;
}

static gboolean
has_status(const SpocFailure *failure, const char *const *statuses)
{
    return g_strv_contains(statuses, failure->enhanced_status);
}

/* Behind MAIL too a refusal may be about the account or its sender, not about this message: large
 * providers judge them when they have the content. Such mail must not be given up one by one. */
static gboolean
is_about_the_account(const SpocFailure *failure)
{
    static const char *const statuses[] = {"5.7.60",  "5.2.252", "5.7.57", "5.7.64", "5.7.705",
                                           "5.7.708", "5.7.750", "5.1.8",  NULL};
    return has_status(failure, statuses);
}

/* What may be sent in a day is used up: said with 5xx, and over tomorrow. */
static gboolean
is_daily_limit(const SpocFailure *failure)
{
    static const char *const statuses[] = {"5.1.90", "5.7.232", "5.7.233", NULL};
    return (failure->reply_code == 550 && strcmp(failure->enhanced_status, "5.4.5") == 0) ||
           has_status(failure, statuses);
}

/* While the connection is made, nothing is one message's fault. */
static SpocConsequence
judge_opening_reply(const SpocFailure *failure)
{
    int code = failure->reply_code;
    if (code == 432 || (code == 454 && failure->stage == SPOC_STAGE_LOGIN))
        return consequence(SPOC_VERDICT_SLOWER, FALSE);
    if (code == 421 && failure->others_work)
        return consequence(SPOC_VERDICT_SLOWER, FALSE);
    if (code >= 500 &&
        (failure->stage == SPOC_STAGE_LOGIN || failure->stage == SPOC_STAGE_STARTTLS))
        return consequence(SPOC_VERDICT_HOLD, TRUE);
    return consequence(SPOC_VERDICT_LATER, TRUE);
}

/* Whether a server that refuses a message for now would refuse any other as well. A 4xx to MAIL
 * may be about the size that was said there (452: no room for so much, RFC 5321 4.2.3): one
 * user's large scans must not stop everybody. So only a small message tells, when another one
 * met the same. */
static gboolean
is_the_servers_own(const SpocFailure *failure)
{
    if (failure->stage != SPOC_STAGE_SENDER)
        return failure->reply_code == 421;
    if (!failure->sized && failure->reply_code != 452)
        return TRUE;
    return failure->small && (failure->reply_code == 421 || failure->met_by_another);
}

static SpocConsequence
judge_temporary(const SpocFailure *failure)
{
    int code = failure->reply_code;
    if (code == 421 && failure->reused)
        return consequence(SPOC_VERDICT_FRESH, FALSE);
    if (code == 432 || (code == 421 && failure->others_work))
        return consequence(SPOC_VERDICT_SLOWER, FALSE);
    return consequence(SPOC_VERDICT_LATER, is_the_servers_own(failure));
}

static SpocConsequence
judge_permanent(const SpocFailure *failure)
{
    if (failure->reply_code == 530)
        return consequence(SPOC_VERDICT_HOLD, TRUE);
    if (is_daily_limit(failure))
        return consequence(SPOC_VERDICT_LATER, failure->stage != SPOC_STAGE_RECIPIENT);
    if (is_about_the_account(failure))
        return consequence(SPOC_VERDICT_HOLD, FALSE);
    /* RFC 5321 4.5.3.1.10: too many recipients may be said so, and is temporary. */
    if (failure->stage == SPOC_STAGE_RECIPIENT && failure->reply_code == 552 &&
        strcmp(failure->enhanced_status, "5.5.3") == 0)
        return consequence(SPOC_VERDICT_LATER, FALSE);
    if (says_too_large(failure))
        return consequence(SPOC_VERDICT_RETURN_UNLESS_BACKUP, FALSE);
    if (failure->stage == SPOC_STAGE_SENDER)
        return consequence(SPOC_VERDICT_HOLD, FALSE);
    return consequence(SPOC_VERDICT_RETURN, FALSE);
}

static SpocConsequence
judge_reply(const SpocFailure *failure)
{
    if (failure->stage < SPOC_STAGE_SENDER)
        return judge_opening_reply(failure);
    if (failure->reply_code >= 500)
        return judge_permanent(failure);
    if (failure->reply_code >= 400)
        return judge_temporary(failure);
    return consequence(SPOC_VERDICT_DELIVERED, FALSE);
}

/* The line broke, was silent, or what came made no sense. */
static SpocConsequence
judge_line(const SpocFailure *failure)
{
    if (failure->stage == SPOC_STAGE_FINAL)
        return (SpocConsequence){.verdict = SPOC_VERDICT_SAME_SERVER, .possible_duplicate = TRUE};
    if (failure->reused && failure->kind != SPOC_FAILURE_PROTOCOL)
        return consequence(SPOC_VERDICT_FRESH, FALSE);
    /* Dropped in the middle of a mail, or when its size was told, may be that mail's fault, and
     * costs no time. Silence would cost every mail behind it the same time-out. */
    gboolean knows_mail =
        failure->stage > SPOC_STAGE_SENDER ||
        (failure->stage == SPOC_STAGE_SENDER && failure->sized && !failure->small);
    return consequence(SPOC_VERDICT_LATER, !knows_mail || failure->kind == SPOC_FAILURE_TIMEOUT);
}

SpocConsequence
spoc_verdict(const SpocFailure *failure)
{
    switch (failure->kind) {
    case SPOC_FAILURE_REPLY:
        return judge_reply(failure);
    case SPOC_FAILURE_NETWORK:
    case SPOC_FAILURE_TIMEOUT:
    case SPOC_FAILURE_PROTOCOL:
        return judge_line(failure);
    case SPOC_FAILURE_CERTIFICATE:
    case SPOC_FAILURE_REVOCATION:
    case SPOC_FAILURE_PIN:
    case SPOC_FAILURE_TLS_VERSION:
    case SPOC_FAILURE_CLIENT_CERTIFICATE:
    case SPOC_FAILURE_DENIED:
        return consequence(SPOC_VERDICT_HOLD, TRUE);
    case SPOC_FAILURE_NOT_OFFERED:
        if (failure->stage == SPOC_STAGE_RECIPIENT)
            return consequence(SPOC_VERDICT_RETURN_UNLESS_BACKUP, FALSE);
        return consequence(SPOC_VERDICT_HOLD, failure->stage < SPOC_STAGE_SENDER);
    case SPOC_FAILURE_TOO_LARGE:
        return consequence(SPOC_VERDICT_RETURN_UNLESS_BACKUP, FALSE);
    case SPOC_FAILURE_LOCAL:
        break;
    }
    return consequence(SPOC_VERDICT_LATER, failure->stage < SPOC_STAGE_SENDER);
}
