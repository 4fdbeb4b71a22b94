/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/sample.h"

#include "event/severity.h"

#include <string.h>

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
set_scene(SpocEvent *event, const char *name, const Scene *scene, gint64 when_unix_s)
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
add(SpocSample *sample, const char *name, const Scene *scene, gint64 when_unix_s)
{
    guint at = sample->notification.notice_count++;
    set_scene(&sample->events[at], name, scene, when_unix_s);
    sample->notices[at] = (SpocNotice){
        .event = &sample->events[at], .journal = "preview", .owner = "alice", .times = 1};
}

/* What CUPS says of the printer while it is as the last event has it */
static void
set_attributes(SpocSample *sample)
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
        sample->notices[i].facts = &sample->attributes;
}

static void
add_day(SpocSample *sample, gint64 now_unix_s)
{
    static const Scene jam = {"", 0, SPOC_PRINTER_STOPPED, NONE, JAM};
    static const Scene ready = {"", 0, SPOC_PRINTER_IDLE, NONE, NONE};
    static const Scene toner = {"", 0, SPOC_PRINTER_PROCESSING, NONE, TONER};
    static const Scene printed = {"", SPOC_JOB_COMPLETED, SPOC_PRINTER_IDLE, WELL, NONE};
    static const Scene aborted = {"", SPOC_JOB_ABORTED, SPOC_PRINTER_IDLE, ABORTED, NONE};
    add(sample, "job-completed", &printed, now_unix_s - 400 * MINUTE_S);
    add(sample, "printer-stopped", &jam, now_unix_s - 240 * MINUTE_S);
    add(sample, "printer-state-changed", &ready, now_unix_s - 231 * MINUTE_S);
    sample->notices[2].is_resolved = TRUE;
    add(sample, "printer-state-changed", &toner, now_unix_s - 90 * MINUTE_S);
    sample->notices[3].times = 4;
    add(sample, "job-completed", &aborted, now_unix_s - 20 * MINUTE_S);
}

static gboolean
add_notices(SpocSample *sample, const char *what, gint64 now_unix_s)
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
        add(sample, "printer-stopped", &jam, now_unix_s - 9 * MINUTE_S);
        add(sample, "printer-state-changed", &ready, now_unix_s);
        sample->notices[1].is_resolved = TRUE;
        sample->notices[1].old_printer_state = SPOC_PRINTER_STOPPED;
        return TRUE;
    }
    if (spoc_event_kind(what) == SPOC_EVENT_OTHER)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(SCENES); i++) {
        if (!g_str_has_prefix(what, SCENES[i].name))
            continue;
        add(sample, what, &SCENES[i], now_unix_s);
        if (strcmp(what, "printer-stopped") == 0)
            sample->notices[0].old_printer_state = SPOC_PRINTER_PROCESSING;
        return TRUE;
    }
    return FALSE;
}

gboolean
spoc_sample_init(const char *what, gint64 now_unix_s, SpocSample *ret_sample)
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

char *
spoc_sample_names(void)
{
    GString *names = g_string_new(NULL);
    for (guint i = 0; spoc_event_names_get(i) != NULL; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", spoc_event_names_get(i));
    for (guint i = 0; i < G_N_ELEMENTS(MORE); i++)
        g_string_append_printf(names, ", %s", MORE[i]);
    return g_string_free(names, FALSE);
}
