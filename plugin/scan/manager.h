/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Documents on their way from the clients to the mail server: who waits for which, what
 *           each client is told, and what was left behind by clients that could not wait.
 * OWNERSHIP Borrows spool, log, queue and runtime; they outlive it, but for the queue, whose
 *           deliveries must be gone before.
 *
 * A document is sent while its client waits. When all have it the record is written and the client
 * is told. When it has to wait, the client makes it safe from power loss, it becomes a message of
 * the queue, and the client is told that. When a client withdraws it, the sending is broken off
 * before the final dot; when a client was killed, spocd goes on alone.
 */
#pragma once

#include "control/server.h"
#include "queue/manager.h"

typedef struct _SpocScanManager SpocScanManager;

SpocScanManager *spoc_scan_manager_new(SpocSpool *spool, SpocLog *log, SpocQueueManager *queue);
void spoc_scan_manager_free(SpocScanManager *scans);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocScanManager, spoc_scan_manager_free)

/* @runtime: borrowed until the next call */
void spoc_scan_manager_use(SpocScanManager *scans, const SpocRuntime *runtime);

/* While it is not open, as at first, nothing is composed, and clients with new documents wait.
 * Returns: whether it has just become open, so that a rescan finds more to do */
gboolean spoc_scan_manager_set_open(SpocScanManager *scans, gboolean is_open);

/* The control socket closes, and the clients come again to the next spocd. */
void spoc_scan_manager_hang_up(SpocScanManager *scans);

/* The requests "scan NAME", "kept NAME" and "withdraw NAME", see control/protocol.h */
void spoc_scan_manager_offer(SpocScanManager *scans, SpocControlPeer *client, const char *name);
void spoc_scan_manager_kept(SpocScanManager *scans, SpocControlPeer *client, const char *name);
void spoc_scan_manager_withdraw(SpocScanManager *scans, SpocControlPeer *client, const char *name);

/* Takes up what clients have left, as far as there is room. */
gboolean spoc_scan_manager_rescan(SpocScanManager *scans, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For the control socket: calls @each with every document that is not under way, and why. */
typedef void (*SpocScansEachFunc)(const char *name, const char *reason, gpointer user_data);
void spoc_scan_manager_each_waiting(const SpocScanManager *scans, SpocScansEachFunc each,
                                    gpointer user_data);

/* A client waits, or will be told soon. */
gboolean spoc_scan_manager_are_busy(const SpocScanManager *scans);
/* Entries that were left and cannot be sent yet */
guint spoc_scan_manager_waiting(const SpocScanManager *scans);
