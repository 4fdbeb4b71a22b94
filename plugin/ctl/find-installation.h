/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  What is wrong with files and folders on this host: installed programs, spool, cache.
 */
#pragma once

#include "base/places.h"
#include "ctl/findings.h"

/* The notifier and the daemon, as cupsd wants them. */
void spoc_find_programs(GPtrArray *findings, const SpocPlaces *places);

/* As root: notifiers and spocds that run and have another spool open than the one at its path,
 * because it was moved, replaced, or something was mounted over it. Others see none. */
void spoc_find_moved(GPtrArray *findings, const SpocPlaces *places);

/* As the user that spocd runs as: owner, mode, room, and whether it may write there. */
void spoc_find_spool(GPtrArray *findings, const SpocPlaces *places);
void spoc_find_cache(GPtrArray *findings, const SpocPlaces *places);
