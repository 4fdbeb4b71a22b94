/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Passwords from systemd credentials and from files.
 */
#pragma once

#include "config/layer.h"
#include "config/option.h"

/* Replaces passwords by what credentials and pass files hold. */
void spoc_secrets_apply(SpocConfig *config);

/* (transfer full) (nullable): where a systemd credential of this option would be */
char *spoc_secrets_credential_path(SpocOptionId option);
