/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Any bytes as the blocks of a journal, and as its marks: nothing is read beyond
 *          what is there, and the stream is never longer than the file.
 *
 * The first byte says where the input is split: before it the journal, behind it the marks.
 */
#include "spool/journal-format.h"
#include "spool/journal.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "0000000000000001-00000001-00000001"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
put(SpocSpool *spool, const char *name, const uint8_t *data, size_t size)
{
    int fd =
        openat(spoc_spool_folder_fd(spool, "events"), name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, data, size), ==, size);
    close(fd);
}

static void
read_all(SpocJournal *journal, size_t file_size)
{
    gboolean ended;
    guint8 buffer[333];
    g_assert_true(spoc_journal_refresh(journal, &ended, NULL));
    g_assert_true(spoc_journal_refresh(journal, &ended, NULL));
    guint64 size = spoc_journal_size(journal), offset = 0;
    g_assert_cmpuint(size, <=, file_size);
    for (gssize count;
         (count = spoc_journal_read(journal, offset, buffer, sizeof buffer, NULL)) != 0;
         offset += (guint64)count)
        g_assert_cmpint(count, >, 0);
    g_assert_cmpuint(offset, ==, size);
    (void)spoc_journal_is_marked(journal, size / 2, 0);
}

/* The journal as it is; FALSE where its head is none. */
static gboolean
try_journal(SpocSpool *spool, const uint8_t *data, size_t size)
{
    put(spool, NAME, data, size);
    g_autoptr(SpocJournal) journal = spoc_journal_open(spool, NAME, NULL);
    if (journal != NULL)
        read_all(journal, size);
    return journal != NULL;
}

/* Puts right what a fuzzer cannot guess: the salt and the checksum of each header. */
static void
mend(GByteArray *bytes, gsize place, guint64 salt)
{
    while (place + SPOC_BLOCK_HEADER_BYTES <= bytes->len) {
        guint8 *header = bytes->data + place;
        SpocBlock block = {.kind = (header[16] & 15) == 2 ? SPOC_BLOCK_END : SPOC_BLOCK_DATA,
                           .size = header[20],
                           .offset = header[8] | (guint64)(header[9] & 128) << 40};
        memcpy(&block.payload_check, header + 24, sizeof block.payload_check);
        gsize left = bytes->len - place - SPOC_BLOCK_HEADER_BYTES;
        if ((header[17] & 1) == 0)
            block.payload_check =
                spoc_check(0, header + SPOC_BLOCK_HEADER_BYTES, MIN(block.size, left));
        if ((header[17] & 6) != 6)
            spoc_block_encode(&block, salt, header);
        place += SPOC_BLOCK_HEADER_BYTES + block.size;
    }
}

/* The folder of all runs of this process; removed at its end. */
static char *root;

static int
remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    return remove(path);
}

static void
remove_root(void)
{
    (void)nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static SpocSpool *spool = NULL;
    if (spool == NULL) {
        root = g_dir_make_tmp("spoc-fuzz-XXXXXX", NULL);
        g_auto(GStrv) environment = g_environ_setenv(NULL, "CUPS_REQUESTROOT", root, TRUE);
        g_autoptr(SpocPlaces) places = spoc_places_new(environment);
        g_assert_cmpint(atexit(remove_root), ==, 0);
        spool = spoc_spool_open(places, NULL);
        g_assert_nonnull(spool);
    }
    if (size == 0)
        return 0;
    size_t split = 1 + (size - 1) * data[0] / 255;
    put(spool, NAME SPOC_JOURNAL_MARKS_SUFFIX, data + split, size - split);
    (void)try_journal(spool, data + 1, split - 1);

    SpocJournalHead head = {.salt = 0x1122334455667788, .recipient_uri = (char *)"spoc:a"};
    g_autoptr(GByteArray) bytes = spoc_journal_head_encode(&head);
    gsize head_size = bytes->len;
    g_byte_array_append(bytes, data + 1, (guint)(size - 1));
    mend(bytes, head_size, head.salt);
    g_assert_true(try_journal(spool, bytes->data, bytes->len));
    return 0;
}
