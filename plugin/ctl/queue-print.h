/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   How messages that wait look: as a list for people, one in full, and as JSON.
 * SECURITY  Everything foreign is made harmless before it is text for a terminal.
 */
#pragma once

#include "queue/list-item.h"

/* (transfer full): two to four lines about one message, each with its line break */
char *spoc_queue_print_short(const SpocQueueListItem *listed, gint64 now_unix_s);

/* (transfer full): all that the envelope says, with the history of attempts */
char *spoc_queue_print_full(const SpocQueueListItem *listed);

/* (transfer full): what the list has, and sender, message_id, each recipient's reply, history */
JsonNode *spoc_queue_print_full_node(const SpocQueueListItem *listed);

/* (transfer full): "in 5 min", "now", "3 h ago"; "never" for 0 */
char *spoc_queue_print_when(gint64 unix_s, gint64 now_unix_s);

/* (transfer full): one message in mboxrd form, so that several can stand in one file */
GBytes *spoc_queue_print_mbox(const SpocEnvelope *envelope, GBytes *message);
