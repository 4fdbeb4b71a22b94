/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The connection to cupsd, and what this host shows of the reason when cupsd does not
 *          answer. No request waits longer than SPOC_CUPSD_TIMEOUT_MS.
 */
#pragma once

#include <cups/cups.h>
#include <glib.h>

/* Longest wait for a connection, and longest silence of cupsd */
#define SPOC_CUPSD_TIMEOUT_MS 5000

/* (transfer full) (nullable): to the server of CUPS_SERVER and client.conf, as lp finds it */
http_t *spoc_cupsd_connect(gint timeout_ms);

/* (transfer full): what libcups said last, as one line; never "Success" */
char *spoc_cupsd_last_words(void);

/**
 * spoc_cupsd_find_spin:
 * @server_bin: CUPS's ServerBin
 * @ret_where: (out) (transfer full): the file or folder that is wrong
 * @ret_remedy: (out) (transfer full): a command, which helps at once, also a cupsd that spins
 *
 * cupsd starts a notifier only when it and its folder belong to root (or to who runs cupsd) and
 * nobody else may write them. If not, then from the next event on it tries again and again, at full
 * speed, and answers nobody.
 *
 * Returns: (transfer full) (nullable): what is wrong with the notifier; NULL: nothing
 */
char *spoc_cupsd_find_spin(const char *server_bin, char **ret_where, char **ret_remedy);

/* The same for the backend, without which no document is mailed */
char *spoc_cupsd_find_refused_backend(const char *server_bin, char **ret_where, char **ret_remedy);

/* (transfer full): why cupsd is silent, with the remedy: spoc_cupsd_find_spin(), or to look whether
 * it runs. @server_bin: (nullable): not known */
char *spoc_cupsd_explain_silence(const char *server_bin);
