/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl test: the real path of a mail, stage by stage */
#include "base/error.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/look.h"
#include "delivery/delivery.h"
#include "message/notification.h"
#include "oauth/keeper.h"
#include "trust/tls.h"

#include <stdio.h>

typedef struct {
    gboolean json;
    gboolean delivered;
    gboolean failure_shown; /* with its reason and remedy */
    JsonArray *stages;
    JsonArray *warnings;
    JsonArray *problems; /* what would stop a real mail before any server is asked */
    JsonObject *result;  /* what the outcome says */
    GMainLoop *loop;
} Test;

static void
on_trace(SpocStage stage, gboolean good, const char *server, const char *text, gpointer user_data)
{
    Test *test = user_data;
    if (test->json) {
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "stage", spoc_stage_name(stage));
        json_object_set_boolean_member(object, "good", good);
        json_object_set_string_member(object, "server", server != NULL ? server : "");
        json_object_set_string_member(object, "text", text != NULL ? text : "");
        json_array_add_object_element(test->stages, object);
        return;
    }
    test->failure_shown = test->failure_shown || !good;
    g_autofree char *shown_server = spoc_ctl_shown(server);
    g_autofree char *shown = spoc_ctl_shown(text);
    /* A reason begins with its server; other texts do not. */
    gboolean named = *shown_server == '\0' || g_str_has_prefix(shown, shown_server);
    (void)spoc_ctl_put("%-6s %-12s %s%s%s\n", good ? "ok" : "FAILED", spoc_stage_name(stage),
                       named ? "" : shown_server, named || *shown == '\0' ? "" : ": ", shown);
    (void)fflush(stdout); /* somebody watches, and a stage may take its time */
}

static void
warn(Test *test, const char *text)
{
    if (test->json)
        json_array_add_string_element(test->warnings, text);
    else
        spoc_ctl_warn("%s", text);
}

static void
on_warning(const char *text, gpointer user_data)
{
    warn(user_data, text);
}

static void
on_finished(SpocDeliveryRequest *finished, gpointer user_data)
{
    Test *test = user_data;
    g_autoptr(SpocDeliveryRequest) request = finished;
    const SpocRequestRecipient *recipient = g_ptr_array_index(request->recipients, 0);
    test->delivered = recipient->state == SPOC_STATE_DONE;
    const char *reason = request->reason;
    if (!test->delivered && reason == NULL)
        reason = recipient->reply != NULL ? recipient->reply : "no server took the mail";
    spoc_json_set_text(test->result, "server", request->server);
    spoc_json_set_text(test->result, "queue_reply", test->delivered ? request->queue_reply : NULL);
    spoc_json_set_text(test->result, "reason", test->delivered ? NULL : reason);
    g_main_loop_quit(test->loop);
}

static SpocTls *
prepare(Test *test, const SpocConfig *config, GError **error)
{
    g_auto(GStrv) warnings = NULL;
    SpocTls *tls = spoc_tls_new(config, &warnings, error);
    for (guint i = 0; tls != NULL && warnings != NULL && warnings[i] != NULL; i++)
        warn(test, warnings[i]);
    return tls;
}

/* (transfer full) (nullable): the spool, where it is there: a stored login is in it */
static SpocSpool *
find_spool(const SpocPlaces *places)
{
    return g_file_test(places->spool_dir, G_FILE_TEST_IS_DIR) ? spoc_spool_open(places, NULL)
                                                              : NULL;
}

static gboolean
send_mail(Test *test, const SpocPlaces *places, SpocConfig *config, const char *address,
          SpocServerChoice choice, GError **error)
{
    g_autoptr(SpocTls) tls = prepare(test, config, error);
    if (tls == NULL)
        return FALSE;
    const char *sender = spoc_config_string(config, SPOC_OPTION_MAILFROM);
    const SpocOption *language = spoc_option_get(SPOC_OPTION_NOTIFY_LANGUAGE);
    g_autoptr(SpocComposedMail) mail = spoc_test_mail_compose(
        sender, spoc_config_mailbox_name(config, SPOC_OPTION_MAILFROM), address, g_get_host_name(),
        language->choices[spoc_config_choice(config, language->id)],
        g_get_real_time() / G_USEC_PER_SEC, error);
    if (mail == NULL)
        return FALSE;
    g_autoptr(SpocSpool) spool = find_spool(places);
    g_autoptr(SpocTokenKeeper) keeper = spoc_token_keeper_new(spool);
    const SpocTokens *tokens = spoc_token_keeper_use(keeper, config, tls);
    g_autoptr(SpocDelivery) delivery =
        spoc_delivery_new(config, tls, tokens, choice, on_warning, test, error);
    if (delivery == NULL)
        return FALSE;

    g_autoptr(SpocContent) content = spoc_content_new_bytes(mail->bytes);
    SpocDeliveryRequest *request =
        spoc_delivery_request_new(mail->id, sender, content, on_finished, test);
    spoc_delivery_request_add_recipient(request, address);
    request->trace = on_trace;
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    test->loop = loop;
    spoc_delivery_submit(delivery, request);
    g_main_loop_run(loop); /* ends by the delivery's own time-outs at the latest */
    spoc_delivery_quit_idle(delivery);
    test->loop = NULL;
    return TRUE;
}

static void
print_json(const Test *test, const char *address)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "address", address);
    json_object_set_boolean_member(object, "delivered", test->delivered);
    static const char *const names[] = {"server", "queue_reply", "reason"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        spoc_json_set_text(
            object, names[i],
            json_object_get_string_member_with_default(test->result, names[i], NULL));
    json_object_set_array_member(object, "stages", json_array_ref(test->stages));
    json_object_set_array_member(object, "warnings", json_array_ref(test->warnings));
    json_object_set_array_member(object, "problems", json_array_ref(test->problems));
    g_autofree char *text = spoc_json_text(spoc_json_object_node(object));
    (void)spoc_ctl_put("%s", text);
}

static void
print_text(const Test *test, const SpocConfig *config, const char *address, SpocServerChoice choice)
{
    const char *server = json_object_get_string_member_with_default(test->result, "server", NULL);
    if (!test->delivered && test->failure_shown) {
        (void)spoc_ctl_fail("no server accepted the mail");
        return;
    }
    if (!test->delivered) {
        (void)spoc_ctl_fail("%s", json_object_get_string_member_with_default(
                                      test->result, "reason", "no server took the mail"));
        return;
    }
    g_autofree char *reply = spoc_ctl_shown(
        json_object_get_string_member_with_default(test->result, "queue_reply", NULL));
    (void)spoc_ctl_put("%s accepted the mail to %s%s%s\n", server != NULL ? server : "The server",
                       address, *reply != '\0' ? ": " : "", reply);
    const char *backup = spoc_config_string(config, SPOC_OPTION_MAILSERVERBACKUP);
    if (choice == SPOC_SERVER_ANY && backup != NULL)
        (void)spoc_ctl_put("The backup %s has a test of its own: --server backup\n", backup);
}

/* What a real mail passes before it comes to a server. Returns how many errors were found. */
static guint
look_before(Test *test, SpocLook *look, const SpocPlaces *places)
{
    if (!test->json)
        spoc_findings_print(look->here, SPOC_LOG_ERROR);
    GPtrArray *subscriptions = spoc_look_at_cups(look, places);
    g_clear_pointer(&subscriptions, g_ptr_array_unref);
    if (!test->json)
        spoc_findings_print(look->cups, SPOC_LOG_ERROR);
    const GPtrArray *lists[] = {look->here, look->cups};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        JsonArray *found = spoc_findings_json(lists[i], SPOC_LOG_ERROR);
        for (guint j = 0; j < json_array_get_length(found); j++)
            json_array_add_element(test->problems, json_array_dup_element(found, j));
        json_array_unref(found);
    }
    return json_array_get_length(test->problems);
}

static void
print(const Test *test, const SpocConfig *config, const char *address, SpocServerChoice choice,
      guint errors)
{
    if (test->json) {
        print_json(test, address);
        return;
    }
    print_text(test, config, address, choice);
    if (test->delivered && errors > 0)
        (void)spoc_ctl_fail("but a mail from CUPS would not get this far: see the %s above",
                            errors == 1 ? "error" : "errors");
}

static int
run(Test *test, const SpocPlaces *places, const char *address, SpocServerChoice choice)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocLook) look = spoc_look_new(places, &error);
    if (look == NULL)
        return spoc_ctl_fail("%s", error->message);
    if (choice == SPOC_SERVER_BACKUP &&
        spoc_config_string(look->config, SPOC_OPTION_MAILSERVERBACKUP) == NULL)
        return spoc_ctl_fail("mailserverbackup is not set");
    guint errors = look_before(test, look, places);
    const SpocFinding *blocker = spoc_findings_blocker(look->here);
    if (blocker != NULL)
        spoc_json_set_text(test->result, "reason",
                           test->json ? blocker->what : "no mail goes out until that is mended");
    else if (!send_mail(test, places, look->config, address, choice, &error))
        spoc_json_set_text(test->result, "reason", error->message);
    print(test, look->config, address, choice, errors);
    return test->delivered && errors == 0 ? SPOC_CTL_GOOD : SPOC_CTL_PROBLEM;
}

static gboolean
parse_choice(const char *text, SpocServerChoice *ret_choice)
{
    if (text == NULL)
        *ret_choice = SPOC_SERVER_ANY;
    else if (g_str_equal(text, "primary"))
        *ret_choice = SPOC_SERVER_PRIMARY;
    else if (g_str_equal(text, "backup"))
        *ret_choice = SPOC_SERVER_BACKUP;
    else
        return FALSE;
    return TRUE;
}

static int
run_test(int argc, char **argv, const SpocPlaces *places)
{
    g_autofree char *server = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"server", 's', 0, G_OPTION_ARG_STRING, &server,
         "Ask only this server (default: the primary, then the backup)", "primary|backup"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Write JSON", NULL},
        {NULL},
    };
    if (!spoc_ctl_parse(entries, "ADDRESS",
                        "Checks what a mail passes on this host, then sends a test mail and shows\n"
                        "each stage of its way. Succeeds only when nothing here would stop a mail\n"
                        "and the server accepted it.",
                        &argc, &argv))
        return SPOC_CTL_USAGE;
    SpocServerChoice choice = SPOC_SERVER_ANY;
    if (!parse_choice(server, &choice))
        return spoc_ctl_usage("--server is primary or backup, not '%s'", server);
    if (argc != 2)
        return spoc_ctl_usage("give the ADDRESS that the test mail goes to");
    g_autoptr(GError) error = NULL;
    /* The form that real mail goes to */
    g_autofree char *address = spoc_address_canonical(argv[1], &error);
    if (address == NULL)
        return spoc_ctl_usage("%s", error->message);

    Test test = {.json = json,
                 .stages = json_array_new(),
                 .warnings = json_array_new(),
                 .problems = json_array_new(),
                 .result = json_object_new()};
    int status = run(&test, places, address, choice);
    json_array_unref(test.stages);
    json_array_unref(test.warnings);
    json_array_unref(test.problems);
    json_object_unref(test.result);
    return status;
}

const SpocCommand spoc_command_test = {
    .name = "test",
    .run = run_test,
    .help = "send a test mail and show each stage of the way",
};
