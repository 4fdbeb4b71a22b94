/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/runtime.h"

#include "base/durable.h"
#include "config/cupsd-conf.h"
#include "config/host.h"

#include <string.h>

/* In the spool's state/: the digest of the configuration files that were in force last */
#define NOTE_FILE "configuration"
#define NOTE_MAX_BYTES 256

static void
log_problems(const SpocConfig *config, SpocLog *log)
{
    const GPtrArray *problems = spoc_config_problems(config);
    for (guint i = 0; i < problems->len; i++) {
        const SpocConfigProblem *problem = g_ptr_array_index(problems, i);
        /* Keys that we do not know are for spocctl check to mention. */
        if (problem->key != NULL && spoc_option_find(problem->key) == NULL)
            continue;
        spoc_log(log, problem->severity == SPOC_SEVERITY_ERROR ? SPOC_LOG_ERROR : SPOC_LOG_WARNING,
                 "%s", problem->message);
    }
}

/* The TLS policy, even where NONE is set: a failover or a later change may need it. */
static void
load_tls(SpocRuntime *setup, SpocLog *log)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) warnings = NULL;
    setup->tls = spoc_tls_new(setup->config, &warnings, &error);
    for (guint i = 0; warnings != NULL && warnings[i] != NULL; i++)
        spoc_log(log, SPOC_LOG_WARNING, "%s", warnings[i]);
    if (setup->tls == NULL) {
        spoc_log(log, SPOC_LOG_ERROR, "no mail goes out: %s", error->message);
        setup->blocker = g_strdup(error->message);
    }
}

/* Without its alias file nobody can tell where a name's mail goes: it waits. */
static void
load_people_problem(SpocRuntime *setup, SpocLog *log)
{
    const char *problem = spoc_people_problem(setup->people);
    if (problem == NULL || setup->blocker != NULL)
        return;
    spoc_log(log, SPOC_LOG_ERROR, "no mail goes out: %s", problem);
    setup->blocker = g_strdup(problem);
}

/* --- notifications ---------------------------------------------------------------------- */

static guint64
kinds_between(SpocEventKind first, SpocEventKind last)
{
    guint64 kinds = 0;
    for (guint kind = first; kind <= (guint)last; kind++)
        kinds |= G_GUINT64_CONSTANT(1) << kind;
    return kinds;
}

/* A name of notifyEvents */
static guint64
kinds_named(const char *name)
{
    static const struct {
        const char *name;
        SpocEventKind first, last;
    } sets[] = {
        {"all", SPOC_EVENT_OTHER, SPOC_EVENT_SERVER_AUDIT},
        {"jobs", SPOC_EVENT_JOB_CREATED, SPOC_EVENT_JOB_PROGRESS},
        {"printers", SPOC_EVENT_PRINTER_ADDED, SPOC_EVENT_PRINTER_SHUTDOWN},
        {"server", SPOC_EVENT_SERVER_STARTED, SPOC_EVENT_SERVER_AUDIT},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(sets); i++)
        if (strcmp(sets[i].name, name) == 0)
            return kinds_between(sets[i].first, sets[i].last);
    SpocEventKind kind = spoc_event_kind(name);
    return kinds_between(kind, kind);
}

gboolean
spoc_rules_want(const SpocRules *rules, SpocEventKind kind)
{
    return (rules->kinds & (G_GUINT64_CONSTANT(1) << kind)) != 0;
}

static void
load_rules(SpocRules *rules, const SpocConfig *config)
{
    const char *const *events = spoc_config_list(config, SPOC_OPTION_NOTIFY_EVENTS);
    for (gsize i = 0; events[i] != NULL; i++)
        rules->kinds |= kinds_named(events[i]);
    SpocConfigOrigin wait = spoc_config_origin(config, SPOC_OPTION_NOTIFY_GROUP_WAIT);
    rules->wait_s = spoc_config_duration_ms(config, SPOC_OPTION_NOTIFY_GROUP_WAIT) / 1000;
    rules->job_wait_s = wait.layer == SPOC_LAYER_BUILTIN ? 0 : rules->wait_s;
    rules->repeat_s = spoc_config_duration_ms(config, SPOC_OPTION_NOTIFY_REPEAT_INTERVAL) / 1000;
    rules->max_per_hour = (guint)spoc_config_integer(config, SPOC_OPTION_NOTIFY_MAX_PER_HOUR);
    rules->max_to_others_per_hour =
        (guint)spoc_config_integer(config, SPOC_OPTION_NOTIFY_MAX_TO_OTHERS_PER_HOUR);
    rules->max_recipients = (guint)spoc_config_integer(config, SPOC_OPTION_NOTIFY_MAX_RECIPIENTS);
    rules->digest_minute = (gint)spoc_config_integer(config, SPOC_OPTION_NOTIFY_DIGEST_TIME);
}

static void
load_wording(SpocRuntime *setup, const SpocPlaces *places)
{
    const SpocConfig *config = setup->config;
    int language = spoc_config_choice(config, SPOC_OPTION_NOTIFY_LANGUAGE);
    setup->language = spoc_option_get(SPOC_OPTION_NOTIFY_LANGUAGE)->choices[language];
    setup->subject_prefix = spoc_config_string(config, SPOC_OPTION_NOTIFY_SUBJECT_PREFIX);
    setup->web_interface = spoc_cupsd_conf_web_interface(config, places);
}

static void
on_directory_changed(const char *words, gpointer user_data)
{
    SpocLog *log = user_data;
    if (words != NULL)
        spoc_log(log, SPOC_LOG_ERROR, "the directory of recipientLdapUri cannot be asked: %s",
                 words);
    else
        spoc_log(log, SPOC_LOG_INFO, "the directory of recipientLdapUri answers again");
}

static void
load_directory(SpocRuntime *setup, SpocLog *log)
{
    if (setup->blocker != NULL)
        return;
    g_autofree char *problem = spoc_directory_problem(setup->config);
    if (problem != NULL) {
        spoc_log(log, SPOC_LOG_ERROR, "no mail goes out: %s", problem);
        setup->blocker = g_steal_pointer(&problem);
        return;
    }
    setup->directory = spoc_directory_new(setup->config, setup->tls);
    if (setup->directory != NULL)
        spoc_directory_set_changed(setup->directory, on_directory_changed, log);
}

static void
load_people(SpocRuntime *setup)
{
    setup->people = spoc_people_new(setup->config);
    setup->scan_people = spoc_people_new_for_scans(setup->config);
    setup->command_people = spoc_people_new_for_anybody(setup->config);
    setup->owner_people = spoc_people_new_for_owners(setup->config);
    spoc_people_set_directory(setup->people, setup->directory);
    spoc_people_set_directory(setup->scan_people, setup->directory);
    spoc_people_set_directory(setup->command_people, setup->directory);
    spoc_people_set_directory(setup->owner_people, setup->directory);
}

static void
load_templates(SpocRuntime *setup, const SpocPlaces *places, SpocLog *log)
{
    g_autofree char *own = g_build_filename(places->config_dir, "templates", NULL);
    setup->templates = spoc_templates_new(places->template_dir, own);
    const GPtrArray *problems = spoc_templates_problems(setup->templates);
    for (guint i = 0; i < problems->len; i++)
        spoc_log(log, SPOC_LOG_WARNING, "%s; the stock template is used instead",
                 (const char *)g_ptr_array_index(problems, i));
}

SpocRuntime *
spoc_runtime_load(const SpocPlaces *places, SpocLog *log)
{
    SpocRuntime *setup = g_new0(SpocRuntime, 1);
    setup->config = spoc_config_load(places);
    log_problems(setup->config, log);

    const SpocConfigProblem *blocker = spoc_config_blocker(setup->config);
    if (blocker != NULL)
        setup->blocker = g_strdup(blocker->message);
    else
        load_tls(setup, log);

    load_directory(setup, log);
    load_people(setup);
    load_people_problem(setup, log);
    gsize count = 0;
    setup->schedule.delays_ms =
        spoc_config_durations_ms(setup->config, SPOC_OPTION_MAIL_RETRY_SCHEDULE, &count);
    setup->schedule.delay_count = count;
    setup->schedule.max_age_ms = spoc_config_duration_ms(setup->config, SPOC_OPTION_MAIL_MAX_AGE);
    setup->sender = spoc_config_string(setup->config, SPOC_OPTION_MAILFROM);
    setup->sender_name = spoc_config_mailbox_name(setup->config, SPOC_OPTION_MAILFROM);
    setup->unverified =
        (SpocUnverified)spoc_config_choice(setup->config, SPOC_OPTION_NOTIFY_UNVERIFIED);
    load_rules(&setup->rules, setup->config);
    setup->host_name = spoc_host_name();
    load_wording(setup, places);
    load_templates(setup, places, log);
    return setup;
}

void
spoc_runtime_free(SpocRuntime *setup)
{
    if (setup == NULL)
        return;
    spoc_people_free(setup->people);
    spoc_people_free(setup->scan_people);
    spoc_people_free(setup->command_people);
    spoc_people_free(setup->owner_people);
    spoc_directory_free(setup->directory);
    g_clear_pointer(&setup->tls, spoc_tls_unref);
    spoc_config_unref(setup->config);
    spoc_templates_free(setup->templates);
    g_free(setup->host_name);
    g_free(setup->blocker);
    g_free(setup);
}

gboolean
spoc_runtime_wants_owners(const SpocRuntime *setup)
{
    return setup->unverified == SPOC_UNVERIFIED_DROP &&
           spoc_people_titles_need_owner(setup->people);
}

gboolean
spoc_runtime_is_stale(const SpocRuntime *setup, const SpocPlaces *places)
{
    g_autofree char *stamp = spoc_config_stamp(places, setup->config);
    return strcmp(stamp, spoc_config_loaded_stamp(setup->config)) != 0 ||
           spoc_templates_is_stale(setup->templates);
}

gboolean
spoc_runtime_take_note(const SpocRuntime *setup, SpocSpool *spool)
{
    int folder = spoc_spool_folder_fd(spool, "state");
    g_autofree char *digest = g_compute_checksum_for_string(
        G_CHECKSUM_SHA256, spoc_config_loaded_stamp(setup->config), -1);
    g_autoptr(GBytes) last = spoc_durable_read(folder, NOTE_FILE, NOTE_MAX_BYTES, NULL);
    g_autoptr(GBytes) now = g_bytes_new(digest, strlen(digest));
    if (last != NULL && g_bytes_equal(last, now))
        return FALSE;
    g_autoptr(GError) error = NULL;
    if (!spoc_durable_replace(folder, NOTE_FILE, digest, strlen(digest), 0600, NULL, &error))
        g_debug("%s", error->message); /* what waits is then tried once more than it need be */
    return last != NULL;
}
