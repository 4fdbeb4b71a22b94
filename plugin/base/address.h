/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Mail addresses: what one is, the form in which it is mailed, and the one form in
 *           which addresses and names of people are compared, in the whole program. Pure.
 * SECURITY  An address that comes out of here is safe as an SMTP envelope address and in a
 *           header: no control or format characters, blanks, angle brackets, quotes or parameters.
 * ERRORS    SPOC_ERROR_INVALID: "'TEXT' is no mail address: WHY", in one line
 */
#pragma once

#include <glib.h>

#define SPOC_ADDRESS_MAX_BYTES 254 /* RFC 5321 4.5.3.1.3, less the brackets */

/* (transfer full): @address with its domain in lower case and ASCII form (RFC 5890), so that
 * an international domain asks no more of a mail server than another; its local part as it is
 * written; NULL with @error set */
char *spoc_address_canonical(const char *address, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same; when NULL is returned *@ret_why says why, a clause that begins with "it" or "before
 * the @" or "behind the @". */
char *spoc_address_parse(const char *address, const char **ret_why) G_GNUC_WARN_UNUSED_RESULT;

/* Whether @address is one that can be mailed: local@domain, UTF-8 allowed in both. */
gboolean spoc_address_is_valid(const char *address, GError **error);

/* (transfer full) (nullable): @domain in lower case and ASCII form; NULL for what is none, and
 * where the two standards of international domains (RFC 3490, RFC 5890) mean two domains by it */
char *spoc_domain_canonical(const char *domain);

/* Whether it can stand before an @: a dot-atom (RFC 5322 3.2.3) of at most 64 bytes. */
gboolean spoc_local_part_is_valid(const char *local_part, gssize length, GError **error);

/**
 * spoc_address_hazard:
 * @address: an address, or a local part alone
 *
 * What mail servers may take for an address in an address: the percent hack, a bang path, a path,
 * a pipe, or a character that becomes one of these where a server normalises Unicode.
 *
 * Returns: (transfer full) (nullable): the character, for people; NULL: there is none
 */
char *spoc_address_hazard(const char *address);

/**
 * spoc_address_key:
 * @text: an address, "@domain", or the name of a user
 *
 * What is compared instead of it, also as the key of a table: ASCII letters in lower case, and a
 * domain as spoc_domain_canonical() gives it. No other letters are folded: "ß" is not "ss", the
 * Kelvin sign is not "k".
 *
 * Returns: (transfer full)
 */
char *spoc_address_key(const char *text);

/* The same by spoc_address_key() */
gboolean spoc_address_equal(const char *left, const char *right);
