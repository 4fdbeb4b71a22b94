/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/runtime.h"

#include "base/durable.h"
#include "config/cupsd-conf.h"
#include "config/host.h"
#include "config/load.h"

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
load_tls(SpocRuntime *runtime, SpocLog *log)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) warnings = NULL;
    runtime->tls = spoc_tls_new(runtime->config, &warnings, &error);
    for (guint i = 0; warnings != NULL && warnings[i] != NULL; i++)
        spoc_log(log, SPOC_LOG_WARNING, "%s", warnings[i]);
    if (runtime->tls == NULL) {
        spoc_log(log, SPOC_LOG_ERROR, "no mail goes out: %s", error->message);
        runtime->blocker = g_strdup(error->message);
    }
}

/* Without its alias file nobody can tell where a name's mail goes: it waits. */
static void
load_people_problem(SpocRuntime *runtime, SpocLog *log)
{
    const char *problem = spoc_people_problem(runtime->people);
    if (problem == NULL || runtime->blocker != NULL)
        return;
    spoc_log(log, SPOC_LOG_ERROR, "no mail goes out: %s", problem);
    runtime->blocker = g_strdup(problem);
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
    rules->only = SPOC_ONLY_ALL + spoc_config_choice(config, SPOC_OPTION_NOTIFY_ONLY);
    rules->reasons = spoc_config_list(config, SPOC_OPTION_NOTIFY_REASONS);
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
load_wording(SpocRuntime *runtime, const SpocPlaces *places)
{
    const SpocConfig *config = runtime->config;
    int language = spoc_config_choice(config, SPOC_OPTION_NOTIFY_LANGUAGE);
    runtime->language = spoc_option_get(SPOC_OPTION_NOTIFY_LANGUAGE)->choices[language];
    runtime->subject_prefix = spoc_config_string(config, SPOC_OPTION_NOTIFY_SUBJECT_PREFIX);
    runtime->web_interface = spoc_cupsd_conf_web_interface(config, places);
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
load_directory(SpocRuntime *runtime, SpocLog *log)
{
    if (runtime->blocker != NULL)
        return;
    g_autofree char *problem = spoc_directory_problem(runtime->config);
    if (problem != NULL) {
        spoc_log(log, SPOC_LOG_ERROR, "no mail goes out: %s", problem);
        runtime->blocker = g_steal_pointer(&problem);
        return;
    }
    runtime->directory = spoc_directory_new(runtime->config, runtime->tls);
    if (runtime->directory != NULL)
        spoc_directory_set_changed(runtime->directory, on_directory_changed, log);
}

static void
load_people(SpocRuntime *runtime)
{
    runtime->people = spoc_people_new(runtime->config);
    runtime->scan_people = spoc_people_new_for_scans(runtime->config);
    runtime->command_people = spoc_people_new_for_anybody(runtime->config);
    runtime->owner_people = spoc_people_new_for_owners(runtime->config);
    spoc_people_set_directory(runtime->people, runtime->directory);
    spoc_people_set_directory(runtime->scan_people, runtime->directory);
    spoc_people_set_directory(runtime->command_people, runtime->directory);
    spoc_people_set_directory(runtime->owner_people, runtime->directory);
}

static void
load_templates(SpocRuntime *runtime, const SpocPlaces *places, SpocLog *log)
{
    g_autofree char *own = g_build_filename(places->config_dir, "templates", NULL);
    runtime->templates = spoc_templates_new(places->template_dir, own);
    const GPtrArray *problems = spoc_templates_problems(runtime->templates);
    for (guint i = 0; i < problems->len; i++)
        spoc_log(log, SPOC_LOG_WARNING, "%s; the stock template is used instead",
                 (const char *)g_ptr_array_index(problems, i));
}

static void
sender_free(gpointer data)
{
    SpocSender *sender = data;
    g_free((char *)sender->address);
    g_free((char *)sender->name);
    g_free(sender);
}

/* CUPS does not tell names of queues apart by case. */
static void
load_senders(SpocRuntime *runtime)
{
    const char *const *entries = spoc_config_list(runtime->config, SPOC_OPTION_MAIL_FROM_FOR);
    runtime->senders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, sender_free);
    for (guint i = 0; entries[i] != NULL; i++) {
        const char *mailbox = strchr(entries[i], '=') + 1; /* the option's type has it so */
        g_autofree char *queue = g_strndup(entries[i], (gsize)(mailbox - 1 - entries[i]));
        char *name = NULL, *address = NULL;
        if (!spoc_mailbox_parse(mailbox, &name, &address, NULL))
            continue;
        SpocSender *sender = g_new0(SpocSender, 1);
        *sender = (SpocSender){address, name};
        g_hash_table_replace(runtime->senders, g_ascii_strdown(queue, -1), sender);
    }
}

SpocSender
spoc_runtime_sender(const SpocRuntime *runtime, const char *queue)
{
    g_autofree char *key = queue != NULL ? g_ascii_strdown(queue, -1) : NULL;
    const SpocSender *own = key != NULL ? g_hash_table_lookup(runtime->senders, key) : NULL;
    return own != NULL ? *own : (SpocSender){runtime->sender, runtime->sender_name};
}

SpocRuntime *
spoc_runtime_load(const SpocPlaces *places, SpocLog *log)
{
    SpocRuntime *runtime = g_new0(SpocRuntime, 1);
    runtime->config = spoc_config_load(places);
    log_problems(runtime->config, log);

    const SpocConfigProblem *blocker = spoc_config_blocker(runtime->config);
    if (blocker != NULL)
        runtime->blocker = g_strdup(blocker->message);
    else
        load_tls(runtime, log);

    load_directory(runtime, log);
    load_people(runtime);
    load_people_problem(runtime, log);
    gsize count = 0;
    runtime->schedule.delays_ms =
        spoc_config_durations_ms(runtime->config, SPOC_OPTION_MAIL_RETRY_SCHEDULE, &count);
    runtime->schedule.delay_count = count;
    runtime->schedule.max_age_ms =
        spoc_config_duration_ms(runtime->config, SPOC_OPTION_MAIL_MAX_AGE);
    runtime->sender = spoc_config_string(runtime->config, SPOC_OPTION_MAILFROM);
    runtime->sender_name = spoc_config_mailbox_name(runtime->config, SPOC_OPTION_MAILFROM);
    load_senders(runtime);
    runtime->unverified =
        (SpocUnverified)spoc_config_choice(runtime->config, SPOC_OPTION_NOTIFY_UNVERIFIED);
    load_rules(&runtime->rules, runtime->config);
    runtime->host_name = spoc_host_name();
    load_wording(runtime, places);
    load_templates(runtime, places, log);
    return runtime;
}

void
spoc_runtime_free(SpocRuntime *runtime)
{
    if (runtime == NULL)
        return;
    spoc_people_free(runtime->people);
    spoc_people_free(runtime->scan_people);
    spoc_people_free(runtime->command_people);
    spoc_people_free(runtime->owner_people);
    spoc_directory_free(runtime->directory);
    g_clear_pointer(&runtime->tls, spoc_tls_unref);
    spoc_config_unref(runtime->config);
    spoc_templates_free(runtime->templates);
    g_hash_table_unref(runtime->senders);
    g_free(runtime->host_name);
    g_free(runtime->blocker);
    g_free(runtime);
}

gboolean
spoc_runtime_wants_owners(const SpocRuntime *runtime)
{
    return runtime->unverified == SPOC_UNVERIFIED_DROP &&
           spoc_people_titles_need_owner(runtime->people);
}

gboolean
spoc_runtime_is_stale(const SpocRuntime *runtime, const SpocPlaces *places)
{
    g_autofree char *stamp = spoc_config_stamp(places, runtime->config);
    return strcmp(stamp, spoc_config_loaded_stamp(runtime->config)) != 0 ||
           spoc_templates_is_stale(runtime->templates);
}

gboolean
spoc_runtime_take_note(const SpocRuntime *runtime, SpocSpool *spool)
{
    int folder = spoc_spool_folder_fd(spool, "state");
    g_autofree char *digest = g_compute_checksum_for_string(
        G_CHECKSUM_SHA256, spoc_config_loaded_stamp(runtime->config), -1);
    g_autoptr(GBytes) last = spoc_durable_read(folder, NOTE_FILE, NOTE_MAX_BYTES, NULL);
    g_autoptr(GBytes) now = g_bytes_new(digest, strlen(digest));
    if (last != NULL && g_bytes_equal(last, now))
        return FALSE;
    g_autoptr(GError) error = NULL;
    if (!spoc_durable_replace(folder, NOTE_FILE, digest, strlen(digest), 0600, NULL, &error))
        g_debug("%s", error->message); /* what waits is then tried once more than it need be */
    return last != NULL;
}
