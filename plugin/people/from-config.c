/* SPDX-License-Identifier: Apache-2.0 */
#include "config/host.h"
#include "people/rules.h"

static SpocPeople *
new_with(const SpocConfig *config, const char *const *allowed)
{
    SpocPeople *people = spoc_people_new_from_rules(
        spoc_config_string(config, SPOC_OPTION_RECIPIENT_DOMAIN), allowed,
        spoc_config_string(config, SPOC_OPTION_RECIPIENT_ALIAS_FILE));
    g_auto(GStrv) names = spoc_host_names(spoc_config_string(config, SPOC_OPTION_RECIPIENT_DOMAIN));
    spoc_people_set_host_names(people, (const char *const *)names);
    spoc_people_set_owner_is_address(people,
                                     spoc_config_boolean(config, SPOC_OPTION_OWNER_IS_ADDRESS));
    spoc_people_set_guesses(people,
                            spoc_config_choice(config, SPOC_OPTION_RECIPIENT_LDAP_WHEN_AWAY) ==
                                SPOC_LDAP_AWAY_DOMAIN);
    return people;
}

SpocPeople *
spoc_people_new(const SpocConfig *config)
{
    SpocPeople *people =
        new_with(config, spoc_config_list(config, SPOC_OPTION_NOTIFY_ALLOWED_RECIPIENTS));
    spoc_people_set_titles(people, spoc_config_list(config, SPOC_OPTION_NOTIFY_TITLES));
    return people;
}

SpocPeople *
spoc_people_new_for_scans(const SpocConfig *config)
{
    SpocPeople *people =
        new_with(config, spoc_config_list(config, SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS));
    spoc_people_set_allowed_key(people, spoc_option_get(SPOC_OPTION_SCAN_ALLOWED_RECIPIENTS)->name);
    return people;
}

SpocPeople *
spoc_people_new_for_anybody(const SpocConfig *config)
{
    static const char *const patterns[] = {"*", NULL};
    SpocPeople *people = new_with(config, patterns);
    spoc_people_set_trusts_names(people, TRUE);
    return people;
}

SpocPeople *
spoc_people_new_for_owners(const SpocConfig *config)
{
    static const char *const patterns[] = {"@owner", NULL};
    return new_with(config, patterns);
}
