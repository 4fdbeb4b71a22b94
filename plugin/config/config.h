/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The effective configuration: one immutable snapshot of all layers, with
 *           the origin of each value and every problem found on the way.
 * ERRORS    Loading never fails. A bad value is a SpocConfigProblem; the lower
 *           layer's value holds.
 * OWNERSHIP Snapshots are reference counted; what accessors return belongs to the
 *           snapshot.
 * SECURITY  Secrets are only in the strings that accessors return; problems,
 *           origins and dumps never hold one.
 */
#pragma once

#include "base/places.h"
#include "config/layer.h"
#include "config/option.h"
#include "config/server.h"

/* For people and JSON: "built-in", "preset", "vendor", "management", "mailto.conf", "local",
 * "drop-in", "credential" */
const char *spoc_config_layer_name(SpocConfigLayer layer);

SpocConfig *spoc_config_ref(SpocConfig *config);
void spoc_config_unref(SpocConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocConfig, spoc_config_unref)

/**
 * spoc_config_loaded_stamp:
 *
 * Returns: (transfer none): the stamp of the files as they were before spoc_config_load()
 *   read them, so that a change in between is not missed: the one to keep and compare
 */
const char *spoc_config_loaded_stamp(const SpocConfig *config);

/* Values. Each aborts when the option is not of the type: a programmer's mistake. */
/* (nullable): NULL when not set or really empty; computed defaults filled in, paths absolute */
/* Of a SPOC_TYPE_MAILBOX the address alone */
const char *spoc_config_string(const SpocConfig *config, SpocOptionId option);
/* (nullable): the name that stands before the address of a SPOC_TYPE_MAILBOX */
const char *spoc_config_mailbox_name(const SpocConfig *config, SpocOptionId option);
/* SPOC_TYPE_INTEGER, SPOC_TYPE_SIZE in bytes, SPOC_TYPE_TIME in minutes since midnight, or
 * SPOC_TYPE_DURATION in ms; mailSmtpPort is the effective one */
gint64 spoc_config_integer(const SpocConfig *config, SpocOptionId option);
gboolean spoc_config_boolean(const SpocConfig *config, SpocOptionId option);
/* The value's place in the option's list of choices. */
int spoc_config_choice(const SpocConfig *config, SpocOptionId option);
/* NULL-terminated, never NULL */
const char *const *spoc_config_list(const SpocConfig *config, SpocOptionId option);
/* Milliseconds */
gint64 spoc_config_duration_ms(const SpocConfig *config, SpocOptionId option);
/* Milliseconds, at least one entry */
const gint64 *spoc_config_durations_ms(const SpocConfig *config, SpocOptionId option,
                                       gsize *ret_count);

/**
 * spoc_config_server:
 * @option: a SPOC_TYPE_SERVER
 * @ret_host: (out) (optional) (transfer full)
 * @ret_port: (out) (optional): the one that the value names, else mailSmtpPort
 *
 * Returns: FALSE when it is not set
 */
gboolean spoc_config_server(const SpocConfig *config, SpocOptionId option, char **ret_host,
                            guint *ret_port);

/* (nullable): the path of CUPS's mailto.conf while it is in force, because there is no spoc.conf */
const char *spoc_config_mailto_file(const SpocConfig *config);

SpocConfigOrigin spoc_config_origin(const SpocConfig *config, SpocOptionId option);

/* (element-type SpocConfigProblem): in the order found */
const GPtrArray *spoc_config_problems(const SpocConfig *config);

/* (nullable): the first problem that makes delivery wait */
const SpocConfigProblem *spoc_config_blocker(const SpocConfig *config);

#define SPOC_CONFIG_MASK "********"

/**
 * SpocConfigRow: one effective value with its origin, ready to be shown
 * @name: the key
 * @value: as one would write it; SPOC_CONFIG_MASK for a secret that is set, or in the place of a
 *   URL's query; "" for none
 * @layer: "built-in", "vendor", …
 * @file: (nullable)
 * @line: from 1; 0 where there is none
 * @is_changed: a layer above the built-in defaults set it
 * @is_secret: whether @value is masked
 *
 * All strings belong to the snapshot.
 */
typedef struct {
    SpocOptionId option;
    const char *name;
    const char *value;
    const char *layer;
    const char *file;
    guint line;
    gboolean is_changed;
    gboolean is_secret;
} SpocConfigRow;

SpocConfigRow spoc_config_row(const SpocConfig *config, SpocOptionId option);
