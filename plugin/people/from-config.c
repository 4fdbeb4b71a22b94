/* SPDX-License-Identifier: Apache-2.0 */
#include "people/rules.h"

SpocPeople *
spoc_people_new(const SpocConfig *config)
{
    return spoc_people_new_from_rules(
        spoc_config_string(config, SPOC_OPTION_RECIPIENT_DOMAIN),
        spoc_config_list(config, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS),
        spoc_config_string(config, SPOC_OPTION_RECIPIENT_ALIAS_FILE));
}
