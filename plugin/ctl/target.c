/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/target.h"

#include "base/error.h"

#include <string.h>

#define SCHEME "spoc:"
#define NAME_MAX_BYTES 127 /* CUPS's limit for names of printers and classes */

/* What cupsd 2.x understands in notify-events; it ignores others and reports no error. */
static const char *const known_events[] = {"all",
                                           "job-completed",
                                           "job-config-changed",
                                           "job-created",
                                           "job-progress",
                                           "job-state-changed",
                                           "job-stopped",
                                           "printer-added",
                                           "printer-config-changed",
                                           "printer-deleted",
                                           "printer-finishings-changed",
                                           "printer-media-changed",
                                           "printer-modified",
                                           "printer-queue-order-changed",
                                           "printer-restarted",
                                           "printer-shutdown",
                                           "printer-state-changed",
                                           "printer-stopped",
                                           "server-audit",
                                           "server-restarted",
                                           "server-started",
                                           "server-stopped",
                                           NULL};

static gboolean
language_is_valid(const char *language)
{
    return g_regex_match_simple("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", language,
                                G_REGEX_DOLLAR_ENDONLY, 0);
}

static void
append_recipient(GString *uri, const SpocRecipient *recipient)
{
    if (recipient->who == SPOC_WHO_OWNER) {
        g_string_append(uri, "%40owner");
        return;
    }
    /* The "@" of an address may stand as it is in a recipient URI. */
    g_autofree char *escaped = g_uri_escape_string(recipient->text, "@+", FALSE);
    g_string_append(uri, escaped);
}

static void
append_parameter(GString *uri, const char *name, const char *value)
{
    g_string_append_printf(uri, "%c%s=%s", strchr(uri->str, '?') == NULL ? '?' : '&', name, value);
}

char *
spoc_target_recipient_uri(const char *text, const char *language, const char *only,
                          SpocRecipientUri **ret_parsed, GError **error)
{
    if (g_ascii_strncasecmp(text, "mailto:", strlen("mailto:")) == 0) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "mailto: belongs to another notifier; give spoc:ADDRESS");
        return NULL;
    }
    g_autofree char *given = g_ascii_strncasecmp(text, SCHEME, strlen(SCHEME)) == 0
                                 ? g_strconcat(SCHEME, text + strlen(SCHEME), NULL)
                                 : g_strconcat(SCHEME, text, NULL);
    g_autoptr(SpocRecipientUri) parsed = spoc_recipient_uri_parse(given, error);
    if (parsed == NULL)
        return NULL;
    if (parsed->refused->len > 0) {
        g_autofree char *refused = spoc_refusals_join(parsed->refused);
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, refused);
        return NULL;
    }
    const char *wanted = language != NULL ? language : parsed->language;
    if (wanted != NULL && !language_is_valid(wanted)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "the language must look like 'de' or 'pt-BR'");
        return NULL;
    }

    SpocOnly wanted_only = only != NULL ? spoc_only_parse(only) : parsed->only;
    if (only != NULL && wanted_only == SPOC_ONLY_UNSET) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "--only takes problems, faults or all");
        return NULL;
    }

    g_autoptr(GString) uri = g_string_new(SCHEME);
    for (guint i = 0; i < parsed->recipients->len; i++) {
        if (i > 0)
            g_string_append_c(uri, ',');
        append_recipient(uri, g_ptr_array_index(parsed->recipients, i));
    }
    if (wanted != NULL)
        append_parameter(uri, "language", wanted);
    if (parsed->format != SPOC_FORMAT_BOTH)
        append_parameter(uri, "format", parsed->format == SPOC_FORMAT_TEXT ? "text" : "html");
    if (parsed->digest == SPOC_DIGEST_DAILY)
        append_parameter(uri, "digest", "daily");
    if (wanted_only != SPOC_ONLY_UNSET)
        append_parameter(uri, "only", spoc_only_name(wanted_only));
    if (uri->len > SPOC_TARGET_URI_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "the recipients are longer than %d bytes; make several subscriptions, or use "
                    "an alias",
                    SPOC_TARGET_URI_MAX_BYTES);
        return NULL;
    }
    if (ret_parsed != NULL)
        *ret_parsed = g_steal_pointer(&parsed);
    return g_string_free(g_steal_pointer(&uri), FALSE);
}

const char *const *
spoc_target_default_events(const SpocRecipientUri *uri)
{
    static const char *const for_owners[] = {"job-completed", NULL};
    static const char *const for_others[] = {"printer-stopped", NULL};
    for (guint i = 0; i < uri->recipients->len; i++) {
        const SpocRecipient *recipient = g_ptr_array_index(uri->recipients, i);
        if (recipient->who == SPOC_WHO_OWNER)
            return for_owners;
    }
    return for_others;
}

char **
spoc_target_parse_events(const char *text, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(*text != '\0' ? text : ",", ",", -1);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (guint i = 0; parts[i] != NULL; i++) {
        const char *event = g_strstrip(parts[i]);
        if (!g_strv_contains(known_events, event)) {
            g_autofree char *accepted = g_strjoinv(", ", (char **)known_events);
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "'%s' is not an event; there are %s",
                        event, accepted);
            return NULL;
        }
        g_strv_builder_add(builder, event);
    }
    return g_strv_builder_end(builder);
}

char *
spoc_target_object_uri(const char *printer, const char *class_name, GError **error)
{
    if (printer == NULL && class_name == NULL)
        return g_strdup("ipp://localhost/");
    const char *name = printer != NULL ? printer : class_name;
    if (*name == '\0' || strlen(name) > NAME_MAX_BYTES || strpbrk(name, " \t/?#'\"\\") != NULL) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "'%s' is not the name of a printer or class; 'lpstat -e' lists them", name);
        return NULL;
    }
    g_autofree char *escaped = g_uri_escape_string(name, NULL, FALSE);
    return g_strconcat("ipp://localhost/", printer != NULL ? "printers/" : "classes/", escaped,
                       NULL);
}

char *
spoc_target_object_name(const char *printer_uri)
{
    static const struct {
        const char *folder;
        const char *name;
    } kinds[] = {{"/printers/", "printer"}, {"/classes/", "class"}};
    for (guint i = 0; printer_uri != NULL && i < G_N_ELEMENTS(kinds); i++) {
        const char *at = strstr(printer_uri, kinds[i].folder);
        const char *name = at != NULL ? at + strlen(kinds[i].folder) : NULL;
        if (name == NULL || *name == '\0')
            continue;
        g_autofree char *plain = g_uri_unescape_string(name, NULL);
        return g_strdup_printf("%s %s", kinds[i].name, plain != NULL ? plain : name);
    }
    return g_strdup("server");
}
