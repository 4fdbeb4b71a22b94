/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/subscription-limits.h"

#include "base/text.h"
#include "ctl/target.h"
#include "people/recipient.h"

#include <string.h>
#include <sys/stat.h>

/* Where systemd's unit of CUPS has its limit (cgroups, version 2) */
#define TASKS_MAX_FILE "/sys/fs/cgroup/system.slice/cups.service/pids.max"

/* What cupsd itself needs: filters, backends, its scheduler's helpers */
#define TASKS_BESIDE 50

#define SHOWN_MAX_BYTES 200

/* At nine of ten places there is still time to do something. */
static gboolean
is_near_limit(gint64 count, gint64 limit)
{
    return limit > 0 && count * 10 >= limit * 9;
}

gboolean
spoc_subscription_limits_is_ours(const SpocCupsSubscription *subscription, gboolean serves_mailto)
{
    const char *uri = subscription->recipient_uri;
    return uri != NULL &&
           (g_str_has_prefix(uri, "spoc:") || (serves_mailto && g_str_has_prefix(uri, "mailto:")));
}

gboolean
spoc_subscription_limits_serves_mailto(const SpocPlaces *places)
{
    g_autofree char *ours = g_build_filename(places->server_bin, "notifier", "spoc", NULL);
    g_autofree char *mailto = g_build_filename(places->server_bin, "notifier", "mailto", NULL);
    struct stat our_file, its_file;
    return stat(ours, &our_file) == 0 && stat(mailto, &its_file) == 0 &&
           our_file.st_dev == its_file.st_dev && our_file.st_ino == its_file.st_ino;
}

gint64
spoc_subscription_limits_tasks_max(void)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(TASKS_MAX_FILE, &text, NULL, NULL))
        return 0;
    return g_ascii_strtoll(text, NULL, 10); /* 0 for "max" */
}

char *
spoc_subscription_limits_object(const SpocCupsSubscription *subscription)
{
    if (subscription->job_id != 0)
        return g_strdup_printf("job %d", subscription->job_id);
    return spoc_target_object_name(subscription->printer_uri);
}

static void
find_total(GPtrArray *findings, const SpocCupsdLimits *limits, guint count)
{
    if (!is_near_limit(count, limits->total))
        return;
    SpocFinding *finding = spoc_findings_add(
        findings, SPOC_LOG_WARNING, "cupsd.conf",
        "CUPS has %u of at most %" G_GINT64_FORMAT
        " subscriptions%s; beyond that it still takes jobs, but drops their notifications and "
        "reports no error",
        count, limits->total, limits->is_known ? "" : " (its default; cupsd.conf cannot be read)");
    spoc_finding_set_remedy(finding, "raise MaxSubscriptions in cupsd.conf, or end some ('spocctl "
                                     "unsubscribe', 'cancel' for old jobs)");
}

/* One of the limits that count by printer or by user. @key: (nullable): what a subscription counts
 * for */
static void
find_shares(GPtrArray *findings, gint64 limit, const char *directive, const GPtrArray *list,
            const char *(*key)(const SpocCupsSubscription *subscription))
{
    g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; limit > 0 && i < list->len; i++) {
        const char *name = key(g_ptr_array_index(list, i));
        if (name == NULL)
            continue;
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, name)) + 1;
        g_hash_table_insert(counts, (gpointer)name, GUINT_TO_POINTER(count));
    }
    GHashTableIter iterator;
    gpointer name, count;
    g_hash_table_iter_init(&iterator, counts);
    while (g_hash_table_iter_next(&iterator, &name, &count)) {
        g_autofree char *shown = spoc_text_line(name, -1, SHOWN_MAX_BYTES);
        if (is_near_limit(GPOINTER_TO_UINT(count), limit))
            spoc_finding_set_remedy(spoc_findings_add(findings, SPOC_LOG_WARNING, shown,
                                                      "%s has %u of at most %" G_GINT64_FORMAT
                                                      " subscriptions",
                                                      shown, GPOINTER_TO_UINT(count), limit),
                                    "raise %s in cupsd.conf", directive);
    }
}

static const char *
printer_of(const SpocCupsSubscription *subscription)
{
    gboolean is_printers = subscription->printer_uri != NULL &&
                           (strstr(subscription->printer_uri, "/printers/") != NULL ||
                            strstr(subscription->printer_uri, "/classes/") != NULL);
    return is_printers ? subscription->printer_uri : NULL;
}

static const char *
user_of(const SpocCupsSubscription *subscription)
{
    return subscription->subscriber;
}

/* A job's subscription ends with its job; any other of ours is meant to stay. */
static void
find_leases(GPtrArray *findings, const SpocCupsdLimits *limits, const GPtrArray *list,
            gboolean serves_mailto)
{
    for (guint i = 0; i < list->len; i++) {
        const SpocCupsSubscription *subscription = g_ptr_array_index(list, i);
        if (subscription->job_id != 0 || subscription->lease_s == 0 ||
            !spoc_subscription_limits_is_ours(subscription, serves_mailto))
            continue;
        g_autofree char *object = spoc_subscription_limits_object(subscription);
        g_autofree char *what = g_strdup_printf("%s (%s)", subscription->recipient_uri, object);
        g_autofree char *shown = spoc_text_line(what, -1, SHOWN_MAX_BYTES);
        gboolean is_limited = limits->max_lease_s > 0;
        SpocFinding *finding = spoc_findings_add(
            findings, SPOC_LOG_WARNING, shown,
            "subscription %d, %s, ends after its lease of %" G_GINT64_FORMAT " s%s",
            subscription->id, shown, subscription->lease_s,
            is_limited ? ": CUPS allows no longer one" : " unless somebody renews it");
        spoc_finding_set_remedy(
            finding, "%s",
            is_limited ? "take MaxLeaseDuration out of cupsd.conf, and subscribe again"
                       : "'spocctl subscribe' with the same recipient and object makes it stay");
    }
}

/* --- doubles ------------------------------------------------------------------------------ */

#define DOUBLES_SHOWN 10

static gboolean
share_event(const SpocCupsSubscription *a, const SpocCupsSubscription *b)
{
    const char *const *other = (const char *const *)b->events;
    if (g_strv_contains(other, "all") || g_strv_contains((const char *const *)a->events, "all"))
        return TRUE;
    for (guint i = 0; a->events[i] != NULL; i++)
        if (g_strv_contains(other, a->events[i]))
            return TRUE;
    return FALSE;
}

/* The server's subscription tells of every printer. */
static gboolean
share_object(const SpocCupsSubscription *a, const SpocCupsSubscription *b)
{
    const char *one = printer_of(a), *other = printer_of(b);
    return one == NULL || other == NULL || g_strcmp0(one, other) == 0;
}

/* (nullable): the recipient of both */
static const char *
shared_recipient(const SpocRecipientUri *a, const SpocRecipientUri *b)
{
    for (guint i = 0; i < a->recipients->len; i++) {
        const SpocRecipient *one = g_ptr_array_index(a->recipients, i);
        for (guint j = 0; j < b->recipients->len; j++) {
            const SpocRecipient *other = g_ptr_array_index(b->recipients, j);
            if (one->who == other->who && g_strcmp0(one->text, other->text) == 0)
                return one->who == SPOC_WHO_OWNER ? "@owner" : one->text;
        }
    }
    return NULL;
}

static char *
shown_subscriber(const SpocCupsSubscription *subscription)
{
    return subscription->subscriber != NULL
               ? spoc_text_line(subscription->subscriber, -1, SHOWN_MAX_BYTES)
               : g_strdup("somebody whom CUPS does not name");
}

static void
say_double(GPtrArray *found, const SpocCupsSubscription *later, const SpocCupsSubscription *earlier,
           const char *recipient)
{
    g_autofree char *later_object = spoc_subscription_limits_object(later);
    g_autofree char *earlier_object = spoc_subscription_limits_object(earlier);
    g_autofree char *who = shown_subscriber(later), *before = shown_subscriber(earlier);
    g_autofree char *where = g_strdup_printf("subscription %d", later->id);
    SpocFinding *finding = spoc_findings_add(
        found, SPOC_LOG_WARNING, where,
        "%s, made by %s: sends %s the same events as subscription %d (%s, made by %s); each event "
        "is mailed once",
        later_object, who, recipient, earlier->id, earlier_object, before);
    spoc_finding_set_remedy(finding, "end one of them ('spocctl unsubscribe %d')", later->id);
}

/* Of printers and the server: those of jobs end by themselves. */
static void
find_doubles(GPtrArray *found, const GPtrArray *list, gboolean serves_mailto)
{
    g_autoptr(GPtrArray) uris =
        g_ptr_array_new_with_free_func((GDestroyNotify)spoc_recipient_uri_free);
    guint said = 0;
    for (guint i = 0; i < list->len && said < DOUBLES_SHOWN; i++) {
        const SpocCupsSubscription *later = g_ptr_array_index(list, i);
        gboolean counts =
            later->job_id == 0 && spoc_subscription_limits_is_ours(later, serves_mailto);
        SpocRecipientUri *uri =
            counts ? spoc_recipient_uri_parse(later->recipient_uri, NULL) : NULL;
        g_ptr_array_add(uris, uri);
        for (guint j = 0; uri != NULL && j < i; j++) {
            const SpocCupsSubscription *earlier = g_ptr_array_index(list, j);
            const SpocRecipientUri *other = g_ptr_array_index(uris, j);
            if (other == NULL || other->digest != uri->digest || !share_object(later, earlier) ||
                !share_event(later, earlier))
                continue;
            const char *recipient = shared_recipient(uri, other);
            if (recipient == NULL)
                continue;
            say_double(found, later, earlier, recipient);
            said++;
            break;
        }
    }
}

/* Each subscription that pushes has a process of its own from its first event on. */
static void
find_tasks(GPtrArray *findings, gint64 tasks_max, const GPtrArray *list)
{
    gint64 count = TASKS_BESIDE;
    for (guint i = 0; i < list->len; i++) {
        const SpocCupsSubscription *subscription = g_ptr_array_index(list, i);
        count += subscription->recipient_uri != NULL;
    }
    if (!is_near_limit(count, tasks_max))
        return;
    SpocFinding *finding =
        spoc_findings_add(findings, SPOC_LOG_WARNING, "cups.service",
                          "systemd lets CUPS have %" G_GINT64_FORMAT
                          " tasks, and each of its %" G_GINT64_FORMAT " subscriptions needs one",
                          tasks_max, count - TASKS_BESIDE);
    spoc_finding_set_remedy(finding,
                            "raise TasksMax in cups.service ('systemctl edit cups.service'), or "
                            "use one subscription of the server for all ('spocctl subscribe "
                            "@owner')");
}

void
spoc_subscription_limits_find(GPtrArray *findings, const SpocCupsdLimits *limits, gint64 tasks_max,
                              const GPtrArray *list, gboolean serves_mailto)
{
    find_total(findings, limits, list->len);
    find_shares(findings, limits->per_printer, "MaxSubscriptionsPerPrinter", list, printer_of);
    find_shares(findings, limits->per_user, "MaxSubscriptionsPerUser", list, user_of);
    find_tasks(findings, tasks_max, list);
    find_leases(findings, limits, list, serves_mailto);
    find_doubles(findings, list, serves_mailto);
}
