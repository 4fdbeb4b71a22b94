/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/sasl.h"

#include "base/text.h"

#include <curl/curl.h>
#include <json-glib/json-glib.h>
#include <string.h>

/* Several times what servers say; and JSON can be no deeper than it is long. */
#define CHALLENGE_MAX_BYTES 4096
#define ERROR_MAX_BYTES 300

/* No word that people use is so long; parts of tokens are, and base64 of what holds one. */
#define SECRET_RUN_BYTES 32
#define MASK "***"

static const char *const names[SPOC_SASL_COUNT] = {
    [SPOC_SASL_EXTERNAL] = "EXTERNAL",
    [SPOC_SASL_GSSAPI] = "GSSAPI",
    [SPOC_SASL_OAUTHBEARER] = "OAUTHBEARER",
    [SPOC_SASL_XOAUTH2] = "XOAUTH2",
    [SPOC_SASL_SCRAM_SHA_256] = "SCRAM-SHA-256",
    [SPOC_SASL_SCRAM_SHA_1] = "SCRAM-SHA-1",
    [SPOC_SASL_CRAM_MD5] = "CRAM-MD5",
    [SPOC_SASL_PLAIN] = "PLAIN",
    [SPOC_SASL_LOGIN] = "LOGIN",
};

#define END SPOC_SASL_NONE
static const SpocSaslMechanism no_ways[] = {END};
static const SpocSaslMechanism token_ways[] = {SPOC_SASL_OAUTHBEARER, SPOC_SASL_XOAUTH2, END};
static const SpocSaslMechanism certificate_ways[] = {SPOC_SASL_EXTERNAL, END};
static const SpocSaslMechanism ticket_ways[] = {SPOC_SASL_GSSAPI, END};
static const SpocSaslMechanism encrypted_password_ways[] = {
    SPOC_SASL_SCRAM_SHA_256, SPOC_SASL_SCRAM_SHA_1, SPOC_SASL_PLAIN,
    SPOC_SASL_LOGIN,         SPOC_SASL_CRAM_MD5,    END};
static const SpocSaslMechanism clear_password_ways[] = {
    SPOC_SASL_SCRAM_SHA_256, SPOC_SASL_SCRAM_SHA_1, SPOC_SASL_CRAM_MD5,
    SPOC_SASL_PLAIN,         SPOC_SASL_LOGIN,       END};

const char *
spoc_sasl_name(SpocSaslMechanism mechanism)
{
    return mechanism < SPOC_SASL_COUNT ? names[mechanism] : "none";
}

guint
spoc_sasl_able(int curl_features)
{
    guint able = (1u << SPOC_SASL_COUNT) - 1;
    if ((curl_features & CURL_VERSION_GSASL) == 0)
        able &= ~(1u << SPOC_SASL_SCRAM_SHA_256 | 1u << SPOC_SASL_SCRAM_SHA_1);
    if ((curl_features & CURL_VERSION_GSSAPI) == 0)
        able &= ~(1u << SPOC_SASL_GSSAPI);
    return able;
}

gboolean
spoc_sasl_is_bearer(SpocSaslMechanism mechanism)
{
    return mechanism == SPOC_SASL_OAUTHBEARER || mechanism == SPOC_SASL_XOAUTH2;
}

/* In the order of preference, ended by END */
static const SpocSaslMechanism *
ways_of(const SpocSaslWish *wish)
{
    switch (wish->method) {
    case SPOC_AUTHENTICATION_PASSWORD:
        return wish->encrypted ? encrypted_password_ways : clear_password_ways;
    case SPOC_AUTHENTICATION_OAUTH2: /* a token never goes over a line without TLS */
        return wish->encrypted ? token_ways : no_ways;
    case SPOC_AUTHENTICATION_EXTERNAL: /* without TLS there is no certificate */
        return wish->encrypted ? certificate_ways : no_ways;
    case SPOC_AUTHENTICATION_GSSAPI:
        return ticket_ways;
    case SPOC_AUTHENTICATION_AUTO:
    case SPOC_AUTHENTICATION_NONE:
        break;
    }
    return no_ways;
}

static gboolean
is_way(const SpocSaslMechanism *ways, SpocSaslMechanism mechanism)
{
    for (; *ways != END; ways++)
        if (*ways == mechanism)
            return TRUE;
    return FALSE;
}

static SpocSaslMechanism
find_name(const char *name)
{
    for (guint i = 0; i < SPOC_SASL_COUNT; i++)
        if (g_ascii_strcasecmp(names[i], name) == 0)
            return (SpocSaslMechanism)i;
    return SPOC_SASL_NONE;
}

/* Fills @order with those that may be used, the preferred one first. Returns how many. */
static guint
list_candidates(const SpocSaslWish *wish, SpocSaslMechanism *order)
{
    const SpocSaslMechanism *ways = ways_of(wish);
    gboolean has_names = wish->names != NULL && wish->names[0] != NULL;
    guint count = 0, seen = ~wish->able;
    for (guint i = 0; has_names ? wish->names[i] != NULL : ways[i] != END; i++) {
        SpocSaslMechanism mechanism = has_names ? find_name(wish->names[i]) : ways[i];
        if (mechanism == SPOC_SASL_NONE || !is_way(ways, mechanism) || (seen >> mechanism & 1) != 0)
            continue;
        seen |= 1u << mechanism;
        order[count++] = mechanism;
    }
    return count;
}

SpocSaslMechanism
spoc_sasl_choose(const SpocSaslWish *wish, const char *offered, guint refused)
{
    SpocSaslMechanism order[SPOC_SASL_COUNT];
    guint count = list_candidates(wish, order);
    g_auto(GStrv) words = offered != NULL ? g_strsplit_set(offered, " \t", -1) : NULL;
    guint offered_bits = offered == NULL ? ~0u : 0;
    for (guint i = 0; words != NULL && words[i] != NULL; i++) {
        SpocSaslMechanism mechanism = find_name(words[i]);
        if (mechanism != SPOC_SASL_NONE)
            offered_bits |= 1u << mechanism;
    }
    for (guint i = 0; i < count; i++)
        if ((offered_bits & ~refused) >> order[i] & 1)
            return order[i];
    return SPOC_SASL_NONE;
}

char *
spoc_sasl_candidates(const SpocSaslWish *wish)
{
    SpocSaslMechanism order[SPOC_SASL_COUNT];
    guint count = list_candidates(wish, order);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", names[order[i]]);
    return g_string_free(text, FALSE);
}

gboolean
spoc_sasl_refuses_mechanism(int code, const char *enhanced_status, const char *words)
{
    static const char *const complaints[] = {"invalid",       "unknown",      "unsupported",
                                             "not supported", "no mechan",    "unrecognized",
                                             "unrecognised",  "not available"};
    if (code < 500)
        return FALSE;
    if (code == 504 || strcmp(enhanced_status, "5.5.4") == 0 ||
        strcmp(enhanced_status, "5.7.4") == 0)
        return TRUE;
    /* Postfix says so with the code of a wrong password: "535 5.7.8 Error: authentication failed:
     * Invalid authentication mechanism". */
    g_autofree char *lower = g_ascii_strdown(words != NULL ? words : "", -1);
    if (strstr(lower, "mechanism") == NULL)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(complaints); i++)
        if (strstr(lower, complaints[i]) != NULL)
            return TRUE;
    return FALSE;
}

static void
append_member(GString *text, JsonObject *object, const char *member, const char *name)
{
    JsonNode *node = json_object_get_member(object, member);
    g_autofree char *value = NULL;
    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node))
        return;
    if (json_node_get_value_type(node) == G_TYPE_STRING)
        value = g_strdup(json_node_get_string(node));
    else if (json_node_get_value_type(node) == G_TYPE_INT64)
        value = g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
    if (value != NULL && *value != '\0')
        g_string_append_printf(text, "%s%s %s", text->len > 0 ? ", " : "", name, value);
}

char *
spoc_sasl_bearer_error(const char *challenge)
{
    gsize size = 0;
    if (*challenge == '\0' || strlen(challenge) > CHALLENGE_MAX_BYTES)
        return NULL;
    g_autofree guchar *bytes = g_base64_decode(challenge, &size);
    g_autoptr(JsonParser) parser = json_parser_new();
    if (bytes == NULL || size == 0 ||
        !json_parser_load_from_data(parser, (const char *)bytes, (gssize)size, NULL) ||
        json_parser_get_root(parser) == NULL ||
        !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser)))
        return NULL;
    JsonObject *object = json_node_get_object(json_parser_get_root(parser));
    GString *text = g_string_new(NULL);
    append_member(text, object, "status", "status");
    append_member(text, object, "scope", "scope");
    append_member(text, object, "error", "error");
    append_member(text, object, "error_description", "error description");
    if (text->len == 0)
        g_string_append(text, "no reason given");
    char *line = spoc_text_line(text->str, (gssize)text->len, ERROR_MAX_BYTES);
    g_string_free(text, TRUE);
    return line;
}

char *
spoc_sasl_escape_name(const char *name)
{
    GString *escaped = g_string_new(NULL);
    for (; *name != '\0'; name++)
        if (*name == ',')
            g_string_append(escaped, "=2C");
        else if (*name == '=')
            g_string_append(escaped, "=3D");
        else
            g_string_append_c(escaped, *name);
    return g_string_free(escaped, FALSE);
}

static gboolean
may_be_base64(char c)
{
    return g_ascii_isalnum(c) || c == '+' || c == '/' || c == '=' || c == '_';
}

char *
spoc_sasl_mask(const char *text, const char *token)
{
    g_auto(GStrv) pieces = *token != '\0' ? g_strsplit(text, token, -1) : NULL;
    g_autofree char *without = pieces != NULL ? g_strjoinv(MASK, pieces) : g_strdup(text);
    GString *masked = g_string_new(NULL);
    for (const char *p = without; *p != '\0';) {
        gsize run = 0;
        while (may_be_base64(p[run]))
            run++;
        if (run >= SECRET_RUN_BYTES)
            g_string_append(masked, MASK);
        else if (run > 0)
            g_string_append_len(masked, p, (gssize)run);
        else
            g_string_append_c(masked, *p);
        p += MAX(run, 1);
    }
    return g_string_free(masked, FALSE);
}
