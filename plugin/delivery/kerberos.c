/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/kerberos.h"

#include "base/error.h"
#include "base/text.h"
#include "build-config.h"

#include <signal.h>
#include <string.h>

#ifdef HAVE_KERBEROS
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#endif

/* A ticket is fetched anew when this much of its life is left, or a tenth of it. */
#define RENEW_BEFORE_S 300
#define WORDS_MAX_BYTES 400

typedef struct {
    SpocTokenFunc func;
    gpointer user_data;
    gint64 until_us;
} Request;

/**
 * Fetch:
 *
 * What the thread works with. It is the thread's until it hands it over to the main context, where
 * @kerberos is looked at: NULL when nobody wants it any more.
 */
typedef struct {
    SpocKerberos *kerberos; /* main context only */
    GMainContext *context;
    char *keytab;
    char *principal; /* (nullable) */
    char *host;
    char *cache;
    gint64 started_unix_s;
    gint64 ends_unix_s; /* result */
    char *client;       /* (nullable): result: the principal's full name */
    GError *error;      /* (nullable): result */
} Fetch;

struct _SpocKerberos {
    SpocTokens tokens;
    GMainContext *context;
    char *keytab;
    char *principal;
    char *host;
    guint timeout_ms;
    GPtrArray *requests; /* of Request */
    GSource *timer;   /* answers requests: when they are over, and when nothing is to be fetched */
    Fetch *fetch;     /* (nullable): under way */
    char *cache;      /* (nullable): where the tickets are */
    char *last_cache; /* (nullable): the one before: a login may be using it */
    char *client;     /* (nullable): whose */
    gint64 renew_unix_s;
    gint64 ends_unix_s;
};

static void
fetch_free(Fetch *fetch)
{
    g_main_context_unref(fetch->context);
    g_free(fetch->keytab);
    g_free(fetch->principal);
    g_free(fetch->host);
    g_free(fetch->cache);
    g_free(fetch->client);
    g_clear_error(&fetch->error);
    g_free(fetch);
}

#ifdef HAVE_KERBEROS

/* --- the thread -------------------------------------------------------------------------- */

/* What is freed at the end, whatever was reached */
typedef struct {
    krb5_context context;
    krb5_keytab keytab;
    krb5_principal client;
    krb5_principal server;
    krb5_ccache cache;
    gboolean has_ticket;
    krb5_creds ticket;
    krb5_creds *service;
} Session;

static gboolean
is_away(krb5_error_code code)
{
    return code == KRB5_KDC_UNREACH || code == KRB5_REALM_CANT_RESOLVE ||
           code == KRB5KDC_ERR_SVC_UNAVAILABLE;
}

static const char *
find_remedy(krb5_error_code code)
{
    if (code == KRB5KRB_AP_ERR_SKEW || code == KRB5_KDCREP_SKEW)
        return ". Set this machine's clock";
    if (code == KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN || code == KRB5_ERR_HOST_REALM_UNKNOWN)
        return ". The KDC must know smtp/ and the server's name as it stands in mailserver "
               "(kadmin: addprinc)";
    if (code == KRB5KDC_ERR_PREAUTH_FAILED || code == KRB5KRB_AP_ERR_BAD_INTEGRITY ||
        code == KRB5_KT_NOTFOUND || code == KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN)
        return ". The keytab of mailKerberosKeytab does not have the present key of the principal: "
               "make a new keytab (kadmin: ktadd), or check mailuser";
    return is_away(code) ? "" : ". Check mailKerberosKeytab (klist -k) and /etc/krb5.conf";
}

/* Returns FALSE with the error set when @code is one. */
static gboolean
check_step(const Session *session, krb5_error_code code, const char *what, GError **error)
{
    if (code == 0)
        return TRUE;
    const char *said = krb5_get_error_message(session->context, code);
    g_autofree char *words = spoc_text_line(said, -1, WORDS_MAX_BYTES);
    krb5_free_error_message(session->context, said);
    g_set_error(error, SPOC_ERROR, is_away(code) ? SPOC_ERROR_UNAVAILABLE : SPOC_ERROR_DENIED,
                "Kerberos, %s: %s%s", what, words, find_remedy(code));
    return FALSE;
}

static krb5_error_code
take_first_principal(Session *session)
{
    krb5_kt_cursor cursor;
    krb5_keytab_entry entry;
    krb5_error_code code = krb5_kt_start_seq_get(session->context, session->keytab, &cursor);
    if (code != 0)
        return code;
    code = krb5_kt_next_entry(session->context, session->keytab, &entry, &cursor);
    if (code == 0) {
        code = krb5_copy_principal(session->context, entry.principal, &session->client);
        krb5_free_keytab_entry_contents(session->context, &entry);
    }
    krb5_kt_end_seq_get(session->context, session->keytab, &cursor);
    return code == KRB5_KT_END ? KRB5_KT_NOTFOUND : code;
}

static void
note_client(const Session *session, Fetch *fetch)
{
    char *name = NULL;
    if (krb5_unparse_name(session->context, session->client, &name) != 0)
        return;
    fetch->client = spoc_text_line(name, -1, WORDS_MAX_BYTES);
    krb5_free_unparsed_name(session->context, name);
}

static gboolean
read_keytab(Session *session, Fetch *fetch, GError **error)
{
    g_autofree char *name = g_strconcat("FILE:", fetch->keytab, NULL);
    if (!check_step(session, krb5_kt_resolve(session->context, name, &session->keytab),
                    "the keytab", error))
        return FALSE;
    krb5_error_code code =
        fetch->principal != NULL
            ? krb5_parse_name(session->context, fetch->principal, &session->client)
            : take_first_principal(session);
    if (!check_step(session, code, "the principal", error))
        return FALSE;
    note_client(session, fetch);
    return TRUE;
}

static gboolean
get_ticket(Session *session, const Fetch *fetch, GError **error)
{
    g_autofree char *what = g_strdup_printf("the ticket of %s", fetch->client);
    krb5_error_code code = krb5_get_init_creds_keytab(
        session->context, &session->ticket, session->client, session->keytab, 0, NULL, NULL);
    session->has_ticket = code == 0;
    return check_step(session, code, what, error);
}

static gboolean
fill_cache(Session *session, const Fetch *fetch, GError **error)
{
    krb5_error_code code = krb5_cc_resolve(session->context, fetch->cache, &session->cache);
    if (code == 0)
        code = krb5_cc_initialize(session->context, session->cache, session->client);
    if (code == 0)
        code = krb5_cc_store_cred(session->context, session->cache, &session->ticket);
    return check_step(session, code, "the cache of tickets", error);
}

/* The same name that libcurl has GSSAPI make of the host. */
static gboolean
get_service_ticket(Session *session, Fetch *fetch, GError **error)
{
    g_autofree char *what = g_strdup_printf("the ticket for smtp/%s", fetch->host);
    krb5_error_code code = krb5_sname_to_principal(session->context, fetch->host, "smtp",
                                                   KRB5_NT_SRV_HST, &session->server);
    if (!check_step(session, code, what, error))
        return FALSE;
    krb5_creds wanted = {.client = session->client, .server = session->server};
    code = krb5_get_credentials(session->context, 0, session->cache, &wanted, &session->service);
    if (!check_step(session, code, what, error))
        return FALSE;
    fetch->ends_unix_s = MIN((gint64)(guint32)session->service->times.endtime,
                             (gint64)(guint32)session->ticket.times.endtime);
    return TRUE;
}

static void
close_session(Session *session, gboolean keep_cache)
{
    krb5_context context = session->context;
    if (session->service != NULL)
        krb5_free_creds(context, session->service);
    if (session->has_ticket)
        krb5_free_cred_contents(context, &session->ticket);
    if (session->cache != NULL && keep_cache)
        krb5_cc_close(context, session->cache);
    else if (session->cache != NULL)
        krb5_cc_destroy(context, session->cache);
    if (session->server != NULL)
        krb5_free_principal(context, session->server);
    if (session->client != NULL)
        krb5_free_principal(context, session->client);
    if (session->keytab != NULL)
        krb5_kt_close(context, session->keytab);
    krb5_free_context(context);
}

static void
fetch_tickets(Fetch *fetch)
{
    Session session = {0};
    if (krb5_init_context(&session.context) != 0) {
        g_set_error(&fetch->error, SPOC_ERROR, SPOC_ERROR_DENIED,
                    "Kerberos: its configuration cannot be read. Check /etc/krb5.conf");
        return;
    }
    gboolean good = read_keytab(&session, fetch, &fetch->error) &&
                    get_ticket(&session, fetch, &fetch->error) &&
                    fill_cache(&session, fetch, &fetch->error) &&
                    get_service_ticket(&session, fetch, &fetch->error);
    close_session(&session, good);
}

static void
destroy_cache(const char *name)
{
    krb5_context context;
    krb5_ccache cache;
    if (name == NULL || krb5_init_context(&context) != 0)
        return;
    if (krb5_cc_resolve(context, name, &cache) == 0)
        krb5_cc_destroy(context, cache);
    krb5_free_context(context);
}

void
spoc_kerberos_use(const char *cache)
{
    OM_uint32 minor = 0;
    (void)gss_krb5_ccache_name(&minor, cache, NULL);
}

#else

static void
fetch_tickets(Fetch *fetch)
{
    g_set_error(&fetch->error, SPOC_ERROR, SPOC_ERROR_DENIED,
                "this spocd was built without Kerberos. Set another mailAuthentication");
}

static void
destroy_cache(const char *name)
{
}

void
spoc_kerberos_use(const char *cache)
{
}

#endif

static gboolean on_fetched(gpointer user_data);
static void plan(SpocKerberos *kerberos);

static gpointer
run_fetch(gpointer user_data)
{
    Fetch *fetch = user_data;
    sigset_t all;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL); /* signals are the main thread's */
    fetch_tickets(fetch);
    g_autoptr(GSource) source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, on_fetched, fetch, NULL);
    g_source_attach(source, fetch->context);
    return NULL;
}

/* --- the main context -------------------------------------------------------------------- */

static gint64
now_unix_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static gboolean
has_ticket(const SpocKerberos *kerberos)
{
    return kerberos->cache != NULL && now_unix_s() < kerberos->renew_unix_s;
}

static void
answer(SpocKerberos *kerberos, guint index, const GError *error)
{
    g_autofree Request *request = g_ptr_array_steal_index(kerberos->requests, index);
    request->func(error == NULL ? kerberos->cache : NULL, error, request->user_data);
}

static void
answer_all(SpocKerberos *kerberos, const GError *error)
{
    /* Those that ask again meanwhile stand behind. */
    for (guint i = kerberos->requests->len; i > 0 && kerberos->requests->len > 0; i--)
        answer(kerberos, 0, error);
}

static void
take_tickets(SpocKerberos *kerberos, Fetch *fetch)
{
    destroy_cache(kerberos->last_cache);
    g_free(kerberos->last_cache);
    g_free(kerberos->client);
    kerberos->last_cache = kerberos->cache;
    kerberos->cache = g_steal_pointer(&fetch->cache);
    kerberos->client = g_steal_pointer(&fetch->client);
    kerberos->ends_unix_s = fetch->ends_unix_s;
    gint64 life_s = MAX(fetch->ends_unix_s - fetch->started_unix_s, 0);
    kerberos->renew_unix_s = fetch->ends_unix_s - MIN(RENEW_BEFORE_S, life_s / 10);
}

static gboolean
on_fetched(gpointer user_data)
{
    Fetch *fetch = user_data;
    SpocKerberos *kerberos = fetch->kerberos;
    if (kerberos == NULL) {
        if (fetch->error == NULL)
            destroy_cache(fetch->cache);
    } else {
        kerberos->fetch = NULL;
        if (fetch->error == NULL)
            take_tickets(kerberos, fetch);
        else if (g_error_matches(fetch->error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE) &&
                 now_unix_s() < kerberos->ends_unix_s)
            g_clear_error(&fetch->error); /* what there is will do */
        answer_all(kerberos, fetch->error);
        plan(kerberos);
    }
    fetch_free(fetch);
    return G_SOURCE_REMOVE;
}

static void
start_fetch(SpocKerberos *kerberos)
{
    static guint caches;
    Fetch *fetch = g_new0(Fetch, 1);
    fetch->kerberos = kerberos;
    fetch->context = g_main_context_ref(kerberos->context);
    fetch->keytab = g_strdup(kerberos->keytab);
    fetch->principal = g_strdup(kerberos->principal);
    fetch->host = g_strdup(kerberos->host);
    fetch->cache = g_strdup_printf("MEMORY:spoc-%u", ++caches);
    fetch->started_unix_s = now_unix_s();
    kerberos->fetch = fetch;
    g_thread_unref(g_thread_new("spoc-kerberos", run_fetch, fetch));
}

/* The next moment at which somebody must be told something */
static void
plan(SpocKerberos *kerberos)
{
    gint64 when_us = -1;
    for (guint i = 0; i < kerberos->requests->len; i++) {
        const Request *request = g_ptr_array_index(kerberos->requests, i);
        when_us = when_us < 0 ? request->until_us : MIN(when_us, request->until_us);
    }
    g_source_set_ready_time(kerberos->timer, has_ticket(kerberos) && when_us >= 0 ? 0 : when_us);
}

static gboolean
on_timer(gpointer user_data)
{
    SpocKerberos *kerberos = user_data;
    g_autoptr(GError) error = NULL;
    g_source_set_ready_time(kerberos->timer, -1);
    if (has_ticket(kerberos)) {
        answer_all(kerberos, NULL);
        plan(kerberos);
        return G_SOURCE_CONTINUE;
    }
    g_set_error(&error, SPOC_ERROR, SPOC_ERROR_UNAVAILABLE,
                "Kerberos: no KDC has answered within %u ms", kerberos->timeout_ms);
    for (guint i = kerberos->requests->len; i > 0; i--) {
        const Request *request =
            i <= kerberos->requests->len ? g_ptr_array_index(kerberos->requests, i - 1) : NULL;
        if (request != NULL && request->until_us <= g_get_monotonic_time())
            answer(kerberos, i - 1, error);
    }
    plan(kerberos);
    return G_SOURCE_CONTINUE;
}

static gpointer
ask_for_ticket(gpointer source, const char *refused, SpocTokenFunc func, gpointer user_data)
{
    SpocKerberos *kerberos = source;
    Request *request = g_new0(Request, 1);
    *request =
        (Request){func, user_data, g_get_monotonic_time() + (gint64)kerberos->timeout_ms * 1000};
    g_ptr_array_add(kerberos->requests, request);
    if (!has_ticket(kerberos) && kerberos->fetch == NULL)
        start_fetch(kerberos);
    plan(kerberos);
    return request;
}

static void
cancel_ticket(gpointer source, gpointer request)
{
    SpocKerberos *kerberos = source;
    if (g_ptr_array_remove(kerberos->requests, request))
        g_free(request);
    plan(kerberos);
}

static char *
describe_ticket(gpointer source)
{
    const SpocKerberos *kerberos = source;
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_local(kerberos->ends_unix_s);
    g_autofree char *when = g_date_time_format(end, "%Y-%m-%d %H:%M:%S");
    return g_strdup_printf("a Kerberos ticket of %s for smtp/%s, until %s", kerberos->client,
                           kerberos->host, when);
}

static gboolean
dispatch_timer(GSource *source, GSourceFunc callback, gpointer user_data)
{
    return callback(user_data);
}

SpocKerberos *
spoc_kerberos_new(const char *keytab, const char *principal, const char *host, guint timeout_ms)
{
    static GSourceFuncs functions = {.dispatch = dispatch_timer};
    SpocKerberos *kerberos = g_new0(SpocKerberos, 1);
    kerberos->tokens = (SpocTokens){ask_for_ticket, cancel_ticket, describe_ticket, kerberos};
    kerberos->context = g_main_context_ref_thread_default();
    kerberos->keytab = g_strdup(keytab != NULL ? keytab : "");
    kerberos->principal = g_strdup(principal);
    kerberos->host = g_strdup(host);
    kerberos->timeout_ms = timeout_ms;
    kerberos->requests = g_ptr_array_new();
    kerberos->timer = g_source_new(&functions, sizeof(GSource));
    g_source_set_callback(kerberos->timer, on_timer, kerberos, NULL);
    g_source_attach(kerberos->timer, kerberos->context);
    return kerberos;
}

void
spoc_kerberos_forget(SpocKerberos *kerberos)
{
    kerberos->renew_unix_s = 0;
    kerberos->ends_unix_s = 0;
}

const SpocTokens *
spoc_kerberos_tokens(SpocKerberos *kerberos)
{
    return &kerberos->tokens;
}

void
spoc_kerberos_free(SpocKerberos *kerberos)
{
    if (kerberos == NULL)
        return;
    if (kerberos->fetch != NULL)
        kerberos->fetch->kerberos = NULL; /* it ends by itself */
    g_source_destroy(kerberos->timer);
    g_source_unref(kerberos->timer);
    for (guint i = 0; i < kerberos->requests->len; i++)
        g_free(g_ptr_array_index(kerberos->requests, i));
    g_ptr_array_unref(kerberos->requests);
    destroy_cache(kerberos->cache);
    destroy_cache(kerberos->last_cache);
    g_free(kerberos->last_cache);
    g_main_context_unref(kerberos->context);
    g_free(kerberos->keytab);
    g_free(kerberos->principal);
    g_free(kerberos->host);
    g_free(kerberos->cache);
    g_free(kerberos->client);
    g_free(kerberos);
}
