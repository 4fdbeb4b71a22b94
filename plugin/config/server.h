/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Names of servers, domains and addresses as a setting may hold them. Pure.
 * ERRORS   SPOC_ERROR_INVALID with a clause that says what is wrong with the text.
 * SECURITY What passes here can stand in an SMTP command: no control characters, blanks,
 *          brackets or quotes.
 */
#pragma once

#include <glib.h>

#define SPOC_HOST_NAME_MAX_BYTES 253 /* RFC 1035 2.3.4, without the last dot */

/**
 * spoc_server_parse:
 * @text: "host", "host:port", "192.0.2.1", "[2001:db8::1]" or "[2001:db8::1]:port"
 * @ret_host: (out) (transfer full): without brackets; an international name in its ASCII
 *   form
 * @ret_port: (out): 0 when none is given
 */
gboolean spoc_server_parse(const char *text, char **ret_host, guint *ret_port,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full): as spoc_server_parse() takes it, with the port */
char *spoc_server_name(const char *host, guint port);

/**
 * spoc_domain_parse:
 * @text: "example.com"; international names are accepted
 *
 * Returns: (transfer full): in its ASCII form and lower case, or NULL with @error set
 */
char *spoc_domain_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_sender_parse:
 * @text: "local@domain"; the local part in ASCII without quotes (a dot-string, RFC 5321
 *   4.1.2)
 *
 * Returns: (transfer full): the address with its domain as spoc_domain_parse() gives it, or
 *   NULL with @error set
 */
char *spoc_sender_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define SPOC_MAILBOX_NAME_MAX_BYTES 200

/**
 * spoc_mailbox_parse:
 * @text: "local@domain", "Name <local@domain>", "\"Name, with signs\" <local@domain>"
 * @ret_name: (out) (transfer full) (nullable): UTF-8 in one line, without quotes
 * @ret_address: (out) (transfer full): as spoc_sender_parse() gives it
 */
gboolean spoc_mailbox_parse(const char *text, char **ret_name, char **ret_address,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full): what spoc_mailbox_parse() reads as @name (nullable) and @address */
char *spoc_mailbox_text(const char *name, const char *address);
