/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Every message on its way: those in their first flight, which are still only in
 *           memory because their journal keeps them safe, and those that wait in the spool.
 *           Turns each outcome of a delivery into the message's next state.
 * OWNERSHIP Borrows spool and log; one an spocd.
 *
 * A mail composed from an event is sent at once, without being written. Only when the first
 * attempt does not settle it does it become a file, and only then is its event forgotten.
 */
#pragma once

#include "base/log.h"
#include "delivery/delivery.h"
#include "runtime/runtime.h"
#include "spool/message.h"

typedef struct _SpocOutbox SpocOutbox;

/* Called from the main loop after anything changed: room, due times, emptiness. */
typedef void (*SpocOutboxChangedFunc)(gpointer user_data);

SpocOutbox *spoc_outbox_new(SpocSpool *spool, SpocLog *log, SpocOutboxChangedFunc changed,
                            gpointer user_data);
/* Whatever is under way is dropped; the spool and the journals still have it. */
void spoc_outbox_free(SpocOutbox *outbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocOutbox, spoc_outbox_free)

/**
 * spoc_outbox_load:
 *
 * Puts back what a dead spocd was sending and learns what waits.
 */
gboolean spoc_outbox_load(SpocOutbox *outbox, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_outbox_use:
 * @setup: borrowed until the next call
 *
 * A new configuration, at the start or later. While the setup has a blocker nothing more is
 * sent.
 */
gboolean spoc_outbox_use(SpocOutbox *outbox, const SpocSetup *setup,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Everything that waits for a try is due now: its reason may be gone. */
void spoc_outbox_all_due(SpocOutbox *outbox);

/* How many more messages may be given to spoc_outbox_send() now. */
guint spoc_outbox_room(const SpocOutbox *outbox);

/* The message is settled or safe in the spool: its event may be forgotten. */
typedef void (*SpocOutboxSafeFunc)(gpointer user_data);

/**
 * spoc_outbox_send:
 * @envelope: (transfer full)
 * @safe: called exactly once, from the main loop, unless the outbox is freed before
 * @destroy: frees @user_data in either case
 *
 * First flight of a message that is not in the spool.
 */
void spoc_outbox_send(SpocOutbox *outbox, SpocEnvelope *envelope, GBytes *body,
                      SpocOutboxSafeFunc safe, gpointer user_data, GDestroyNotify destroy);

/**
 * SpocOutboxShare:
 * @SPOC_OUTBOX_HALF: messages from the spool may take half of the room, so that a long queue
 *   does not hold up what is new
 * @SPOC_OUTBOX_ALL: all that is left
 */
typedef enum {
    SPOC_OUTBOX_HALF,
    SPOC_OUTBOX_ALL,
} SpocOutboxShare;

/**
 * SpocStreamEvents: what a first flight tells whoever waits for it
 * @reached: (nullable): what happens at @server is about this mail; may not change the outbox
 * @decided: how it ended: @state is WAITING, HELD or FAILED, or SENDING when all recipients
 *   have it. The envelope says more. Nothing is written or forgotten before spoc_outbox_land()
 *   or spoc_outbox_drop(), which may be called at once or later.
 */
typedef struct {
    void (*reached)(const char *server, gpointer user_data);
    void (*decided)(const SpocEnvelope *envelope, SpocMessageState state, gpointer user_data);
} SpocStreamEvents;

/**
 * spoc_outbox_send_stream:
 * @envelope: (transfer full)
 * @body: what is written when it has to wait
 * @content: what is sent
 * @events: static
 *
 * spoc_outbox_send() of a mail that is larger than memory.
 */
void spoc_outbox_send_stream(SpocOutbox *outbox, SpocEnvelope *envelope, GBytes *body,
                             SpocContent *content, const SpocStreamEvents *events,
                             SpocOutboxSafeFunc safe, gpointer user_data, GDestroyNotify destroy);
/* It may become what was decided. */
void spoc_outbox_land(SpocOutbox *outbox, const char *id);
/* It is forgotten, as if it had never been sent. */
void spoc_outbox_drop(SpocOutbox *outbox, const char *id);

/* Sends what is due at @now_unix_s, as far as there is room. */
void spoc_outbox_send_due(SpocOutbox *outbox, gint64 now_unix_s, SpocOutboxShare share);

/* Messages under way, first flights and others */
guint spoc_outbox_flying(const SpocOutbox *outbox);
/* Messages in the spool that wait for a try, held ones that are tried again and a report that
 * is to be made included */
guint spoc_outbox_waiting(const SpocOutbox *outbox);
/* Of these, whether one is due at @now_unix_s */
gboolean spoc_outbox_has_due(const SpocOutbox *outbox, gint64 now_unix_s);
/* Unix seconds when spoc_outbox_send_due() has something to do; 0: never */
gint64 spoc_outbox_next_due_unix_s(const SpocOutbox *outbox);

/* Makes the report about returned mail that waits for more to be returned. Returns whether
 * there was one to be made: it is due now. */
gboolean spoc_outbox_report_now(SpocOutbox *outbox);

/* Removes what failed longer than mailKeepFailed ago. */
void spoc_outbox_sweep(SpocOutbox *outbox, gint64 now_unix_s);

/* Says QUIT where nothing is under way. */
void spoc_outbox_rest(SpocOutbox *outbox);

/* For the control socket: calls @each with every first flight, whose envelope is in no file. */
typedef void (*SpocOutboxEachFunc)(const SpocEnvelope *envelope, gpointer user_data);
void spoc_outbox_each_flying(const SpocOutbox *outbox, SpocOutboxEachFunc each, gpointer user_data);

/* Whether it is under way */
gboolean spoc_outbox_is_flying(const SpocOutbox *outbox, const char *id);
/* A message that is not under way was changed in the spool: learns its state and time anew. */
gboolean spoc_outbox_relearn(SpocOutbox *outbox, const char *id,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same where it is known: it waits and is due at @due_unix_s; 0: it is not tried any more. */
void spoc_outbox_replan(SpocOutbox *outbox, const char *id, gint64 due_unix_s);

/* Somebody waits for the message that is sent next: it is worth an attempt even while the servers
 * are known to be down. */
void spoc_outbox_try_now(SpocOutbox *outbox);

/* Somebody wants a try now: forgets that servers were down. */
void spoc_outbox_reopen(SpocOutbox *outbox);

/* (nullable): until the first setup without a blocker */
const SpocDelivery *spoc_outbox_delivery(const SpocOutbox *outbox);
