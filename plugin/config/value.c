/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include "base/address.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/server.h"

#include <string.h>

#define SHOWN_MAX_BYTES 80
#define PIN_PREFIX "sha256//"
#define PIN_DIGEST_BYTES 32
#define KEYWORD_MAX_BYTES 255

static const char *const true_words[] = {"true", "yes", "on", "1", "enabled", NULL};
static const char *const false_words[] = {"false", "no", "off", "0", "disabled", NULL};

static const struct {
    const char *suffix;
    gint64 ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000}};

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID, why);
    return FALSE;
}

static gint64
unit_ms(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(units); i++)
        if (g_strcmp0(units[i].suffix, name) == 0)
            return units[i].ms;
    return 0;
}

static gboolean
is_word(const char *text, const char *const *words)
{
    for (guint i = 0; words[i] != NULL; i++)
        if (g_ascii_strcasecmp(text, words[i]) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
parse_boolean(const char *text, SpocValue *value, GError **error)
{
    value->integer = is_word(text, true_words);
    if (value->integer == 0 && !is_word(text, false_words))
        return refuse(error, "it is neither true nor false");
    value->text = g_strdup(value->integer != 0 ? "true" : "false");
    return TRUE;
}

/* The place among the choices, or -1. */
static int
find_choice(const SpocOption *option, const char *text)
{
    for (int i = 0; option->choices[i] != NULL; i++)
        if (g_ascii_strcasecmp(option->choices[i], text) == 0)
            return i;
    gsize length = strlen(text);
    for (guint i = 0; option->aliases != NULL && option->aliases[i] != NULL; i++)
        if (g_ascii_strncasecmp(option->aliases[i], text, length) == 0 &&
            option->aliases[i][length] == '=')
            return find_choice(option, option->aliases[i] + length + 1);
    return -1;
}

static gboolean
parse_choice(const SpocOption *option, const char *text, SpocValue *value, GError **error)
{
    int choice = find_choice(option, text);
    if (choice < 0)
        return refuse(error, "it is not one of the choices");
    value->integer = choice;
    value->text = g_strdup(option->choices[choice]);
    return TRUE;
}

static gboolean
parse_integer(const SpocOption *option, const char *text, SpocValue *value, GError **error)
{
    char *end = NULL;
    gboolean is_number = text[0] == '-' || g_ascii_isdigit(text[0]);
    gint64 number = is_number ? g_ascii_strtoll(text, &end, 10) : 0;
    if (!is_number || end == text || *end != '\0')
        return refuse(error, "it is not a whole number");
    if (number < option->minimum || number > option->maximum)
        return refuse(error, "it is out of range");
    value->integer = number;
    value->text = g_strdup_printf("%" G_GINT64_FORMAT, number);
    return TRUE;
}

/* "25M", or a bare number of bytes; also "25 MB" and "25MiB" */
static gboolean
parse_size(const SpocOption *option, const char *text, SpocValue *value, GError **error)
{
    static const char suffixes[] = "kmgt";
    char *end = NULL;
    if (!g_ascii_isdigit(text[0]))
        return refuse(error, "it is not a size");
    guint64 number = g_ascii_strtoull(text, &end, 10);
    while (*end == ' ')
        end++;
    const char *suffix = *end != '\0' ? strchr(suffixes, g_ascii_tolower(*end)) : NULL;
    guint shift = suffix != NULL ? 10 * (guint)(suffix - suffixes + 1) : 0;
    if (suffix != NULL)
        end++;
    if (*end != '\0' && g_ascii_strcasecmp(end, "b") != 0 &&
        (suffix == NULL || g_ascii_strcasecmp(end, "ib") != 0))
        return refuse(error, "it is not a size");
    if (number > (guint64)G_MAXINT64 >> shift || (gint64)(number << shift) < option->minimum ||
        (gint64)(number << shift) > option->maximum)
        return refuse(error, "it is out of range");
    value->integer = (gint64)(number << shift);
    value->text = g_strdup(text);
    return TRUE;
}

/* "30s", or a bare number in the option's unit */
static gboolean
parse_duration(const SpocOption *option, const char *text, gint64 *ret_ms, GError **error)
{
    char *end = NULL;
    if (!g_ascii_isdigit(text[0]))
        return refuse(error, "it is not a duration");
    guint64 number = g_ascii_strtoull(text, &end, 10);
    while (*end == ' ')
        end++;
    gint64 own = unit_ms(option->unit), factor = *end == '\0' ? own : 0;
    g_autofree char *suffix = g_ascii_strdown(end, -1);
    if (factor == 0)
        factor = unit_ms(suffix);
    if (factor == 0)
        return refuse(error, "it has an unknown unit");
    if (number > (guint64)(option->maximum * own / factor) ||
        (gint64)number * factor < option->minimum * own)
        return refuse(error, "it is out of range");
    *ret_ms = (gint64)number * factor;
    return TRUE;
}

/* CURLOPT_PINNEDPUBLICKEY's form */
static gboolean
check_pin(const char *text, GError **error)
{
    gsize length = 0;
    g_autofree guchar *digest = NULL;
    if (g_str_has_prefix(text, PIN_PREFIX))
        digest = g_base64_decode(text + strlen(PIN_PREFIX), &length);
    g_autofree char *again = length > 0 ? g_base64_encode(digest, length) : NULL;
    if (length != PIN_DIGEST_BYTES || strcmp(again, text + strlen(PIN_PREFIX)) != 0)
        return refuse(error, "it is not the SHA-256 of a public key");
    return TRUE;
}

/* The form of a keyword, RFC 8011 5.1.4 */
static gboolean
check_reason(const char *text, GError **error)
{
    const char *name = text + (text[0] == '-' ? 1 : 0);
    gboolean is_good = *name != '\0' && *name != '-' && strlen(name) <= KEYWORD_MAX_BYTES;
    for (const char *p = name; *p != '\0' && strcmp(name, "*") != 0; p++)
        is_good &= g_ascii_isalnum(*p) || strchr("-_.", *p) != NULL;
    return is_good || refuse(error, "it is neither * nor a whole keyword");
}

/* HH:MM becomes minutes since midnight. */
static gboolean
parse_time(const char *text, SpocValue *value, GError **error)
{
    guint64 hour = 0, minute = 0;
    g_auto(GStrv) parts = g_strsplit(text, ":", 3);
    if (g_strv_length(parts) != 2 || strlen(parts[1]) != 2 ||
        !g_ascii_string_to_unsigned(parts[0], 10, 0, 23, &hour, NULL) ||
        !g_ascii_string_to_unsigned(parts[1], 10, 0, 59, &minute, NULL))
        return refuse(error, "it is no time of the day");
    value->integer = (gint64)(hour * 60 + minute);
    value->text = g_strdup(text);
    return TRUE;
}

static gboolean
check_url(const SpocOption *option, const char *text, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
    if (uri == NULL || g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0')
        return refuse(error, "it is not a URL");
    if (!g_strv_contains(option->choices, g_uri_get_scheme(uri))) {
        g_autofree char *schemes = g_strjoinv(" or ", (char **)option->choices);
        g_autofree char *why = g_strconcat("it is not ", schemes, NULL);
        return refuse(error, why);
    }
    if (g_uri_get_userinfo(uri) != NULL)
        return refuse(error, "it has a user name in it, which would be shown in logs");
    return TRUE;
}

/* (transfer full) (nullable) */
static char *
parse_address(const char *text, GError **error)
{
    const char *why = NULL;
    char *address = spoc_address_parse(text, &why);
    if (address == NULL)
        refuse(error, why);
    return address;
}

static gboolean
parse_mailbox(const char *text, SpocValue *value, GError **error)
{
    if (!spoc_mailbox_parse(text, &value->name, &value->address, error))
        return FALSE;
    value->text = spoc_mailbox_text(value->name, value->address);
    return TRUE;
}

/* (transfer full) (nullable): "*", "@owner", "@domain" or an address, canonical */
static char *
parse_pattern(const char *text, GError **error)
{
    if (strcmp(text, "*") == 0)
        return g_strdup(text);
    if (g_ascii_strcasecmp(text, "@owner") == 0)
        return g_strdup("@owner");
    if (text[0] != '@')
        return parse_address(text, error);
    g_autofree char *domain = spoc_domain_parse(text + 1, error);
    return domain != NULL ? g_strconcat("@", domain, NULL) : NULL;
}

/* (transfer full) (nullable): QUEUE=MAILBOX, canonical. CUPS's names of queues have no blank, no
 * '/' and no '#' in them, and no quoting. */
static char *
parse_sender(const char *text, GError **error)
{
    gsize length = strcspn(text, "=");
    g_autofree char *queue = g_strstrip(g_strndup(text, length));
    g_autofree char *name = NULL, *address = NULL;
    if (text[length] == '\0' || *queue == '\0' || strpbrk(queue, " /#\\?'\"") != NULL)
        refuse(error, "it does not begin with the name of a queue and '='");
    else if (spoc_mailbox_parse(text + length + 1, &name, &address, error)) {
        g_autofree char *mailbox = spoc_mailbox_text(name, address);
        return g_strconcat(queue, "=", mailbox, NULL);
    }
    return NULL;
}

/* (transfer full) (nullable): one entry of a list, canonical */
static char *
parse_entry(const SpocOption *option, const char *text, GError **error)
{
    int choice;
    switch (option->entry_type) {
    case SPOC_TYPE_CHOICE:
        choice = find_choice(option, text);
        if (choice < 0)
            refuse(error, "it is not one of the choices");
        return choice < 0 ? NULL : g_strdup(option->choices[choice]);
    case SPOC_TYPE_PIN:
        return check_pin(text, error) ? g_strdup(text) : NULL;
    case SPOC_TYPE_REASON:
        return check_reason(text, error) ? g_strdup(text) : NULL;
    case SPOC_TYPE_PATTERN:
        return parse_pattern(text, error);
    case SPOC_TYPE_ADDRESS:
        return parse_address(text, error);
    case SPOC_TYPE_SENDER:
        return parse_sender(text, error);
    case SPOC_TYPE_URL:
        return check_url(option, text, error) ? g_strdup(text) : NULL;
    default:
        return g_strdup(text);
    }
}

/* The entries between the commas, without those that are blank. */
static gboolean
split(const char *text, GPtrArray *entries, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", SPOC_VALUE_MAX_ENTRIES + 1);
    for (guint i = 0; parts[i] != NULL; i++)
        if (*g_strstrip(parts[i]) != '\0')
            g_ptr_array_add(entries, g_strdup(parts[i]));
    if (entries->len == 0)
        return refuse(error, "it has no entry");
    if (entries->len > SPOC_VALUE_MAX_ENTRIES)
        return refuse(error, "it has too many entries");
    return TRUE;
}

static gboolean
parse_list(const SpocOption *option, const char *text, SpocValue *value, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(g_free);
    if (!split(text, entries, error))
        return FALSE;
    g_autoptr(GPtrArray) good = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < entries->len; i++) {
        const char *written = g_ptr_array_index(entries, i);
        char *entry = parse_entry(option, written, error);
        if (entry == NULL) {
            g_autofree char *shown = spoc_text_line(written, -1, SHOWN_MAX_BYTES);
            g_prefix_error(error, "at its entry '%s': ", shown);
            return FALSE;
        }
        g_ptr_array_add(good, entry);
    }
    g_ptr_array_add(good, NULL);
    spoc_value_set_list(value, (const char *const *)good->pdata);
    return TRUE;
}

static gboolean
parse_durations(const SpocOption *option, const char *text, SpocValue *value, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(g_free);
    if (!split(text, entries, error))
        return FALSE;
    g_autofree gint64 *durations = g_new0(gint64, entries->len);
    for (guint i = 0; i < entries->len; i++) {
        const char *entry = g_ptr_array_index(entries, i);
        if (!parse_duration(option, entry, &durations[i], error)) {
            g_autofree char *shown = spoc_text_line(entry, -1, SHOWN_MAX_BYTES);
            g_prefix_error(error, "at its entry '%s': ", shown);
            return FALSE;
        }
    }
    value->duration_count = entries->len;
    value->durations_ms = g_steal_pointer(&durations);
    value->text = g_strdup(text);
    return TRUE;
}

static gboolean
parse_server(const char *text, SpocValue *value, GError **error)
{
    guint port = 0;
    if (!spoc_server_parse(text, &value->address, &port, error))
        return FALSE;
    value->integer = port;
    value->text = g_strdup(text);
    return TRUE;
}

/* A text that is taken as it is, or in the canonical form that @text is. */
static gboolean
take(char *text, SpocValue *value)
{
    value->text = text;
    return text != NULL;
}

static gboolean
parse_by_type(const SpocOption *option, const char *text, SpocValue *value, GError **error)
{
    switch (option->type) {
    case SPOC_TYPE_INTEGER:
        return parse_integer(option, text, value, error);
    case SPOC_TYPE_BOOLEAN:
        return parse_boolean(text, value, error);
    case SPOC_TYPE_CHOICE:
        return parse_choice(option, text, value, error);
    case SPOC_TYPE_LIST:
        return parse_list(option, text, value, error);
    case SPOC_TYPE_DURATION:
        return parse_duration(option, text, &value->integer, error) && take(g_strdup(text), value);
    case SPOC_TYPE_DURATIONS:
        return parse_durations(option, text, value, error);
    case SPOC_TYPE_SIZE:
        return parse_size(option, text, value, error);
    case SPOC_TYPE_TIME:
        return parse_time(text, value, error);
    case SPOC_TYPE_ADDRESS:
        return take(parse_address(text, error), value);
    case SPOC_TYPE_MAILBOX:
        return parse_mailbox(text, value, error);
    case SPOC_TYPE_SERVER:
        return parse_server(text, value, error);
    case SPOC_TYPE_DOMAIN:
        return take(spoc_domain_parse(text, error), value);
    case SPOC_TYPE_URL:
        return check_url(option, text, error) && take(g_strdup(text), value);
    case SPOC_TYPE_PIN:
        return check_pin(text, error) && take(g_strdup(text), value);
    case SPOC_TYPE_REASON:
        return check_reason(text, error) && take(g_strdup(text), value);
    case SPOC_TYPE_PATTERN:
        return take(parse_pattern(text, error), value);
    case SPOC_TYPE_SENDER:
        return take(parse_sender(text, error), value);
    case SPOC_TYPE_STRING:
    case SPOC_TYPE_PATH:
        break;
    }
    return take(g_strdup(text), value);
}

static gboolean
has_control(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if (g_ascii_iscntrl(*p))
            return TRUE;
    return FALSE;
}

gboolean
spoc_value_parse(const SpocOption *option, const char *text, SpocValue *value, GError **error)
{
    g_autoptr(SpocSecret) own = g_strdup(text);
    if (option->type != SPOC_TYPE_STRING)
        g_strstrip(own);
    g_autoptr(GError) why = NULL;
    SpocValue parsed = {0};
    if (has_control(own))
        refuse(&why, "it has a line break or another control character in it");
    else if (parse_by_type(option, own, &parsed, &why)) {
        *value = parsed;
        return TRUE;
    }
    spoc_value_clear(&parsed);
    g_autofree char *accepted = spoc_value_accepted(option);
    g_autofree char *shown = spoc_text_line(own, -1, SHOWN_MAX_BYTES);
    /* An address may have a password or a token in it. */
    if ((option->flags & SPOC_OPTION_FLAG_SECRET) != 0 || option->type == SPOC_TYPE_URL)
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                    "the value cannot be used: %s; accepted: %s", why->message, accepted);
    else
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_INVALID, "'%s': %s; accepted: %s", shown,
                    why->message, accepted);
    return FALSE;
}

void
spoc_value_set_empty(const SpocOption *option, SpocValue *value)
{
    *value = (SpocValue){.text = g_strdup("")};
    if (option->type == SPOC_TYPE_LIST)
        value->list = g_new0(char *, 1);
}

void
spoc_value_set_list(SpocValue *value, const char *const *entries)
{
    *value =
        (SpocValue){.list = g_strdupv((char **)entries), .text = g_strjoinv(",", (char **)entries)};
}

void
spoc_value_clear(SpocValue *value)
{
    spoc_secret_free(value->text);
    g_strfreev(value->list);
    g_free(value->name);
    g_free(value->address);
    g_free(value->durations_ms);
    *value = (SpocValue){0};
}

static char *
accepted_duration(const SpocOption *option)
{
    return g_strdup_printf("numbers with ms, s, m, h or d after them, or without one in %s, from "
                           "%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " %s",
                           option->unit, option->minimum, option->maximum, option->unit);
}

static char *
accepted_list(const SpocOption *option)
{
    g_autofree char *choices = NULL;
    switch (option->entry_type) {
    case SPOC_TYPE_CHOICE:
        choices = g_strjoinv(" ", (char **)option->choices);
        return g_strdup_printf("a list, separated by commas, of %s", choices);
    case SPOC_TYPE_PIN:
        return g_strdup("a list, separated by commas, of " PIN_PREFIX "BASE64");
    case SPOC_TYPE_REASON:
        return g_strdup("a list, separated by commas, of keywords such as toner-low-report, or *, "
                        "each with a - before it to leave it out");
    case SPOC_TYPE_PATTERN:
        return g_strdup("a list, separated by commas, of @owner, addresses, @domain, or *");
    case SPOC_TYPE_ADDRESS:
        return g_strdup("a list, separated by commas, of mail addresses");
    case SPOC_TYPE_SENDER:
        return g_strdup("a list, separated by commas, of QUEUE=ADDRESS or QUEUE=Name <address>");
    case SPOC_TYPE_URL:
        choices = g_strjoinv(":// ", (char **)option->choices);
        return g_strdup_printf("a list, separated by commas, of addresses that begin %s://",
                               choices);
    default:
        return g_strdup("a list, separated by commas");
    }
}

char *
spoc_value_accepted(const SpocOption *option)
{
    g_autofree char *choices = NULL;
    switch (option->type) {
    case SPOC_TYPE_INTEGER:
        return g_strdup_printf("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                               option->minimum, option->maximum);
    case SPOC_TYPE_BOOLEAN:
        return g_strdup("true or false (also yes/no, on/off, 1/0, enabled/disabled)");
    case SPOC_TYPE_CHOICE:
        choices = g_strjoinv(", ", (char **)option->choices);
        return g_strconcat("one of ", choices, NULL);
    case SPOC_TYPE_LIST:
        return accepted_list(option);
    case SPOC_TYPE_DURATION:
    case SPOC_TYPE_DURATIONS:
        return accepted_duration(option);
    case SPOC_TYPE_SIZE:
        return g_strdup("a number of bytes, or one with k, M or G after it");
    case SPOC_TYPE_ADDRESS:
        return g_strdup("one mail address, such as printing@example.com");
    case SPOC_TYPE_MAILBOX:
        return g_strdup("one mail address, such as printing@example.com, or a name and the "
                        "address in < and >, such as Printing <printing@example.com>");
    case SPOC_TYPE_SERVER:
        return g_strdup("host, host:port, or an IPv6 address in brackets");
    case SPOC_TYPE_PATH:
        return g_strdup("a path");
    case SPOC_TYPE_DOMAIN:
        return g_strdup("a domain, such as example.com");
    case SPOC_TYPE_URL:
        choices = g_strjoinv(":// or ", (char **)option->choices);
        return g_strdup_printf("an address that begins %s://", choices);
    case SPOC_TYPE_TIME:
        return g_strdup("a time of the day, such as 07:00");
    case SPOC_TYPE_PIN:
        return g_strdup(PIN_PREFIX "BASE64");
    case SPOC_TYPE_REASON:
        return g_strdup("a keyword such as toner-low-report, or *, or either after a -");
    case SPOC_TYPE_PATTERN:
        return g_strdup("@owner, an address, @domain, or *");
    case SPOC_TYPE_SENDER:
        return g_strdup("QUEUE=ADDRESS or QUEUE=Name <address>");
    case SPOC_TYPE_STRING:
        break;
    }
    return g_strdup("text without control characters");
}
