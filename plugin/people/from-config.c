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

SpocPeople *
spoc_people_new_for_scans(const SpocConfig *config)
{
    SpocPeople *people =
        spoc_people_new_from_rules(spoc_config_string(config, SPOC_OPTION_RECIPIENT_DOMAIN),
                                   spoc_config_list(config, SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS),
                                   spoc_config_string(config, SPOC_OPTION_RECIPIENT_ALIAS_FILE));
    spoc_people_set_allowed_key(people, spoc_option_get(SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS)->name);
    return people;
}

static SpocPeople *
new_for(const SpocConfig *config, const char *pattern)
{
    const char *const patterns[] = {pattern, NULL};
    return spoc_people_new_from_rules(spoc_config_string(config, SPOC_OPTION_RECIPIENT_DOMAIN),
                                      patterns,
                                      spoc_config_string(config, SPOC_OPTION_RECIPIENT_ALIAS_FILE));
}

SpocPeople *
spoc_people_new_for_anybody(const SpocConfig *config)
{
    return new_for(config, "*");
}

SpocPeople *
spoc_people_new_for_owners(const SpocConfig *config)
{
    return new_for(config, "@owner");
}
