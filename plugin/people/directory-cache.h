/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   What a directory has said about users, for a time. Bounded: user names are anyone's
 *           choice. Times are arguments.
 */
#pragma once

#include "people/directory-settings.h"

typedef struct _SpocDirectoryCache SpocDirectoryCache;

/* @max_users: beyond that the oldest answer goes */
SpocDirectoryCache *spoc_directory_cache_new(guint max_users);
void spoc_directory_cache_free(SpocDirectoryCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocDirectoryCache, spoc_directory_cache_free)

/* Takes over what is in @answer, and leaves it empty. */
void spoc_directory_cache_put(SpocDirectoryCache *cache, const char *user,
                              SpocDirectoryAnswer *answer, gint64 until_us);
/* (nullable): the cache's own; NULL when unknown, or too old at @now_us */
const SpocDirectoryAnswer *spoc_directory_cache_get(SpocDirectoryCache *cache, const char *user,
                                                    gint64 now_us);
