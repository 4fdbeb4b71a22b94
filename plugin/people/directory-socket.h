/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   A connection to a directory as libldap is given one: opened, encrypted, read and
 *           written by us, within a time and until cancelled.
 * SECURITY  TLS is OpenSSL with the policy of trust/tls.h and not libldap's own, which on Debian
 *           is GnuTLS and can take neither our store nor our suites nor our revocation list as
 *           they are. So a directory is trusted exactly as a mail server is, and nothing in
 *           ldap.conf(5), .ldaprc or LDAPTLS_… weakens that.
 */
#pragma once

#include "trust/tls.h"

#include <gio/gio.h>
#include <ldap.h>

typedef struct _SpocDirectorySocket SpocDirectorySocket;

/**
 * spoc_directory_socket_open:
 * @url: of a server; host and port, or the path of a socket, count
 */
SpocDirectorySocket *spoc_directory_socket_open(const LDAPURLDesc *url, guint timeout_ms,
                                                GCancellable *cancellable,
                                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_directory_socket_free(SpocDirectorySocket *socket);

/* Until then reads and writes may take. */
void spoc_directory_socket_set_deadline(SpocDirectorySocket *socket, gint64 deadline_us);

/* Encrypts from here on; the certificate must be one of @host. */
gboolean spoc_directory_socket_start_tls(SpocDirectorySocket *socket, const SpocTls *tls,
                                         const char *host,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean spoc_directory_socket_is_encrypted(const SpocDirectorySocket *socket);
/* It ends on this host. */
gboolean spoc_directory_socket_is_local(const SpocDirectorySocket *socket);

/* Waits until something can be read. */
gboolean spoc_directory_socket_wait(SpocDirectorySocket *socket,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full) (nullable): what ended it, when TLS did */
char *spoc_directory_socket_problem(const SpocDirectorySocket *socket);

/* A libldap handle that reads and writes through @socket, which must outlive it. @url: only for
 * SASL, which asks for the server's name. */
LDAP *spoc_directory_socket_handle(SpocDirectorySocket *socket, const char *url,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
