/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/subscription-limits.h"

#include <string.h>

#define Q1 "ipp://localhost/printers/q1"
#define SERVER "ipp://localhost/"

typedef struct {
    const char *recipient; /* (nullable) */
    const char *object;
    const char *user;
    gint job_id;
    gint64 lease_s;
    guint count; /* how many like this */
} Group;

static GPtrArray *
make_list(const Group *groups, guint group_count)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)spoc_cups_subscription_free);
    for (guint i = 0; i < group_count; i++) {
        for (guint j = 0; j < groups[i].count; j++) {
            SpocCupsSubscription *subscription = g_new0(SpocCupsSubscription, 1);
            subscription->id = (gint)list->len + 1;
            subscription->recipient_uri = g_strdup(groups[i].recipient);
            subscription->printer_uri = g_strdup(groups[i].object);
            subscription->subscriber = g_strdup(groups[i].user);
            subscription->job_id = groups[i].job_id;
            subscription->lease_s = groups[i].lease_s;
            subscription->events = g_new0(char *, 1);
            g_ptr_array_add(list, subscription);
        }
    }
    return list;
}

static void
test_find(void)
{
    static const struct {
        const char *name;
        SpocCupsdLimits limits;
        gint64 tasks_max;
        Group groups[2];
        const char *word; /* (nullable): in the only sentence; NULL: none */
    } cases[] = {
        {"room", {TRUE, 100, 0, 0, 0, 0}, 0, {{"spoc:a@b.c", Q1, "root", 0, 0, 89}}, NULL},
        {"nearly full",
         {TRUE, 100, 0, 0, 0, 0},
         0,
         {{"spoc:a@b.c", Q1, "root", 0, 0, 90}},
         "90 of at most 100"},
        {"full, of others",
         {FALSE, 100, 0, 0, 0, 0},
         0,
         {{NULL, SERVER, "bob", 0, 0, 100}},
         "its default"},
        {"no limit", {TRUE, 0, 0, 0, 0, 0}, 0, {{"spoc:a@b.c", Q1, "root", 0, 0, 500}}, NULL},
        {"a printer",
         {TRUE, 100, 0, 2, 0, 0},
         0,
         {{"spoc:a@b.c", Q1, "root", 0, 0, 2}},
         "MaxSubscriptionsPerPrinter"},
        {"the server is no printer",
         {TRUE, 100, 0, 2, 0, 0},
         0,
         {{"spoc:a@b.c", SERVER, "root", 0, 0, 2}},
         NULL},
        {"a user",
         {TRUE, 100, 0, 0, 3, 0},
         0,
         {{"spoc:a@b.c", Q1, "root", 0, 0, 3}, {"spoc:a@b.c", Q1, "bob", 0, 0, 2}},
         "root has 3 of at most 3"},
        {"a lease",
         {TRUE, 100, 0, 0, 0, 0},
         0,
         {{"spoc:a@b.c", Q1, "root", 0, 86400, 1}},
         "spocctl subscribe"},
        {"a lease that CUPS makes",
         {TRUE, 100, 0, 0, 0, 3600},
         0,
         {{"spoc:a@b.c", Q1, "root", 0, 3600, 1}},
         "MaxLeaseDuration"},
        {"a job's lease",
         {TRUE, 100, 0, 0, 0, 0},
         0,
         {{"spoc:a@b.c", Q1, "root", 7, 86400, 1}},
         NULL},
        {"others' lease",
         {TRUE, 100, 0, 0, 0, 0},
         0,
         {{"mailto:a@b.c", Q1, "root", 0, 86400, 1}, {NULL, Q1, "root", 0, 60, 1}},
         NULL},
        {"tasks", {TRUE, 0, 0, 0, 0, 0}, 300, {{"spoc:a@b.c", Q1, "root", 0, 0, 220}}, "TasksMax"},
        {"pull subscriptions are no tasks",
         {TRUE, 0, 0, 0, 0, 0},
         300,
         {{NULL, Q1, "root", 0, 0, 290}},
         NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_autoptr(GPtrArray) list = make_list(cases[i].groups, G_N_ELEMENTS(cases[i].groups));
        g_autoptr(GPtrArray) found = spoc_findings_new();
        spoc_subscription_limits_find(found, &cases[i].limits, cases[i].tasks_max, list, FALSE);
        g_assert_cmpuint(found->len, ==, cases[i].word != NULL ? 1 : 0);
        if (cases[i].word == NULL)
            continue;
        g_autofree char *text = spoc_finding_text(g_ptr_array_index(found, 0));
        g_assert_nonnull(strstr(text, cases[i].word));
    }
}

static void
test_ours(void)
{
    static const struct {
        const char *recipient; /* (nullable) */
        gboolean ours, with_mailto;
    } cases[] = {{"spoc:a@b.c", TRUE, TRUE},
                 {"mailto:a@b.c", FALSE, TRUE},
                 {"rss://localhost/x", FALSE, FALSE},
                 {NULL, FALSE, FALSE}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SpocCupsSubscription subscription = {.recipient_uri = (char *)cases[i].recipient};
        g_assert_cmpint(spoc_subscription_limits_is_ours(&subscription, FALSE), ==, cases[i].ours);
        g_assert_cmpint(spoc_subscription_limits_is_ours(&subscription, TRUE), ==,
                        cases[i].with_mailto);
    }
}

/* Who is told the same by two subscriptions, and who made them */
static void
test_doubles(void)
{
    static const struct {
        Group groups[2];
        gboolean is_double;
    } cases[] = {
        {{{"spoc:%40owner", SERVER, "root", 0, 0, 1}, {"spoc:@OWNER", Q1, "eve", 0, 0, 1}}, TRUE},
        {{{"spoc:a@b.c,x@b.c", Q1, "root", 0, 0, 1}, {"spoc:A@b.c", Q1, "eve", 0, 0, 1}}, FALSE},
        {{{"spoc:a@b.c,x@b.c", Q1, "root", 0, 0, 1}, {"spoc:x@B.C", Q1, "eve", 0, 0, 1}}, TRUE},
        {{{"spoc:a@b.c", Q1, "root", 0, 0, 1},
          {"spoc:a@b.c", "ipp://localhost/printers/q2", "eve", 0, 0, 1}},
         FALSE},
        {{{"spoc:a@b.c", Q1, "root", 0, 0, 1}, {"spoc:a@b.c", Q1, "eve", 7, 0, 1}}, FALSE},
        {{{"spoc:a@b.c", Q1, "root", 0, 0, 1}, {"other:a@b.c", Q1, "eve", 0, 0, 1}}, FALSE},
        {{{"spoc:a@b.c", Q1, "root", 0, 0, 1}, {"spoc:a@b.c?digest=daily", Q1, "eve", 0, 0, 1}},
         FALSE},
    };
    const SpocCupsdLimits limits = {.is_known = TRUE};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) list = make_list(cases[i].groups, 2);
        for (guint j = 0; j < list->len; j++) {
            SpocCupsSubscription *subscription = g_ptr_array_index(list, j);
            g_strfreev(subscription->events);
            subscription->events = g_strsplit("job-completed", ",", -1);
        }
        g_autoptr(GPtrArray) found = spoc_findings_new();
        spoc_subscription_limits_find(found, &limits, 0, list, FALSE);
        g_assert_cmpuint(found->len, ==, cases[i].is_double ? 1 : 0);
        if (!cases[i].is_double)
            continue;
        g_autofree char *text = spoc_finding_text(g_ptr_array_index(found, 0));
        g_assert_nonnull(strstr(text, "made by eve"));
        g_assert_nonnull(strstr(text, "unsubscribe 2"));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/subscription-limits/find", test_find);
    g_test_add_func("/subscription-limits/ours", test_ours);
    g_test_add_func("/subscription-limits/doubles", test_doubles);
    return g_test_run();
}
