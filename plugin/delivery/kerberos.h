/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A Kerberos ticket for one mail server, got with the key of a keytab before libcurl
 *           asks for it.
 * OWNERSHIP Everything happens on the main context that was the thread's default when it was made.
 *           The thread that asks the KDC has its own copy of all it needs.
 * SECURITY  Tickets and their keys are in memory alone, in a cache of libkrb5 that no other
 *           process can open.
 *
 * libkrb5 and GSSAPI wait for a KDC in the call: several seconds for each that is away. Inside
 * libcurl that would stop the whole main loop; so a thread fetches the ticket of the client and the
 * one for the server into a cache, and GSSAPI finds both there. A thread, not a child, because what
 * it fetches then never has to lie in a file. It cannot be stopped: one that is late goes on by
 * itself, and there is never a second beside it.
 */
#pragma once

#include "delivery/tokens.h"

typedef struct _SpocKerberos SpocKerberos;

/**
 * spoc_kerberos_new:
 * @keytab: (nullable)
 * @principal: (nullable): NULL: the first one in the keytab
 * @host: the mail server's name
 * @timeout_ms: how long somebody waits for a ticket
 */
SpocKerberos *spoc_kerberos_new(const char *keytab, const char *principal, const char *host,
                                guint timeout_ms);
void spoc_kerberos_free(SpocKerberos *kerberos);

/* What it gives as a token is the name of a cache that has the tickets. */
const SpocTokens *spoc_kerberos_tokens(SpocKerberos *kerberos);

/* GSSAPI on this thread, where libcurl runs, looks into this cache from now on. */
void spoc_kerberos_use(const char *cache);

/* The server did not take the ticket: it may have a new key. The next one is fetched anew. */
void spoc_kerberos_forget(SpocKerberos *kerberos);
