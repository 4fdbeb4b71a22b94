/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/curl-multi.h"

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
clear_timer(SpocCurlMulti *loop)
{
    if (loop->timer == NULL)
        return;
    g_source_destroy(loop->timer);
    g_clear_pointer(&loop->timer, g_source_unref);
}

static void
watch_free(gpointer data)
{
    GSource *source = data;
    g_source_destroy(source);
    g_source_unref(source);
}

static void
collect(SpocCurlMulti *loop)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        /* The message is gone once the handle is removed. */
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        char *user_data = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user_data);
        loop->done(easy, result, user_data);
    }
}

static void
act(SpocCurlMulti *loop, curl_socket_t fd, int events)
{
    int running = 0;
    curl_multi_socket_action(loop->multi, fd, events, &running);
    collect(loop);
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
    SpocCurlMulti *loop = user_data;
    g_hash_table_remove(loop->watches, GINT_TO_POINTER(fd));
    if (what == CURL_POLL_REMOVE || loop->closing)
        return 0;
    GIOCondition condition = G_IO_ERR | G_IO_HUP;
    if ((what & CURL_POLL_IN) != 0)
        condition |= G_IO_IN;
    if ((what & CURL_POLL_OUT) != 0)
        condition |= G_IO_OUT;
    GSource *source = g_unix_fd_source_new(fd, condition);
    g_source_set_callback(source, G_SOURCE_FUNC(on_ready), loop, NULL);
    g_source_attach(source, loop->context);
    g_hash_table_insert(loop->watches, GINT_TO_POINTER(fd), source);
    return 0;
}

static gboolean
on_timeout(gpointer user_data)
{
    SpocCurlMulti *loop = user_data;
    clear_timer(loop);
    act(loop, CURL_SOCKET_TIMEOUT, 0);
    return G_SOURCE_REMOVE;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *user_data)
{
    SpocCurlMulti *loop = user_data;
    /* Always: an old timer that fires later would be taken for the new one. */
    clear_timer(loop);
    if (timeout_ms < 0 || loop->closing)
        return 0;
    loop->timer = g_timeout_source_new((guint)MIN(timeout_ms, G_MAXINT));
    g_source_set_callback(loop->timer, on_timeout, loop, NULL);
    g_source_attach(loop->timer, loop->context);
    return 0;
}

SpocCurlMulti *
spoc_curl_multi_new(GMainContext *context, SpocCurlMultiDoneFunc done)
{
    CURLM *multi = curl_multi_init();
    if (multi == NULL)
        return NULL;
    SpocCurlMulti *loop = g_new0(SpocCurlMulti, 1);
    loop->context = g_main_context_ref(context);
    loop->done = done;
    loop->multi = multi;
    loop->watches = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, watch_free);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, CURL_KEEPS_CONNECTIONS);
    return loop;
}

void
spoc_curl_multi_free(SpocCurlMulti *loop)
{
    if (loop == NULL)
        return;
    loop->closing = TRUE;
    curl_multi_cleanup(loop->multi);
    clear_timer(loop);
    g_hash_table_unref(loop->watches);
    g_main_context_unref(loop->context);
    g_free(loop);
}

GMainContext *
spoc_curl_multi_context(const SpocCurlMulti *loop)
{
    return loop->context;
}

gboolean
spoc_curl_multi_add(SpocCurlMulti *loop, CURL *easy)
{
    return curl_multi_add_handle(loop->multi, easy) == CURLM_OK;
}

void
spoc_curl_multi_remove(SpocCurlMulti *loop, CURL *easy)
{
    curl_multi_remove_handle(loop->multi, easy);
}
