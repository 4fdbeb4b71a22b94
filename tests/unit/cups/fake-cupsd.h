/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  A cupsd on a free loopback port that answers as a test says: one thread, one
 *          connection at a time.
 */
#pragma once

#include <cups/cups.h>
#include <glib.h>

typedef struct _FakeCupsd FakeCupsd;

/* Called on the server's thread. @response has the status OK and may be changed. Returns
 * FALSE to say nothing until the asker hangs up. */
typedef gboolean (*FakeCupsdFunc)(ipp_t *request, ipp_t *response);

FakeCupsd *fake_cupsd_start(void);
void fake_cupsd_stop(FakeCupsd *server);
guint fake_cupsd_port(const FakeCupsd *server);
void fake_cupsd_set_answer(FakeCupsd *server, FakeCupsdFunc answer);
/* Hangs up behind each answer, as cupsd does to a line that was quiet. */
void fake_cupsd_set_hang_up(FakeCupsd *server, gboolean hang_up);
guint fake_cupsd_count(FakeCupsd *server);
