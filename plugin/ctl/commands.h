/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  The commands of spocctl: what each is called and what runs it. Each is defined in
 *          command-NAME.c; main.c lists them all.
 */
#pragma once

#include "base/places.h"

/**
 * SpocCommand:
 * @run: gets the command's own name, then its arguments. Returns an exit status
 * @help: one line for `spocctl --help`
 */
typedef struct {
    const char *name;
    int (*run)(int argc, char **argv, const SpocPlaces *places);
    const char *help;
} SpocCommand;

extern const SpocCommand spoc_command_check;
extern const SpocCommand spoc_command_config;
extern const SpocCommand spoc_command_oauth;
extern const SpocCommand spoc_command_queue;
extern const SpocCommand spoc_command_send;
extern const SpocCommand spoc_command_status;
extern const SpocCommand spoc_command_subscribe;
extern const SpocCommand spoc_command_subscriptions;
extern const SpocCommand spoc_command_template;
extern const SpocCommand spoc_command_test;
extern const SpocCommand spoc_command_truststore;
extern const SpocCommand spoc_command_unsubscribe;
