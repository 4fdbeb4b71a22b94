/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What waits, as it is shown to others: the JSON object of `spocctl queue list
 *           --json` and of the control socket's "queue-memory". Written and read here, so
 *           that both ends and the documentation agree.
 * SECURITY  A line that is read is checked like any foreign data: types, sizes, counts.
 */
#pragma once

#include "spool/message.h"

#include <json-glib/json-glib.h>

/* The kind of an entry that stands for a journal whose events are not yet composed. */
#define SPOC_QUEUE_LIST_KIND_EVENTS "events"

/**
 * SpocQueueListItem:
 * @envelope: sender, message_id and history may be missing in one that was read from JSON
 */
typedef struct {
    SpocState state;
    SpocEnvelope *envelope;
} SpocQueueListItem;

/* @envelope: (transfer full) */
SpocQueueListItem *spoc_queue_list_item_new(SpocEnvelope *envelope, SpocState state);
void spoc_queue_list_item_free(SpocQueueListItem *listed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocQueueListItem, spoc_queue_list_item_free)

/* (transfer full): an object {id, kind, state, recipients: [{address, state}], job_id, subject,
 * size_bytes, attempts, created_unix_s, next_attempt_unix_s, reason} */
JsonNode *spoc_queue_list_item_node(const SpocEnvelope *envelope, SpocState state);

/* (transfer full): the same as one line without its line break */
char *spoc_queue_list_item_line(const SpocEnvelope *envelope, SpocState state);

/* (transfer full): SPOC_ERROR_CORRUPT for anything that spoc_queue_list_item_line() does not write
 */
SpocQueueListItem *spoc_queue_list_item_parse(const char *line,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What keeps the events of one journal: a line of the control socket's "waits", and of this file in
 * the spool's state/, which spocd leaves behind. @until_unix_s: 0: not known */
#define SPOC_WAITS_FILE "waits"
char *spoc_wait_line(const char *journal, gint64 until_unix_s, const char *reason);

/**
 * spoc_wait_parse:
 * @ret_journal: (transfer full)
 * @ret_reason: (transfer full): one bounded line
 *
 * FALSE for any other line.
 */
gboolean spoc_wait_parse(const char *line, char **ret_journal, gint64 *ret_until_unix_s,
                         char **ret_reason);
