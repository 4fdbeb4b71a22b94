/* SPDX-License-Identifier: Apache-2.0 */
#include "config/mailto.h"

#include "base/error.h"
#include "base/text.h"
#include "config/server.h"

#include <string.h>

#define SHOWN_MAX_BYTES 80

#define NO_SENDMAIL                                                                                \
    "Sendmail is not supported: no command is started; mail goes to the server on this host "      \
    "instead (mailserver = localhost); name the mail server with SMTPServer, or in spoc.conf"

/* "Name <address>" becomes "address"; a comma in a quoted name separates nothing. */
static void
add_address(GString *list, const char *text, gsize length)
{
    g_autofree char *one = g_strstrip(g_strndup(text, length));
    char *open = strrchr(one, '<');
    char *close = open != NULL ? strchr(open, '>') : NULL;
    const char *address = one;
    if (close != NULL && close[1] == '\0') {
        *close = '\0';
        address = g_strstrip(open + 1);
    }
    if (*address == '\0')
        return;
    if (list->len > 0)
        g_string_append(list, ", ");
    g_string_append(list, address);
}

static char *
bare_addresses(const char *value)
{
    GString *list = g_string_new(NULL);
    gboolean is_quoted = FALSE;
    const char *begin = value;
    const char *at = value;
    for (; *at != '\0'; at++) {
        if (*at == '\\' && is_quoted && at[1] != '\0') {
            at++;
        } else if (*at == '"') {
            is_quoted = !is_quoted;
        } else if (*at == ',' && !is_quoted) {
            add_address(list, begin, (gsize)(at - begin));
            begin = at + 1;
        }
    }
    add_address(list, begin, (gsize)(at - begin));
    return g_string_free(list, FALSE);
}

/* "Name <address>" where it is one; mailto takes other texts before an address too, and leaves the
 * address to be found. */
static char *
sender(const char *value)
{
    g_autofree char *name = NULL;
    g_autofree char *address = NULL;
    return spoc_mailbox_parse(value, &name, &address, NULL) ? g_strdup(value)
                                                            : bare_addresses(value);
}

static const struct {
    const char *directive;
    const char *key;
    char *(*convert)(const char *value);
} directives[] = {
    {"Cc", "notifyCc", bare_addresses},
    {"From", "mailfrom", sender},
    {"Subject", "notifySubjectPrefix", g_strdup},
    {"SMTPServer", "mailserver", g_strdup},
};

/* The last line of a key counts. */
static void
put(SpocProperties *properties, const char *key, char *value, guint line)
{
    for (guint i = 0; i < properties->entries->len; i++) {
        SpocProperty *known = g_ptr_array_index(properties->entries, i);
        if (g_str_equal(known->key, key)) {
            g_ptr_array_remove_index(properties->entries, i);
            break;
        }
    }
    spoc_properties_add(properties, key, value, line);
    g_free(value);
}

/* In place: without comment and the blanks around. cupsd's "\#" is a "#". */
static char *
strip_line(char *line)
{
    char *to = line;
    for (const char *from = line; *from != '\0' && *from != '#'; from++) {
        if (from[0] == '\\' && from[1] == '#')
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return g_strstrip(line);
}

static void
take_line(SpocProperties *properties, char *text, guint number, guint *sendmail_line)
{
    char *name = strip_line(text);
    if (*name == '\0')
        return;
    char *value = name + strcspn(name, " \t\v\f\r");
    if (*value != '\0')
        *value++ = '\0';
    g_strstrip(value);
    g_autofree char *shown = spoc_text_line(name, -1, SHOWN_MAX_BYTES);
    gboolean is_sendmail = g_ascii_strcasecmp(name, "Sendmail") == 0;
    guint i = 0;
    while (i < G_N_ELEMENTS(directives) && g_ascii_strcasecmp(name, directives[i].directive) != 0)
        i++;
    if (i == G_N_ELEMENTS(directives) && !is_sendmail) {
        spoc_properties_warn(properties, number,
                             "the directive '%s' is not known and does nothing; there are Cc, "
                             "From, Subject and SMTPServer",
                             shown);
    } else if (*value == '\0') {
        spoc_properties_warn(properties, number, "%s has no value and does nothing", shown);
    } else if (is_sendmail) {
        *sendmail_line = number;
        put(properties, "mailserver", g_strdup("localhost"), number);
    } else {
        put(properties, directives[i].key, directives[i].convert(value), number);
        if (g_str_equal(directives[i].key, "mailserver"))
            *sendmail_line = 0;
    }
}

SpocProperties *
spoc_mailto_parse(const char *bytes, gsize length, GError **error)
{
    if (length > SPOC_PROPERTIES_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "is larger than %d bytes",
                    SPOC_PROPERTIES_MAX_BYTES);
        return NULL;
    }
    if (memchr(bytes, '\0', length) != NULL) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "holds a NUL character, so it is no text file");
        return NULL;
    }
    g_autoptr(SpocProperties) properties = spoc_properties_new();
    g_autofree char *raw = g_strndup(bytes, length);
    g_autofree char *text = g_utf8_make_valid(raw, -1);
    guint sendmail_line = 0;
    guint number = 1;
    for (char *line = text; line != NULL; number++) {
        if (number > SPOC_PROPERTIES_MAX_KEYS) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "has more than %d lines",
                        SPOC_PROPERTIES_MAX_KEYS);
            return NULL;
        }
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        take_line(properties, line, number, &sendmail_line);
        line = end != NULL ? end + 1 : NULL;
    }
    if (sendmail_line != 0)
        spoc_properties_warn(properties, sendmail_line, NO_SENDMAIL);
    return g_steal_pointer(&properties);
}
