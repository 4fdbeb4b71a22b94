/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/io-watch.h"

struct _SpocIoWatch {
    GSource source;
    gpointer tag;
    gboolean output;
    gint64 deadline_us;
    SpocIoWatchFunc func;
    gpointer user_data;
};

static gboolean
check(GSource *source)
{
    SpocIoWatch *watch = (SpocIoWatch *)source;
    return g_source_query_unix_fd(source, watch->tag) != 0;
}

static gboolean
dispatch(GSource *source, GSourceFunc unused, gpointer unused_data)
{
    SpocIoWatch *watch = (SpocIoWatch *)source;
    GIOCondition condition = g_source_query_unix_fd(source, watch->tag);
    /* A deadline that has moved since it was armed is only armed again. */
    if (condition == 0 && g_source_get_time(source) < watch->deadline_us) {
        g_source_set_ready_time(source, watch->deadline_us);
        return G_SOURCE_CONTINUE;
    }
    watch->func(condition, watch->user_data);
    if (!g_source_is_destroyed(source) &&
        g_source_get_ready_time(source) <= g_source_get_time(source))
        g_source_set_ready_time(source, watch->deadline_us);
    return G_SOURCE_CONTINUE;
}

SpocIoWatch *
spoc_io_watch_new(GMainContext *context, int fd, SpocIoWatchFunc func, gpointer user_data)
{
    static GSourceFuncs functions = {.check = check, .dispatch = dispatch};
    GSource *source = g_source_new(&functions, sizeof(SpocIoWatch));
    SpocIoWatch *watch = (SpocIoWatch *)source;
    watch->tag = g_source_add_unix_fd(source, fd, G_IO_IN | G_IO_ERR | G_IO_HUP);
    watch->func = func;
    watch->user_data = user_data;
    g_source_attach(source, context);
    return watch;
}

void
spoc_io_watch_free(SpocIoWatch *watch)
{
    if (watch == NULL)
        return;
    g_source_destroy(&watch->source);
    g_source_unref(&watch->source);
}

void
spoc_io_watch_set_output(SpocIoWatch *watch, gboolean wanted)
{
    if (watch->output == wanted)
        return;
    watch->output = wanted;
    GIOCondition output = wanted ? G_IO_OUT : 0;
    g_source_modify_unix_fd(&watch->source, watch->tag, G_IO_IN | G_IO_ERR | G_IO_HUP | output);
}

void
spoc_io_watch_set_deadline(SpocIoWatch *watch, gint64 deadline_us)
{
    watch->deadline_us = deadline_us;
    gint64 armed_us = g_source_get_ready_time(&watch->source);
    /* Later than armed: the source will find out when it wakes. */
    if (armed_us < 0 || deadline_us < armed_us)
        g_source_set_ready_time(&watch->source, deadline_us);
}
