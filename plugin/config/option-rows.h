/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The rows of the table of options, in three files because there are many. Private to
 *          option.c.
 */
#pragma once

#include "config/option-type.h"

/* The first row that is about the login at the mail server */
#define SPOC_OPTION_FIRST_OF_LOGIN SPOC_OPTION_MAILUSER
/* The first row that is not about the transport of mail */
#define SPOC_OPTION_FIRST_OF_PEOPLE SPOC_OPTION_RECIPIENT_DOMAIN

/* Each in the order of SpocOptionId: a row's place is its identifier, counted from the table's
 * first. */
extern const SpocOption spoc_option_transport_rows[SPOC_OPTION_FIRST_OF_LOGIN];
extern const SpocOption
    spoc_option_login_rows[SPOC_OPTION_FIRST_OF_PEOPLE - SPOC_OPTION_FIRST_OF_LOGIN];
extern const SpocOption spoc_option_people_rows[SPOC_OPTION_COUNT - SPOC_OPTION_FIRST_OF_PEOPLE];

#define SECRET SPOC_OPTION_FLAG_SECRET
#define CRITICAL SPOC_OPTION_FLAG_CRITICAL
#define MANAGEABLE SPOC_OPTION_FLAG_MANAGEABLE
#define NEVER_EMPTY SPOC_OPTION_FLAG_NEVER_EMPTY

#define DAY_S (24 * 60 * 60)
