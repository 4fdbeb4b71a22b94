/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a journal, while it is written or later. The format: see the top of journal-format.c.
 *
 * Blocks are not all remembered: a subscription without end makes a million of them. One
 * place for each stretch of the file is, and from there the way goes from header to header.
 */
#include "spool/journal.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/file.h"
#include "spool/journal-format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEARCH_BYTES (64 * 1024)
#define CHECK_BYTES (16 * 1024)
#define WAYPOINT_EVERY_BYTES (1024 * 1024)

/* A place in the file where a block begins, and the stream's offset there */
typedef struct {
    guint64 place;
    guint64 offset;
} Waypoint;

struct _SpocJournal {
    SpocSpool *spool;
    char *name;
    int fd;
    SpocJournalHead head;
    SpocMarks *marks;
    char *notes_name; /* no descriptor: a thousand journals are open at once, and lines are few */
    gboolean notes_unsynced;
    guint64 body_place; /* where the first block begins */
    GArray *waypoints;  /* (element-type Waypoint), ascending, never empty */

    Waypoint tail; /* where the next block is expected; its offset is the stream's size */
    /* The last block that was taken, for as long as a living writer might cut it off */
    gboolean has_last;
    Waypoint last_before;
    SpocBlock last;
    guint last_damaged; /* how many damaged blocks taking it counted */

    gboolean ended;
    guint damaged_blocks;

    Waypoint cursor; /* where the last read began to look */
    guint64 checked_place;
    gboolean checked_good; /* what the payload of the block there was found to be */
};

/* What stands at a place in the file */
typedef enum {
    FOUND_BLOCK,
    FOUND_NOTHING, /* only what may still become a block, or nothing at all */
    FOUND_FAILURE,
} Found;

static gboolean
read_all(SpocJournal *journal, guint64 place, void *buffer, gsize size, gssize *ret_count,
         GError **error)
{
    *ret_count = spoc_file_read_at(journal->fd, place, buffer, size, error);
    if (*ret_count < 0)
        g_prefix_error(error, "the journal '%s': ", journal->name);
    return *ret_count >= 0;
}

/* A block can't hold more of the stream than it takes of the file: what lies between two
 * headers bounds what is missing. */
static gboolean
is_plausible(const SpocBlock *block, guint64 place, const Waypoint *from)
{
    return block->offset >= from->offset && block->offset - from->offset <= place - from->place &&
           block->offset <= G_MAXINT64;
}

/* The next header at @from or behind it; *ret_place is where it stands. */
static Found
find_header(SpocJournal *journal, const Waypoint *from, SpocBlock *ret_block, guint64 *ret_place,
            GError **error)
{
    guint8 first[SPOC_BLOCK_HEADER_BYTES];
    gssize count;
    if (!read_all(journal, from->place, first, sizeof first, &count, error))
        return FOUND_FAILURE;
    if (count < (gssize)sizeof first)
        return FOUND_NOTHING;
    if (spoc_block_decode(first, journal->head.salt, ret_block) &&
        is_plausible(ret_block, from->place, from)) {
        *ret_place = from->place;
        return FOUND_BLOCK;
    }

    g_autofree guint8 *buffer = g_malloc(SEARCH_BYTES);
    guint64 salt = GUINT64_TO_LE(journal->head.salt);
    for (guint64 base = from->place + 1;; base += SEARCH_BYTES - SPOC_BLOCK_HEADER_BYTES + 1) {
        if (!read_all(journal, base, buffer, SEARCH_BYTES, &count, error))
            return FOUND_FAILURE;
        for (gsize i = 0; i + SPOC_BLOCK_HEADER_BYTES <= (gsize)count; i++) {
            const guint8 *hit = memmem(buffer + i, (gsize)count - i, &salt, sizeof salt);
            if (hit == NULL || hit + SPOC_BLOCK_HEADER_BYTES > buffer + count)
                break;
            i = (gsize)(hit - buffer);
            if (spoc_block_decode(hit, journal->head.salt, ret_block) &&
                is_plausible(ret_block, base + i, from)) {
                *ret_place = base + i;
                return FOUND_BLOCK;
            }
        }
        if (count < SEARCH_BYTES)
            return FOUND_NOTHING;
    }
}

/* Whether the payload behind the header at @place is all there and what was written. */
static gboolean
check_payload(SpocJournal *journal, guint64 place, const SpocBlock *block, gboolean *ret_whole,
              gboolean *ret_good, GError **error)
{
    guint8 buffer[CHECK_BYTES];
    guint32 check = 0;
    gsize done = 0;
    while (done < block->size) {
        gssize count;
        gsize want = MIN(sizeof buffer, block->size - done);
        if (!read_all(journal, place + SPOC_BLOCK_HEADER_BYTES + done, buffer, want, &count, error))
            return FALSE;
        check = spoc_check(check, buffer, (gsize)count);
        done += (gsize)count;
        if ((gsize)count < want)
            break;
    }
    *ret_whole = done == block->size;
    *ret_good = *ret_whole && check == block->payload_check;
    return TRUE;
}

/* Where the walk goes on behind a block. */
static Waypoint
place_behind(const SpocBlock *block, guint64 place)
{
    return (Waypoint){.place = place + SPOC_BLOCK_HEADER_BYTES + block->size,
                      .offset = block->offset + block->size};
}

static SpocJournal *
open_journal(SpocSpool *spool, const char *name, GError **error)
{
    g_autoptr(SpocJournal) journal = g_new0(SpocJournal, 1);
    int events = spoc_spool_folder_fd(spool, "events");
    journal->spool = spool;
    journal->name = g_strdup(name);
    journal->waypoints = g_array_new(FALSE, FALSE, sizeof(Waypoint));
    journal->fd = spoc_file_open(events, name, O_RDONLY, NULL, error);
    if (journal->fd < 0)
        return NULL;

    g_autofree guint8 *head = g_malloc(SPOC_JOURNAL_HEAD_MAX_BYTES);
    gssize count = spoc_file_read_at(journal->fd, 0, head, SPOC_JOURNAL_HEAD_MAX_BYTES, error);
    gsize size = 0;
    if (count < 0 || !spoc_journal_head_decode(head, (gsize)count, &journal->head, &size, error))
        return NULL;
    g_autofree char *marks_name = g_strconcat(name, SPOC_JOURNAL_MARKS_SUFFIX, NULL);
    journal->marks = spoc_marks_open(events, marks_name, journal->head.salt, error);
    if (journal->marks == NULL)
        return NULL;
    journal->notes_name = g_strconcat(name, SPOC_JOURNAL_NOTES_SUFFIX, NULL);
    journal->body_place = size;
    journal->tail = journal->cursor = (Waypoint){.place = size, .offset = 0};
    g_array_append_val(journal->waypoints, journal->tail);
    return g_steal_pointer(&journal);
}

SpocJournal *
spoc_journal_open(SpocSpool *spool, const char *name, GError **error)
{
    guint64 created;
    guint32 pid;
    if (!spoc_journal_name_parse(name, &created, &pid)) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "'%s' is no journal's name", name);
        return NULL;
    }
    SpocJournal *journal = open_journal(spool, name, error);
    if (journal == NULL)
        g_prefix_error(error, "cannot read the journal '%s/events/%s': ", spoc_spool_path(spool),
                       name);
    return journal;
}

void
spoc_journal_free(SpocJournal *journal)
{
    if (journal == NULL)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    spoc_marks_free(journal->marks);
    g_free(journal->notes_name);
    spoc_journal_head_clear(&journal->head);
    g_array_unref(journal->waypoints);
    g_free(journal->name);
    g_free(journal);
}

const char *
spoc_journal_name(const SpocJournal *journal)
{
    return journal->name;
}

const char *
spoc_journal_recipient_uri(const SpocJournal *journal)
{
    return journal->head.recipient_uri;
}

const guint8 *
spoc_journal_user_data(const SpocJournal *journal, gsize *ret_size)
{
    *ret_size = journal->head.user_data_size;
    return journal->head.user_data;
}

gint64
spoc_journal_created_unix_s(const SpocJournal *journal)
{
    return journal->head.created_us / G_USEC_PER_SEC;
}

guint64
spoc_journal_size(const SpocJournal *journal)
{
    return journal->tail.offset;
}

guint
spoc_journal_damaged_blocks(const SpocJournal *journal)
{
    return journal->damaged_blocks;
}

/* A writer whose sync failed cuts its last block off and writes another one that begins
 * with the same bytes: then the last block that was taken is taken anew. */
static gboolean
recheck_last(SpocJournal *journal, GError **error)
{
    if (!journal->has_last)
        return TRUE;
    guint64 place = journal->tail.place - SPOC_BLOCK_HEADER_BYTES - journal->last.size;
    guint8 header[SPOC_BLOCK_HEADER_BYTES];
    gssize count;
    if (!read_all(journal, place, header, sizeof header, &count, error))
        return FALSE;
    SpocBlock now;
    if (count == (gssize)sizeof header && spoc_block_decode(header, journal->head.salt, &now) &&
        now.offset == journal->last.offset && now.size == journal->last.size &&
        now.payload_check == journal->last.payload_check)
        return TRUE;
    journal->tail = journal->last_before;
    journal->damaged_blocks -= journal->last_damaged;
    journal->has_last = FALSE;
    journal->checked_place = 0;
    journal->cursor = g_array_index(journal->waypoints, Waypoint, 0);
    while (journal->waypoints->len > 1 &&
           g_array_index(journal->waypoints, Waypoint, journal->waypoints->len - 1).place >
               journal->tail.place)
        g_array_set_size(journal->waypoints, journal->waypoints->len - 1);
    return TRUE;
}

/* Takes the block at the tail. FALSE in @ret_taken when there is none yet. */
static gboolean
take_block(SpocJournal *journal, gboolean *ret_taken, GError **error)
{
    *ret_taken = FALSE;
    SpocBlock block;
    guint64 place;
    Found found = find_header(journal, &journal->tail, &block, &place, error);
    if (found != FOUND_BLOCK)
        return found == FOUND_NOTHING;

    gboolean whole = FALSE, good = FALSE;
    if (!check_payload(journal, place, &block, &whole, &good, error))
        return FALSE;
    if (!whole)
        return TRUE; /* still being written, or torn */
    Waypoint next = place_behind(&block, place);
    if (!good) {
        /* With nothing behind it, it may be torn: it counts when something follows. */
        SpocBlock following;
        guint64 following_place;
        found = find_header(journal, &next, &following, &following_place, error);
        if (found != FOUND_BLOCK)
            return found == FOUND_NOTHING;
    }
    guint damaged = (place != journal->tail.place ? 1u : 0u) + (good ? 0u : 1u);
    journal->has_last = TRUE;
    journal->last = block;
    journal->last_before = journal->tail;
    journal->last_damaged = damaged;
    journal->damaged_blocks += damaged;
    journal->tail = next;
    journal->ended = block.kind == SPOC_BLOCK_END;
    const Waypoint *latest =
        &g_array_index(journal->waypoints, Waypoint, journal->waypoints->len - 1);
    if (place - latest->place >= WAYPOINT_EVERY_BYTES) {
        const Waypoint here = {.place = place, .offset = block.offset};
        g_array_append_val(journal->waypoints, here);
    }
    *ret_taken = TRUE;
    return TRUE;
}

gboolean
spoc_journal_refresh(SpocJournal *journal, gboolean *ret_ended, GError **error)
{
    if (!journal->ended) {
        /* Asked before reading: what a writer wrote before it died is then seen. */
        gboolean dead = spoc_journal_writer_is_dead(journal->spool, journal->name, &journal->head);
        gboolean taken = TRUE;
        if (!recheck_last(journal, error))
            return FALSE;
        while (taken && !journal->ended)
            if (!take_block(journal, &taken, error))
                return FALSE;
        journal->ended = journal->ended || dead;
    }
    if (ret_ended != NULL)
        *ret_ended = journal->ended;
    return TRUE;
}

/* The waypoint from which the walk to @offset is shortest. */
static Waypoint
nearest_waypoint(const SpocJournal *journal, guint64 offset)
{
    guint low = 0, high = journal->waypoints->len;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(journal->waypoints, Waypoint, middle).offset <= offset)
            low = middle;
        else
            high = middle;
    }
    Waypoint point = g_array_index(journal->waypoints, Waypoint, low);
    gboolean cursor_is_nearer =
        journal->cursor.offset <= offset && journal->cursor.offset >= point.offset;
    return cursor_is_nearer ? journal->cursor : point;
}

/* Reads what is left of the block at @place from @offset on; a damaged one reads as zeros. */
static gssize
read_block(SpocJournal *journal, guint64 place, const SpocBlock *block, guint64 offset,
           void *buffer, gsize size, GError **error)
{
    if (journal->checked_place != place) {
        gboolean whole = FALSE;
        if (!check_payload(journal, place, block, &whole, &journal->checked_good, error))
            return -1;
        journal->checked_place = place;
    }
    gsize skip = (gsize)(offset - block->offset);
    gsize count = MIN(size, block->size - skip);
    if (!journal->checked_good) {
        memset(buffer, 0, count);
        return (gssize)count;
    }
    gssize done;
    if (!read_all(journal, place + SPOC_BLOCK_HEADER_BYTES + skip, buffer, count, &done, error))
        return -1;
    return done;
}

/* Reads from one block or from one stretch that is missing. */
static gssize
read_piece(SpocJournal *journal, guint64 offset, void *buffer, gsize size, GError **error)
{
    Waypoint here = nearest_waypoint(journal, offset);
    while (here.place < journal->tail.place) {
        SpocBlock block;
        guint64 place;
        Found found = find_header(journal, &here, &block, &place, error);
        if (found == FOUND_FAILURE)
            return -1;
        if (found == FOUND_NOTHING)
            break; /* it was damaged since it was taken */
        journal->cursor = here;
        if (offset < block.offset) {
            gsize missing = (gsize)MIN((guint64)size, block.offset - offset);
            memset(buffer, 0, missing);
            return (gssize)missing;
        }
        if (offset < block.offset + block.size)
            return read_block(journal, place, &block, offset, buffer, size, error);
        here = place_behind(&block, place);
    }
    gsize missing = (gsize)MIN((guint64)size, journal->tail.offset - offset);
    memset(buffer, 0, missing);
    return (gssize)missing;
}

gssize
spoc_journal_read(SpocJournal *journal, guint64 offset, void *buffer, gsize size, GError **error)
{
    gsize done = 0;
    while (done < size && offset + done < journal->tail.offset) {
        gsize want = (gsize)MIN((guint64)(size - done), journal->tail.offset - offset - done);
        gssize count = read_piece(journal, offset + done, (guint8 *)buffer + done, want, error);
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        done += (gsize)count;
    }
    return (gssize)done;
}

/* FNV-1a */
guint
spoc_journal_part(const char *key)
{
    guint32 hash = 2166136261u;
    for (const char *p = key; *p != '\0'; p++)
        hash = (hash ^ (guchar)*p) * 16777619u;
    return hash != SPOC_JOURNAL_WHOLE ? hash : hash + 1;
}

gboolean
spoc_journal_mark(SpocJournal *journal, guint64 offset, guint part, GError **error)
{
    return spoc_marks_add(journal->marks, offset, part, error);
}

gboolean
spoc_journal_mark_before(SpocJournal *journal, guint64 offset, GError **error)
{
    return spoc_marks_add_before(journal->marks, offset, error);
}

gboolean
spoc_journal_is_marked(const SpocJournal *journal, guint64 offset, guint part)
{
    return spoc_marks_has(journal->marks, offset, part);
}

guint64
spoc_journal_marked_before(const SpocJournal *journal)
{
    return spoc_marks_before(journal->marks);
}

gboolean
spoc_journal_sync_marks(SpocJournal *journal, GError **error)
{
    return spoc_marks_sync(journal->marks, error);
}

char *
spoc_journal_notes(SpocJournal *journal, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GBytes) bytes =
        spoc_file_read(spoc_spool_folder_fd(journal->spool, "events"), journal->notes_name,
                       SPOC_JOURNAL_NOTES_MAX_BYTES, NULL, &reason);
    if (bytes == NULL && g_error_matches(reason, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
        return g_strdup("");
    if (bytes == NULL) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return NULL;
    }
    gsize size = 0;
    const char *text = g_bytes_get_data(bytes, &size);
    while (size > 0 && text[size - 1] != '\n')
        size--;
    return g_strndup(text, size);
}

/* Behind whole lines only: half a line with an end would be believed. */
static gboolean
write_note(SpocJournal *journal, int fd, guint64 size, const char *line, GError **error)
{
    char last = '\n';
    if (size > 0 && spoc_file_read_at(fd, size - 1, &last, 1, error) < 0)
        return FALSE;
    if (last != '\n') {
        g_autofree char *whole = spoc_journal_notes(journal, error);
        if (whole == NULL)
            return FALSE;
        size = strlen(whole);
        if (ftruncate(fd, (off_t)size) != 0) {
            spoc_error_set_errno(error, errno, "cannot cut '%s'", journal->notes_name);
            return FALSE;
        }
    }
    g_autofree char *text = g_strconcat(line, "\n", NULL);
    return spoc_file_write_at(fd, size, text, strlen(text), error);
}

/* -1 with @error */
static int
open_notes(const SpocJournal *journal, struct stat *ret_info, GError **error)
{
    g_autoptr(GError) reason = NULL;
    int fd = spoc_file_open(spoc_spool_folder_fd(journal->spool, "events"), journal->notes_name,
                            O_RDWR, ret_info, &reason);
    if (fd >= 0 || !g_error_matches(reason, SPOC_ERROR, SPOC_ERROR_NOT_FOUND)) {
        if (reason != NULL)
            g_propagate_error(error, g_steal_pointer(&reason));
        return fd;
    }
    ret_info->st_size = 0;
    fd = openat(spoc_spool_folder_fd(journal->spool, "events"), journal->notes_name,
                O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        spoc_error_set_errno(error, errno, "cannot make '%s'", journal->notes_name);
    return fd;
}

gboolean
spoc_journal_note(SpocJournal *journal, const char *line, GError **error)
{
    struct stat info = {0};
    int fd = open_notes(journal, &info, error);
    if (fd < 0)
        return FALSE;
    gboolean good = FALSE;
    if ((guint64)info.st_size + strlen(line) + 1 > SPOC_JOURNAL_NOTES_MAX_BYTES)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "'%s' is full", journal->notes_name);
    else
        good = write_note(journal, fd, (guint64)info.st_size, line, error);
    close(fd);
    journal->notes_unsynced |= good;
    return good;
}

gboolean
spoc_journal_sync_notes(SpocJournal *journal, GError **error)
{
    if (!journal->notes_unsynced)
        return TRUE;
    journal->notes_unsynced = FALSE; /* after a failure another one would prove nothing */
    int fd = spoc_file_open(spoc_spool_folder_fd(journal->spool, "events"), journal->notes_name,
                            O_RDWR, NULL, error);
    if (fd < 0)
        return FALSE;
    gboolean good = fdatasync(fd) == 0;
    if (!good)
        spoc_error_set_errno(error, errno, "cannot sync '%s'", journal->notes_name);
    close(fd);
    return good &&
           spoc_durable_sync_directory(spoc_spool_folder_fd(journal->spool, "events"), error);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Marks and notes outlive their journal when a crash came between the removals. */
static void
sweep_beside(int events, const char *file, const char *suffix)
{
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(suffix));
    if (!spoc_file_exists(events, name))
        (void)unlinkat(events, file, 0);
}

GPtrArray *
spoc_journal_list(SpocSpool *spool, GError **error)
{
    int events = spoc_spool_folder_fd(spool, "events");
    g_autoptr(GPtrArray) all = spoc_file_list(events, error);
    if (all == NULL) {
        g_prefix_error(error, "the journals in '%s/events': ", spoc_spool_path(spool));
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < all->len; i++) {
        const char *name = all->pdata[i];
        guint64 created;
        guint32 pid;
        if (spoc_journal_name_parse(name, &created, &pid))
            g_ptr_array_add(names, g_strdup(name));
        else if (g_str_has_suffix(name, SPOC_JOURNAL_MARKS_SUFFIX))
            sweep_beside(events, name, SPOC_JOURNAL_MARKS_SUFFIX);
        else if (g_str_has_suffix(name, SPOC_JOURNAL_NOTES_SUFFIX))
            sweep_beside(events, name, SPOC_JOURNAL_NOTES_SUFFIX);
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

gboolean
spoc_journal_delete(SpocJournal *journal, GError **error)
{
    guint64 known = spoc_journal_size(journal);
    gboolean ended = FALSE;
    if (!spoc_journal_refresh(journal, &ended, error))
        return FALSE;
    if (!ended || spoc_journal_size(journal) != known) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                    "the journal '%s' is still being written", journal->name);
        return FALSE;
    }
    int events = spoc_spool_folder_fd(journal->spool, "events");
    g_autofree char *marks = g_strconcat(journal->name, SPOC_JOURNAL_MARKS_SUFFIX, NULL);
    return spoc_file_remove(events, journal->name, error) &&
           spoc_durable_sync_directory(events, error) && spoc_file_remove(events, marks, error) &&
           spoc_file_remove(events, journal->notes_name, error);
}
