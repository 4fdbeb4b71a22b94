/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of a journal, version 1. Numbers are little-endian.
 *
 *   events/TIME-PID-RANDOM           the journal: 16, 8 and 8 hexadecimal digits; TIME is
 *                                    in µs since 1970, so that names sort by age
 *   events/TIME-PID-RANDOM.marks     how far spocd came in it (marks.c)
 *   events/TIME-PID-RANDOM.notes     what spocd has learnt about it (journal.c)
 *   events/.tmp-TIME-PID-RANDOM      a journal before its first block is synced
 *
 * A journal is a head and then blocks.
 *
 *   head    0  8  "spocjrnl"
 *           8  4  version, 1
 *          12  4  size of the head, its checksum included
 *          16  8  salt, random
 *          24  8  time when it was begun, µs since 1970
 *          32  4  process number of the writer
 *          36  4  length of the recipient URI
 *          40  4  length of the user data
 *          44  4  0
 *          48 16  command name of the writer, as the kernel has it, filled up with NUL
 *          64     recipient URI, user data
 *              4  CRC-32 of all before
 *
 *   block   0  8  the salt
 *           8  8  offset of its first byte in the stream
 *          16  4  kind: 1 data, 2 end of the stream
 *          20  4  size of the payload, 0 for the end
 *          24  4  CRC-32 of the payload
 *          28  4  CRC-32 of the 28 bytes before
 *          32     payload
 *
 * Damage. A header has a checksum of its own, so that behind a damaged payload the next
 * block is found by the size, and behind a damaged header by looking for the salt. Nobody
 * who can put bytes into a payload (a job's title) knows the salt, so none of them can
 * pass for a block. What is missing between two good blocks reads as zeros: the offsets
 * behind it stay right. An unfinished block at the end is what a crash leaves; it was
 * never acknowledged and does not count.
 *
 * One commit is one block. The first one is written, synced and only then given its name,
 * so a journal that can be seen always has a whole head. When a commit fails the file is
 * cut back; what then comes in its place begins with the same bytes, so that an offset
 * that a reader saw before keeps its meaning. (It must be written anew: after a failed
 * fdatasync the kernel holds the pages for clean, and another sync would succeed with
 * nothing on the disk.)
 *
 * Is the writer alive? AppArmor's profile for cupsd forbids locks in the spool, and
 * allows of other processes only /proc/PID/status. The writer is dead when
 *   - /proc/PID does not exist, or
 *   - the Name in its status is another than the one in the head, or
 *   - the status cannot be read and no process PID takes our signals, or
 *   - there is a journal with the same PID and a later TIME: a writer writes one journal
 *     after another, so either it is done with this one, or another process has its number.
 * New names are made later than all with the same PID, for clocks that go back.
 */
#include "spool/journal-format.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/file.h"
#include "spool/scan-format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>
#include <zlib.h>

#define HEAD_MAGIC "spocjrnl"
#define FORMAT_VERSION 1u

#define TIME_DIGITS 16
#define PID_DIGITS 8
#define RANDOM_DIGITS 8
#define NAME_LENGTH (TIME_DIGITS + 1 + PID_DIGITS + 1 + RANDOM_DIGITS)
#define STATUS_BYTES 128

static void
put32(guint8 *to, guint32 value)
{
    value = GUINT32_TO_LE(value);
    memcpy(to, &value, sizeof value);
}

static void
put64(guint8 *to, guint64 value)
{
    value = GUINT64_TO_LE(value);
    memcpy(to, &value, sizeof value);
}

static guint32
get32(const guint8 *from)
{
    guint32 value;
    memcpy(&value, from, sizeof value);
    return GUINT32_FROM_LE(value);
}

static guint64
get64(const guint8 *from)
{
    guint64 value;
    memcpy(&value, from, sizeof value);
    return GUINT64_FROM_LE(value);
}

guint32
spoc_check(guint32 check, const void *bytes, gsize size)
{
    return (guint32)crc32_z(check, bytes, size);
}

/* --- names, and whether a writer lives --------------------------------------------------- */

static gboolean
parse_hex(const char *text, guint digits, guint64 *ret_value)
{
    guint64 value = 0;
    for (guint i = 0; i < digits; i++) {
        if (!g_ascii_isxdigit(text[i]) || g_ascii_isupper(text[i]))
            return FALSE;
        value = value << 4 | (guint64)g_ascii_xdigit_value(text[i]);
    }
    *ret_value = value;
    return TRUE;
}

gboolean
spoc_journal_name_parse(const char *name, guint64 *ret_created_us, guint32 *ret_pid)
{
    guint64 created, pid, random;
    if (strlen(name) != NAME_LENGTH || name[TIME_DIGITS] != '-' ||
        name[TIME_DIGITS + 1 + PID_DIGITS] != '-' || !parse_hex(name, TIME_DIGITS, &created) ||
        !parse_hex(name + TIME_DIGITS + 1, PID_DIGITS, &pid) ||
        !parse_hex(name + NAME_LENGTH - RANDOM_DIGITS, RANDOM_DIGITS, &random))
        return FALSE;
    *ret_created_us = created;
    *ret_pid = (guint32)pid;
    return TRUE;
}

/* The latest time in a name of @pid's journals, finished or begun; 0: there is none */
static gboolean
latest_of_pid(SpocSpool *spool, guint32 pid, guint64 *ret_created_us, GError **error)
{
    g_autoptr(GPtrArray) names = spoc_file_list(spoc_spool_folder_fd(spool, "events"), error);
    if (names == NULL)
        return FALSE;
    *ret_created_us = 0;
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        if (g_str_has_prefix(name, SPOC_DURABLE_TEMPORARY_PREFIX))
            name += strlen(SPOC_DURABLE_TEMPORARY_PREFIX);
        guint64 created = 0;
        guint32 of = 0;
        if (spoc_journal_name_parse(name, &created, &of) && of == pid)
            *ret_created_us = MAX(*ret_created_us, created);
    }
    return TRUE;
}

char *
spoc_journal_name_new(SpocSpool *spool, const SpocJournalHead *head, GError **error)
{
    guint64 latest = 0;
    if (!latest_of_pid(spool, head->pid, &latest, error))
        return NULL;
    guint64 time_us = (guint64)head->created_us;
    if (latest >= time_us && latest < G_MAXUINT64)
        time_us = latest + 1;
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x-%08x-%08x", time_us, head->pid,
                           g_random_int());
}

/* The Name in /proc/PID/status: the main thread's, at most 15 bytes. 0, or an errno. */
static int
read_command(guint32 pid, char *ret_command)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%u/status", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    char status[STATUS_BYTES + 1];
    ssize_t count = read(fd, status, STATUS_BYTES);
    int saved_errno = errno;
    close(fd);
    if (count < 0)
        return saved_errno;
    status[count] = '\0';
    static const char key[] = "Name:\t";
    char *end = strchr(status, '\n');
    if (!g_str_has_prefix(status, key) || end == NULL)
        return EACCES;
    *end = '\0';
    memset(ret_command, 0, SPOC_JOURNAL_COMMAND_MAX_BYTES);
    (void)g_strlcpy(ret_command, status + strlen(key), SPOC_JOURNAL_COMMAND_MAX_BYTES);
    return 0;
}

/* The name that the kernel has for this process */
static void
own_command(char *ret_command)
{
    memset(ret_command, 0, SPOC_JOURNAL_COMMAND_MAX_BYTES);
    if (read_command((guint32)getpid(), ret_command) != 0)
        (void)prctl(PR_GET_NAME, ret_command);
}

gboolean
spoc_journal_writer_is_dead(SpocSpool *spool, const char *name, const SpocJournalHead *head)
{
    if (head->pid == 0 || head->pid > G_MAXINT32)
        return TRUE;
    char command[SPOC_JOURNAL_COMMAND_MAX_BYTES];
    int reason = read_command(head->pid, command);
    if (reason == ENOENT || reason == ESRCH)
        return TRUE;
    if (reason == 0 && strcmp(command, head->command) != 0)
        return TRUE;
    if (reason != 0 && !spoc_process_answers((pid_t)head->pid))
        return TRUE;
    guint64 created = 0, latest = 0;
    guint32 pid = 0;
    return spoc_journal_name_parse(name, &created, &pid) &&
           latest_of_pid(spool, pid, &latest, NULL) && latest > created;
}

/* --- head and blocks -------------------------------------------------------------------- */

void
spoc_journal_head_clear(SpocJournalHead *head)
{
    g_clear_pointer(&head->recipient_uri, g_free);
    g_clear_pointer(&head->user_data, g_free);
    head->user_data_size = 0;
}

static guint64
random64(void)
{
    guint64 value = 0;
    /* Not g_random_int(), which can be predicted. It can't fail for so few bytes once the
     * machine is up; if it does, the time still keeps names apart. */
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != (ssize_t)sizeof value)
        value = ((guint64)g_random_int() << 32) | g_random_int();
    return value;
}

void
spoc_journal_head_init_own(SpocJournalHead *head, const char *recipient_uri, const void *user_data,
                           gsize user_data_size)
{
    memset(head, 0, sizeof *head);
    head->created_us = g_get_real_time();
    head->pid = (guint32)getpid();
    head->salt = random64();
    head->recipient_uri = g_strdup(recipient_uri);
    head->user_data = g_memdup2(user_data, user_data_size);
    head->user_data_size = user_data_size;
    own_command(head->command);
}

GByteArray *
spoc_journal_head_encode(const SpocJournalHead *head)
{
    gsize uri_size = strlen(head->recipient_uri);
    gsize size = SPOC_JOURNAL_HEAD_FIXED_BYTES + uri_size + head->user_data_size + 4;
    guint8 fixed[SPOC_JOURNAL_HEAD_FIXED_BYTES] = {0};
    memcpy(fixed, HEAD_MAGIC, 8);
    put32(fixed + 8, FORMAT_VERSION);
    put32(fixed + 12, (guint32)size);
    put64(fixed + 16, head->salt);
    put64(fixed + 24, (guint64)head->created_us);
    put32(fixed + 32, head->pid);
    put32(fixed + 36, (guint32)uri_size);
    put32(fixed + 40, (guint32)head->user_data_size);
    memcpy(fixed + 48, head->command, SPOC_JOURNAL_COMMAND_MAX_BYTES);

    GByteArray *bytes = g_byte_array_sized_new((guint)size);
    g_byte_array_append(bytes, fixed, sizeof fixed);
    g_byte_array_append(bytes, (const guint8 *)head->recipient_uri, (guint)uri_size);
    if (head->user_data_size > 0)
        g_byte_array_append(bytes, head->user_data, (guint)head->user_data_size);
    guint8 check[4];
    put32(check, spoc_check(0, bytes->data, bytes->len));
    g_byte_array_append(bytes, check, sizeof check);
    return bytes;
}

gboolean
spoc_journal_head_decode(const guint8 *bytes, gsize size, SpocJournalHead *ret_head,
                         gsize *ret_size, GError **error)
{
    if (size < SPOC_JOURNAL_HEAD_FIXED_BYTES + 4 || memcmp(bytes, HEAD_MAGIC, 8) != 0) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "it does not begin like a journal");
        return FALSE;
    }
    if (get32(bytes + 8) != FORMAT_VERSION) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT,
                    "it is a journal of version %u, this program knows version %u",
                    get32(bytes + 8), FORMAT_VERSION);
        return FALSE;
    }
    guint32 head_size = get32(bytes + 12);
    guint32 uri_size = get32(bytes + 36), data_size = get32(bytes + 40);
    if (uri_size > SPOC_JOURNAL_URI_MAX_BYTES || data_size > SPOC_JOURNAL_USER_DATA_MAX_BYTES ||
        head_size != SPOC_JOURNAL_HEAD_FIXED_BYTES + uri_size + data_size + 4 || head_size > size ||
        get32(bytes + head_size - 4) != spoc_check(0, bytes, head_size - 4) ||
        memchr(bytes + SPOC_JOURNAL_HEAD_FIXED_BYTES, '\0', uri_size) != NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_CORRUPT, "the journal's head is damaged");
        return FALSE;
    }
    SpocJournalHead head = {
        .salt = get64(bytes + 16),
        .created_us = (gint64)get64(bytes + 24),
        .pid = get32(bytes + 32),
        .user_data_size = data_size,
    };
    memcpy(head.command, bytes + 48, sizeof head.command);
    head.command[sizeof head.command - 1] = '\0';
    const guint8 *uri = bytes + SPOC_JOURNAL_HEAD_FIXED_BYTES;
    head.recipient_uri = g_strndup((const char *)uri, uri_size);
    head.user_data = g_memdup2(uri + uri_size, data_size);
    *ret_head = head;
    *ret_size = head_size;
    return TRUE;
}

void
spoc_block_encode(const SpocBlock *block, guint64 salt, guint8 *header)
{
    put64(header, salt);
    put64(header + 8, block->offset);
    put32(header + 16, block->kind);
    put32(header + 20, block->size);
    put32(header + 24, block->payload_check);
    put32(header + 28, spoc_check(0, header, 28));
}

gboolean
spoc_block_decode(const guint8 *header, guint64 salt, SpocBlock *ret_block)
{
    guint32 kind = get32(header + 16), size = get32(header + 20);
    if (get64(header) != salt || get32(header + 28) != spoc_check(0, header, 28))
        return FALSE;
    gboolean fits = kind == SPOC_BLOCK_DATA ? size > 0 && size <= SPOC_JOURNAL_COMMIT_MAX_BYTES
                                            : kind == SPOC_BLOCK_END && size == 0;
    if (!fits)
        return FALSE;
    ret_block->kind = kind == SPOC_BLOCK_END ? SPOC_BLOCK_END : SPOC_BLOCK_DATA;
    ret_block->offset = get64(header + 8);
    ret_block->size = size;
    ret_block->payload_check = get32(header + 24);
    return TRUE;
}
