/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl template preview: what the mail about an event looks like with the templates in force */
#include "config/config.h"
#include "config/cupsd-conf.h"
#include "config/host.h"
#include "config/load.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/sample.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    char *language;
    char *html;
} Options;

/* Unlike the text on a terminal, the file is exactly what the mail has in it. */
static int
show(const SpocNotification *notification, const SpocTemplates *templates, FILE *html)
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
preview(SpocSample *sample, const char *language, FILE *html, const SpocPlaces *places)
{
    g_autoptr(GError) error = NULL;
    if (!spoc_ctl_see_as_spocd(places, &error))
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
    return show(notification, templates, html);
}

static int
preview_event(const char *event, const Options *options, const SpocPlaces *places)
{
    SpocSample sample;
    if (!spoc_sample_init(event, g_get_real_time() / G_USEC_PER_SEC, &sample)) {
        g_autofree char *names = spoc_sample_names();
        return spoc_ctl_usage("there is no event '%s'; there are: %s", event, names);
    }
    if (options->html == NULL || strcmp(options->html, "-") == 0)
        return preview(&sample, options->language, options->html != NULL ? stdout : NULL, places);
    /* Before it becomes the user that templates are read as, who may write hardly anywhere */
    FILE *html = fopen(options->html, "we");
    if (html == NULL)
        return spoc_ctl_fail("'%s' cannot be written: %s", options->html, g_strerror(errno));
    int status = preview(&sample, options->language, html, places);
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
    g_autofree char *names = spoc_sample_names();
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
