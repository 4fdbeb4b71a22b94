/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The files of every layer at once, for tests of what comes out of them.
 */
#pragma once

#include "config-fixture.h"

/* Each file's text, lowest layer first; NULL: there is none. */
typedef struct {
    const char *vendor;
    const char *management;
    const char *fetched;
    const char *local;
    const char *dropin_a;
    const char *dropin_b;
} Files;

static const char *const file_names[] = {
    "share/spoc/defaults.conf", "etc/spoc/management.conf",       "cache/spoc/management-values",
    "etc/spoc/spoc.conf",       "etc/spoc/spoc.conf.d/10-a.conf", "etc/spoc/spoc.conf.d/20-b.conf"};

static ConfigFixture *
make_files(const Files *files)
{
    const char *texts[] = {files->vendor, files->management, files->fetched,
                           files->local,  files->dropin_a,   files->dropin_b};
    ConfigFixture *fixture = config_fixture_new();
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        config_fixture_write(fixture, file_names[i], texts[i]);
    return fixture;
}
