/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Asks cupsd about subscriptions: lists, makes and ends them. CUPS_SERVER and
 *           client.conf say which cupsd, as for lp.
 * ERRORS    SPOC_ERROR_UNAVAILABLE: cupsd cannot be reached, or does not answer within
 *           SPOC_CUPSD_TIMEOUT_MS, whatever it sends meanwhile; the cause is named where this
 *           host shows it. SPOC_ERROR_DENIED: it does not let us. SPOC_ERROR_NOT_FOUND: no such
 *           printer or subscription. SPOC_ERROR_LIMIT: MaxSubscriptions. The message has cupsd's
 *           own words and the remedy.
 */
#pragma once

#include "base/places.h"

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

typedef struct _SpocCupsClient SpocCupsClient;

SpocCupsClient *spoc_cups_client_new(const SpocPlaces *places,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_cups_client_free(SpocCupsClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocCupsClient, spoc_cups_client_free)

/* (transfer full) (element-type SpocCupsSubscription): all that cupsd has, by id */
GPtrArray *spoc_subscription_list(SpocCupsClient *client, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * SpocCupsAside:
 *
 * The same question, put by a child process as whoever we are now, because CUPS does not show
 * everything to everyone; meanwhile we look at other things, as somebody else if need be. Only
 * without a network, and before there is a second thread.
 */
typedef struct _SpocCupsAside SpocCupsAside;

/* SPOC_ERROR_NOT_FOUND when cupsd is on another host */
SpocCupsAside *spoc_subscription_ask_aside(const SpocPlaces *places,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_cups_aside_free(SpocCupsAside *aside);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocCupsAside, spoc_cups_aside_free)

/* As spoc_subscription_list(). Waits until SPOC_CUPSD_TIMEOUT_MS after the question at most; once
 * for each question. */
GPtrArray *spoc_subscription_take_aside(SpocCupsAside *aside,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_subscription_create:
 * @object_uri: as spoc_target_object_uri() makes it
 * @events: (array zero-terminated=1)
 *
 * Makes one whose lease never ends.
 *
 * Returns: its id, or 0 with @error set
 */
gint spoc_subscription_create(SpocCupsClient *client, const char *object_uri,
                              const char *recipient_uri, const char *const *events,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lets the lease never end, as far as MaxLeaseDuration in cupsd.conf allows. */
gboolean spoc_subscription_renew(SpocCupsClient *client, gint id,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @error has SPOC_ERROR_NOT_FOUND when it is gone already. */
gboolean spoc_subscription_cancel(SpocCupsClient *client, gint id,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
