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
#include "daemon/setup.h"
#include "delivery/delivery.h"
#include "spool/queue.h"

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
 * A new configuration: everything that waits for a try is due now. While the setup has a
 * blocker nothing more is sent.
 */
gboolean spoc_outbox_use(SpocOutbox *outbox, const SpocSetup *setup,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

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

/* Sends what is due at @now_unix_s, as far as there is room. */
void spoc_outbox_send_due(SpocOutbox *outbox, gint64 now_unix_s);

/* Messages under way, first flights and others */
guint spoc_outbox_flying(const SpocOutbox *outbox);
/* Messages in the spool that wait for a try, held ones that are tried again included */
guint spoc_outbox_waiting(const SpocOutbox *outbox);
/* Of these, whether one is due at @now_unix_s */
gboolean spoc_outbox_has_due(const SpocOutbox *outbox, gint64 now_unix_s);
/* Unix seconds when spoc_outbox_send_due() has something to do; 0: never */
gint64 spoc_outbox_next_due_unix_s(const SpocOutbox *outbox);

/* Says QUIT where nothing is under way. */
void spoc_outbox_rest(SpocOutbox *outbox);

/* For the control socket: calls @each with every first flight, whose envelope is in no file. */
typedef void (*SpocOutboxEachFunc)(const SpocEnvelope *envelope, gpointer user_data);
void spoc_outbox_each_flying(const SpocOutbox *outbox, SpocOutboxEachFunc each, gpointer user_data);

/* A message was changed in the spool by an administrator: learns its state and time anew.
 * FALSE while it is under way. */
gboolean spoc_outbox_is_flying(const SpocOutbox *outbox, const char *id);
gboolean spoc_outbox_relearn(SpocOutbox *outbox, const char *id,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Somebody wants a try now: forgets that servers were down. */
void spoc_outbox_reopen(SpocOutbox *outbox);
