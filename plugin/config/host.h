/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  This host's full name, without asking the network: a name server that does not
 *          answer must not stop the mail of a whole print server.
 */
#pragma once

#include <glib.h>

/* (transfer full): the full name where the host's own name or /etc/hosts says it, else the
 * short one; "localhost" where even that cannot stand in an address. Lower case. */
char *spoc_host_name(void);

/**
 * spoc_host_qualify:
 * @name: the host's own name, as gethostname() gives it
 * @hosts: (nullable): the text of /etc/hosts
 *
 * What spoc_host_name() does, pure.
 */
char *spoc_host_qualify(const char *name, const char *hosts);

/* (transfer full): NULL-terminated: all names that programs of this host may give it, such as
 * lp -m: the short and the full ones of its own name, of /etc/hosts and of the search domains in
 * /etc/resolv.conf, of @domain (nullable), and localhost; canonical */
char **spoc_host_names(const char *domain);

/* What spoc_host_names() does, pure. @hosts, @resolv: (nullable): the text of the files */
char **spoc_host_list_names(const char *name, const char *hosts, const char *resolv,
                            const char *domain);
