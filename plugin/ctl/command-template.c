/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl template preview: what the mail about an event looks like with the templates in force */
#include "base/privilege.h"
#include "config/config.h"
#include "config/cupsd-conf.h"
#include "config/host.h"
#include "config/load.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "event/severity.h"
#include "message/notification.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- a made-up printer, a job, and what happened to them ----------------------------------- */

#define NOTICES_MAX 6

typedef struct {
    SpocEvent events[NOTICES_MAX];
    SpocNotice notices[NOTICES_MAX];
    SpocStateAttributes attributes;
    SpocPerson person;
    SpocNotification notification;
} Sample;

/* Shows that templates escape what they are given. */
#define TITLE "Quarterly report <Q3> & \"more\".pdf"

#define MINUTE_S 60

static char *const NONE[] = {NULL};
static char *const JAM[] = {(char *)"media-jam-error", NULL};
static char *const TONER[] = {(char *)"toner-low-warning", NULL};
static char *const PAUSED[] = {(char *)"paused", NULL};
static char *const WELL[] = {(char *)"job-completed-successfully", NULL};
static char *const ABORTED[] = {(char *)"document-format-error", NULL};

static const char *const MORE[] = {"digest", "collected", "resolved"};

typedef struct {
    const char *name; /* prefix of events' names */
    gint job_state;
    gint printer_state;
    char *const *job_reasons;
    char *const *printer_reasons;
} Scene;

/* The first that fits */
static const Scene SCENES[] = {
    {"job-completed", SPOC_JOB_COMPLETED, SPOC_PRINTER_IDLE, WELL, NONE},
    {"job-stopped", SPOC_JOB_STOPPED, SPOC_PRINTER_STOPPED, NONE, JAM},
    {"job-progress", SPOC_JOB_PROCESSING, SPOC_PRINTER_PROCESSING, NONE, NONE},
    {"job-created", SPOC_JOB_PENDING, SPOC_PRINTER_IDLE, NONE, NONE},
    {"job-", SPOC_JOB_PROCESSING, SPOC_PRINTER_PROCESSING, NONE, NONE},
    {"printer-stopped", 0, SPOC_PRINTER_STOPPED, NONE, JAM},
    {"printer-state-changed", 0, SPOC_PRINTER_PROCESSING, NONE, TONER},
    {"printer-shutdown", 0, SPOC_PRINTER_STOPPED, NONE, PAUSED},
    {"printer-", 0, SPOC_PRINTER_IDLE, NONE, NONE},
    {"server-", 0, 0, NONE, NONE},
};

static void
fill_event(SpocEvent *event, const char *name, const Scene *scene, gint64 when_unix_s)
{
    *event = (SpocEvent){.kind = spoc_event_kind(name),
                         .name = (char *)name,
                         .when_unix_s = when_unix_s,
                         .job_state = scene->job_state,
                         .job_state_reasons = (char **)scene->job_reasons,
                         .job_impressions_completed = -1,
                         .printer_state = scene->printer_state,
                         .printer_state_reasons = (char **)scene->printer_reasons,
                         .printer_is_accepting_jobs = 1};
    if (scene->job_state != 0) {
        event->job_id = 17;
        event->job_name = (char *)TITLE;
        event->job_impressions_completed = scene->job_state == SPOC_JOB_PENDING ? 0 : 3;
    }
    if (scene->printer_state != 0) {
        event->printer_name = (char *)"Floor2";
        event->printer_uri = (char *)"ipp://localhost/printers/Floor2";
    }
}

static void
add_event(Sample *sample, const char *name, const Scene *scene, gint64 when_unix_s)
{
    guint at = sample->notification.notice_count++;
    fill_event(&sample->events[at], name, scene, when_unix_s);
    sample->notices[at] = (SpocNotice){
        .event = &sample->events[at], .journal = "preview", .owner = "alice", .times = 1};
}

/* What CUPS says of the printer while it is as the last event has it */
static void
set_attributes(Sample *sample)
{
    const SpocEvent *last = &sample->events[sample->notification.notice_count - 1];
    sample->attributes = (SpocStateAttributes){
        .printer_info = (char *)"Color printer of the second floor",
        .printer_location = (char *)"Main building, room 2.14",
        .printer_message = last->printer_state_reasons == (char **)JAM
                               ? (char *)"Jam in tray 2 behind door B."
                               : NULL,
        .printer_state = last->printer_state,
        .printer_state_reasons = last->printer_state_reasons,
        .printer_is_accepting_jobs = 1,
        .job_state = last->job_state,
        .job_state_reasons = last->job_state_reasons,
        .job_impressions = -1,
        .job_impressions_completed = -1,
        .job_sheets_completed = -1,
    };
    for (guint i = 0; i < sample->notification.notice_count; i++)
        sample->notices[i].attributes = &sample->attributes;
}

static void
add_day(Sample *sample, gint64 now_unix_s)
{
    static const Scene jam = {"", 0, SPOC_PRINTER_STOPPED, NONE, JAM};
    static const Scene ready = {"", 0, SPOC_PRINTER_IDLE, NONE, NONE};
    static const Scene toner = {"", 0, SPOC_PRINTER_PROCESSING, NONE, TONER};
    static const Scene printed = {"", SPOC_JOB_COMPLETED, SPOC_PRINTER_IDLE, WELL, NONE};
    static const Scene aborted = {"", SPOC_JOB_ABORTED, SPOC_PRINTER_IDLE, ABORTED, NONE};
    add_event(sample, "job-completed", &printed, now_unix_s - 400 * MINUTE_S);
    add_event(sample, "printer-stopped", &jam, now_unix_s - 240 * MINUTE_S);
    add_event(sample, "printer-state-changed", &ready, now_unix_s - 231 * MINUTE_S);
    sample->notices[2].is_resolved = TRUE;
    add_event(sample, "printer-state-changed", &toner, now_unix_s - 90 * MINUTE_S);
    sample->notices[3].times = 4;
    add_event(sample, "job-completed", &aborted, now_unix_s - 20 * MINUTE_S);
}

static gboolean
add_notices(Sample *sample, const char *what, gint64 now_unix_s)
{
    static const Scene ready = {"", 0, SPOC_PRINTER_IDLE, NONE, NONE};
    static const Scene jam = {"", 0, SPOC_PRINTER_STOPPED, NONE, JAM};
    if (strcmp(what, "digest") == 0 || strcmp(what, "collected") == 0) {
        sample->notification.kind =
            strcmp(what, "digest") == 0 ? SPOC_MAIL_DIGEST : SPOC_MAIL_COLLECTED;
        sample->notification.left_out = 12;
        add_day(sample, now_unix_s);
        return TRUE;
    }
    if (strcmp(what, "resolved") == 0) {
        add_event(sample, "printer-stopped", &jam, now_unix_s - 9 * MINUTE_S);
        add_event(sample, "printer-state-changed", &ready, now_unix_s);
        sample->notices[1].is_resolved = TRUE;
        sample->notices[1].old_printer_state = SPOC_PRINTER_STOPPED;
        return TRUE;
    }
    if (spoc_event_kind(what) == SPOC_EVENT_OTHER)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(SCENES); i++) {
        if (!g_str_has_prefix(what, SCENES[i].name))
            continue;
        add_event(sample, what, &SCENES[i], now_unix_s);
        if (strcmp(what, "printer-stopped") == 0)
            sample->notices[0].old_printer_state = SPOC_PRINTER_PROCESSING;
        return TRUE;
    }
    return FALSE;
}

/* @what: an event's name, or one of MORE. @ret_sample: points into itself. FALSE: no such event */
static gboolean
init_sample(const char *what, gint64 now_unix_s, Sample *ret_sample)
{
    memset(ret_sample, 0, sizeof *ret_sample);
    ret_sample->person = (SpocPerson){
        .address = (char *)"alice@example.com", .name = (char *)"Alice Example", .is_owner = TRUE};
    ret_sample->notification = (SpocNotification){.kind = SPOC_MAIL_NOTICE,
                                                  .notices = ret_sample->notices,
                                                  .person = &ret_sample->person,
                                                  .fallback_unix_s = now_unix_s};
    if (!add_notices(ret_sample, what, now_unix_s))
        return FALSE;
    set_attributes(ret_sample);
    return TRUE;
}

/* All that EVENT may be */
static char *
list_sample_names(void)
{
    GString *names = g_string_new(NULL);
    for (guint i = 0; spoc_event_names_get(i) != NULL; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", spoc_event_names_get(i));
    for (guint i = 0; i < G_N_ELEMENTS(MORE); i++)
        g_string_append_printf(names, ", %s", MORE[i]);
    return g_string_free(names, FALSE);
}

/* --- preview ----------------------------------------------------------------------------- */

typedef struct {
    char *language;
    char *html;
} Options;

/* Unlike the text on a terminal, the file is exactly what the mail has in it. */
static int
show_notification(const SpocNotification *notification, const SpocTemplates *templates, FILE *html)
{
    const GPtrArray *problems = spoc_templates_problems(templates);
    for (guint i = 0; i < problems->len; i++)
        spoc_ctl_warn("%s", (const char *)g_ptr_array_index(problems, i));
    g_auto(SpocMailContent) content = {0};
    spoc_notification_render(notification, NULL, &content);
    if (html != stdout)
        (void)spoc_ctl_put("Subject: %s\n\n%s", content.subject, content.text);
    if (html != NULL && (fputs(content.html, html) < 0 || fflush(html) != 0))
        return spoc_ctl_fail("the HTML cannot be written: %s", g_strerror(errno));
    return SPOC_CTL_GOOD;
}

static int
preview_sample(Sample *sample, const char *language, FILE *html, const SpocPlaces *places)
{
    g_autoptr(GError) error = NULL;
    if (!spoc_privilege_drop(places, &error))
        return spoc_ctl_fail("%s", error->message);
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    g_autoptr(SpocTemplates) templates = spoc_ctl_load_templates(places);
    g_autofree char *host = spoc_host_name();
    SpocNotification *notification = &sample->notification;
    int choice = spoc_config_choice(config, SPOC_OPTION_NOTIFY_LANGUAGE);
    notification->language =
        language != NULL ? language : spoc_option_get(SPOC_OPTION_NOTIFY_LANGUAGE)->choices[choice];
    notification->host_name = host;
    notification->sender = spoc_config_string(config, SPOC_OPTION_MAILFROM);
    notification->sender_name = spoc_config_mailbox_name(config, SPOC_OPTION_MAILFROM);
    notification->subject_prefix = spoc_config_string(config, SPOC_OPTION_NOTIFY_SUBJECT_PREFIX);
    notification->web_interface = spoc_cupsd_conf_web_interface(config, places);
    g_autoptr(SpocPeople) people = spoc_people_new(config);
    /* As the owner reads it */
    for (guint i = 0; i < notification->notice_count; i++)
        sample->notices[i].hides_title =
            !spoc_people_shows_title(people, notification->person, TRUE);
    notification->templates = templates;
    return show_notification(notification, templates, html);
}

static int
preview_event(const char *event, const Options *options, const SpocPlaces *places)
{
    Sample sample;
    if (!init_sample(event, g_get_real_time() / G_USEC_PER_SEC, &sample)) {
        g_autofree char *names = list_sample_names();
        return spoc_ctl_usage("there is no event '%s'; there are: %s", event, names);
    }
    if (options->html == NULL || strcmp(options->html, "-") == 0)
        return preview_sample(&sample, options->language, options->html != NULL ? stdout : NULL,
                              places);
    /* Before it becomes the user that templates are read as, who may write hardly anywhere */
    FILE *html = fopen(options->html, "we");
    if (html == NULL)
        return spoc_ctl_fail("'%s' cannot be written: %s", options->html, g_strerror(errno));
    int status = preview_sample(&sample, options->language, html, places);
    if (fclose(html) != 0)
        return spoc_ctl_fail("'%s' cannot be written: %s", options->html, g_strerror(errno));
    return status;
}

static int
run_template(int argc, char **argv, const SpocPlaces *places)
{
    Options options = {0};
    const GOptionEntry entries[] = {
        {"language", 'l', 0, G_OPTION_ARG_STRING, &options.language,
         "The reader's language; without it notifyLanguage", "LANGUAGE"},
        {"html", 0, 0, G_OPTION_ARG_FILENAME, &options.html,
         "Also write the HTML to FILE; - is standard output, without the text", "FILE"},
        {NULL},
    };
    g_autofree char *names = list_sample_names();
    g_autofree char *summary =
        g_strconcat("Shows the mail about a made-up event, with the templates in force.\n\n"
                    "EVENT is one of ",
                    names, ".", NULL);
    int status;
    if (!spoc_ctl_parse(entries, "preview EVENT", summary, &argc, &argv))
        status = SPOC_CTL_USAGE;
    else if (argc < 2 || strcmp(argv[1], "preview") != 0)
        status = spoc_ctl_usage("'template' is followed by: preview");
    else if (argc != 3)
        status = spoc_ctl_usage("give one event, such as job-completed");
    else
        status = preview_event(argv[2], &options, places);
    g_free(options.language);
    g_free(options.html);
    return status;
}

const SpocCommand spoc_command_template = {
    .name = "template",
    .run = run_template,
    .help = "preview the mail about an event",
};
