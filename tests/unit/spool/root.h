/* SPDX-License-Identifier: Apache-2.0 */
/* PURPOSE  A temporary root with everything that a spool needs, for the tests of this folder. */
#pragma once

#include "spool/spool.h"

typedef struct {
    char *path;
    SpocPlaces *places;
    SpocSpool *spool;
} Root;

void root_set_up(Root *root, gconstpointer data);
void root_tear_down(Root *root, gconstpointer data);
/* rm -rf */
void root_remove(const char *path);
/* (transfer full): path of a file in the spool */
char *root_path(const Root *root, const char *folder, const char *name);
/* Content of a file in the spool; put and get assert success. */
void root_put(const Root *root, const char *folder, const char *name, const void *data, gsize size);
GBytes *root_get(const Root *root, const char *folder, const char *name);
guint root_count(const Root *root, const char *folder);
