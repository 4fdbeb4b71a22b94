/* SPDX-License-Identifier: Apache-2.0 */
/* Names of journals, their list, and whether a writer lives: see the top of journal.c. */
#include "spool/journal-format.h"

#include "base/durable.h"
#include "base/error.h"
#include "spool/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define TIME_DIGITS 16
#define PID_DIGITS 8
#define RANDOM_DIGITS 8
#define NAME_LENGTH (TIME_DIGITS + 1 + PID_DIGITS + 1 + RANDOM_DIGITS)
#define STATUS_BYTES 128

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

void
spoc_journal_own_command(char *ret_command)
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
    if (reason != 0 && kill((pid_t)head->pid, 0) != 0 && errno == ESRCH)
        return TRUE;
    guint64 created = 0, latest = 0;
    guint32 pid = 0;
    return spoc_journal_name_parse(name, &created, &pid) &&
           latest_of_pid(spool, pid, &latest, NULL) && latest > created;
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
