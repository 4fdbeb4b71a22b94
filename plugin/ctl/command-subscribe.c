/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl subscribe, subscriptions, unsubscribe */
#include "base/error.h"
#include "config/load.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/subscription-limits.h"
#include "ctl/target.h"
#include "cups/subscription.h"

#include <string.h>

/* Printers and classes share their names in CUPS, and it says "printer" for both. */
static gboolean
is_same_object(const char *left, const char *right)
{
    const char *left_name = strchr(left, ' ');
    const char *right_name = strchr(right, ' ');
    return g_ascii_strcasecmp(left_name != NULL ? left_name : "",
                              right_name != NULL ? right_name : "") == 0;
}

static const SpocCupsSubscription *
find_duplicate(const GPtrArray *list, const char *recipient_uri, const char *object)
{
    for (guint i = 0; i < list->len; i++) {
        const SpocCupsSubscription *subscription = g_ptr_array_index(list, i);
        g_autofree char *its_object = spoc_subscription_limits_object(subscription);
        if (g_strcmp0(subscription->recipient_uri, recipient_uri) == 0 &&
            subscription->job_id == 0 && is_same_object(its_object, object))
            return subscription;
    }
    return NULL;
}

static void
on_answered(gpointer user_data)
{
    gboolean *has_answered = user_data;
    *has_answered = TRUE;
}

/* As spoc_people_resolve(), and waits for the directory. */
static GPtrArray *
resolve_and_wait(SpocPeople *people, const SpocRecipient *recipient, const char *owner,
                 GPtrArray *refusals, GError **error)
{
    g_autoptr(GError) problem = NULL;
    GPtrArray *persons = spoc_people_resolve(people, recipient, owner, refusals, &problem);
    if (g_error_matches(problem, SPOC_ERROR, SPOC_ERROR_PENDING)) {
        gboolean has_answered = FALSE;
        (void)spoc_people_ask(people, recipient, owner, on_answered, &has_answered);
        while (!has_answered)
            (void)g_main_context_iteration(NULL, TRUE);
        return spoc_people_resolve(people, recipient, owner, refusals, error);
    }
    if (problem != NULL)
        g_propagate_error(error, g_steal_pointer(&problem));
    return persons;
}

static SpocDirectory *
open_directory(const SpocConfig *config, GError **error)
{
    /* What blocks delivery may be that we are not let read everything: no reason to complain. */
    if (spoc_config_list(config, SPOC_OPTION_RECIPIENT_LDAP_URI)[0] == NULL ||
        spoc_config_blocker(config) != NULL)
        return NULL;
    g_autofree char *problem = spoc_directory_problem(config);
    if (problem != NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, problem);
        return NULL;
    }
    g_autoptr(SpocTls) tls = spoc_tls_new(config, NULL, error);
    return tls != NULL ? spoc_directory_new(config, tls) : NULL;
}

static gboolean
tell_of_jobs(const char *const *events)
{
    for (guint i = 0; events[i] != NULL; i++)
        if (g_str_has_prefix(events[i], "job-") || strcmp(events[i], "all") == 0)
            return TRUE;
    return FALSE;
}

/* Whoever subscribes is to know what the mails will not say. */
static void
warn_titles(const SpocPeople *people, const GPtrArray *persons, const SpocRecipient *recipient)
{
    for (guint i = 0; i < persons->len; i++) {
        const SpocPerson *person = g_ptr_array_index(persons, i);
        if (spoc_people_shows_title(people, person, FALSE))
            continue;
        if (recipient->who == SPOC_WHO_OWNER)
            spoc_ctl_warn("owners will not read the titles of their jobs: notifyTitles does not "
                          "list @owner");
        else
            spoc_ctl_warn("%s will read \"a document\" instead of the titles and owners of others' "
                          "jobs: to show them, add the address to notifyTitles",
                          person->address);
    }
}

/* Says what notifyAllowedRecipients would refuse later, when nobody looks. */
static void
warn_refused(const SpocPlaces *places, const SpocRecipientUri *uri, gboolean tells_of_jobs)
{
    g_autoptr(SpocConfig) config = spoc_config_load(places);
    g_autoptr(GError) no_directory = NULL;
    g_autoptr(SpocDirectory) directory = open_directory(config, &no_directory);
    g_autoptr(SpocPeople) people = spoc_people_new(config);
    if (no_directory != NULL)
        spoc_ctl_warn("no mail will go out: %s", no_directory->message);
    for (guint i = 0; i < uri->recipients->len; i++) {
        const SpocRecipient *recipient = g_ptr_array_index(uri->recipients, i);
        g_autoptr(GError) error = NULL;
        /* Any name does for the owner: the list allows all owners or none. */
        gboolean is_owner = recipient->who == SPOC_WHO_OWNER;
        const char *owner = is_owner ? "owner" : NULL;
        spoc_people_set_directory(people, is_owner ? NULL : directory);
        g_autoptr(GPtrArray) refusals = spoc_refusals_new();
        g_autoptr(GPtrArray) persons = resolve_and_wait(people, recipient, owner, refusals, &error);
        for (guint n = 0; n < refusals->len; n++)
            spoc_ctl_warn("mail to a recipient that %s stands for will not go out: %s",
                          recipient->text,
                          ((const GError *)g_ptr_array_index(refusals, n))->message);
        if (persons == NULL)
            spoc_ctl_warn("mail to %s will not go out: %s", is_owner ? "@owner" : recipient->text,
                          error->message);
        else if (tells_of_jobs)
            warn_titles(people, persons, recipient);
    }
}

/* A job that was sent to a class belongs to the member that prints it, from then on: cupsd does
 * not tell the class's subscriptions of it any more. */
static void
warn_class(const char *class_name, const char *const *events)
{
    static const char *const of_members[] = {"all", "job-completed", "job-progress",
                                             "job-state-changed", "job-stopped"};
    for (guint i = 0; i < G_N_ELEMENTS(of_members); i++) {
        if (!g_strv_contains(events, of_members[i]))
            continue;
        spoc_ctl_warn("for class %s CUPS sends events of the class itself and of new jobs only; "
                      "later events of a job go to the subscriptions of the printer that prints "
                      "it: subscribe to the printers of the class, or to the server",
                      class_name);
        return;
    }
}

/* What threatens the subscriptions that CUPS has now. */
static void
warn_limits(const SpocPlaces *places, const GPtrArray *list)
{
    SpocCupsdLimits limits = spoc_cupsd_conf_read(places);
    g_autoptr(GPtrArray) found = spoc_findings_new();
    spoc_subscription_limits_find(found, &limits, spoc_subscription_limits_tasks_max(), list,
                                  spoc_subscription_limits_serves_mailto(places));
    for (guint i = 0; i < found->len; i++) {
        g_autofree char *text = spoc_finding_text(g_ptr_array_index(found, i));
        spoc_ctl_warn("%s", text);
    }
}

/* How long subscription @id lasts, as CUPS says: MaxLeaseDuration may shorten it. */
static void
say_lease(const SpocPlaces *places, SpocCupsClient *client, gint id, const char *what)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = spoc_subscription_list(client, &error);
    gint64 lease_s = 0;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const SpocCupsSubscription *subscription = g_ptr_array_index(list, i);
        if (subscription->id == id)
            lease_s = subscription->lease_s;
    }
    if (lease_s == 0)
        (void)spoc_ctl_put("Subscription %d: %s, for ever.\n", id, what);
    else
        (void)spoc_ctl_put("Subscription %d: %s, for %" G_GINT64_FORMAT " s.\n", id, what, lease_s);
    if (list != NULL)
        warn_limits(places, list);
    else
        spoc_ctl_warn("%s", error->message);
}

/* One that is there already: nothing to do, unless its lease would end. */
static int
keep_subscription(const SpocPlaces *places, SpocCupsClient *client,
                  const SpocCupsSubscription *same, const char *object)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *events = g_strjoinv(",", same->events);
    if (same->lease_s == 0) {
        (void)spoc_ctl_put("Subscription %d already sends %s to %s (%s); nothing was changed.\n",
                           same->id, events, same->recipient_uri, object);
        return SPOC_CTL_GOOD;
    }
    if (!spoc_subscription_renew(client, same->id, &error))
        return spoc_ctl_fail("subscription %d: %s", same->id, error->message);
    g_autofree char *what =
        g_strdup_printf("renewed: %s to %s (%s)", events, same->recipient_uri, object);
    say_lease(places, client, same->id, what);
    return SPOC_CTL_GOOD;
}

static int
make_subscription(const SpocPlaces *places, const char *recipient_uri, const char *object_uri,
                  const char *const *events)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocCupsClient) client = spoc_cups_client_new(places, &error);
    g_autoptr(GPtrArray) list = client != NULL ? spoc_subscription_list(client, &error) : NULL;
    if (list == NULL)
        return spoc_ctl_fail("%s", error->message);

    g_autofree char *object = spoc_target_object_name(object_uri);
    const SpocCupsSubscription *same = find_duplicate(list, recipient_uri, object);
    if (same != NULL)
        return keep_subscription(places, client, same, object);
    gint id = spoc_subscription_create(client, object_uri, recipient_uri, events, &error);
    if (id == 0) {
        warn_limits(places, list);
        return spoc_ctl_fail("%s", error->message);
    }
    g_autofree char *shown_events = g_strjoinv(",", (char **)events);
    g_autofree char *what = g_strdup_printf("%s to %s (%s)", shown_events, recipient_uri, object);
    say_lease(places, client, id, what);
    return SPOC_CTL_GOOD;
}

static int
run_subscribe(int argc, char **argv, const SpocPlaces *places)
{
    g_autofree char *printer = NULL, *class_name = NULL, *events_text = NULL, *language = NULL,
                    *only = NULL;
    gboolean server = FALSE;
    const GOptionEntry entries[] = {
        {"server", 0, 0, G_OPTION_ARG_NONE, &server, "Events of the whole server (the default)",
         NULL},
        {"printer", 'p', 0, G_OPTION_ARG_FILENAME, &printer, "Events of one printer", "PRINTER"},
        {"class", 'c', 0, G_OPTION_ARG_FILENAME, &class_name, "Events of one class", "CLASS"},
        {"events", 'e', 0, G_OPTION_ARG_STRING, &events_text,
         "Which events (job-completed for @owner, else printer-stopped)", "EVENT,…"},
        {"language", 'l', 0, G_OPTION_ARG_STRING, &language, "Language of the mails", "LANGUAGE"},
        {"only", 'o', 0, G_OPTION_ARG_STRING, &only,
         "How bad an event is that is mailed: problems, faults or all (notifyOnly)", "WHAT"},
        {NULL},
    };
    if (!spoc_ctl_parse(entries, "RECIPIENT",
                        "Lets CUPS send events to a mail address, to a user, or with @owner to\n"
                        "the owner of each job. The subscription never expires.",
                        &argc, &argv))
        return SPOC_CTL_USAGE;
    if (argc != 2)
        return spoc_ctl_usage("give one RECIPIENT, such as @owner or alice@example.com");
    if ((printer != NULL) + (class_name != NULL) + server > 1)
        return spoc_ctl_usage("--printer, --class and --server exclude each other");

    g_autoptr(GError) error = NULL;
    g_autoptr(SpocRecipientUri) parsed = NULL;
    g_autofree char *uri = spoc_target_recipient_uri(argv[1], language, only, &parsed, &error);
    g_autofree char *object =
        uri != NULL ? spoc_target_object_uri(printer, class_name, &error) : NULL;
    if (object == NULL)
        return spoc_ctl_usage("%s", error->message);
    g_auto(GStrv) chosen = NULL;
    if (events_text != NULL && (chosen = spoc_target_parse_events(events_text, &error)) == NULL)
        return spoc_ctl_usage("%s", error->message);

    const char *const *events =
        chosen != NULL ? (const char *const *)chosen : spoc_target_default_events(parsed);
    for (guint i = 0; i < parsed->warnings->len; i++)
        spoc_ctl_warn("%s", (const char *)g_ptr_array_index(parsed->warnings, i));
    warn_refused(places, parsed, tell_of_jobs(events));
    if (class_name != NULL)
        warn_class(class_name, events);
    return make_subscription(places, uri, object, events);
}

static JsonNode *
subscription_node(const SpocCupsSubscription *subscription)
{
    g_autofree char *object_name = spoc_subscription_limits_object(subscription);
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "id", subscription->id);
    json_object_set_string_member(object, "recipient", subscription->recipient_uri);
    json_object_set_string_member(object, "object", object_name);
    JsonArray *events = json_array_new();
    for (guint i = 0; subscription->events[i] != NULL; i++)
        json_array_add_string_element(events, subscription->events[i]);
    json_object_set_array_member(object, "events", events);
    json_object_set_int_member(object, "lease_s", subscription->lease_s);
    spoc_json_set_text(object, "subscriber", subscription->subscriber);
    return spoc_json_object_node(object);
}

static void
print_json(const GPtrArray *list, gboolean serves_mailto)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < list->len; i++) {
        if (spoc_subscription_limits_is_ours(g_ptr_array_index(list, i), serves_mailto))
            json_array_add_element(array, subscription_node(g_ptr_array_index(list, i)));
    }
    g_autofree char *text = spoc_json_text(spoc_json_array_node(array));
    (void)spoc_ctl_put("%s", text);
}

static void
print_text(const GPtrArray *list, gboolean serves_mailto)
{
    guint ours = 0, hidden = 0;
    for (guint i = 0; i < list->len; i++) {
        const SpocCupsSubscription *subscription = g_ptr_array_index(list, i);
        if (subscription->recipient_uri == NULL)
            hidden++;
        if (!spoc_subscription_limits_is_ours(subscription, serves_mailto))
            continue;
        ours++;
        g_autofree char *object = spoc_subscription_limits_object(subscription);
        g_autofree char *events = g_strjoinv(",", subscription->events);
        g_autofree char *lease =
            subscription->lease_s == 0
                ? g_strdup("for ever")
                : g_strdup_printf("lease %" G_GINT64_FORMAT " s", subscription->lease_s);
        g_autofree char *line = g_strdup_printf("%d  %s  %s  %s  %s", subscription->id,
                                                subscription->recipient_uri, object, events, lease);
        g_autofree char *shown = spoc_ctl_shown(line);
        (void)spoc_ctl_put("%s\n", shown);
    }
    if (ours == 0)
        (void)spoc_ctl_put("No subscription leads to a mail.\n");
    if (hidden > 0)
        (void)spoc_ctl_put("(CUPS has %u more whose recipient it does not show you, or that have "
                           "none)\n",
                           hidden);
}

static int
run_subscriptions(int argc, char **argv, const SpocPlaces *places)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Write JSON", NULL},
        {NULL},
    };
    if (!spoc_ctl_parse(entries, "", "Lists the subscriptions that lead to a mail.", &argc, &argv))
        return SPOC_CTL_USAGE;
    if (argc != 1)
        return spoc_ctl_usage("'subscriptions' takes no argument");
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocCupsClient) client = spoc_cups_client_new(places, &error);
    g_autoptr(GPtrArray) list = client != NULL ? spoc_subscription_list(client, &error) : NULL;
    if (list == NULL)
        return spoc_ctl_fail("%s", error->message);
    gboolean serves_mailto = spoc_subscription_limits_serves_mailto(places);
    if (json)
        print_json(list, serves_mailto);
    else
        print_text(list, serves_mailto);
    warn_limits(places, list);
    return SPOC_CTL_GOOD;
}

/* (transfer full) (nullable) (element-type gint): NULL after saying what is wrong */
static GArray *
read_ids(int argc, char **argv)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint));
    for (int i = 1; i < argc; i++) {
        guint64 number = 0;
        if (!g_ascii_string_to_unsigned(argv[i], 10, 1, G_MAXINT, &number, NULL)) {
            (void)spoc_ctl_usage("'%s' is not a subscription's id; 'spocctl subscriptions' lists "
                                 "them",
                                 argv[i]);
            return NULL;
        }
        gint id = (gint)number;
        g_array_append_val(ids, id);
    }
    return g_steal_pointer(&ids);
}

static void
all_ours(const GPtrArray *list, gboolean serves_mailto, GArray *ids)
{
    for (guint i = 0; i < list->len; i++) {
        const SpocCupsSubscription *subscription = g_ptr_array_index(list, i);
        if (spoc_subscription_limits_is_ours(subscription, serves_mailto))
            g_array_append_val(ids, subscription->id);
    }
}

/* Ours or unknown to CUPS; others' subscriptions are not touched. */
static gboolean
may_cancel(const GPtrArray *list, gboolean serves_mailto, gint id)
{
    for (guint i = 0; i < list->len; i++) {
        const SpocCupsSubscription *subscription = g_ptr_array_index(list, i);
        if (subscription->id == id)
            return spoc_subscription_limits_is_ours(subscription, serves_mailto);
    }
    return TRUE;
}

static int
run_unsubscribe(int argc, char **argv, const SpocPlaces *places)
{
    gboolean all = FALSE;
    const GOptionEntry entries[] = {
        {"all", 'a', 0, G_OPTION_ARG_NONE, &all, "All subscriptions that lead to a mail", NULL},
        {NULL},
    };
    if (!spoc_ctl_parse(entries, "ID…|--all", "Ends subscriptions.", &argc, &argv))
        return SPOC_CTL_USAGE;
    if (all == (argc > 1))
        return spoc_ctl_usage("give either ids or --all");
    g_autoptr(GArray) ids = read_ids(argc, argv);
    if (ids == NULL)
        return SPOC_CTL_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocCupsClient) client = spoc_cups_client_new(places, &error);
    g_autoptr(GPtrArray) list = client != NULL ? spoc_subscription_list(client, &error) : NULL;
    if (list == NULL)
        return spoc_ctl_fail("%s", error->message);
    gboolean serves_mailto = spoc_subscription_limits_serves_mailto(places);
    if (all)
        all_ours(list, serves_mailto, ids);
    if (ids->len == 0)
        (void)spoc_ctl_put("No subscription leads to a mail.\n");

    int status = SPOC_CTL_GOOD;
    for (guint i = 0; i < ids->len; i++) {
        gint id = g_array_index(ids, gint, i);
        if (!may_cancel(list, serves_mailto, id)) {
            status = spoc_ctl_fail("subscription %d does not lead to a mail of ours, or CUPS does "
                                   "not show you its recipient: left as it is",
                                   id);
        } else if (spoc_subscription_cancel(client, id, &error)) {
            (void)spoc_ctl_put("Subscription %d is ended.\n", id);
        } else if (all && g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND)) {
            g_debug("subscription %d ended by itself meanwhile", id); /* a job's */
        } else {
            status = spoc_ctl_fail("subscription %d: %s", id, error->message);
        }
        g_clear_error(&error);
    }
    return status;
}

const SpocCommand spoc_command_subscribe = {
    .name = "subscribe",
    .run = run_subscribe,
    .help = "let CUPS send events to a mail address",
};

const SpocCommand spoc_command_subscriptions = {
    .name = "subscriptions",
    .run = run_subscriptions,
    .help = "list the subscriptions that lead to a mail",
};

const SpocCommand spoc_command_unsubscribe = {
    .name = "unsubscribe",
    .run = run_unsubscribe,
    .help = "end subscriptions",
};
