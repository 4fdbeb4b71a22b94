/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   The spool directory: its folders, its lock, its control socket.
 * SECURITY  Everything in it may have been planted by whoever runs as lp: nothing is
 *           followed, names are checked, sizes are bounded.
 *
 *   REQUEST_ROOT/spoc/       0700
 *     events/                journals (journal.h)
 *     scans/                 documents of scan jobs
 *     data/                  message bodies, never changed (message.h)
 *     new/ waiting/ sending/ held/ failed/   envelopes; the folder is the state
 *     corrupt/               what could not be understood, set aside
 *     state/                 what must survive and belongs to no message
 *     control                socket of a spocd that is no service
 *     spocd.log              its log where it was started on demand
 */
#pragma once

#include "base/places.h"

typedef struct _SpocSpool SpocSpool;

/**
 * spoc_spool_open:
 *
 * Opens the spool of @places and makes what folders are missing. Only its owner may (see
 * spoc_privilege_drop()); what others can read or write of it is closed to them.
 *
 * Returns: (transfer full): SPOC_ERROR_NOT_FOUND, SPOC_ERROR_DENIED or SPOC_ERROR_IO,
 *   with the remedy in the message, when that is not possible
 */
SpocSpool *spoc_spool_open(const SpocPlaces *places, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Adds the command that makes a missing spool to an error (optional). */
void spoc_spool_add_remedy(const SpocPlaces *places, GError **error);
void spoc_spool_free(SpocSpool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpocSpool, spoc_spool_free)

const char *spoc_spool_path(const SpocSpool *spool);
/* (nullable): where the socket of a service for this spool would be */
const char *spoc_spool_service_dir(const SpocSpool *spool);
/* Descriptor of the spool itself, and of a folder in it by its name above; stay the spool's */
int spoc_spool_fd(const SpocSpool *spool);
int spoc_spool_folder_fd(const SpocSpool *spool, const char *folder);

/* (nullable): of the folders above, by number; NULL behind the last */
const char *spoc_spool_folder_name(guint index);

/* Whether the folder at the spool's path is the one that is open: FALSE after it was moved,
 * replaced, or something was mounted over it. What is open goes on working. */
gboolean spoc_spool_is_at_path(const SpocSpool *spool);

/* Letters, digits and "._-", not beginning with a dot, at most 200 bytes */
gboolean spoc_spool_name_is_valid(const char *name);

/**
 * spoc_spool_set_aside:
 *
 * Moves FOLDER/NAME to corrupt/ under a name that is free there.
 */
gboolean spoc_spool_set_aside(SpocSpool *spool, const char *folder, const char *name,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A file that was set aside */
typedef struct {
    char *name;
    guint64 size_bytes;
    gint64 changed_unix_s;
} SpocAside;

/* (transfer full) (element-type SpocAside): what lies in corrupt/, in no order */
GPtrArray *spoc_spool_list_aside(SpocSpool *spool, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes one of them; SPOC_ERROR_NOT_FOUND when there is none of this name. */
gboolean spoc_spool_discard_aside(SpocSpool *spool, const char *name,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * spoc_spool_lock:
 * @ret_busy: (out): TRUE when another spocd has it (and SPOC_ERROR_UNAVAILABLE says so)
 *
 * Takes the lock of this spool under the cache directory (the only place where
 * AppArmor's profile for cupsd allows locks), named after the spool's device and
 * inode. It is held until the spool is freed or the process ends.
 */
gboolean spoc_spool_lock(SpocSpool *spool, gboolean *ret_busy,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the lock file on disk is still the one that is held: FALSE after the cache
 * was removed beneath a running spocd, which takes it anew with spoc_spool_lock() and
 * leaves when another has it. */
gboolean spoc_spool_lock_is_current(const SpocSpool *spool);
