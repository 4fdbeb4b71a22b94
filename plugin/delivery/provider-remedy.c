/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/provider-remedy.h"

#include <string.h>

#define SEND_AS                                                                                    \
    "The account that logs in must be allowed to send as this sender (Exchange Online: "           \
    "Add-RecipientPermission SENDER -Trustee ACCOUNT -AccessRights SendAs), or set mailfrom or "   \
    "mailFromFor to the account's own address"
#define DAILY_LIMIT                                                                                \
    "The account has sent all that it may in 24 hours; the mail waits. Set mailMaxMessagesPerDay " \
    "to the limit, and let printers tell less (notifyEvents, notifyGroupWait)"
#define SWITCH_ON                                                                                  \
    "In Exchange Online's PowerShell: Set-CASMailbox -Identity MAILBOX "                           \
    "-SmtpClientAuthenticationDisabled $false"

/**
 * Row:
 * @code: 0: any
 * @status: "": any
 * @words: (nullable): is in the reply, whatever its case
 * @method: with SPOC_AUTHENTICATION_AUTO: any
 * @remedy: of the rows that fit, the first's
 */
typedef struct {
    int code;
    const char *status;
    const char *words;
    SpocAuthentication method;
    const char *remedy;
} Row;

#define ANY SPOC_AUTHENTICATION_AUTO
#define PASSWORD SPOC_AUTHENTICATION_PASSWORD
#define OAUTH2 SPOC_AUTHENTICATION_OAUTH2

static const Row login_rows[] = {
    /* Microsoft */
    {535, "5.7.139", "disabled for the tenant", ANY,
     "Logging in for SMTP is switched off for the whole organisation. " SWITCH_ON
     " for the mailbox, or Set-TransportConfig -SmtpClientAuthenticationDisabled $false for all"},
    {535, "5.7.139", "disabled for the mailbox", ANY,
     "Logging in for SMTP is switched off for this mailbox. " SWITCH_ON},
    {535, "5.7.139", "security defaults", ANY,
     "The organisation's security defaults forbid passwords: log in with a token "
     "(mailAuthentication = oauth2, see docs/PROVIDERS.md)"},
    {535, "5.7.139", "basic authentication is disabled", ANY,
     "An authentication policy forbids passwords for this account: log in with a token "
     "(mailAuthentication = oauth2, see docs/PROVIDERS.md)"},
    {535, "5.7.139", "conditional access", ANY,
     "A conditional access policy forbids this login: except the account from it for this host's "
     "address, or use an application of its own (mailOAuthClientId with a secret or certificate)"},
    {535, "5.7.139", "did not meet the criteria", ANY,
     "A conditional access policy forbids this login: except the account from it for this host's "
     "address, or use an application of its own (mailOAuthClientId with a secret or certificate)"},
    {535, "5.7.139", "locked", ANY,
     "The account is locked: unlock it in Entra ID, and find out who tried wrong passwords"},
    {535, "5.7.139", NULL, PASSWORD,
     "Check mailuser and mailpass; an account with a second factor cannot log in with its "
     "password: use a token (mailAuthentication = oauth2, see docs/PROVIDERS.md)"},
    {535, "5.7.3", NULL, OAUTH2,
     "The token is good, but not for this mailbox. Set mailuser to the mailbox's address; grant "
     "the application SMTP.SendAsApp with the administrator's consent; in Exchange Online make its "
     "service principal known (New-ServicePrincipal) and give it the mailbox "
     "(Add-MailboxPermission -AccessRights FullAccess). It can take an hour to hold"},
    {535, "5.7.139", NULL, OAUTH2,
     "Set mailuser to the mailbox's address, and check that the application may send for it "
     "(SMTP.SendAsApp, New-ServicePrincipal, Add-MailboxPermission; see docs/PROVIDERS.md)"},
    {0, "5.7.30", NULL, ANY,
     "Exchange Online takes no passwords for SMTP any more: log in with a token (mailProvider = "
     "office365 and mailOAuth..., see docs/PROVIDERS.md)"},
    {454, "4.7.0", NULL, ANY,
     "It passes by itself as a rule. If it stays, the account logs in too often or the provider "
     "has a fault: use fewer connections (mailMaxConnections) and look at its status page"},
    {0, "4.3.2", "concurrent connections", ANY,
     "Other programs that use the mailbox count as well: lower mailMaxConnections, or use a "
     "mailbox of its own"},
    /* Google */
    {534, "5.7.9", NULL, ANY,
     "The account has a second factor: make an app password for it and set that as mailpass, or "
     "log in with a token (mailProvider = gmail, see docs/PROVIDERS.md)"},
    {534, "5.7.14", NULL, ANY,
     "Google wants somebody to confirm the login: sign in to the account once with a browser, or "
     "log in with a token (mailProvider = gmail, see docs/PROVIDERS.md)"},
    {535, "5.7.8", "gsmtp", PASSWORD,
     "Google takes app passwords alone, not the account's own: make one and set it as mailpass, or "
     "log in with a token (mailProvider = gmail, see docs/PROVIDERS.md)"},
    {535, "5.7.8", "gsmtp", OAUTH2,
     "The token must be for mailuser's own mailbox and the scope https://mail.google.com/; a "
     "service account needs domain-wide delegation for it, and the user a Gmail licence"},
};

static const Row mail_rows[] = {
    /* Microsoft */
    {0, "5.7.60", NULL, ANY, SEND_AS},
    {0, "5.2.252", NULL, ANY, SEND_AS},
    {0, "", "sendasdenied", ANY, SEND_AS},
    {0, "5.7.57", NULL, ANY,
     "The server saw no login. Set one (mailAuthentication), or let the organisation set up a "
     "connector that knows this host by its certificate (mailClientCertificate) or address"},
    {0, "5.7.64", NULL, ANY,
     "No connector of the organisation knows this host: the connector's certificate name must be "
     "that of mailClientCertificate, or its addresses must have this host's"},
    {0, "5.7.705", NULL, ANY,
     "The organisation has sent too much or too much spam and is blocked: its administrator finds "
     "the cause in Microsoft's security portal and asks for release"},
    {0, "5.7.708", NULL, ANY,
     "Exchange Online takes no mail from this organisation by this address, often a trial or one "
     "that is very new: ask Microsoft's support to lift it, or send by a connector"},
    {0, "5.7.750", NULL, ANY,
     "The sender's domain is not registered with the organisation: add it there, or set mailfrom "
     "to an address in one that is"},
    {0, "5.1.8", NULL, ANY,
     "The account is barred from sending because of spam: its administrator releases it in "
     "Microsoft's security portal (Restricted entities), after finding the cause"},
    {0, "5.1.90", NULL, ANY, DAILY_LIMIT},
    {0, "5.7.232", NULL, ANY, DAILY_LIMIT},
    {0, "5.7.233", NULL, ANY, DAILY_LIMIT},
    {0, "", "submissionquotaexceeded", ANY, DAILY_LIMIT},
    {0, "5.2.121", NULL, ANY,
     "The recipient gets more mail in an hour than the provider lets it: group notifications "
     "(notifyGroupWait), or let printers tell less"},
    {0, "5.2.122", NULL, ANY,
     "The recipient gets more mail in an hour than the provider lets it: group notifications "
     "(notifyGroupWait), or let printers tell less"},
    {0, "4.3.2", "concurrent connections", ANY,
     "Other programs that use the mailbox count as well: lower mailMaxConnections, or use a "
     "mailbox of its own"},
    {0, "4.3.2", "rate limit", ANY, "Set mailMaxMessagesPerMinute to the provider's limit"},
    /* Google */
    {550, "5.4.5", NULL, ANY, DAILY_LIMIT},
    {0, "5.7.26", NULL, ANY,
     "The recipient's provider cannot tell that the sender's domain sent it: send by the domain's "
     "own mail server, or let the domain's SPF or DKIM cover this one"},
};

static gboolean
fits(const Row *row, const SpocFailure *failure, const char *words, SpocAuthentication method)
{
    return (row->code == 0 || row->code == failure->reply_code) &&
           (*row->status == '\0' || strcmp(row->status, failure->enhanced_status) == 0) &&
           (row->words == NULL || strstr(words, row->words) != NULL) &&
           (row->method == ANY || row->method == method);
}

const char *
spoc_provider_remedy(const SpocFailure *failure, const char *words, SpocAuthentication method)
{
    gboolean login = failure->stage == SPOC_STAGE_LOGIN;
    const Row *rows = login ? login_rows : mail_rows;
    gsize count = login ? G_N_ELEMENTS(login_rows) : G_N_ELEMENTS(mail_rows);
    g_autofree char *lower = g_ascii_strdown(words, -1);
    if (failure->kind != SPOC_FAILURE_REPLY || failure->reply_code < 400 ||
        failure->stage < SPOC_STAGE_LOGIN)
        return NULL;
    for (gsize i = 0; i < count; i++)
        if (fits(&rows[i], failure, lower, method))
            return rows[i].remedy;
    return NULL;
}
