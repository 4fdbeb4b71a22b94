/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Bytes of a journal's head and blocks, and names of journals. The format is
 *           described at the top of journal-format.c.
 * SECURITY  Decoding takes any bytes and believes nothing that its checksum doesn't cover.
 *
 * Private to the layer.
 */
#pragma once

#include "spool/spool.h"

#define SPOC_JOURNAL_URI_MAX_BYTES 4096
#define SPOC_JOURNAL_USER_DATA_MAX_BYTES 4096
#define SPOC_JOURNAL_COMMIT_MAX_BYTES (1024 * 1024)

#define SPOC_JOURNAL_COMMAND_MAX_BYTES 16
#define SPOC_JOURNAL_HEAD_FIXED_BYTES 64
#define SPOC_JOURNAL_HEAD_MAX_BYTES                                                                \
    (SPOC_JOURNAL_HEAD_FIXED_BYTES + SPOC_JOURNAL_URI_MAX_BYTES +                                  \
     SPOC_JOURNAL_USER_DATA_MAX_BYTES + 4)
#define SPOC_BLOCK_HEADER_BYTES 32
#define SPOC_JOURNAL_MARKS_SUFFIX ".marks"
#define SPOC_JOURNAL_NOTES_SUFFIX ".notes"

/* Who writes it: enough to tell a living writer from another process with its number */
typedef struct {
    gint64 created_us;
    guint32 pid;
    char command[SPOC_JOURNAL_COMMAND_MAX_BYTES]; /* NUL-terminated */
    guint64 salt;
    char *recipient_uri;
    guint8 *user_data;
    gsize user_data_size;
} SpocJournalHead;

void spoc_journal_head_clear(SpocJournalHead *head);
/* The head of a journal that this process begins now */
void spoc_journal_head_init_own(SpocJournalHead *head, const char *recipient_uri,
                                const void *user_data, gsize user_data_size);
GByteArray *spoc_journal_head_encode(const SpocJournalHead *head);
/* @ret_size: where the first block begins. SPOC_ERROR_CORRUPT, outputs untouched. */
gboolean spoc_journal_head_decode(const guint8 *bytes, gsize size, SpocJournalHead *ret_head,
                                  gsize *ret_size, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    SPOC_BLOCK_DATA = 1,
    SPOC_BLOCK_END = 2,
} SpocBlockKind;

typedef struct {
    SpocBlockKind kind;
    guint64 offset; /* of its first byte in the stream */
    guint32 size;
    guint32 payload_check;
} SpocBlock;

void spoc_block_encode(const SpocBlock *block, guint64 salt, guint8 *header);
/* FALSE: no header of this journal */
gboolean spoc_block_decode(const guint8 *header, guint64 salt, SpocBlock *ret_block);
/* A running CRC-32, begun with 0 */
guint32 spoc_check(guint32 check, const void *bytes, gsize size);

/* A name that sorts behind all that this process made before and tells its number */
char *spoc_journal_name_new(SpocSpool *spool, const SpocJournalHead *head,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* FALSE: no name of a journal */
gboolean spoc_journal_name_parse(const char *name, guint64 *ret_created_us, guint32 *ret_pid);
/* Whether no more can come from the journal's writer */
gboolean spoc_journal_writer_is_dead(SpocSpool *spool, const char *name,
                                     const SpocJournalHead *head);
