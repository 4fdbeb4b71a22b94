/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  spocctl, the administration command: finds the command and hands over.
 * ERRORS   Exit status 0: well. 1: a problem was found, or it failed. 2: usage.
 */
#include "build-config.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const SpocCommand *const commands[] = {
    &spoc_command_check,     &spoc_command_config,        &spoc_command_oauth,
    &spoc_command_queue,     &spoc_command_send,          &spoc_command_status,
    &spoc_command_subscribe, &spoc_command_subscriptions, &spoc_command_template,
    &spoc_command_test,      &spoc_command_truststore,    &spoc_command_unsubscribe,
};

static void
print_help(FILE *stream)
{
    (void)fprintf(stream, "Usage:\n  spocctl COMMAND [OPTION…] [ARGUMENT…]\n\nCommands:\n");
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        (void)fprintf(stream, "  %-15s %s\n", commands[i]->name, commands[i]->help);
    (void)fprintf(stream, "\n'spocctl COMMAND --help' says more; so does spocctl(1).\n");
}

/* Whoever read the output, as `head` does, has seen enough. */
static gboolean
reader_has_left(void)
{
    struct pollfd entry = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&entry, 1, 0) == 1 && (entry.revents & POLLERR) != 0;
}

int
main(int argc, char **argv)
{
    /* Without a locale, as cron starts it, or in an old one: arguments and output are UTF-8. */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    (void)signal(SIGPIPE, SIG_IGN);
    g_set_prgname("spocctl");
    if (argc < 2) {
        print_help(stderr);
        return SPOC_CTL_USAGE;
    }
    const char *name = argv[1];
    if (g_str_equal(name, "--help") || g_str_equal(name, "-h") || g_str_equal(name, "help")) {
        print_help(stdout);
        return SPOC_CTL_GOOD;
    }
    if (g_str_equal(name, "--version")) {
        (void)printf("spocctl (cups-spoc) %s\n", SPOC_VERSION);
        return SPOC_CTL_GOOD;
    }
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_equal(commands[i]->name, name)) {
            g_autoptr(SpocPlaces) places = spoc_places_new(NULL);
            int status = commands[i]->run(argc - 1, argv + 1, places);
            if ((fflush(stdout) != 0 || ferror(stdout)) && !reader_has_left())
                return spoc_ctl_fail("the output cannot be written");
            return status;
        }
    }
    return spoc_ctl_usage("there is no command '%s'", name);
}
