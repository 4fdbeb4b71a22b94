/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Every message on its way: those in their first attempt, which are still only in
 *           memory because their journal keeps them safe, and those that wait in the spool.
 *           Turns each outcome of a delivery into the message's next state.
 * OWNERSHIP Borrows spool and log; one an spocd.
 *
 * A mail composed from an event is sent at once, without being written. When its first attempt
 * does not deliver it, it becomes a file, and only then its event is forgotten.
 */
#pragma once

#include "base/log.h"
#include "delivery/content.h"
#include "delivery/delivery.h"
#include "runtime/runtime.h"
#include "spool/message.h"

typedef struct _SpocQueueManager SpocQueueManager;

/* Called from the main loop after anything changed: room, due times, emptiness. */
typedef void (*SpocQueueManagerChangedFunc)(gpointer user_data);

SpocQueueManager *spoc_queue_manager_new(SpocSpool *spool, SpocLog *log,
                                         SpocQueueManagerChangedFunc changed, gpointer user_data);
/* Whatever is under way is dropped; the spool and the journals still have it. */
void spoc_queue_manager_free(SpocQueueManager *manager);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocQueueManager, spoc_queue_manager_free)

/**
 * SpocQueueDocuments: what the queue cannot do itself for a message that carries a document
 * @open: (transfer full): what is sent instead of @body; SPOC_ERROR_NOT_FOUND or
 *   SPOC_ERROR_CORRUPT when the document is not what it was
 * @failed: writes a message to the owner of a document that was queued and then failed;
 *   (transfer full) (nullable): its id
 */
typedef struct {
    SpocContent *(*open)(SpocSpool *spool, const char *id, GBytes *body, GError **error);
    char *(*failed)(SpocSpool *spool, SpocLog *log, const SpocRuntime *runtime,
                    const SpocEnvelope *envelope);
} SpocQueueDocuments;

/* Before anything is sent. Without them a message that carries a document stays where it is.
 * @documents: static */
void spoc_queue_manager_set_documents(SpocQueueManager *manager,
                                      const SpocQueueDocuments *documents);

/**
 * spoc_queue_manager_load:
 *
 * Puts back what a dead spocd was sending and learns what waits.
 */
gboolean spoc_queue_manager_load(SpocQueueManager *manager,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_queue_manager_use:
 * @runtime: borrowed until the next call
 *
 * A new configuration, at the start or later. While the runtime has a blocker nothing more is
 * sent.
 */
gboolean spoc_queue_manager_use(SpocQueueManager *manager, const SpocRuntime *runtime,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Everything that waits for a try is due now: its reason may be gone. */
void spoc_queue_manager_all_due(SpocQueueManager *manager);

/* How many more messages may be given to spoc_queue_manager_send() now. */
guint spoc_queue_manager_room(const SpocQueueManager *manager);

/* The message is delivered, or is safe in the spool: its event may be forgotten. */
typedef void (*SpocQueueManagerSafeFunc)(gpointer user_data);

/**
 * spoc_queue_manager_send:
 * @message: (transfer full)
 * @safe: called exactly once, from the main loop, unless the manager is freed before
 * @destroy: frees @user_data in either case
 *
 * First attempt of a message that is not in the spool.
 */
void spoc_queue_manager_send(SpocQueueManager *manager, SpocMessage *message,
                             SpocQueueManagerSafeFunc safe, gpointer user_data,
                             GDestroyNotify destroy);

/**
 * SpocQueueManagerShare:
 * @SPOC_QUEUE_MANAGER_HALF: messages from the spool may take half of the room, so that a long queue
 *   does not hold up what is new
 * @SPOC_QUEUE_MANAGER_ALL: all that is left
 */
typedef enum {
    SPOC_QUEUE_MANAGER_HALF,
    SPOC_QUEUE_MANAGER_ALL,
} SpocQueueManagerShare;

/**
 * SpocDocumentEvents: what is called during the first attempt of a document
 * @reached: (nullable): what happens at @server is about this mail; may not change the manager
 * @decided: how it ended: @state is WAITING, HELD, FAILED or DONE. The envelope says more. Nothing
 * is written or forgotten before spoc_queue_manager_commit() or spoc_queue_manager_drop(), which
 * may be called at once or later.
 */
typedef struct {
    void (*reached)(const char *server, gpointer user_data);
    void (*decided)(const SpocEnvelope *envelope, SpocState state, gpointer user_data);
} SpocDocumentEvents;

/**
 * spoc_queue_manager_send_document:
 * @message: (transfer full): what is written when it has to wait
 * @content: what is sent instead of its body
 * @events: static
 *
 * spoc_queue_manager_send() of a mail that is larger than memory.
 */
void spoc_queue_manager_send_document(SpocQueueManager *manager, SpocMessage *message,
                                      SpocContent *content, const SpocDocumentEvents *events,
                                      SpocQueueManagerSafeFunc safe, gpointer user_data,
                                      GDestroyNotify destroy);
/* It may become what was decided. */
void spoc_queue_manager_commit(SpocQueueManager *manager, const char *id);
/* It is forgotten, as if it had never been sent. */
void spoc_queue_manager_drop(SpocQueueManager *manager, const char *id);

/* Sends what is due at @now_unix_s, as far as there is room. */
void spoc_queue_manager_send_due(SpocQueueManager *manager, gint64 now_unix_s,
                                 SpocQueueManagerShare share);

/* Messages under way, first attempts and others */
guint spoc_queue_manager_active(const SpocQueueManager *manager);
/* Messages in the spool that wait for a try, held ones that are tried again and a report that
 * is to be made included */
guint spoc_queue_manager_waiting(const SpocQueueManager *manager);
/* Of these, whether one is due at @now_unix_s */
gboolean spoc_queue_manager_has_due(const SpocQueueManager *manager, gint64 now_unix_s);
/* Unix seconds when spoc_queue_manager_send_due() has something to do; 0: never */
gint64 spoc_queue_manager_next_due_unix_s(const SpocQueueManager *manager);

/* Makes the report about returned mail that waits for more to be returned. Returns whether
 * there was one to be made: it is due now. */
gboolean spoc_queue_manager_flush_bounces(SpocQueueManager *manager);

/* Removes what failed longer than mailKeepFailed ago. */
void spoc_queue_manager_sweep(SpocQueueManager *manager, gint64 now_unix_s);

/* For the control socket: calls @each with every message in its first attempt, whose envelope is in
 * no file. */
typedef void (*SpocQueueManagerEachFunc)(const SpocEnvelope *envelope, gpointer user_data);
void spoc_queue_manager_each_active(const SpocQueueManager *manager, SpocQueueManagerEachFunc each,
                                    gpointer user_data);

/* Whether it is under way */
gboolean spoc_queue_manager_is_active(const SpocQueueManager *manager, const char *id);
/* A message that is not under way was changed in the spool: learns its state and time anew. */
gboolean spoc_queue_manager_relearn(SpocQueueManager *manager, const char *id,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same where it is known: it waits and is due at @due_unix_s; 0: it is not tried any more. */
void spoc_queue_manager_replan(SpocQueueManager *manager, const char *id, gint64 due_unix_s);

/* Somebody waits for the message that is sent next: it is worth an attempt even while the servers
 * are known to be down. */
void spoc_queue_manager_try_now(SpocQueueManager *manager);

/* Somebody wants a try now: forgets that servers were down. */
void spoc_queue_manager_retry_servers(SpocQueueManager *manager);

/* (nullable): until the first runtime without a blocker */
const SpocDelivery *spoc_queue_manager_delivery(const SpocQueueManager *manager);
