/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/group.h"

#include "../spool/root.h"
#include "spool/journal-writer.h"

#include <string.h>

static const char *no_reasons[] = {"none", NULL};
static const char *jam[] = {"media-jam-error", NULL};

typedef struct {
    Root root;
    SpocJournal *journal;
    SpocRecipientUri uri;
    SpocPerson person;
    guint safe, freed;
} Fixture;

static SpocJournal *
make_journal(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SpocJournalWriter) writer =
        spoc_journal_writer_new(fixture->root.spool, "spoc:alice@example.com", NULL, 0, &error);
    g_assert_no_error(error);
    g_assert_true(spoc_journal_writer_commit(writer, "x", 1, &error));
    g_assert_true(spoc_journal_writer_finish(writer, &error));
    SpocJournal *journal =
        spoc_journal_open(fixture->root.spool, spoc_journal_writer_name(writer), &error);
    g_assert_no_error(error);
    return journal;
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    root_set_up(&fixture->root, data);
    fixture->journal = make_journal(fixture);
    fixture->person = (SpocPerson){.address = (char *)"alice@example.com", .is_owner = TRUE};
    fixture->uri = (SpocRecipientUri){.format = SPOC_FORMAT_TEXT};
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    spoc_journal_free(fixture->journal);
    root_tear_down(&fixture->root, data);
}

static SpocEvent
job_event(guint64 offset, gint job_id, const char *name, gint job_state)
{
    return (SpocEvent){.offset = offset,
                       .kind = spoc_event_kind(name),
                       .name = (char *)name,
                       .job_id = job_id,
                       .job_state = job_state,
                       .when_unix_s = 1000 + (gint64)offset,
                       .job_state_reasons = (char **)no_reasons,
                       .printer_state_reasons = (char **)no_reasons};
}

static SpocEvent
printer_event(guint64 offset, gint state, const char **reasons)
{
    SpocEvent event = job_event(offset, 0, "printer-state-changed", 0);
    event.printer_name = (char *)"q1";
    event.printer_state = state;
    event.printer_state_reasons = (char **)reasons;
    return event;
}

static void
on_safe(gpointer user_data)
{
    Fixture *fixture = user_data;
    fixture->safe++;
}

static void
on_free(gpointer user_data)
{
    Fixture *fixture = user_data;
    fixture->freed++;
}

static SpocEntry
entry_of(Fixture *fixture, const SpocEvent *event, const SpocJournal *journal)
{
    return (SpocEntry){.event = event,
                       .journal = journal,
                       .uri = &fixture->uri,
                       .person = &fixture->person,
                       .safe = on_safe,
                       .user_data = fixture,
                       .destroy = on_free};
}

/* (transfer full): @event as it would have been read: it owns all of it */
static SpocEvent *
make_event(const SpocEvent *event)
{
    SpocEvent *made = spoc_event_new();
    *made = *event;
    made->name = g_strdup(event->name);
    made->printer_name = g_strdup(event->printer_name);
    made->job_state_reasons = g_strdupv(event->job_state_reasons);
    made->printer_state_reasons = g_strdupv(event->printer_state_reasons);
    return made;
}

static void
add(Fixture *fixture, SpocGroup **group, SpocMailKind kind, const SpocEvent *said)
{
    g_autoptr(SpocEvent) event = make_event(said);
    const SpocEntry entry = entry_of(fixture, event, fixture->journal);
    if (*group == NULL)
        *group = spoc_group_new(kind, "key", &entry);
    spoc_group_add(*group, &entry);
}

/* The same news is one item, the latest; what is another job's, or another state, is another. */
static void
test_items(Fixture *fixture, gconstpointer data)
{
    SpocEvent events[] = {
        job_event(0, 5, "job-created", 3),   job_event(10, 5, "job-progress", 5),
        printer_event(20, 5, jam),           job_event(30, 5, "job-progress", 5),
        job_event(40, 6, "job-progress", 5), printer_event(50, 3, no_reasons),
        printer_event(60, 5, jam),           job_event(70, 5, "job-state-changed", 9),
    };
    g_autoptr(SpocGroup) group = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(events); i++)
        add(fixture, &group, SPOC_MAIL_NOTICE, &events[i]);
    static const struct {
        guint64 offset;
        guint times;
    } expected[] = {{0, 1}, {30, 2}, {40, 1}, {50, 1}, {60, 2}, {70, 1}};
    g_assert_cmpuint(group->notices->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < group->notices->len; i++) {
        g_assert_cmpuint(spoc_group_notice(group, i)->event->offset, ==, expected[i].offset);
        g_assert_cmpuint(spoc_group_notice(group, i)->times, ==, expected[i].times);
    }
    g_assert_true(group->had_fault);
    g_assert_cmpuint(spoc_group_last_state(group)->event->offset, ==, 60);
    spoc_group_drop_states(group);
    g_assert_cmpuint(group->notices->len, ==, 4);
    g_assert_null(spoc_group_last_state(group));
    g_assert_cmpuint(spoc_group_events(group), ==, 8);
    spoc_group_commit(group);
    g_assert_cmpuint(fixture->safe, ==, 8);
    g_clear_pointer(&group, spoc_group_free);
    g_assert_cmpuint(fixture->freed, ==, 8);
}

static void
test_bound(Fixture *fixture, gconstpointer data)
{
    g_autoptr(SpocGroup) group = NULL;
    for (gint i = 0; i < SPOC_GROUP_DIGEST_MAX + 10; i++) {
        SpocEvent event = job_event((guint64)i, i + 1, "job-completed", 9);
        add(fixture, &group, SPOC_MAIL_DIGEST, &event);
    }
    g_assert_cmpuint(group->notices->len, ==, SPOC_GROUP_DIGEST_MAX);
    g_assert_cmpuint(group->left_out, ==, 10);
    g_assert_cmpint(spoc_group_notice(group, SPOC_GROUP_DIGEST_MAX - 1)->event->job_id, ==,
                    SPOC_GROUP_DIGEST_MAX + 10);
}

/* The same events have the same name, others another; one alone needs none. */
static void
test_members(Fixture *fixture, gconstpointer data)
{
    SpocEvent first = job_event(0, 5, "job-created", 3),
              second = job_event(10, 5, "job-stopped", 6),
              third = job_event(20, 5, "job-completed", 9);
    g_autoptr(SpocGroup) one = NULL, two = NULL, same = NULL, other = NULL;
    add(fixture, &one, SPOC_MAIL_NOTICE, &first);
    g_assert_null(spoc_group_members(one));
    add(fixture, &two, SPOC_MAIL_NOTICE, &first);
    add(fixture, &two, SPOC_MAIL_NOTICE, &second);
    add(fixture, &same, SPOC_MAIL_NOTICE, &first);
    add(fixture, &same, SPOC_MAIL_NOTICE, &second);
    add(fixture, &other, SPOC_MAIL_NOTICE, &first);
    add(fixture, &other, SPOC_MAIL_NOTICE, &third);
    g_autofree char *members = spoc_group_members(two);
    g_autofree char *same_members = spoc_group_members(same);
    g_autofree char *other_members = spoc_group_members(other);
    g_assert_cmpstr(members, ==, same_members);
    g_assert_cmpstr(members, !=, other_members);
    g_autofree char *marks = spoc_group_marks(other);
    g_autofree char *expected =
        g_strdup_printf("%s 0 0\n%s 20 0\n", spoc_journal_name(fixture->journal),
                        spoc_journal_name(fixture->journal));
    g_assert_cmpstr(marks, ==, expected);
}

static void
test_absorb(Fixture *fixture, gconstpointer data)
{
    SpocEvent first = job_event(0, 5, "job-completed", 9),
              second = job_event(9, 6, "job-created", 3);
    g_autoptr(SpocGroup) rest = NULL;
    SpocGroup *more = NULL;
    add(fixture, &rest, SPOC_MAIL_COLLECTED, &first);
    fixture->person.is_owner = FALSE;
    add(fixture, &more, SPOC_MAIL_NOTICE, &second);
    spoc_group_absorb(rest, more);
    g_assert_cmpuint(fixture->freed, ==, 0);
    g_assert_cmpuint(rest->notices->len, ==, 2);
    g_assert_false(rest->person->is_owner);
    spoc_group_commit(rest);
    g_assert_cmpuint(fixture->safe, ==, 2);
    g_clear_pointer(&rest, spoc_group_free);
    g_assert_cmpuint(fixture->freed, ==, 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/group/items", Fixture, NULL, set_up, test_items, tear_down);
    g_test_add("/group/bound", Fixture, NULL, set_up, test_bound, tear_down);
    g_test_add("/group/members", Fixture, NULL, set_up, test_members, tear_down);
    g_test_add("/group/absorb", Fixture, NULL, set_up, test_absorb, tear_down);
    return g_test_run();
}
