/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   One connection to one server: gets the token that logs in, opens the link (again
 *           without encryption where STARTTLS may fail, and with the next mechanism or a fresh
 *           token where the server says so), moves the transaction's bytes, keeps the time-outs.
 */
#pragma once

#include "delivery/connect.h"
#include "delivery/transaction.h"

/* An idle connection is kept so long for the next mail. */
#define SPOC_CONNECTION_IDLE_MS 5000
/* Then a fresh one is made: some servers count, and end the session with 421. */
#define SPOC_CONNECTION_MAX_MAILS 1000
/* The slowest line that is bearable for content, beside mailSmtpFinalTimeout once. */
#define SPOC_CONNECTION_MIN_BYTES_PER_S 1024

/**
 * SpocLoginMemory:
 *
 * What is known of a server's logins from earlier connections, so that the next one begins with
 * the mechanism that works. All zero: nothing.
 *
 * @known: @offered is what the server said last
 * @refused: bit N: it does not take SpocSaslMechanism N
 */
typedef struct {
    gboolean known;
    char offered[256];
    guint refused;
} SpocLoginMemory;

typedef struct _SpocConnection SpocConnection;

/**
 * SpocConnectionEvents:
 * @progress: what was reached while opening
 * @warning: said once it is known that mail goes unencrypted
 * @opened: it can take mails, and asks for them with @next
 * @failed: it could not be opened
 * @next: (transfer full) (nullable): a mail to be sent now
 * @answered: a reply to a mail's command
 * @finished: (transfer full): a mail is finished
 * @closed: always the last: to be freed, now or later
 */
typedef struct {
    void (*progress)(SpocConnection *connection, SpocStage stage, const char *text,
                     gpointer user_data);
    void (*warning)(SpocConnection *connection, const char *text, gpointer user_data);
    void (*opened)(SpocConnection *connection, gpointer user_data);
    void (*failed)(SpocConnection *connection, const SpocFailure *failure, const char *words,
                   gpointer user_data);
    SpocMail *(*next)(SpocConnection *connection, gpointer user_data);
    void (*answered)(SpocConnection *connection, SpocMail *mail, SpocStage stage,
                     const SpocReply *reply, gpointer user_data);
    void (*finished)(SpocConnection *connection, SpocMail *mail, gpointer user_data);
    void (*closed)(SpocConnection *connection, gpointer user_data);
} SpocConnectionEvents;

/* @memory: borrowed; @tokens: (nullable): what is asked before connecting; @events: static.
 * Returns: (nullable): NULL when curl has no memory or no descriptors */
SpocConnection *spoc_connection_new(GMainContext *context, SpocCurlMulti *curl_multi,
                                    SpocDeliverySettings *settings, guint server,
                                    SpocLoginMemory *memory, const SpocTokens *tokens,
                                    const SpocConnectionEvents *events, gpointer user_data);
void spoc_connection_free(SpocConnection *connection);

/* (nullable): what it logged in with, so that what the server says can be masked */
const char *spoc_connection_token(const SpocConnection *connection);

gboolean spoc_connection_is_opening(const SpocConnection *connection);
gboolean spoc_connection_is_idle(const SpocConnection *connection);

/* There may be a mail for it: it asks @next if it has room. From the main loop only. */
void spoc_connection_wake(SpocConnection *connection);

/* It takes no more mails, and says QUIT when those under way are finished. */
void spoc_connection_retire(SpocConnection *connection);

/* Says QUIT if it is idle, and closes it; its mails end as lost. Events go on to @closed. */
void spoc_connection_quit(SpocConnection *connection);
