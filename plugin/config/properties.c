/* SPDX-License-Identifier: Apache-2.0 */
#include "config/properties.h"

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/server.h"

#include <string.h>

#define SHOWN_MAX_BYTES 80

/* One logical line: natural lines joined where a backslash continues them. */
typedef struct {
    const char *next; /* what is not read yet */
    const char *end;
    guint line;       /* of what is not read yet */
    GString *text;    /* the logical line, its escapes as they stand */
    guint begin_line; /* where it begins */
    gboolean too_long;
} Reader;

static void
property_free(SpocProperty *property)
{
    g_free(property->key);
    spoc_secret_free(property->value);
    g_free(property->damage);
    g_free(property);
}

static void
warning_free(SpocPropertyWarning *warning)
{
    g_free(warning->text);
    g_free(warning);
}

static SpocProperties *
properties_new(void)
{
    SpocProperties *properties = g_new0(SpocProperties, 1);
    properties->entries = g_ptr_array_new_with_free_func((GDestroyNotify)property_free);
    properties->warnings = g_ptr_array_new_with_free_func((GDestroyNotify)warning_free);
    return properties;
}

void
spoc_properties_free(SpocProperties *properties)
{
    if (properties == NULL)
        return;
    g_ptr_array_unref(properties->entries);
    g_ptr_array_unref(properties->warnings);
    g_free(properties);
}

static void G_GNUC_PRINTF(3, 4)
    add_warning(SpocProperties *properties, guint line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    SpocPropertyWarning *warning = g_new0(SpocPropertyWarning, 1);
    warning->line = line;
    warning->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(properties->warnings, warning);
}

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

/* (nullable): the first byte that is not UTF-8; NUL is looked at elsewhere. */
static const char *
find_invalid(const char *p, const char *end)
{
    while (p < end) {
        const char *bad = NULL;
        if (g_utf8_validate_len(p, (gsize)(end - p), &bad))
            return NULL;
        if (*bad != '\0')
            return bad;
        p = bad + 1;
    }
    return NULL;
}

static guint
line_of(const char *bytes, const char *place)
{
    guint line = 1;
    for (const char *p = bytes; p < place; p++)
        if (*p == '\n' || (*p == '\r' && !(p + 1 < place && p[1] == '\n')))
            line++;
    return line;
}

/* The file as UTF-8 without BOM. */
static GString *
decode_text(const char *bytes, gsize length, SpocProperties *properties)
{
    const char *end = bytes + length;
    const char *bad = find_invalid(bytes, end);
    GString *text = g_string_sized_new(length + 1);
    if (bad == NULL) {
        gboolean has_bom = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0;
        g_string_append_len(text, bytes + (has_bom ? 3 : 0), (gssize)length - (has_bom ? 3 : 0));
        return text;
    }
    add_warning(properties, line_of(bytes, bad), "is not UTF-8; the file is read as Latin-1");
    for (const char *p = bytes; p < end; p++)
        g_string_append_unichar(text, (guchar)*p);
    return text;
}

/* Takes the next natural line; its end is LF, CR or CR LF. */
static gboolean
next_natural(Reader *reader, const char **ret_begin, const char **ret_end)
{
    if (reader->next >= reader->end)
        return FALSE;
    const char *p = reader->next;
    while (p < reader->end && *p != '\n' && *p != '\r')
        p++;
    *ret_begin = reader->next;
    *ret_end = p;
    if (p < reader->end && *p == '\r' && p + 1 < reader->end && p[1] == '\n')
        p++;
    reader->next = p < reader->end ? p + 1 : p;
    reader->line++;
    return TRUE;
}

/* An odd number of backslashes at the end continues the line. */
static gboolean
is_continued(const char *begin, const char *end)
{
    gsize count = 0;
    while (end > begin && end[-1] == '\\') {
        end--;
        count++;
    }
    return count % 2 == 1;
}

/* FALSE at the end of the file. */
static gboolean
next_logical(Reader *reader)
{
    const char *begin = NULL, *end = NULL;
    gboolean continued = FALSE;
    g_string_truncate(reader->text, 0);
    reader->too_long = FALSE;
    while (next_natural(reader, &begin, &end)) {
        while (begin < end && is_blank(*begin))
            begin++;
        /* Blank lines and comments count as such only where a logical line begins. */
        if (!continued && (begin == end || *begin == '#' || *begin == '!'))
            continue;
        if (!continued)
            reader->begin_line = reader->line - 1;
        continued = is_continued(begin, end);
        if (continued)
            end--;
        gsize room = SPOC_PROPERTIES_MAX_LINE_BYTES - reader->text->len;
        reader->too_long |= (gsize)(end - begin) > room;
        g_string_append_len(reader->text, begin, MIN(end - begin, (gssize)room));
        if (!continued && reader->text->len > 0)
            return TRUE;
    }
    return reader->text->len > 0;
}

/* Four hexadecimal digits: a UTF-16 code unit. */
static gboolean
code_unit(const char *p, const char *end, gunichar *ret_unit)
{
    if (end - p < 4)
        return FALSE;
    gunichar unit = 0;
    for (guint i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(p[i]);
        if (digit < 0)
            return FALSE;
        unit = unit * 16 + (gunichar)digit;
    }
    *ret_unit = unit;
    return TRUE;
}

/* Behind "\u": one character, as one code unit or a pair of surrogates written as two. */
static const char *
read_unicode(const char *p, const char *end, GString *text, const char **ret_damage)
{
    gunichar unit = 0, low = 0;
    if (!code_unit(p, end, &unit)) {
        *ret_damage = "has a malformed \\u escape: four hexadecimal digits must follow";
        return p;
    }
    p += 4;
    if (unit >= 0xd800 && unit < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
        code_unit(p + 2, end, &low) && low >= 0xdc00 && low < 0xe000) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
    }
    if (unit >= 0xd800 && unit < 0xe000)
        *ret_damage = "has half of a surrogate pair as a \\u escape";
    else if (unit == 0)
        *ret_damage = "has a NUL character in it";
    else
        g_string_append_unichar(text, unit);
    return p;
}

/* Resolves the escapes; @ret_damage is set, or left alone when all is well. */
static char *
unescape(const char *p, const char *end, gboolean trim, const char **ret_damage)
{
    GString *text = g_string_sized_new((gsize)(end - p) + 1);
    gsize kept = 0; /* up to the last character that is not a bare blank */
    while (p < end) {
        char c = *p++;
        if (c == '\\' && p < end) {
            c = *p++;
            if (c == 'u')
                p = read_unicode(p, end, text, ret_damage);
            else
                g_string_append_c(text, c == 't'   ? '\t'
                                        : c == 'n' ? '\n'
                                        : c == 'r' ? '\r'
                                        : c == 'f' ? '\f'
                                                   : c);
            kept = text->len;
            continue;
        }
        if (c == '\0')
            *ret_damage = "has a NUL character in it";
        else
            g_string_append_c(text, c);
        if (!is_blank(c))
            kept = text->len;
    }
    if (trim)
        g_string_truncate(text, kept);
    /* An escaped NUL stands in the text when a backslash came before it. */
    if (memchr(text->str, '\0', text->len) != NULL)
        *ret_damage = "has a NUL character in it";
    return g_string_free(text, FALSE);
}

/* The key ends at the first unescaped '=', ':' or blank. */
static const char *
key_end(const char *p, const char *end)
{
    while (p < end && *p != '=' && *p != ':' && !is_blank(*p))
        p += *p == '\\' && p + 1 < end ? 2 : 1;
    return p;
}

static const char *
value_begin(const char *p, const char *end)
{
    while (p < end && is_blank(*p))
        p++;
    if (p < end && (*p == '=' || *p == ':'))
        p++;
    while (p < end && is_blank(*p))
        p++;
    return p;
}

/* (transfer full) (nullable): NULL after a warning when there is no key. */
static SpocProperty *
read_entry(const Reader *reader, SpocProperties *properties)
{
    const char *begin = reader->text->str, *end = begin + reader->text->len;
    const char *key_stop = key_end(begin, end), *damage = NULL;
    g_autofree char *key = unescape(begin, key_stop, FALSE, &damage);
    if (reader->too_long && key_stop == end)
        damage = "is too long";
    if (damage != NULL || *key == '\0') {
        add_warning(properties, reader->begin_line, "is ignored: %s",
                    damage != NULL ? "its key is malformed" : "no key stands before the separator");
        return NULL;
    }
    SpocProperty *property = g_new0(SpocProperty, 1);
    property->key = g_steal_pointer(&key);
    property->line = reader->begin_line;
    if (reader->too_long) {
        property->value = g_strdup("");
        property->damage =
            g_strdup_printf("is longer than %d bytes", SPOC_PROPERTIES_MAX_LINE_BYTES);
    } else {
        property->value = unescape(value_begin(key_stop, end), end, TRUE, &damage);
        property->damage = g_strdup(damage);
    }
    return property;
}

/* The last of two equal keys counts. */
static void
add_entry(SpocProperties *properties, GHashTable *by_key, SpocProperty *property)
{
    SpocProperty *earlier = g_hash_table_lookup(by_key, property->key);
    if (earlier != NULL) {
        g_autofree char *shown = spoc_text_line(property->key, -1, SHOWN_MAX_BYTES);
        add_warning(properties, property->line,
                    "%s: is set again; the value of line %u does not count", shown, earlier->line);
        g_hash_table_remove(by_key, property->key);
        g_ptr_array_remove(properties->entries, earlier);
    }
    g_ptr_array_add(properties->entries, property);
    g_hash_table_insert(by_key, property->key, property);
}

static gboolean
read_entries(SpocProperties *properties, const GString *text, GError **error)
{
    g_autoptr(GHashTable) by_key = g_hash_table_new(g_str_hash, g_str_equal);
    Reader reader = {.next = text->str,
                     .end = text->str + text->len,
                     .line = 1,
                     .text = g_string_sized_new(text->len + 1)};
    gboolean good = TRUE;
    for (guint count = 1; good && next_logical(&reader); count++) {
        SpocProperty *property = NULL;
        if (count > SPOC_PROPERTIES_MAX_KEYS) {
            g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "has more than %d settings",
                        SPOC_PROPERTIES_MAX_KEYS);
            good = FALSE;
        } else if ((property = read_entry(&reader, properties)) != NULL) {
            add_entry(properties, by_key, property);
        }
    }
    spoc_secret_string_free(reader.text);
    return good;
}

SpocProperties *
spoc_properties_parse(const char *bytes, gsize length, GError **error)
{
    if (length > SPOC_PROPERTIES_MAX_BYTES) {
        g_set_error(error, SPOC_ERROR, SPOC_ERROR_LIMIT, "is larger than %d bytes",
                    SPOC_PROPERTIES_MAX_BYTES);
        return NULL;
    }
    if (length >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
        g_set_error_literal(error, SPOC_ERROR, SPOC_ERROR_INVALID,
                            "is encoded in UTF-16; save it as UTF-8");
        return NULL;
    }
    g_autoptr(SpocProperties) properties = properties_new();

    GString *text = decode_text(bytes, length, properties);
    gboolean good = read_entries(properties, text, error);
    spoc_secret_string_free(text);
    return good ? g_steal_pointer(&properties) : NULL;
}

/* --- mailto.conf(5) ---------------------------------------------------------------------- */

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

/* The last line of a key counts. Takes @value over. */
static void
put_property(SpocProperties *properties, const char *key, char *value, guint line)
{
    for (guint i = 0; i < properties->entries->len; i++) {
        SpocProperty *known = g_ptr_array_index(properties->entries, i);
        if (g_str_equal(known->key, key)) {
            g_ptr_array_remove_index(properties->entries, i);
            break;
        }
    }
    SpocProperty *property = g_new0(SpocProperty, 1);
    property->key = g_strdup(key);
    property->value = value;
    property->line = line;
    g_ptr_array_add(properties->entries, property);
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
        add_warning(properties, number,
                    "the directive '%s' is not known and does nothing; there are Cc, "
                    "From, Subject and SMTPServer",
                    shown);
    } else if (*value == '\0') {
        add_warning(properties, number, "%s has no value and does nothing", shown);
    } else if (is_sendmail) {
        *sendmail_line = number;
        put_property(properties, "mailserver", g_strdup("localhost"), number);
    } else {
        put_property(properties, directives[i].key, directives[i].convert(value), number);
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
    g_autoptr(SpocProperties) properties = properties_new();
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
        add_warning(properties, sendmail_line, NO_SENDMAIL);
    return g_steal_pointer(&properties);
}
