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
#include "config/option.h"
#include "config/server.h"

/* Lowest first. */
typedef enum {
    SPOC_LAYER_BUILTIN,
    SPOC_LAYER_VENDOR,
    SPOC_LAYER_MANAGEMENT,
    SPOC_LAYER_MAILTO, /* CUPS's mailto.conf, while there is no spoc.conf */
    SPOC_LAYER_LOCAL,
    SPOC_LAYER_DROPIN,
    SPOC_LAYER_CREDENTIAL, /* of the systemd service: passwords only */
} SpocConfigLayer;

/* For people and JSON: "built-in", "vendor", "management", "mailto.conf", "local", "drop-in",
 * "credential" */
const char *spoc_config_layer_name(SpocConfigLayer layer);

typedef struct {
    SpocConfigLayer layer;
    const char *file; /* (nullable): path; NULL for a built-in default */
    guint line;       /* from 1; 0 where there is none */
} SpocConfigOrigin;

typedef enum {
    SPOC_SEVERITY_ERROR,
    SPOC_SEVERITY_WARNING,
} SpocSeverity;

/**
 * SpocConfigProblem:
 * @blocks_delivery: mail must wait until this is mended, because the key decides
 *   where mail goes, as whom, or how safely
 * @message: "FILE:LINE: KEY: what is wrong; what is accepted", without secrets
 */
typedef struct {
    SpocSeverity severity;
    gboolean blocks_delivery;
    const char *key;  /* (nullable) */
    const char *file; /* (nullable) */
    guint line;
    char *message;
} SpocConfigProblem;

typedef struct _SpocConfig SpocConfig;

/**
 * spoc_config_load:
 * @places: where the files are
 *
 * Reads defaults.conf, the management values, spoc.conf (or CUPS's mailto.conf where there is
 * none), and the .conf files of spoc.conf.d, the files that mailpassFile, trustStorePasswordFile
 * and recipientLdapPasswordFile name, and the systemd credentials named as the passwords below
 * $CREDENTIALS_DIRECTORY. Never asks the network.
 *
 * A bad value that a higher layer replaces by a good one is a warning and blocks nothing.
 *
 * Returns: (transfer full): a snapshot, even when nothing could be read
 */
SpocConfig *spoc_config_load(const SpocPlaces *places);
SpocConfig *spoc_config_ref(SpocConfig *config);
void spoc_config_unref(SpocConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocConfig, spoc_config_unref)

/**
 * spoc_config_stamp:
 *
 * Returns: (transfer full): text that differs when any file of the layers (the trust
 *   store and the alias file among them) was added, removed or changed: size,
 *   modification time and inode of each. Comparing two is how a running spocd sees
 *   a change that no file monitor told it.
 */
char *spoc_config_stamp(const SpocPlaces *places, const SpocConfig *config);

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
