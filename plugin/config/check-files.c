/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check-files.h"

#include "config/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_GROUPS 256

/* Whom spocd runs as. */
typedef struct {
    uid_t uid;
    gid_t gid;
    char *name;
    gid_t groups[MAX_GROUPS];
    int group_count;
} Reader;

/* A file that spocd must be able to read. */
typedef struct {
    const char *path;
    const char *key; /* (nullable): the option that names it */
    SpocConfigOrigin origin;
    guint8 reason; /* an errno value; 0: it can be read */
} Wanted;

static gboolean
find_reader(const SpocPlaces *places, Reader *reader)
{
    struct stat info;
    gboolean has_spool = stat(places->spool_dir, &info) == 0;
    const struct passwd *user = has_spool ? getpwuid(info.st_uid) : getpwnam(places->user);
    if (user == NULL)
        return FALSE;
    reader->uid = user->pw_uid;
    reader->gid = has_spool ? info.st_gid : user->pw_gid;
    reader->name = g_strdup(user->pw_name);
    reader->group_count = MAX_GROUPS;
    if (getgrouplist(user->pw_name, reader->gid, reader->groups, &reader->group_count) < 0)
        reader->group_count = MAX_GROUPS;
    return TRUE;
}

static guint8
try_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return (guint8)errno;
    int mode = S_ISDIR(info.st_mode) ? R_OK | X_OK : R_OK;
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : (guint8)errno;
}

/* The child: becomes the reader for good and reports one byte a path. */
static void
report_as(const Reader *reader, const GArray *wanted, int fd)
{
    if (setgroups((size_t)reader->group_count, reader->groups) != 0 || setgid(reader->gid) != 0 ||
        setuid(reader->uid) != 0)
        _exit(1);
    for (guint i = 0; i < wanted->len; i++) {
        guint8 reason = try_path(g_array_index(wanted, Wanted, i).path);
        if (write(fd, &reason, 1) != 1)
            _exit(1);
    }
    _exit(0);
}

/* As root: asks a child that has become the reader. FALSE when that did not work. */
static gboolean
try_as_other(const Reader *reader, GArray *wanted)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return FALSE;
    pid_t child = fork();
    if (child == 0)
        report_as(reader, wanted, ends[1]);
    close(ends[1]);
    gboolean good = child > 0;
    for (guint i = 0; good && i < wanted->len; i++) {
        ssize_t count;
        do {
            count = read(ends[0], &g_array_index(wanted, Wanted, i).reason, 1);
        } while (count < 0 && errno == EINTR);
        good = count == 1;
    }
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    return good;
}

static void
want(GArray *wanted, const char *path, const char *key, SpocConfigOrigin origin)
{
    Wanted one = {.path = path, .key = key, .origin = origin};
    g_array_append_val(wanted, one);
}

/* A pass file that could not be read was reported by loading already. */
static gboolean
is_reported(const SpocConfig *config, const SpocOption *option)
{
    for (guint i = 0; i < config->problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(config->problems, i);
        if (problem->blocks_delivery && g_strcmp0(problem->key, option->name) == 0)
            return TRUE;
    }
    return FALSE;
}

static GArray *
list_wanted(const SpocConfig *config)
{
    GArray *wanted = g_array_new(FALSE, TRUE, sizeof(Wanted));
    for (guint i = 0; i < config->files->len; i++) {
        const SpocConfigFile *file = g_ptr_array_index(config->files, i);
        want(wanted, file->path, NULL, (SpocConfigOrigin){.file = file->path});
    }
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        const SpocSlot *slot = &config->slots[i];
        if (option->type != SPOC_TYPE_PATH || *slot->value.text == '\0' ||
            is_reported(config, option))
            continue;
        if (slot->is_default && !g_file_test(slot->value.text, G_FILE_TEST_EXISTS))
            continue; /* the default trust store may be missing */
        want(wanted, slot->value.text, option->name, spoc_config_origin(config, option->id));
    }
    return wanted;
}

/* (transfer full) (nullable): the first folder on the way to @path that we cannot enter */
static char *
find_closed_folder(const char *path)
{
    for (const char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        g_autofree char *folder = g_strndup(path, (gsize)(p - path));
        if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0)
            return g_steal_pointer(&folder);
    }
    return NULL;
}

/* (transfer full): what lets the reader read it. @as_other: we are not the reader ourselves */
static char *
find_remedy(const SpocPlaces *places, const Wanted *one, gboolean as_other)
{
    if (one->reason == ENOENT && one->key != NULL)
        return g_strdup_printf("put the file there, or take '%s' out", one->key);
    g_autofree char *closed = as_other ? NULL : find_closed_folder(one->path);
    if (closed != NULL)
        return g_strdup_printf("chgrp %s '%s' && chmod g+x '%s', or keep the file in '%s'",
                               places->group, closed, closed, places->config_dir);
    return g_strdup_printf("chgrp %s '%s' && chmod g+r '%s'", places->group, one->path, one->path);
}

static void
report(const SpocPlaces *places, const Wanted *one, const char *reader, gboolean as_other,
       GPtrArray *problems)
{
    if (one->reason == 0)
        return;
    g_autofree char *remedy = find_remedy(places, one, as_other);
    g_ptr_array_add(problems,
                    spoc_problem_new(SPOC_SEVERITY_ERROR, TRUE, one->key, one->origin.file,
                                     one->origin.line,
                                     "'%s' cannot be read by '%s', the user that spocd runs as: "
                                     "%s; %s",
                                     one->path, reader, g_strerror(one->reason), remedy));
}

static void
check_readable(const SpocPlaces *places, const SpocConfig *config, GPtrArray *problems)
{
    Reader reader = {0};
    g_autoptr(GArray) wanted = list_wanted(config);
    gboolean as_other = geteuid() == 0 && find_reader(places, &reader) && reader.uid != 0;
    g_autofree char *name = reader.name;
    if (!as_other || !try_as_other(&reader, wanted))
        for (guint i = 0; i < wanted->len; i++)
            g_array_index(wanted, Wanted, i).reason =
                try_path(g_array_index(wanted, Wanted, i).path);
    for (guint i = 0; i < wanted->len; i++)
        report(places, &g_array_index(wanted, Wanted, i), as_other ? name : g_get_user_name(),
               as_other, problems);
}

static void
check_secret_mode(const SpocPlaces *places, const char *path, const char *key, GPtrArray *problems)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || (info.st_mode & S_IROTH) == 0)
        return;
    g_ptr_array_add(problems,
                    spoc_problem_new(SPOC_SEVERITY_WARNING, FALSE, key, path, 0,
                                     "everyone on this host can read the secret in it; chmod 0640 "
                                     "'%s' and chown root:%s '%s'",
                                     path, places->group, path));
}

static void
check_writable(const char *path, GPtrArray *problems)
{
    struct stat info;
    if (stat(path, &info) == 0 && (info.st_mode & S_IWOTH) != 0)
        g_ptr_array_add(problems,
                        spoc_problem_new(SPOC_SEVERITY_WARNING, FALSE, NULL, path, 0,
                                         "everyone on this host can write it, and so send the "
                                         "mail elsewhere; chmod o-w '%s'",
                                         path));
}

static void
check_secret_option(const SpocPlaces *places, const SpocConfig *config, SpocOptionId id,
                    GPtrArray *problems)
{
    const char *path = spoc_config_string(config, id);
    if (path != NULL)
        check_secret_mode(places, path, spoc_option_get(id)->name, problems);
}

/* The private key may be in the certificate's file. */
static void
check_key_option(const SpocPlaces *places, const SpocConfig *config, SpocOptionId certificate,
                 SpocOptionId key, GPtrArray *problems)
{
    gboolean has_key = spoc_config_string(config, key) != NULL;
    check_secret_option(places, config, has_key ? key : certificate, problems);
}

void
spoc_check_files(const SpocPlaces *places, const SpocConfig *config, GPtrArray *problems)
{
    check_readable(places, config, problems);
    for (guint i = 0; i < config->files->len; i++) {
        const SpocConfigFile *file = g_ptr_array_index(config->files, i);
        check_writable(file->path, problems);
        if (file->holds_secret)
            check_secret_mode(places, file->path, NULL, problems);
    }
    static const SpocOptionId secrets[] = {
        SPOC_OPTION_MAIL_PASS_FILE,
        SPOC_OPTION_TRUST_STORE_PASSWORD_FILE,
        SPOC_OPTION_RECIPIENT_LDAP_PASSWORD_FILE,
        SPOC_OPTION_MAIL_KERBEROS_KEYTAB,
        SPOC_OPTION_MAIL_OAUTH_CLIENT_SECRET_FILE,
        SPOC_OPTION_MAIL_OAUTH_SERVICE_ACCOUNT,
    };
    for (guint i = 0; i < G_N_ELEMENTS(secrets); i++)
        check_secret_option(places, config, secrets[i], problems);
    check_key_option(places, config, SPOC_OPTION_MAIL_CLIENT_CERTIFICATE,
                     SPOC_OPTION_MAIL_CLIENT_KEY, problems);
    check_key_option(places, config, SPOC_OPTION_MAIL_OAUTH_CLIENT_CERTIFICATE,
                     SPOC_OPTION_MAIL_OAUTH_CLIENT_KEY, problems);
}
