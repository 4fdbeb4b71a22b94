/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The server side of the control socket: takes connections, reads lines, sends
 *           answers. What the lines say: control/protocol.h.
 * SECURITY  Who connects must be the user that spocd runs as, or root (SO_PEERCRED); others are
 *           hung up on. A request is at most SPOC_CONTROL_LINE_MAX_BYTES. Nothing more is read
 *           from a client before it has read its answers, and one that reads none is cut off.
 *           Where CLIENTS_MAX are connected, who has been silent longest makes room, unless it
 *           waits for an answer.
 */
#pragma once

#include "base/log.h"
#include "control/protocol.h"
#include "spool/spool.h"

typedef struct _SpocControlServer SpocControlServer;
typedef struct _SpocControlPeer SpocControlPeer;

/* @line has no line end and is valid UTF-8. */
typedef void (*SpocControlRequestFunc)(SpocControlPeer *client, const char *line,
                                       gpointer user_data);

/**
 * spoc_control_server_listen:
 *
 * Replaces a dead control socket in the spool by one that listens, non-blocking, close-on-exec,
 * 0600. Only the holder of the lock may call it.
 */
int spoc_control_server_listen(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

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
/* The last line of an answer: "ok" or "error", and @text (nullable) */
void spoc_control_peer_answer(SpocControlPeer *client, SpocControlAnswer answer, const char *text);

/**
 * spoc_control_set_waiter:
 * @closed: called with @data when the client goes before spoc_control_remove_waiter(); it must
 *   not use the client
 *
 * For a client whose answer comes later. It waits for one answer at a time.
 */
void spoc_control_set_waiter(SpocControlPeer *client, GDestroyNotify closed, gpointer data);
/* The one with @data; nothing when there is none. */
void spoc_control_remove_waiter(SpocControlPeer *client, gconstpointer data);
gboolean spoc_control_has_waiter(const SpocControlPeer *client);
