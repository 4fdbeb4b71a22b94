/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The delivery without a configuration: what tests and measurements use.
 */
#pragma once

#include "delivery/delivery.h"
#include "delivery/settings.h"

SpocDelivery *spoc_delivery_new_with_settings(SpocDeliverySettings *settings,
                                              SpocServerChoice choice, SpocDeliveryWarnFunc warn,
                                              gpointer user_data,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void spoc_delivery_configure_with_settings(SpocDelivery *delivery, SpocDeliverySettings *settings);
