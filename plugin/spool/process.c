/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STAT_BYTES 1024

/* Behind the command's name, which may hold blanks and brackets, stand state and numbers
 * (proc(5)); the 22nd field of all is the start. */
#define FIELDS_BEFORE_START 20

char *
spoc_process_stamp(pid_t pid)
{
    char path[64];
    char text[STAT_BYTES + 1];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return g_strdup("");
    ssize_t count = read(fd, text, STAT_BYTES);
    close(fd);
    text[MAX(count, 0)] = '\0';
    const char *rest = strrchr(text, ')');
    g_auto(GStrv) fields = g_strsplit(rest != NULL ? rest : "", " ", FIELDS_BEFORE_START + 2);
    if (g_strv_length(fields) < FIELDS_BEFORE_START + 1)
        return g_strdup("");
    const char *started = fields[FIELDS_BEFORE_START];
    return g_strdup_printf("%ld-%.*s", (long)pid, (int)strspn(started, "0123456789"), started);
}

gboolean
spoc_process_lives(const char *stamp)
{
    gint64 pid = g_ascii_strtoll(stamp, NULL, 10);
    if (pid <= 0 || pid > G_MAXINT32)
        return FALSE;
    g_autofree char *now = spoc_process_stamp((pid_t)pid);
    return *stamp != '\0' && strcmp(now, stamp) == 0;
}
