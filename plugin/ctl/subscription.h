/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Asks cupsd about subscriptions: lists, makes and ends them. CUPS_SERVER and
 *           client.conf say which cupsd, as for lp.
 * ERRORS    SPOC_ERROR_UNAVAILABLE: cupsd cannot be reached. SPOC_ERROR_DENIED: it does not
 *           let us. SPOC_ERROR_NOT_FOUND: no such printer or subscription. SPOC_ERROR_LIMIT:
 *           MaxSubscriptions. The message has cupsd's own words and the cure.
 */
#pragma once

#include <cups/cups.h>
#include <glib.h>

typedef struct {
    gint id;
    char *recipient_uri; /* (nullable): CUPS does not show us, or it is a pull subscription */
    char *printer_uri;   /* (nullable): the server's */
    gint job_id;         /* 0: not a job's */
    char **events;       /* never NULL */
    gint64 lease_s;      /* 0: for ever */
    char *subscriber;    /* (nullable) */
} SpocCupsSubscription;

void spoc_cups_subscription_free(SpocCupsSubscription *subscription);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocCupsSubscription, spoc_cups_subscription_free)

/* (transfer full) */
http_t *spoc_subscription_connect(GError **error) G_GNUC_WARN_UNUSED_RESULT;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(http_t, httpClose)

/* (transfer full) (element-type SpocCupsSubscription): all that cupsd has, by id */
GPtrArray *spoc_subscription_list(http_t *http, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same without a network: SPOC_ERROR_UNAVAILABLE as well when cupsd is on another host */
GPtrArray *spoc_subscription_list_local(GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_subscription_create:
 * @object_uri: as spoc_target_object_uri() makes it
 * @events: (array zero-terminated=1)
 *
 * Makes one whose lease never ends.
 *
 * Returns: its id, or 0 with @error set
 */
gint spoc_subscription_create(http_t *http, const char *object_uri, const char *recipient_uri,
                              const char *const *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lets the lease never end, as far as MaxLeaseDuration in cupsd.conf allows. */
gboolean spoc_subscription_renew(http_t *http, gint id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @error has SPOC_ERROR_NOT_FOUND when it is gone already. */
gboolean spoc_subscription_cancel(http_t *http, gint id, GError **error) G_GNUC_WARN_UNUSED_RESULT;
