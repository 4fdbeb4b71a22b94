/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What becomes of a failure: one pure function from the stage, the reply code and
 *          what else is known. Never from a CURLcode alone.
 */
#pragma once

#include <glib.h>

/* In the order in which a delivery passes them. */
typedef enum {
    SPOC_STAGE_TOKEN, /* what logs in is got: a token, a Kerberos ticket */
    SPOC_STAGE_NAME,  /* name lookup */
    SPOC_STAGE_CONNECT,
    SPOC_STAGE_GREETING,
    SPOC_STAGE_HELLO,    /* EHLO */
    SPOC_STAGE_STARTTLS, /* the command and its reply */
    SPOC_STAGE_TLS,      /* handshake and verification */
    SPOC_STAGE_LOGIN,
    SPOC_STAGE_SENDER,    /* MAIL */
    SPOC_STAGE_RECIPIENT, /* RCPT */
    SPOC_STAGE_DATA,      /* DATA, before any content */
    SPOC_STAGE_CONTENT,   /* content under way, before the final dot */
    SPOC_STAGE_FINAL,     /* behind the final dot */
} SpocStage;

const char *spoc_stage_name(SpocStage stage); /* "name lookup", "STARTTLS", "login", … */

/* Why, where the reply code does not say it. */
typedef enum {
    SPOC_FAILURE_REPLY,   /* the server said so: look at the code */
    SPOC_FAILURE_NETWORK, /* refused, unreachable, reset, closed */
    SPOC_FAILURE_TIMEOUT,
    SPOC_FAILURE_PROTOCOL,    /* garbage, endless, out of step, bytes behind STARTTLS's 220 */
    SPOC_FAILURE_CERTIFICATE, /* not verified: expired, self-signed, wrong host, unknown root */
    SPOC_FAILURE_REVOCATION,  /* revoked, or no list says that it is not */
    SPOC_FAILURE_PIN,         /* another public key than those that are expected */
    SPOC_FAILURE_TLS_VERSION, /* no common version or suite */
    SPOC_FAILURE_CLIENT_CERTIFICATE, /* the server wants one */
    SPOC_FAILURE_NOT_OFFERED,        /* STARTTLS or AUTH is not offered though it is needed */
    SPOC_FAILURE_TOO_LARGE,          /* larger than SIZE allows; nothing was sent */
    SPOC_FAILURE_DENIED,             /* what would log in cannot be had until someone mends it */
    SPOC_FAILURE_LOCAL,              /* our own: memory, descriptors, settings */
} SpocFailureKind;

/* What is wrong with a certificate that was not verified */
typedef enum {
    SPOC_CERTIFICATE_UNTRUSTED, /* its root is not in the trust store, or it is its own */
    SPOC_CERTIFICATE_DATES,     /* expired, or not valid yet */
    SPOC_CERTIFICATE_OTHER_HOST,
    SPOC_CERTIFICATE_UNFIT, /* a weak key, not for servers, a broken chain, … */
} SpocCertificateFault;

/* Every notification is smaller. What a server says to a larger message may be about its size. */
#define SPOC_SMALL_MAIL_BYTES ((guint64)128 * 1024)

typedef struct {
    SpocStage stage;
    SpocFailureKind kind;
    SpocCertificateFault certificate; /* with SPOC_FAILURE_CERTIFICATE */
    int reply_code;                   /* 0: none */
    char enhanced_status[12];         /* "5.7.1" or "" (RFC 3463) */
    gboolean reused;         /* the connection had served before and nothing was answered yet */
    gboolean token_refused;  /* at login, by its words: a token, not the way it was sent */
    gboolean others_work;    /* other connections to the same server are open and serve */
    gboolean sized;          /* the server was told how large the message is */
    gboolean small;          /* it is no larger than SPOC_SMALL_MAIL_BYTES */
    gboolean met_by_another; /* at MAIL: another message was refused there for now as well, and
                                none was taken since */
} SpocFailure;

typedef enum {
    SPOC_VERDICT_DELIVERED,
    SPOC_VERDICT_FRESH,       /* an idle reused connection was gone: again at once, no penalty */
    SPOC_VERDICT_SAME_SERVER, /* dropped behind the dot: this server again first, possible duplicate
                               */
    SPOC_VERDICT_LATER,       /* the other server now, then by the retry schedule */
    SPOC_VERDICT_HOLD,        /* the other server now, then hold: someone must mend it */
    SPOC_VERDICT_SLOWER,      /* fewer connections here, then later; no blame on the server */
    SPOC_VERDICT_RETURN,      /* final: back to whom it concerns */
    SPOC_VERDICT_RETURN_UNLESS_BACKUP, /* too large here: the other server may take more */
} SpocVerdict;

typedef struct {
    SpocVerdict verdict;
    gboolean server_is_down; /* do not ask this server first for a while */
    gboolean possible_duplicate;
} SpocConsequence;

/* Pure; for stage RECIPIENT the consequence is that recipient's alone. */
SpocConsequence spoc_verdict(const SpocFailure *failure);
