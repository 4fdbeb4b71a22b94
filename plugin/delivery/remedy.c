/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/remedy.h"

#include "base/text.h"
#include "delivery/provider-remedy.h"

#include <string.h>

#define SENTENCE_MAX_BYTES 900

#define SMTPS_PORT 465

static const char *
key_of(guint server)
{
    return server == 0 ? "mailserver" : "mailserverbackup";
}

static char *
cure_slowness(const char *key)
{
    return g_strdup_printf("If the server is only slow, raise %s", key);
}

/* The one that fits what is wrong. The day is enough: the same sentence is said only once. */
static char *
cure_certificate(const SpocFailure *failure, const SpocDeliverySettings *settings, guint server)
{
    const SpocServerAddress *address = &settings->servers[server];
    switch (failure->certificate) {
    case SPOC_CERTIFICATE_DATES: {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *day = g_date_time_format(now, "%Y-%m-%d");
        return g_strdup_printf(
            "This machine's clock says %s: if that is wrong, set the clock; else "
            "renew the certificate on the server",
            day);
    }
    case SPOC_CERTIFICATE_OTHER_HOST:
        return g_strdup_printf("Set %s in %s to a name that stands in the server's certificate "
                               "instead of %s, or give the server a certificate with that name",
                               key_of(server), settings->config_file, address->host);
    case SPOC_CERTIFICATE_UNFIT:
        return g_strdup("The server needs another certificate");
    case SPOC_CERTIFICATE_UNTRUSTED:
        break;
    }
    return g_strdup("If the certificate is the site's own, take its root into the trust store: "
                    "spocctl truststore import --alias mailserver ROOT.pem");
}

static char *
cure_tls(const SpocFailure *failure, const SpocDeliverySettings *settings, guint server)
{
    guint16 port = settings->servers[server].port;
    switch (failure->kind) {
    case SPOC_FAILURE_CERTIFICATE:
        return cure_certificate(failure, settings, server);
    case SPOC_FAILURE_REVOCATION:
        return g_strdup_printf("If its authority did not revoke the certificate, put a fresh "
                               "revocation list of that authority into the file that "
                               "trustRevocationList in %s names; if it did, the server needs a new "
                               "certificate",
                               settings->config_file);
    case SPOC_FAILURE_PIN:
        return g_strdup_printf("If the server rightly has a new key, add that to "
                               "mailTlsPinnedPublicKey in %s; else somebody else answers in its "
                               "place",
                               settings->config_file);
    case SPOC_FAILURE_CLIENT_CERTIFICATE:
        return g_strdup_printf("Set mailClientCertificate and mailClientKey in %s to a certificate "
                               "that the server accepts",
                               settings->config_file);
    case SPOC_FAILURE_TLS_VERSION:
        return g_strdup_printf("Check cryptographicProtocolsForOutboundCommunication and "
                               "customCipherSuitesForOutboundCommunication in %s, or update the "
                               "mail server",
                               settings->config_file);
    case SPOC_FAILURE_LOCAL:
        return NULL;           /* the words of the TLS policy say it */
    case SPOC_FAILURE_NETWORK: /* without an alert */
        return g_strdup_printf("Usually no TLS version or cipher suite is common to both: check "
                               "cryptographicProtocolsForOutboundCommunication and "
                               "customCipherSuitesForOutboundCommunication in %s, or update the "
                               "mail server",
                               settings->config_file);
    default:
        break;
    }
    if (settings->encryption == SPOC_ENCRYPTION_SSL_TLS && port != SMTPS_PORT)
        return g_strdup_printf(
            "With SSL_TLS the server must speak TLS from the first byte, usually "
            "on port %d; for port %u use mailSmtpEncryption = STARTTLS_REQUIRED",
            SMTPS_PORT, port);
    return failure->kind == SPOC_FAILURE_TIMEOUT ? cure_slowness("mailSmtpConnectionTimeout")
                                                 : NULL;
}

/* Whether a mail server that speaks as the encryption mode says is to be expected there */
static gboolean
is_usual_port(guint16 port, const SpocDeliverySettings *settings)
{
    if (settings->encryption == SPOC_ENCRYPTION_SSL_TLS)
        return port == SMTPS_PORT;
    return port == 25 || port == 587;
}

static char *
cure_opening(const SpocFailure *failure, const SpocDeliverySettings *settings, guint server)
{
    const SpocServerAddress *address = &settings->servers[server];
    if (failure->stage == SPOC_STAGE_NAME)
        return g_strdup_printf("Check the name in %s (%s) and this machine's name service",
                               key_of(server), settings->config_file);
    if (failure->stage == SPOC_STAGE_CONNECT)
        return g_strdup_printf("Check that a mail server listens there, the port in %s or "
                               "mailSmtpPort, and firewalls on the way",
                               key_of(server));
    gboolean slow = failure->kind == SPOC_FAILURE_TIMEOUT;
    if (failure->kind == SPOC_FAILURE_REPLY)
        return NULL;
    if (slow && (failure->stage == SPOC_STAGE_HELLO || is_usual_port(address->port, settings)))
        return cure_slowness("mailSmtpTimeout");
    if (settings->encryption == SPOC_ENCRYPTION_SSL_TLS)
        return NULL;
    if (address->port == SMTPS_PORT)
        return g_strdup_printf("Port %d usually wants TLS from the first byte: set "
                               "mailSmtpEncryption = SSL_TLS",
                               SMTPS_PORT);
    return g_strdup("Check that this is a mail server's port (25, 587, or 465 with SSL_TLS)");
}

static char *
cure_login(const SpocFailure *failure, const SpocDeliverySettings *settings)
{
    SpocAuthentication method = settings->method;
    gboolean refused = failure->kind == SPOC_FAILURE_REPLY && failure->reply_code >= 500;
    if (failure->kind == SPOC_FAILURE_NOT_OFFERED) {
        if (settings->encryption == SPOC_ENCRYPTION_NONE)
            return g_strdup("Many servers offer a login only with encryption: set "
                            "mailSmtpEncryption = STARTTLS_REQUIRED (port 587) or SSL_TLS (port "
                            "465); or leave mailuser empty");
        if (method != SPOC_AUTHENTICATION_PASSWORD)
            return g_strdup("Use the server's submission port (587) or another mailAuthentication, "
                            "or let the server offer this one");
        return g_strdup("Use the server's submission port (587), or leave mailuser empty if it "
                        "takes mail from this machine without a login");
    }
    if (failure->token_refused)
        return g_strdup("Check mailuser, and that the provider lets the application send mail for "
                        "it; 'spocctl oauth status' shows whose token it is and what for");
    if (method == SPOC_AUTHENTICATION_GSSAPI && (refused || failure->kind == SPOC_FAILURE_DENIED))
        return g_strdup_printf("Check mailKerberosKeytab in %s (klist -k), this machine's clock, "
                               "and that the server has a key for smtp/ and its name",
                               settings->config_file);
    if (method == SPOC_AUTHENTICATION_EXTERNAL && refused)
        return g_strdup("Let the server know the certificate of mailClientCertificate, and set "
                        "mailuser if it wants a name");
    if (refused)
        return g_strdup_printf(
            "Check mailuser and mailpass in %s, and whether the account may send "
            "with a password (or needs an app password)",
            settings->config_file);
    return failure->kind == SPOC_FAILURE_TIMEOUT ? cure_slowness("mailSmtpTimeout") : NULL;
}

static char *
cure_envelope(const SpocFailure *failure, const SpocDeliverySettings *settings)
{
    if (failure->reply_code == 530 || strcmp(failure->enhanced_status, "5.7.0") == 0) {
        if (settings->method == SPOC_AUTHENTICATION_NONE)
            return g_strdup_printf("The server wants a login: set mailuser and mailpass in %s",
                                   settings->config_file);
        return g_strdup("The server wants a login or encryption: set mailSmtpEncryption = "
                        "STARTTLS_REQUIRED or SSL_TLS");
    }
    if (failure->kind == SPOC_FAILURE_TOO_LARGE || failure->reply_code == 552)
        return g_strdup("Raise the server's limit, or send less");
    if (failure->stage == SPOC_STAGE_SENDER && failure->reply_code >= 500)
        return g_strdup_printf("Set mailfrom (or mailFromFor) in %s to an address that this server "
                               "lets the account use, or let the account send as this one",
                               settings->config_file);
    if (failure->stage == SPOC_STAGE_RECIPIENT && failure->reply_code >= 500)
        return g_strdup("Check the address; if the server does not relay for this machine, set "
                        "mailuser and mailpass or let it relay");
    if (failure->kind == SPOC_FAILURE_TIMEOUT && failure->stage != SPOC_STAGE_FINAL)
        return cure_slowness("mailSmtpTimeout");
    return NULL;
}

char *
spoc_remedy(const SpocFailure *failure, const char *words, const SpocDeliverySettings *settings,
            guint server)
{
    const char *known = spoc_provider_remedy(failure, words, settings->method);
    if (known != NULL)
        return g_strdup(known);
    switch (failure->stage) {
    case SPOC_STAGE_TOKEN:
        return NULL; /* the words of the source of tokens say it */
    case SPOC_STAGE_NAME:
    case SPOC_STAGE_CONNECT:
    case SPOC_STAGE_GREETING:
    case SPOC_STAGE_HELLO:
        return cure_opening(failure, settings, server);
    case SPOC_STAGE_STARTTLS:
        if (failure->kind == SPOC_FAILURE_PROTOCOL)
            return NULL;
        if (failure->kind == SPOC_FAILURE_TIMEOUT)
            return cure_slowness("mailSmtpTimeout");
        return g_strdup_printf("Enable STARTTLS on the server, use its submission port (587), or "
                               "set mailSmtpEncryption = SSL_TLS (port %d)",
                               SMTPS_PORT);
    case SPOC_STAGE_TLS:
        return cure_tls(failure, settings, server);
    case SPOC_STAGE_LOGIN:
        return cure_login(failure, settings);
    default:
        return cure_envelope(failure, settings);
    }
}

char *
spoc_remedy_sentence(const SpocFailure *failure, const char *words,
                     const SpocDeliverySettings *settings, guint server)
{
    g_autofree char *masked = spoc_settings_mask(settings, words != NULL ? words : "");
    g_autofree char *remedy = spoc_remedy(failure, masked, settings, server);
    g_autoptr(GString) sentence = g_string_new(NULL);
    g_string_printf(sentence, "%s, %s: %s", settings->servers[server].name,
                    spoc_stage_name(failure->stage), masked);
    if (remedy != NULL) {
        gsize length = strlen(masked);
        gboolean ended = length > 0 && strchr(".!?", masked[length - 1]) != NULL;
        g_string_append_printf(sentence, "%s %s", ended ? "" : ".", remedy);
    }
    return spoc_text_line(sentence->str, (gssize)sentence->len, SENTENCE_MAX_BYTES);
}
