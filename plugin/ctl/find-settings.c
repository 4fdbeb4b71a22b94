/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/find-settings.h"
#include "config/check.h"
#include "config/login.h"
#include "ctl/ctl.h"
#include "ctl/token-status.h"
#include "delivery/sasl.h"
#include "people/recipient.h"
#include "trust/tls.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Where systemd notes that the socket unit is enabled */
#define SOCKET_ENABLED_FILE "/etc/systemd/system/sockets.target.wants/spocd.socket"

static SpocLogLevel
level_of(SpocSeverity severity)
{
    return severity == SPOC_SEVERITY_ERROR ? SPOC_LOG_ERROR : SPOC_LOG_WARNING;
}

/* FALSE when the folder is closed: then what loading found are its consequences. */
static gboolean
find_closed_folder(GPtrArray *findings, const SpocPlaces *places)
{
    const char *path = places->config_dir;
    if (faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) == 0 || errno != EACCES)
        return TRUE;
    SpocFinding *finding = spoc_findings_add(
        findings, SPOC_LOG_ERROR, path,
        "the settings in '%s' cannot be read by '%s', the user that spocd runs as: %s", path,
        g_get_user_name(), g_strerror(EACCES));
    spoc_finding_set_remedy(finding, "chgrp %s '%s' && chmod 0750 '%s'", places->group, path, path);
    finding->stops_mail = TRUE;
    return FALSE;
}

/* What the configuration layer found, in files or between settings; its messages have where and
 * remedy in them. */
static void
take_problems(GPtrArray *findings, const GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(problems, i);
        SpocFinding *finding = spoc_findings_add(
            findings, level_of(problem->severity),
            problem->file != NULL ? problem->file : problem->key, "%s", problem->message);
        finding->stops_mail = problem->blocks_delivery;
    }
}

/* Whether the file can be read at all is among the settings' problems. */
static void
find_aliases(GPtrArray *findings, const SpocConfig *config)
{
    const char *path = spoc_config_string(config, SPOC_OPTION_RECIPIENT_ALIAS_FILE);
    g_autoptr(GPtrArray) problems = path != NULL ? spoc_people_check_aliases(path) : NULL;
    for (guint i = 0; problems != NULL && i < problems->len; i++) {
        const SpocAliasProblem *problem = g_ptr_array_index(problems, i);
        g_autofree char *where = g_strdup_printf("%s:%u", path, problem->line);
        spoc_findings_add(findings, problem->loses_mail ? SPOC_LOG_ERROR : SPOC_LOG_WARNING, where,
                          "%s", problem->text);
    }
}

static void
find_directory(GPtrArray *findings, const SpocConfig *config)
{
    g_autofree char *directory = spoc_directory_problem(config);
    if (directory != NULL)
        spoc_findings_add(findings, SPOC_LOG_ERROR, NULL, "%s", directory)->stops_mail = TRUE;
}

/* The default is for a server of which nothing is known. A login that is required lets no mail go
 * unencrypted. */
static void
recommend_encryption(GPtrArray *findings, const SpocConfig *config)
{
    const SpocOption *option = spoc_option_get(SPOC_OPTION_MAIL_SMTP_ENCRYPTION);
    if (spoc_config_origin(config, option->id).layer > SPOC_LAYER_BUILTIN ||
        spoc_config_string(config, SPOC_OPTION_MAILSERVER) == NULL ||
        spoc_login_is_required(config, spoc_login_method(config, FALSE)))
        return;
    SpocFinding *finding = spoc_findings_add(
        findings, SPOC_LOG_INFO, option->name,
        "mailSmtpEncryption is not set, so STARTTLS holds: where the server does not offer "
        "encryption, or somebody on the way takes the offer out, mail goes unencrypted");
    spoc_finding_set_remedy(finding,
                            "try SSL_TLS (port 465), else STARTTLS_REQUIRED; 'spocctl test "
                            "ADDRESS' shows whether the server takes it");
}

/* What only libcurl knows of the settings of the login */
static void
find_mechanisms(GPtrArray *findings, const SpocConfig *config)
{
    SpocSaslWish wish = {
        .method = spoc_login_method(config, FALSE),
        .names = spoc_config_list(config, SPOC_OPTION_MAIL_AUTH_MECHANISMS),
        .encrypted =
            spoc_config_choice(config, SPOC_OPTION_MAIL_SMTP_ENCRYPTION) != SPOC_ENCRYPTION_NONE,
        .able = spoc_sasl_able(curl_version_info(CURLVERSION_NOW)->features),
    };
    const SpocOption *option = spoc_option_get(SPOC_OPTION_MAIL_AUTHENTICATION);
    SpocSaslWish all = {wish.method, NULL, TRUE, wish.able};
    if (wish.method == SPOC_AUTHENTICATION_NONE ||
        spoc_sasl_choose(&wish, NULL, 0) != SPOC_SASL_NONE)
        return;
    g_autofree char *candidates = spoc_sasl_candidates(&all);
    if (*candidates == '\0') {
        SpocFinding *finding = spoc_findings_add(
            findings, SPOC_LOG_ERROR, option->name,
            "mailAuthentication is %s, and the libcurl of this host cannot log in that way",
            option->choices[wish.method]);
        finding->stops_mail = TRUE;
    } else if (wish.names[0] != NULL) {
        SpocFinding *finding = spoc_findings_add(
            findings, SPOC_LOG_ERROR, spoc_option_get(SPOC_OPTION_MAIL_AUTH_MECHANISMS)->name,
            "mailAuthMechanisms names none that fits mailAuthentication %s: %s",
            option->choices[wish.method], candidates);
        finding->stops_mail = TRUE;
    }
}

static void
find_trust(GPtrArray *findings, const SpocConfig *config)
{
    g_autoptr(GPtrArray) problems = spoc_tls_check(config);
    for (guint i = 0; i < problems->len; i++) {
        const SpocTlsProblem *problem = g_ptr_array_index(problems, i);
        SpocFinding *finding =
            spoc_findings_add(findings, level_of(problem->severity), NULL, "%s", problem->message);
        finding->stops_mail = problem->blocks_delivery;
    }
}

static void
find_templates(GPtrArray *findings, const SpocPlaces *places)
{
    g_autoptr(SpocTemplates) templates = spoc_ctl_load_templates(places);
    const GPtrArray *problems = spoc_templates_problems(templates);
    for (guint i = 0; i < problems->len; i++)
        spoc_findings_add(findings, SPOC_LOG_WARNING, NULL, "%s",
                          (const char *)g_ptr_array_index(problems, i));
}

/* --- AppArmor ---------------------------------------------------------------------------- */

#define PROFILES_FILE "/sys/kernel/security/apparmor/profiles"

/* As Debian's usr.sbin.cupsd has them; those of cupsd's own state are left out. */
static const char *const allowed_folders[] = {"/etc/cups", "/etc/ssl", "/usr/share", NULL};
static const char *const allowed_state[] = {"/run/cups", "/var/run/cups", "/var/spool/cups",
                                            "/var/cache/cups", NULL};

/* What lies directly in these may be run, and what lies anywhere below those */
static const char *const program_folders[] = {"/bin",
                                              "/sbin",
                                              "/usr/bin",
                                              "/usr/sbin",
                                              "/usr/lib/cups/cgi-bin",
                                              "/usr/lib/cups/daemon",
                                              "/usr/lib/cups/monitor",
                                              "/usr/lib/cups/notifier",
                                              NULL};
static const char *const program_trees[] = {"/opt", "/usr/local/lib/cups", NULL};

gboolean
spoc_apparmor_enforces(const char *profiles)
{
    static const char *const names[] = {"/usr/sbin/cupsd (enforce)\n", "cupsd (enforce)\n"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *at = strstr(profiles, names[i]);
        if (at != NULL && (at == profiles || at[-1] == '\n'))
            return TRUE;
    }
    return FALSE;
}

gboolean
spoc_apparmor_is_in_force(void)
{
    g_autofree char *profiles = NULL;
    return g_file_get_contents(PROFILES_FILE, &profiles, NULL, NULL) &&
           spoc_apparmor_enforces(profiles);
}

static gboolean
is_below_any(const char *path, const char *const *folders)
{
    for (guint i = 0; folders[i] != NULL; i++) {
        gsize length = strlen(folders[i]);
        if (strncmp(path, folders[i], length) == 0 && path[length] == '/')
            return TRUE;
    }
    return FALSE;
}

gboolean
spoc_apparmor_allows(const char *path)
{
    g_autofree char *canonical = g_canonicalize_filename(path, "/");
    return is_below_any(canonical, allowed_folders) || is_below_any(canonical, allowed_state);
}

/* The profile goes by the file itself, not by a link to it. */
gboolean
spoc_apparmor_lets_run(const char *path)
{
    g_autofree char *canonical = g_canonicalize_filename(path, "/");
    char *real = realpath(canonical, NULL);
    g_autofree char *folder = g_path_get_dirname(real != NULL ? real : canonical);
    gboolean is_below = is_below_any(real != NULL ? real : canonical, program_trees);
    free(real);
    return is_below || g_strv_contains(program_folders, folder);
}

/* A program that a spocd which CUPS's programs start is not let run */
static void
find_confined_command(GPtrArray *findings, const SpocConfig *config)
{
    const SpocOption *option = spoc_option_get(SPOC_OPTION_MAIL_OAUTH_TOKEN_COMMAND);
    const char *line = spoc_config_string(config, option->id);
    g_auto(GStrv) arguments = NULL;
    if (line == NULL || !g_shell_parse_argv(line, NULL, &arguments, NULL) ||
        spoc_apparmor_lets_run(arguments[0]))
        return;
    SpocFinding *finding = spoc_findings_add(
        findings, SPOC_LOG_WARNING, arguments[0],
        "%s: AppArmor's profile for cupsd, which is in force here, does not let '%s' be run by a "
        "spocd that CUPS's programs start",
        option->name, arguments[0]);
    spoc_finding_set_remedy(finding, "put the program into /usr/bin or below /opt, or let systemd "
                                     "start spocd (systemctl enable --now spocd.socket)");
}

/* Files that a spocd which CUPS's programs start is not let read. */
static void
find_confined(GPtrArray *findings, const SpocConfig *config)
{
    if (spoc_config_choice(config, SPOC_OPTION_START_DAEMON) == SPOC_START_NEVER ||
        access(SOCKET_ENABLED_FILE, F_OK) == 0)
        return;
    find_confined_command(findings, config);
    for (guint i = 0; i < SPOC_OPTION_COUNT; i++) {
        const SpocOption *option = spoc_option_get((SpocOptionId)i);
        const char *path =
            option->type == SPOC_TYPE_PATH ? spoc_config_string(config, (SpocOptionId)i) : NULL;
        if (path == NULL || *path == '\0' || spoc_apparmor_allows(path))
            continue;
        SpocFinding *finding = spoc_findings_add(
            findings, SPOC_LOG_WARNING, path,
            "%s: AppArmor's profile for cupsd, which is in force here, does not let '%s' be read "
            "by a spocd that CUPS's programs start",
            option->name, path);
        g_autofree char *folders = g_strjoinv(", ", (char **)allowed_folders);
        spoc_finding_set_remedy(finding,
                                "keep the file below one of %s, or let systemd start spocd "
                                "(systemctl enable --now spocd.socket)",
                                folders);
    }
}

void
spoc_find_settings(GPtrArray *findings, const SpocPlaces *places, const SpocConfig *config,
                   gboolean is_confined)
{
    if (!find_closed_folder(findings, places))
        return;
    take_problems(findings, spoc_config_problems(config));
    const char *mailto = spoc_config_mailto_file(config);
    if (mailto != NULL)
        spoc_findings_add(findings, SPOC_LOG_INFO, mailto,
                          "there is no '%s', so '%s' is in force, as for CUPS's own mailto",
                          places->config_file, mailto);
    g_autoptr(GPtrArray) contradictions = spoc_config_check(places, config);
    take_problems(findings, contradictions);
    find_aliases(findings, config);
    find_directory(findings, config);
    recommend_encryption(findings, config);
    find_mechanisms(findings, config);
    find_trust(findings, config);
    spoc_token_overview_find(findings, places, config);
    find_templates(findings, places);
    if (is_confined)
        find_confined(findings, config);
}
