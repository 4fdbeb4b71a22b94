/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The server side of the control socket. One line a request, one or more lines an
 *           answer; the last line of an answer is "ok", "ok TEXT" or "error TEXT".
 *
 *   wake            no answer: a door has committed something
 *   status          a JSON object, then ok
 *   queue-memory    a JSON object for each message that is in no file yet, then ok
 *   scan-reasons    "NAME REASON" for each document that waits to be taken up, then ok
 *   waits           what keeps the events of each journal, a line each (spool/listing.h), then ok
 *   retry ID…, hold ID…, release ID…, delete ID…: at most SPOC_QUEUE_COMMAND_BATCH_MAX; a line
 *                   "- ID TEXT" for each that could not be done, then ok
 *   reopen          after retry and release: servers that were down are asked again, then ok
 *   scan-limit, scan NAME, kept NAME, withdraw NAME: a door's document, see spool/handover.h
 *   make-way        ok; from a service that waits for the lock: leaves what is left to it
 *   settle          ok 0, ok 75 or ok 78, once all that is there and due is handled
 *
 * A connection waits for one answer at a time: while a settle or a scan waits for its end, a
 * second one is an error.
 *
 * SECURITY  Who connects must be the user that spocd runs as, or root (SO_PEERCRED); others are
 *           hung up on. A request is at most SPOC_CONTROL_LINE_MAX_BYTES. Nothing more is read
 *           from a client before it has read its answers, and one that reads none is cut off.
 *           Where CLIENTS_MAX are connected, who has been silent longest makes room, unless it
 *           waits for an answer.
 */
#pragma once

#include "base/log.h"
#include "control/socket.h"

typedef struct _SpocControlServer SpocControlServer;
typedef struct _SpocControlPeer SpocControlPeer;

/* @line has no line end and is valid UTF-8. */
typedef void (*SpocControlRequestFunc)(SpocControlPeer *client, const char *line,
                                       gpointer user_data);

/**
 * spoc_control_server_new:
 * @listen_fd: (transfer full): a listening socket
 */
SpocControlServer *spoc_control_server_new(int listen_fd, SpocControlRequestFunc request,
                                           gpointer user_data);
/* Closes the listening socket and every client. */
void spoc_control_server_free(SpocControlServer *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocControlServer, spoc_control_server_free)

/* Sends one line to the client; the line end is added. */
void spoc_control_peer_reply(SpocControlPeer *client, const char *line);

/**
 * spoc_control_add_waiter:
 * @closed: called with @data when the client goes before spoc_control_remove_waiter(); it must
 *   not use the client
 *
 * For a client whose answer comes later.
 */
void spoc_control_add_waiter(SpocControlPeer *client, GDestroyNotify closed, gpointer data);
/* The one that was added with @data; nothing when there is none. */
void spoc_control_remove_waiter(SpocControlPeer *client, gconstpointer data);
gboolean spoc_control_has_waiter(const SpocControlPeer *client);
