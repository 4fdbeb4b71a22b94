/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  spocctl, the administration command: finds the command and hands over.
 * ERRORS   Exit status 0: well. 1: a problem was found, or it failed. 2: usage.
 */
#include "build-config.h"
#include "ctl/ctl.h"
#include "ctl/truststore.h"

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
    const char *name;
    SpocCtlFunc run;
    const char *help;
} Command;

static const Command commands[] = {
    {"check", spoc_ctl_check, "find every problem that shows without a network"},
    {"config", spoc_ctl_config, "show the effective settings and where each comes from"},
    {"queue", spoc_ctl_queue, "list and steer the mail that waits"},
    {"send", spoc_ctl_send, "mail a document"},
    {"status", spoc_ctl_status, "show in short how things are"},
    {"subscribe", spoc_ctl_subscribe, "let CUPS send events to a mail address"},
    {"subscriptions", spoc_ctl_subscriptions, "list the subscriptions that lead to a mail"},
    {"template", spoc_ctl_template, "preview the mail about an event"},
    {"test", spoc_ctl_test, "send a test mail and show each stage of the way"},
    {"truststore", spoc_ctl_truststore, "manage the certificates that are trusted"},
    {"unsubscribe", spoc_ctl_unsubscribe, "end subscriptions"},
};

static void
print_help(FILE *stream)
{
    (void)fprintf(stream, "Usage:\n  spocctl COMMAND [OPTION…] [ARGUMENT…]\n\nCommands:\n");
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        (void)fprintf(stream, "  %-15s %s\n", commands[i].name, commands[i].help);
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
        if (g_str_equal(commands[i].name, name)) {
            g_autoptr(SpocPlaces) places = spoc_places_new(NULL);
            int status = commands[i].run(argc - 1, argv + 1, places);
            if ((fflush(stdout) != 0 || ferror(stdout)) && !reader_has_left())
                return spoc_ctl_fail("the output cannot be written");
            return status;
        }
    }
    return spoc_ctl_usage("there is no command '%s'", name);
}
