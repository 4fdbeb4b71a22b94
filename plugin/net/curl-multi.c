/* SPDX-License-Identifier: Apache-2.0 */
#include "net/curl-multi.h"

#include <glib-unix.h>

/* Connections are counted by us; curl must never close one because it has "too many". */
#define CURL_KEEPS_CONNECTIONS 100000L

struct _SpocCurlMulti {
    GMainContext *context;
    SpocCurlMultiDoneFunc done;
    CURLM *multi;
    GHashTable *watches; /* descriptor → GSource */
    GSource *timer;      /* (nullable) */
    gboolean closing;
};

static void
clear_timer(SpocCurlMulti *curl_multi)
{
    if (curl_multi->timer == NULL)
        return;
    g_source_destroy(curl_multi->timer);
    g_clear_pointer(&curl_multi->timer, g_source_unref);
}

static void
watch_free(gpointer data)
{
    GSource *source = data;
    g_source_destroy(source);
    g_source_unref(source);
}

static void
collect(SpocCurlMulti *curl_multi)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(curl_multi->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        /* The message is gone once the handle is removed. */
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        char *user_data = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user_data);
        curl_multi->done(easy, result, user_data);
    }
}

static void
act(SpocCurlMulti *curl_multi, curl_socket_t fd, int events)
{
    int running = 0;
    curl_multi_socket_action(curl_multi->multi, fd, events, &running);
    collect(curl_multi);
}

static gboolean
on_ready(gint fd, GIOCondition condition, gpointer user_data)
{
    int events = 0;
    if ((condition & (G_IO_IN | G_IO_HUP)) != 0)
        events |= CURL_CSELECT_IN;
    if ((condition & G_IO_OUT) != 0)
        events |= CURL_CSELECT_OUT;
    if ((condition & (G_IO_ERR | G_IO_NVAL)) != 0)
        events |= CURL_CSELECT_ERR;
    act(user_data, fd, events);
    return G_SOURCE_CONTINUE; /* a watch that curl no longer wants was destroyed */
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *user_data, void *socket_data)
{
    SpocCurlMulti *curl_multi = user_data;
    g_hash_table_remove(curl_multi->watches, GINT_TO_POINTER(fd));
    if (what == CURL_POLL_REMOVE || curl_multi->closing)
        return 0;
    GIOCondition condition = G_IO_ERR | G_IO_HUP;
    if ((what & CURL_POLL_IN) != 0)
        condition |= G_IO_IN;
    if ((what & CURL_POLL_OUT) != 0)
        condition |= G_IO_OUT;
    GSource *source = g_unix_fd_source_new(fd, condition);
    g_source_set_callback(source, G_SOURCE_FUNC(on_ready), curl_multi, NULL);
    g_source_attach(source, curl_multi->context);
    g_hash_table_insert(curl_multi->watches, GINT_TO_POINTER(fd), source);
    return 0;
}

static gboolean
on_timeout(gpointer user_data)
{
    SpocCurlMulti *curl_multi = user_data;
    clear_timer(curl_multi);
    act(curl_multi, CURL_SOCKET_TIMEOUT, 0);
    return G_SOURCE_REMOVE;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *user_data)
{
    SpocCurlMulti *curl_multi = user_data;
    /* Always: an old timer that fires later would be taken for the new one. */
    clear_timer(curl_multi);
    if (timeout_ms < 0 || curl_multi->closing)
        return 0;
    curl_multi->timer = g_timeout_source_new((guint)MIN(timeout_ms, G_MAXINT));
    g_source_set_callback(curl_multi->timer, on_timeout, curl_multi, NULL);
    g_source_attach(curl_multi->timer, curl_multi->context);
    return 0;
}

SpocCurlMulti *
spoc_curl_multi_new(GMainContext *context, SpocCurlMultiDoneFunc done)
{
    CURLM *multi = curl_multi_init();
    if (multi == NULL)
        return NULL;
    SpocCurlMulti *curl_multi = g_new0(SpocCurlMulti, 1);
    curl_multi->context = g_main_context_ref(context);
    curl_multi->done = done;
    curl_multi->multi = multi;
    curl_multi->watches = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, watch_free);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, curl_multi);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, curl_multi);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, CURL_KEEPS_CONNECTIONS);
    return curl_multi;
}

void
spoc_curl_multi_free(SpocCurlMulti *curl_multi)
{
    if (curl_multi == NULL)
        return;
    curl_multi->closing = TRUE;
    curl_multi_cleanup(curl_multi->multi);
    clear_timer(curl_multi);
    g_hash_table_unref(curl_multi->watches);
    g_main_context_unref(curl_multi->context);
    g_free(curl_multi);
}

GMainContext *
spoc_curl_multi_context(const SpocCurlMulti *curl_multi)
{
    return curl_multi->context;
}

gboolean
spoc_curl_multi_add(SpocCurlMulti *curl_multi, CURL *easy)
{
    return curl_multi_add_handle(curl_multi->multi, easy) == CURLM_OK;
}

void
spoc_curl_multi_remove(SpocCurlMulti *curl_multi, CURL *easy)
{
    curl_multi_remove_handle(curl_multi->multi, easy);
}
