/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The client side of the control socket (notifier, backend, spocctl, and a spocd that
 *           finds another one): reaches spocd, starts one where nobody listens, and asks it. What
 *           is said: control/protocol.h.
 * ERRORS    SPOC_ERROR_UNAVAILABLE: nobody listens. SPOC_ERROR_FAILED: spocd says no, in its
 *           words, or does not answer in time. SPOC_ERROR_LIMIT: more
 *           than anybody needs.
 *
 * A service's socket is STATE_ROOT/spoc/control, in a folder that root made and nobody else can
 * write to; systemd makes it as root, so it must not be where lp can put a link. It is used when
 * folder and socket are as they must be. Else the socket is the spool's own, control, made by the
 * spool's owner, and never touched by root. Whoever listens must be root or the spool's owner.
 */
#pragma once

#include "control/protocol.h"
#include "spool/spool.h"

#include <sys/un.h>

/* In the spool, or in the folder of a service */
#define SPOC_CONTROL_SOCKET_NAME "control"

/* A non-blocking, close-on-exec stream socket, the caller's, and its address in a folder */
int spoc_control_socket_new(int folder_fd, const char *folder_path, const char *name,
                            struct sockaddr_un *address, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Returns: a socket connected to the spool's own one, the caller's; -1 with SPOC_ERROR_UNAVAILABLE
 * when nobody listens */
int spoc_control_connect_spool(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_control_start_daemon:
 *
 * Runs spocd detached: double fork, setsid, every descriptor closed, stdin and stdout
 * /dev/null, stderr the spool's own log. Returns before it is ready.
 */
gboolean spoc_control_start_daemon(SpocSpool *spool, const SpocPlaces *places,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_control_wake:
 *
 * Connects and says "wake"; where nobody listens, starts spocd. Never blocks.
 */
gboolean spoc_control_wake(SpocSpool *spool, const SpocPlaces *places,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A service asks the spocd with the lock, which was started by a client or by hand, to give it the
 * spool. Nothing happens where none listens. */
void spoc_control_make_way(SpocSpool *spool);

typedef struct _SpocControlClient SpocControlClient;

SpocControlClient *spoc_control_client_new(SpocSpool *spool,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* @fd: (transfer full): a connected stream socket */
SpocControlClient *spoc_control_client_new_from_fd(int fd);
void spoc_control_client_free(SpocControlClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocControlClient, spoc_control_client_free)

/* @timeout_ms: -1: none */
void spoc_control_client_set_timeout(SpocControlClient *client, int timeout_ms);
/* Whatever waits for spocd fails when @stop_fd is readable; -1: never */
void spoc_control_client_set_stop_fd(SpocControlClient *client, int stop_fd);

/**
 * spoc_control_client_ask:
 * @argument: (nullable)
 *
 * Returns: (transfer full) (element-type utf8): the lines before "ok", perhaps none
 */
GPtrArray *spoc_control_client_ask(SpocControlClient *client, SpocControlRequest request,
                                   const char *argument, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sends one short request and waits for no answer. FALSE: spocd is gone. */
gboolean spoc_control_client_tell(SpocControlClient *client, SpocControlRequest request,
                                  const char *argument);
/* (transfer full): the next line of an answer, without its end */
char *spoc_control_client_read_line(SpocControlClient *client,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lets spocd do all that is there and due, and waits for that, however long it takes.
 * @ret_status: what spocd --once would end with */
gboolean spoc_control_client_drain(SpocControlClient *client, int *ret_status,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
