/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What a SpocConfig is made of: for the files of this layer that fill and show it,
 *          for nobody else.
 */
#pragma once

#include "config/layer.h"
#include "config/option.h"
#include "config/value.h"

/**
 * SpocSlot:
 * @value: what holds
 * @layer: of the file that says so
 * @file: (nullable): owned by the snapshot's strings
 * @is_default: the built-in default holds: nobody set it, or [EMPTY] asked for it
 */
typedef struct {
    SpocValue value;
    SpocConfigLayer layer;
    const char *file;
    guint line;
    gboolean is_default;
} SpocSlot;

/* A file that was read. @holds_secret: a password stands in it, whether it counts or not. */
typedef struct {
    SpocConfigLayer layer;
    const char *path;
    gboolean holds_secret;
} SpocConfigFile;

struct _SpocConfig {
    gatomicrefcount references;
    GStringChunk *strings; /* keys and paths that problems and origins point to */
    char *directory;       /* of the configuration */
    char *host;            /* this host's full name */
    char *stamp;
    SpocSlot slots[SPOC_OPTION_COUNT];
    GPtrArray *problems; /* SpocConfigProblem */
    GPtrArray *files;    /* SpocConfigFile */
};

/* (transfer full): every option at its built-in default */
SpocConfig *spoc_snapshot_new(const char *directory);

/* Takes @value over and names where it comes from. */
void spoc_snapshot_set(SpocConfig *config, SpocOptionId option, const SpocValue *value,
                       SpocConfigLayer layer, const char *file, guint line);

/* Back to the built-in default, because @file says so. */
void spoc_snapshot_reset(SpocConfig *config, SpocOptionId option, SpocConfigLayer layer,
                         const char *file, guint line);

/* (transfer full): "FILE:LINE: KEY: " and what @format makes */
SpocConfigProblem *spoc_problem_new(SpocSeverity severity, gboolean blocks_delivery,
                                    const char *key, const char *file, guint line,
                                    const char *format, ...) G_GNUC_PRINTF(6, 7);
void spoc_problem_free(SpocConfigProblem *problem);

/* Adds one to the snapshot: the arguments of spoc_problem_new() */
#define spoc_snapshot_add_problem(config, ...)                                                     \
    g_ptr_array_add((config)->problems, spoc_problem_new(__VA_ARGS__))
/* The same of an option, at the place that set it: what stands before the message, and that */
#define spoc_snapshot_add_problem_of(config, severity, blocks_delivery, option, ...)               \
    spoc_snapshot_add_problem(config, severity, blocks_delivery, spoc_option_get(option)->name,    \
                              (config)->slots[option].file, (config)->slots[option].line,          \
                              __VA_ARGS__)

/* Whether a problem of this option makes delivery wait. */
gboolean spoc_snapshot_is_blocked_by(const SpocConfig *config, SpocOptionId option);
