/* SPDX-License-Identifier: Apache-2.0 */
/* spocctl queue list|show|retry|hold|release|delete|export */
#include "base/error.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/queue-print.h"
#include "ctl/queue-request.h"
#include "delivery/attachment.h"
#include "message/scan.h"
#include "spool/scans.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    int (*run)(SpocQueueRequest *request);
    gboolean writes_json;
    gboolean filters;
    gboolean takes_all;
    const char *parameters;
    const char *help;
} Subcommand;

static void
warn_entry(const char *text, gpointer user_data)
{
    spoc_ctl_warn("%s", text);
}

/* (nullable): NULL when none runs, or it does not answer, which is then said */
static SpocControlClient *
connect_client(SpocSpool *spool)
{
    g_autoptr(GError) error = NULL;
    SpocControlClient *client = spoc_control_client_new(spool, &error);
    if (client == NULL && !g_error_matches(error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE))
        spoc_ctl_warn("%s", error->message);
    return client;
}

GPtrArray *
spoc_queue_request_list(const SpocQueueRequest *request, SpocControlClient *client)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *list = spoc_queue_list(request->spool, client, warn_entry, NULL, &error);
    if (list == NULL && client != NULL) {
        spoc_ctl_warn("messages in their first attempt are missing here: %s", error->message);
        g_clear_error(&error);
        list = spoc_queue_list(request->spool, NULL, warn_entry, NULL, &error);
    }
    if (list == NULL)
        (void)spoc_ctl_fail("%s", error->message);
    return list;
}

static int
run_list(SpocQueueRequest *request)
{
    g_autoptr(SpocControlClient) client = connect_client(request->spool);
    g_autoptr(GPtrArray) list = spoc_queue_request_list(request, client);
    if (list == NULL)
        return SPOC_CTL_PROBLEM;
    GPtrArray *nodes = g_ptr_array_new();
    guint count = 0;
    for (guint i = 0; i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        if (!spoc_queue_filter_matches(&request->filter, listed, request->now_unix_s))
            continue;
        count++;
        if (request->json) {
            g_ptr_array_add(nodes, spoc_queue_list_item_node(listed->envelope, listed->state));
            continue;
        }
        g_autofree char *text = spoc_queue_print_short(listed, request->now_unix_s);
        (void)spoc_ctl_put("%s", text);
    }
    g_autofree char *array = spoc_queue_print_array(nodes);
    if (request->json)
        (void)spoc_ctl_put("%s", array);
    else if (count == 0)
        (void)spoc_ctl_put("Nothing waits%s.\n", request->filtered ? " that matches" : "");
    return SPOC_CTL_GOOD;
}

/* (transfer full) (nullable): with everything that the envelope says */
static SpocQueueListItem *
load(const SpocQueueRequest *request, const char *id, GError **error)
{
    SpocMessageState state = SPOC_STATE_NEW;
    if (!spoc_spool_name_is_valid(id)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, "that is not a message's id");
        return NULL;
    }
    if (!spoc_message_find(request->spool, id, &state, error))
        return NULL;
    SpocEnvelope *envelope = spoc_message_load(request->spool, state, id, error);
    return envelope != NULL ? spoc_queue_list_item_new(envelope, state) : NULL;
}

/* One that is in no file: an entry of events, or a message in its first attempt */
static SpocQueueListItem *
find_listed(const SpocQueueRequest *request, const char *id)
{
    g_autoptr(SpocControlClient) client = connect_client(request->spool);
    g_autoptr(GPtrArray) list = spoc_queue_request_list(request, client);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const SpocQueueListItem *listed = g_ptr_array_index(list, i);
        if (g_str_equal(listed->envelope->id, id))
            return g_ptr_array_steal_index(list, i);
    }
    return NULL;
}

/* Most errors name the message already. */
int
spoc_queue_request_fail(const char *id, const GError *error)
{
    if (strstr(error->message, id) != NULL)
        return spoc_ctl_fail("%s", error->message);
    return spoc_ctl_fail("%s: %s", id, error->message);
}

static int
run_show(SpocQueueRequest *request)
{
    int status = SPOC_CTL_GOOD;
    GPtrArray *nodes = g_ptr_array_new();
    for (guint i = 0; request->ids[i] != NULL; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocQueueListItem) listed = load(request, request->ids[i], &error);
        if (listed == NULL && g_error_matches(error, SPOC_ERROR, SPOC_ERROR_NOT_FOUND))
            listed = find_listed(request, request->ids[i]);
        if (listed == NULL) {
            status = spoc_queue_request_fail(request->ids[i], error);
            continue;
        }
        if (request->json) {
            g_ptr_array_add(nodes, spoc_queue_print_full_node(listed));
            continue;
        }
        g_autofree char *text = spoc_queue_print_full(listed);
        (void)spoc_ctl_put("%s%s", i > 0 ? "\n" : "", text);
    }
    g_autofree char *array = spoc_queue_print_array(nodes);
    if (request->json)
        (void)spoc_ctl_put("%s", array);
    return status;
}

/* The whole of a scan's mail: its body is only what stands around the document. */
static GBytes *
join_scan(SpocSpool *spool, const char *id, GBytes *frame, GError **error)
{
    g_autoptr(GBytes) head = NULL;
    g_autoptr(GBytes) tail = NULL;
    g_autoptr(SpocScanMetadata) facts = spoc_scan_load(spool, id, error);
    if (facts == NULL || !spoc_scan_frame_split(frame, &head, &tail, error))
        return NULL;
    int fd = spoc_scan_open_document(spool, id, facts->size_bytes, error);
    if (fd < 0)
        return NULL;
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    g_autoptr(SpocContent) content =
        spoc_attachment_new(nothing, fd, facts->size_bytes, tail, NULL, NULL);
    g_autoptr(SpocContentReader) reader = spoc_content_reader_new(content, error);
    if (reader == NULL)
        return NULL;
    g_autoptr(GByteArray) mail = g_byte_array_new();
    g_byte_array_append(mail, g_bytes_get_data(head, NULL), (guint)g_bytes_get_size(head));
    for (gboolean end = FALSE; !end;) {
        if (mail->len > G_MAXINT32) {
            g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_LIMIT,
                                "it is too large to be exported; the document itself is in scans/");
            return NULL;
        }
        if (!spoc_content_reader_next(reader, mail, &end, error))
            return NULL;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&mail));
}

static GBytes *
load_mail(SpocQueueRequest *request, const SpocQueueListItem *listed, const char *id,
          GError **error)
{
    g_autoptr(GBytes) body = spoc_message_load_body(request->spool, id, error);
    if (body == NULL || strcmp(listed->envelope->kind, SPOC_SCAN_KIND) != 0)
        return g_steal_pointer(&body);
    return join_scan(request->spool, id, body, error);
}

static int
run_export(SpocQueueRequest *request)
{
    gboolean single = request->ids[1] == NULL;
    int status = SPOC_CTL_GOOD;
    for (guint i = 0; request->ids[i] != NULL; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SpocQueueListItem) listed = load(request, request->ids[i], &error);
        g_autoptr(GBytes) body =
            listed != NULL ? load_mail(request, listed, request->ids[i], &error) : NULL;
        if (body == NULL) {
            status = spoc_queue_request_fail(request->ids[i], error);
            continue;
        }
        g_autoptr(GBytes) text =
            single ? g_bytes_ref(body) : spoc_queue_print_mbox(listed->envelope, body);
        gsize size = 0;
        const void *data = g_bytes_get_data(text, &size);
        if (size > 0 && fwrite(data, size, 1, stdout) != 1)
            return spoc_ctl_fail("the output cannot be written");
    }
    return status;
}

static int
run_retry(SpocQueueRequest *request)
{
    return spoc_queue_request_command(request, SPOC_QUEUE_COMMAND_RETRY);
}

static int
run_hold(SpocQueueRequest *request)
{
    return spoc_queue_request_command(request, SPOC_QUEUE_COMMAND_HOLD);
}

static int
run_release(SpocQueueRequest *request)
{
    return spoc_queue_request_command(request, SPOC_QUEUE_COMMAND_RELEASE);
}

static int
run_delete(SpocQueueRequest *request)
{
    return spoc_queue_request_command(request, SPOC_QUEUE_COMMAND_DELETE);
}

static const Subcommand subcommands[] = {
    {"list", run_list, TRUE, TRUE, FALSE, "",
     "Lists what waits, is being sent, is held or has failed."},
    {"show", run_show, TRUE, FALSE, FALSE, "ID…",
     "Shows messages in full, with the last attempts."},
    {"retry", run_retry, TRUE, TRUE, TRUE, "ID…|--all", "Makes messages due now, failed ones too."},
    {"hold", run_hold, TRUE, TRUE, TRUE, "ID…|--all",
     "Holds messages back until they are released."},
    {"release", run_release, TRUE, TRUE, TRUE, "ID…|--all", "Lets held messages go."},
    {"delete", run_delete, TRUE, TRUE, TRUE, "ID…|--all", "Drops messages for good."},
    {"export", run_export, FALSE, FALSE, FALSE, "ID…",
     "Writes a message to stdout as it will be sent (.eml); several as an mbox."},
};

static gboolean
read_filter(SpocQueueRequest *request, char *const *states, const char *older_than)
{
    g_autoptr(GError) error = NULL;
    for (guint i = 0; states != NULL && states[i] != NULL; i++) {
        guint bit = 0;
        if (!spoc_queue_filter_parse_state(states[i], &bit, &error)) {
            (void)spoc_ctl_usage("%s", error->message);
            return FALSE;
        }
        request->filter.states |= bit;
    }
    if (older_than != NULL &&
        !spoc_queue_filter_parse_age(older_than, &request->filter.older_than_s, &error)) {
        (void)spoc_ctl_usage("%s", error->message);
        return FALSE;
    }
    if (request->recipient != NULL && !g_utf8_validate(request->recipient, -1, NULL)) {
        (void)spoc_ctl_usage("the recipient is not UTF-8");
        return FALSE;
    }
    request->filter.recipient = request->recipient;
    request->filtered = request->filter.job_id != 0 || request->filter.states != 0 ||
                        older_than != NULL || request->recipient != NULL;
    return TRUE;
}

/* Whether identifiers, --all and filters go together. */
static gboolean
check_choice(const Subcommand *subcommand, const SpocQueueRequest *request)
{
    gboolean lists = subcommand->run == run_list;
    gboolean named = request->ids[0] != NULL;
    if (lists && named)
        (void)spoc_ctl_usage("'queue list' takes no id; use 'queue show'");
    else if (!lists && request->all && named)
        (void)spoc_ctl_usage("give either ids or --all");
    else if (!lists && !request->all && !named)
        (void)spoc_ctl_usage(subcommand->takes_all ? "which messages? Give ids or --all"
                                                   : "which messages? Give ids");
    else if (!lists && !request->all && request->filtered)
        (void)spoc_ctl_usage("filters narrow --all; they do not go with ids");
    else
        return TRUE;
    return FALSE;
}

/* Reads options and identifiers into @request. FALSE after saying what is wrong. */
static gboolean
read_arguments(const Subcommand *subcommand, int *argc, char ***argv, SpocQueueRequest *request)
{
    g_auto(GStrv) states = NULL;
    g_autofree char *older_than = NULL;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &request->json, "Write JSON", NULL},
        {"all", 'a', 0, G_OPTION_ARG_NONE, &request->all,
         "All messages, or all that match the filters", NULL},
        {"recipient", 'r', 0, G_OPTION_ARG_FILENAME, &request->recipient,
         "Only those for this recipient", "ADDRESS|@DOMAIN"},
        {"job", 'j', 0, G_OPTION_ARG_INT64, &request->filter.job_id, "Only those about this job",
         "NUMBER"},
        {"state", 's', 0, G_OPTION_ARG_STRING_ARRAY, &states,
         "Only those in this state; may be repeated", "new|waiting|sending|held|failed"},
        {"older-than", 'o', 0, G_OPTION_ARG_STRING, &older_than, "Only those at least so old",
         "AGE (15m, 2h, 3d)"},
        {NULL},
    };
    GOptionEntry wanted[G_N_ELEMENTS(entries)] = {{NULL}};
    guint count = 0;
    for (guint i = 0; i + 1 < G_N_ELEMENTS(entries); i++) {
        gboolean is_json = i == 0, is_all = i == 1;
        if (is_json  ? subcommand->writes_json
            : is_all ? subcommand->takes_all
                     : subcommand->filters)
            wanted[count++] = entries[i];
    }
    return spoc_ctl_parse(wanted, subcommand->parameters, subcommand->help, argc, argv) &&
           read_filter(request, states, older_than);
}

static int
run_subcommand(const Subcommand *subcommand, int argc, char **argv, SpocQueueRequest *request)
{
    if (!read_arguments(subcommand, &argc, &argv, request))
        return SPOC_CTL_USAGE;
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (int i = 1; i < argc; i++)
        g_ptr_array_add(ids, argv[i]);
    g_ptr_array_add(ids, NULL);
    request->ids = (char **)ids->pdata;
    if (!check_choice(subcommand, request))
        return SPOC_CTL_USAGE;

    g_autoptr(GError) error = NULL;
    request->spool = spoc_ctl_open_spool(request->places, &error);
    if (request->spool == NULL)
        return spoc_ctl_fail("%s", error->message);
    return subcommand->run(request);
}

static void
print_help(FILE *stream)
{
    (void)fprintf(stream, "Usage:\n  spocctl queue COMMAND [OPTION…] [ID…]\n\nCommands:\n");
    for (guint i = 0; i < G_N_ELEMENTS(subcommands); i++)
        (void)fprintf(stream, "  %-9s %s\n", subcommands[i].name, subcommands[i].help);
    (void)fprintf(stream, "\n'spocctl queue COMMAND --help' says more.\n");
}

static int
run_queue(int argc, char **argv, const SpocPlaces *places)
{
    if (argc < 2) {
        print_help(stderr);
        return SPOC_CTL_USAGE;
    }
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h")) {
        print_help(stdout);
        return SPOC_CTL_GOOD;
    }
    for (guint i = 0; i < G_N_ELEMENTS(subcommands); i++) {
        if (!g_str_equal(argv[1], subcommands[i].name))
            continue;
        SpocQueueRequest request = {.places = places,
                                    .now_unix_s = g_get_real_time() / G_USEC_PER_SEC};
        g_autofree char *name = g_strconcat("queue ", argv[1], NULL);
        argv[1] = name;
        int status = run_subcommand(&subcommands[i], argc - 1, argv + 1, &request);
        argv[1] = NULL;
        spoc_spool_free(request.spool);
        g_free(request.recipient);
        return status;
    }
    g_set_prgname("spocctl queue");
    return spoc_ctl_usage("there is no command 'queue %s'", argv[1]);
}

const SpocCommand spoc_command_queue = {
    .name = "queue",
    .run = run_queue,
    .help = "list, retry, hold, release and delete the mail that waits",
};
