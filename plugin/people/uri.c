/* SPDX-License-Identifier: Apache-2.0 */
#include "people/uri.h"
#include "base/address.h"
#include "base/error.h"
#include "base/text.h"
#include "config/option.h"

#include <string.h>

#define URI_MAX_BYTES 16384 /* cupsd takes 1023 bytes; an administrator's own may be longer */
#define LANGUAGE_MAX_BYTES 35
#define SUBJECT_MAX_BYTES 255
#define WARNINGS_MAX 10
#define SHOWN_MAX_BYTES 60

static void
recipient_free(gpointer data)
{
    SpocRecipient *recipient = data;
    g_free(recipient->text);
    g_free(recipient);
}

void
spoc_recipient_uri_free(SpocRecipientUri *uri)
{
    if (uri == NULL)
        return;
    g_ptr_array_unref(uri->recipients);
    g_ptr_array_unref(uri->refused);
    g_ptr_array_unref(uri->warnings);
    g_free(uri->language);
    g_free(uri->subject);
    g_free(uri);
}

static gboolean
refuse_recipient(GError **error, const char *text, const char *reason)
{
    g_autofree char *shown = spoc_text_line(text, -1, 100);
    return spoc_error_set(error, SPOC_ERROR_INVALID, "'%s' is no recipient: %s", shown, reason);
}

/* (nullable): percent-decoded valid UTF-8; NULL for a bad escape, %00 and other bytes */
static char *
decode_percent(const char *text)
{
    g_autofree char *decoded = g_uri_unescape_string(text, NULL);
    if (decoded == NULL || !g_utf8_validate(decoded, -1, NULL))
        return NULL;
    return g_steal_pointer(&decoded);
}

/* A name of a user as it may stand in a URI: what can be a local part, without what would
 * make it look like a path or an option. */
static gboolean
is_user_name(const char *name)
{
    return strpbrk(name, "!#%&'*/=?^`{|}~") == NULL && spoc_local_part_is_valid(name, -1, NULL);
}

static gboolean
add_recipient(SpocRecipientUri *uri, const char *piece, gboolean is_mailto, GError **error)
{
    g_autofree char *text = decode_percent(piece);
    if (text == NULL || spoc_text_has_control(text))
        return refuse_recipient(error, piece,
                                "it has a percent escape that stands for no character");

    SpocWho who = SPOC_WHO_USER;
    if (g_ascii_strcasecmp(text, "@owner") == 0) {
        who = SPOC_WHO_OWNER;
        g_clear_pointer(&text, g_free);
    } else if (strchr(text, '@') != NULL) {
        who = SPOC_WHO_ADDRESS;
        char *canonical = spoc_address_canonical(text, error);
        if (canonical == NULL)
            return FALSE;
        g_free(text);
        text = canonical;
    } else if (!is_user_name(text)) {
        return refuse_recipient(error, text,
                                "accepted are an address, a user's name, and %40owner");
    }
    SpocRecipient *recipient = g_new0(SpocRecipient, 1);
    recipient->who = who;
    recipient->is_mailto = is_mailto;
    recipient->text = g_steal_pointer(&text);
    g_ptr_array_add(uri->recipients, recipient);
    return TRUE;
}

GPtrArray *
spoc_refusals_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
}

char *
spoc_refusals_join(const GPtrArray *refusals)
{
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < refusals->len; i++) {
        const GError *one = g_ptr_array_index(refusals, i);
        g_string_append_printf(all, "%s%s", i > 0 ? "; " : "", one->message);
    }
    return g_string_free(all, FALSE);
}

/* Each stands for itself: one that is no recipient keeps nobody else's mail back. */
static gboolean
add_recipients(SpocRecipientUri *uri, const char *path, gboolean is_mailto, GError **error)
{
    if (g_str_has_prefix(path, "//"))
        return refuse_recipient(error, path,
                                "nothing like // stands between the colon and the address");
    /* Split before decoding: an escaped comma is part of a name, and refused there. */
    g_auto(GStrv) pieces = g_strsplit(path, ",", -1);
    for (gsize i = 0; pieces[i] != NULL; i++) {
        g_autoptr(GError) problem = NULL;
        if (*pieces[i] == '\0')
            continue;
        if (uri->recipients->len + uri->refused->len >= SPOC_RECIPIENTS_MAX)
            return refuse_recipient(error, pieces[i], "one URI names at most 100");
        if (!add_recipient(uri, pieces[i], is_mailto, &problem))
            g_ptr_array_add(uri->refused, g_steal_pointer(&problem));
    }
    if (uri->recipients->len > 0)
        return TRUE;
    if (uri->refused->len == 0)
        return refuse_recipient(error, path,
                                "nobody is named; write spoc:alice@example.com, or "
                                "spoc:%40owner for the owner of the job");
    g_autofree char *all = spoc_refusals_join(uri->refused);
    return spoc_error_set(error, SPOC_ERROR_INVALID, "%s", all);
}

/* --- parameters ------------------------------------------------------------------------- */

/* Language subtags between hyphens (RFC 5646 2.1), loosely: "de", "pt-BR" */
static gboolean
is_language(const char *text)
{
    if (strlen(text) > LANGUAGE_MAX_BYTES || !g_ascii_isalpha(text[0]))
        return FALSE;
    gsize run = 0;
    for (const char *p = text; *p != '\0'; p++) {
        run = *p == '-' ? 0 : run + 1;
        if ((*p == '-' && (p[1] == '-' || p[1] == '\0')) || run > 8 ||
            (*p != '-' && !g_ascii_isalnum(*p)))
            return FALSE;
    }
    return TRUE;
}

char *
spoc_language_canonical(const char *text)
{
    g_autofree char *language = g_strdelimit(g_strdup(text), "_", '-');
    return is_language(language) ? g_steal_pointer(&language) : NULL;
}

static void
warn_parameter(SpocRecipientUri *uri, const char *key, const char *value, const char *accepted)
{
    if (uri->warnings->len >= WARNINGS_MAX)
        return;
    g_autofree char *shown_key = spoc_text_line(key, -1, SHOWN_MAX_BYTES);
    g_autofree char *shown = spoc_text_line(value, -1, SHOWN_MAX_BYTES);
    g_ptr_array_add(uri->warnings,
                    g_strdup_printf("'?%s=%s' is passed over: %s", shown_key, shown, accepted));
}

/* Whether mails are written in @language, or in another form of it */
static gboolean
is_written(const char *language)
{
    const char *const *choices = spoc_option_get(SPOC_OPTION_NOTIFY_LANGUAGE)->choices;
    gsize length = strcspn(language, "-");
    for (guint i = 0; choices[i] != NULL; i++)
        if (strcspn(choices[i], "_") == length &&
            g_ascii_strncasecmp(choices[i], language, length) == 0)
            return TRUE;
    return FALSE;
}

static void
take_language(SpocRecipientUri *uri, const char *key, const char *value)
{
    g_autofree char *language = spoc_language_canonical(value);
    if (language == NULL || !is_written(language)) {
        g_autofree char *choices =
            g_strjoinv(", ", (char **)spoc_option_get(SPOC_OPTION_NOTIFY_LANGUAGE)->choices);
        g_autofree char *accepted = g_strdup_printf("mails are written in %s", choices);
        warn_parameter(uri, key, value, accepted);
    }
    if (language != NULL) {
        g_free(uri->language);
        uri->language = g_steal_pointer(&language);
    }
}

static void
take_format(SpocRecipientUri *uri, const char *key, const char *value)
{
    if (g_ascii_strcasecmp(value, "text") == 0)
        uri->format = SPOC_FORMAT_TEXT;
    else if (g_ascii_strcasecmp(value, "html") == 0)
        uri->format = SPOC_FORMAT_HTML;
    else if (g_ascii_strcasecmp(value, "both") == 0)
        uri->format = SPOC_FORMAT_BOTH;
    else
        warn_parameter(uri, key, value, "text, html and both are accepted");
}

static void
take_digest(SpocRecipientUri *uri, const char *key, const char *value)
{
    if (g_ascii_strcasecmp(value, "daily") == 0)
        uri->digest = SPOC_DIGEST_DAILY;
    else if (g_ascii_strcasecmp(value, "none") == 0)
        uri->digest = SPOC_DIGEST_NONE;
    else
        warn_parameter(uri, key, value, "daily and none are accepted");
}

static const char *
choice_of_only(gint choice)
{
    return spoc_option_get(SPOC_OPTION_NOTIFY_ONLY)->choices[choice];
}

SpocOnly
spoc_only_parse(const char *text)
{
    for (gint choice = 0; choice_of_only(choice) != NULL; choice++)
        if (g_ascii_strcasecmp(choice_of_only(choice), text) == 0)
            return SPOC_ONLY_ALL + choice;
    return SPOC_ONLY_UNSET;
}

const char *
spoc_only_name(SpocOnly only)
{
    return only != SPOC_ONLY_UNSET ? choice_of_only((gint)only - SPOC_ONLY_ALL) : NULL;
}

static void
take_only(SpocRecipientUri *uri, const char *key, const char *value)
{
    SpocOnly only = spoc_only_parse(value);
    if (only == SPOC_ONLY_UNSET)
        warn_parameter(uri, key, value, "all, problems and faults are accepted");
    else
        uri->only = only;
}

static void
take_parameter(SpocRecipientUri *uri, const char *key, const char *value, gboolean is_mailto)
{
    if (g_ascii_strcasecmp(key, "language") == 0) {
        take_language(uri, key, value);
    } else if (g_ascii_strcasecmp(key, "format") == 0) {
        take_format(uri, key, value);
    } else if (g_ascii_strcasecmp(key, "digest") == 0) {
        take_digest(uri, key, value);
    } else if (g_ascii_strcasecmp(key, "only") == 0) {
        take_only(uri, key, value);
    } else if (!is_mailto) {
        warn_parameter(uri, key, value,
                       "language, format, digest and only are the parameters that there are");
    } else if (g_ascii_strcasecmp(key, "subject") == 0) {
        g_autofree char *subject = spoc_text_line(value, -1, SUBJECT_MAX_BYTES);
        g_free(uri->subject);
        uri->subject = *subject != '\0' ? g_steal_pointer(&subject) : NULL;
    }
}

/* One that cannot be read is passed over like one that is unknown: better a mail in the
 * usual form than none. */
static void
take_parameters(SpocRecipientUri *uri, const char *query, gboolean is_mailto)
{
    g_auto(GStrv) parts = g_strsplit(query, "&", -1);
    for (gsize i = 0; parts[i] != NULL; i++) {
        char *equals = strchr(parts[i], '=');
        if (*parts[i] == '\0')
            continue;
        if (equals != NULL)
            *equals = '\0';
        g_autofree char *key = decode_percent(parts[i]);
        g_autofree char *value = equals != NULL ? decode_percent(equals + 1) : g_strdup("");
        if (key != NULL && value != NULL)
            take_parameter(uri, key, value, is_mailto);
        else
            warn_parameter(uri, parts[i], equals != NULL ? equals + 1 : "",
                           "its % is no %XX of UTF-8");
    }
}

SpocRecipientUri *
spoc_recipient_uri_parse(const char *uri, GError **error)
{
    if (strlen(uri) > URI_MAX_BYTES) {
        (void)refuse_recipient(error, uri, "it is longer than any URI may be");
        return NULL;
    }
    gboolean is_mailto = g_ascii_strncasecmp(uri, "mailto:", 7) == 0;
    if (!is_mailto && g_ascii_strncasecmp(uri, "spoc:", 5) != 0) {
        (void)refuse_recipient(error, uri, "it begins with spoc: or mailto:");
        return NULL;
    }
    const char *rest = strchr(uri, ':') + 1;
    gsize path_size = strcspn(rest, "?#");
    g_autofree char *path = g_strndup(rest, path_size);

    g_autoptr(SpocRecipientUri) parsed = g_new0(SpocRecipientUri, 1);
    parsed->recipients = g_ptr_array_new_with_free_func(recipient_free);
    parsed->refused = spoc_refusals_new();
    parsed->warnings = g_ptr_array_new_with_free_func(g_free);
    if (!add_recipients(parsed, path, is_mailto, error))
        return NULL;
    if (rest[path_size] == '?') {
        g_autofree char *query =
            g_strndup(rest + path_size + 1, strcspn(rest + path_size + 1, "#"));
        take_parameters(parsed, query, is_mailto);
    }
    return g_steal_pointer(&parsed);
}

gboolean
spoc_recipient_uri_has_owner(const SpocRecipientUri *uri)
{
    for (guint i = 0; uri != NULL && i < uri->recipients->len; i++) {
        const SpocRecipient *recipient = g_ptr_array_index(uri->recipients, i);
        if (recipient->who == SPOC_WHO_OWNER)
            return TRUE;
    }
    return FALSE;
}
