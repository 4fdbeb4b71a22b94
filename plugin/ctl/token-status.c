/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/token-status.h"

#include "base/error.h"
#include "ctl/ctl.h"
#include "oauth/check.h"
#include "oauth/token-note.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void
spoc_token_overview_clear(SpocTokenOverview *overview)
{
    g_free(overview->last_error);
    *overview = (SpocTokenOverview){0};
}

/* A look makes no folders: -1 where there are none. */
static int
open_state(const SpocPlaces *places)
{
    g_autofree char *path = g_build_filename(places->spool_dir, "state", NULL);
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What of it spocd's answer to "status" has */
static void
take_status(SpocTokenOverview *overview, JsonObject *status)
{
    overview->is_running = TRUE;
    overview->token_expires_unix_s =
        json_object_get_int_member_with_default(status, "token_expires_unix_s", 0);
    g_free(overview->last_error);
    overview->last_error =
        g_strdup(json_object_get_string_member_with_default(status, "token_last_error", NULL));
}

/* (transfer full) (nullable): what a spocd that runs says of itself */
static JsonNode *
ask_daemon(const SpocPlaces *places)
{
    struct stat info;
    if (lstat(places->spool_dir, &info) != 0)
        return NULL;
    g_autoptr(SpocSpool) spool = spoc_ctl_open_spool(places, NULL);
    g_autoptr(SpocControlClient) client =
        spool != NULL ? spoc_control_client_new(spool, NULL) : NULL;
    g_autoptr(GPtrArray) lines =
        client != NULL ? spoc_control_client_ask(client, SPOC_REQUEST_STATUS, NULL, NULL) : NULL;
    if (lines == NULL || lines->len != 1)
        return NULL;
    JsonNode *node = json_from_string(g_ptr_array_index(lines, 0), NULL);
    if (node == NULL || JSON_NODE_HOLDS_OBJECT(node))
        return node;
    json_node_unref(node);
    return NULL;
}

gboolean
spoc_token_overview_read(const SpocPlaces *places, const SpocConfig *config,
                         SpocTokenOverview *overview, GError **error)
{
    *overview = (SpocTokenOverview){.source = "none"};
    g_autoptr(JsonNode) status = ask_daemon(places);
    int state_fd = open_state(places);
    if (state_fd < 0 && errno == EACCES) {
        spoc_error_set_errno(error, errno, "cannot look into the spool '%s'", places->spool_dir);
        return FALSE;
    }
    SpocOAuthFacts facts;
    spoc_oauth_facts(config, state_fd, &facts);
    if (facts.source != NULL) {
        overview->source = facts.source;
        overview->certificate_expires_unix_s = facts.certificate_expires_unix_s;
        overview->login_expires_unix_s = facts.login_expires_unix_s;
        overview->last_error = spoc_token_note_read(state_fd);
        if (status != NULL)
            take_status(overview, json_node_get_object(status));
    }
    if (state_fd >= 0)
        close(state_fd);
    return TRUE;
}

void
spoc_token_overview_find(GPtrArray *findings, const SpocPlaces *places, const SpocConfig *config)
{
    int state_fd = open_state(places);
    g_autoptr(GPtrArray) found =
        spoc_oauth_check(config, state_fd, g_get_real_time() / G_USEC_PER_SEC);
    for (guint i = 0; i < found->len; i++) {
        const SpocOAuthFinding *one = g_ptr_array_index(found, i);
        SpocFinding *finding =
            spoc_findings_add(findings, one->stops_mail ? SPOC_LOG_ERROR : SPOC_LOG_WARNING, NULL,
                              "%s", one->message);
        finding->stops_mail = one->stops_mail;
    }
    if (state_fd >= 0)
        close(state_fd);
}
