/* SPDX-License-Identifier: Apache-2.0 */
#include "event/reason.h"

#include <stdlib.h>
#include <string.h>

/* What a keyword means, whatever its suffix says; what a driver gave none counts like an error only
 * where the table has it, because CUPS's own words of what it is doing have none either. */
typedef enum {
    MEANS_PASSING, /* comes and goes with each job */
    MEANS_LOW,     /* a supply, a container, a part: soon */
    MEANS_OUT,     /* the same: now */
    MEANS_SOON,    /* not a supply: attention, unless it is a report */
    MEANS_BROKEN,  /* not a supply: a fault, unless it is a report */
} Meaning;

#define LOW MEANS_LOW
#define OUT MEANS_OUT
#define SOON MEANS_SOON
#define BROKEN MEANS_BROKEN
#define PASSING MEANS_PASSING

typedef struct {
    const char *keyword; /* without its suffix */
    Meaning meaning;
} Row;

/* In the order of strcmp(), for bsearch(): RFC 8011 5.4.12, PWG 5100.9, CUPS and its backends (by
 * SNMP: developer, marker-supply, opc, toner, waste-receptacle, cleaner), and drivers. */
/* clang-format off */
static const Row ROWS[] = {
    {"bander-almost-empty", LOW},
    {"bander-empty", OUT},
    {"bander-life-almost-over", LOW},
    {"bander-life-over", OUT},
    {"binder-almost-empty", LOW},
    {"binder-empty", OUT},
    {"binder-life-almost-over", LOW},
    {"binder-life-over", OUT},
    {"cartridge-missing", BROKEN},
    {"cleaner-life-almost-over", LOW},
    {"cleaner-life-over", OUT},
    {"cleaner-near-eol", LOW},
    {"connecting-to-device", PASSING},
    {"cover-open", BROKEN},
    {"cups-insecure-filter", BROKEN},
    {"cups-missing-filter", BROKEN},
    {"cups-waiting-for-job-completed", PASSING},
    {"developer-empty", OUT},
    {"developer-low", LOW},
    {"die-cutter-life-almost-over", LOW},
    {"die-cutter-life-over", OUT},
    {"door-open", BROKEN},
    {"drum-end", OUT},
    {"drum-life-over", OUT},
    {"drum-low", LOW},
    {"drum-near-end", LOW},
    {"folder-life-almost-over", LOW},
    {"folder-life-over", OUT},
    {"fuser-life-almost-over", LOW},
    {"fuser-life-over", OUT},
    {"fuser-near-eol", LOW},
    {"fuser-over-temp", BROKEN},
    {"fuser-under-temp", BROKEN},
    {"imprinter-almost-empty", LOW},
    {"imprinter-empty", OUT},
    {"imprinter-life-almost-over", LOW},
    {"imprinter-life-over", OUT},
    {"ink-almost-empty", LOW},
    {"ink-empty", OUT},
    {"ink-low", LOW},
    {"input-almost-empty", LOW},
    {"input-media-tray-almost-empty", LOW},
    {"input-media-tray-empty", OUT},
    {"input-media-tray-failure", BROKEN},
    {"input-media-tray-feed-error", BROKEN},
    {"input-media-tray-jam", BROKEN},
    {"input-media-tray-missing", BROKEN},
    {"input-pick-roller-failure", BROKEN},
    {"input-pick-roller-life-almost-over", LOW},
    {"input-pick-roller-life-over", OUT},
    {"input-pick-roller-missing", BROKEN},
    {"input-tray-missing", BROKEN},
    {"inserter-almost-empty", LOW},
    {"inserter-empty", OUT},
    {"inserter-life-almost-over", LOW},
    {"inserter-life-over", OUT},
    {"interlock-open", BROKEN},
    {"interpreter-resource-unavailable", BROKEN},
    {"make-envelope-almost-empty", LOW},
    {"make-envelope-empty", OUT},
    {"make-envelope-life-almost-over", LOW},
    {"make-envelope-life-over", OUT},
    {"marker-cleaner-life-almost-over", LOW},
    {"marker-cleaner-life-over", OUT},
    {"marker-cleaner-missing", BROKEN},
    {"marker-developer-almost-empty", LOW},
    {"marker-developer-empty", OUT},
    {"marker-developer-low", LOW},
    {"marker-developer-missing", BROKEN},
    {"marker-fuser-life-almost-over", LOW},
    {"marker-fuser-life-over", OUT},
    {"marker-fuser-missing", BROKEN},
    {"marker-fuser-thermistor-failure", BROKEN},
    {"marker-fuser-timing-failure", BROKEN},
    {"marker-ink-almost-empty", LOW},
    {"marker-ink-empty", OUT},
    {"marker-ink-low", LOW},
    {"marker-ink-missing", BROKEN},
    {"marker-laser-failure", BROKEN},
    {"marker-opc-life-almost-over", LOW},
    {"marker-opc-life-over", OUT},
    {"marker-opc-missing", BROKEN},
    {"marker-opc-near-eol", LOW},
    {"marker-print-ribbon-almost-empty", LOW},
    {"marker-print-ribbon-empty", OUT},
    {"marker-print-ribbon-missing", BROKEN},
    {"marker-supply-almost-empty", LOW},
    {"marker-supply-empty", OUT},
    {"marker-supply-low", LOW},
    {"marker-supply-missing", BROKEN},
    {"marker-toner-almost-empty", LOW},
    {"marker-toner-cartridge-missing", BROKEN},
    {"marker-toner-empty", OUT},
    {"marker-toner-low", LOW},
    {"marker-toner-missing", BROKEN},
    {"marker-waste-almost-full", LOW},
    {"marker-waste-full", OUT},
    {"marker-waste-ink-receptacle-almost-full", LOW},
    {"marker-waste-ink-receptacle-full", OUT},
    {"marker-waste-ink-receptacle-missing", BROKEN},
    {"marker-waste-missing", BROKEN},
    {"marker-waste-toner-receptacle-almost-full", LOW},
    {"marker-waste-toner-receptacle-full", OUT},
    {"marker-waste-toner-receptacle-missing", BROKEN},
    {"media-almost-empty", LOW},
    {"media-empty", OUT},
    {"media-jam", BROKEN},
    {"media-low", LOW},
    {"media-needed", BROKEN},
    {"media-path-failure", BROKEN},
    {"media-path-input-empty", OUT},
    {"media-path-input-feed-error", BROKEN},
    {"media-path-input-jam", BROKEN},
    {"media-path-jam", BROKEN},
    {"media-path-output-feed-error", BROKEN},
    {"media-path-output-jam", BROKEN},
    {"media-path-pick-roller-life-almost-over", LOW},
    {"media-path-pick-roller-life-over", OUT},
    {"moving-to-paused", PASSING},
    {"none", PASSING},
    {"offline", BROKEN},
    {"opc-end", OUT},
    {"opc-life-almost-over", LOW},
    {"opc-life-over", OUT},
    {"opc-near-end", LOW},
    {"opc-near-eol", LOW},
    {"output-area-almost-full", SOON},
    {"output-area-full", BROKEN},
    {"output-tray-missing", BROKEN},
    {"perforater-life-almost-over", LOW},
    {"perforater-life-over", OUT},
    {"printing", PASSING},
    {"puncher-almost-full", LOW},
    {"puncher-full", OUT},
    {"puncher-life-almost-over", LOW},
    {"puncher-life-over", OUT},
    {"resuming", PASSING},
    {"separation-cutter-life-almost-over", LOW},
    {"separation-cutter-life-over", OUT},
    {"service-needed", BROKEN},
    {"service-off-line", BROKEN},
    {"sheet-rotator-life-almost-over", LOW},
    {"sheet-rotator-life-over", OUT},
    {"shutdown", BROKEN},
    {"slitter-life-almost-over", LOW},
    {"slitter-life-over", OUT},
    {"spool-area-full", BROKEN},
    {"stacker-life-almost-over", LOW},
    {"stacker-life-over", OUT},
    {"stapler-almost-empty", LOW},
    {"stapler-empty", OUT},
    {"stapler-life-almost-over", LOW},
    {"stapler-life-over", OUT},
    {"staples-empty", OUT},
    {"staples-low", LOW},
    {"stitcher-almost-empty", LOW},
    {"stitcher-empty", OUT},
    {"stitcher-life-almost-over", LOW},
    {"stitcher-life-over", OUT},
    {"stopped-partly", BROKEN},
    {"subunit-jam", BROKEN},
    {"subunit-unrecoverable-failure", BROKEN},
    {"timed-out", BROKEN},
    {"toner-almost-empty", LOW},
    {"toner-empty", OUT},
    {"toner-low", LOW},
    {"transfer-near-eol", LOW},
    {"transfer-unit-life-almost-over", LOW},
    {"transfer-unit-life-over", OUT},
    {"tray-empty", OUT},
    {"tray-low", LOW},
    {"trimmer-life-almost-over", LOW},
    {"trimmer-life-over", OUT},
    {"waiting-for-job-completed", PASSING},
    {"warming-up", PASSING},
    {"waste-almost-full", LOW},
    {"waste-full", OUT},
    {"waste-receptacle-almost-full", LOW},
    {"waste-receptacle-full", OUT},
    {"wrapper-almost-empty", LOW},
    {"wrapper-empty", OUT},
    {"wrapper-life-almost-over", LOW},
    {"wrapper-life-over", OUT},
};
/* clang-format on */

static const char *const SUFFIXES[] = {"-report", "-warning", "-error"};

enum { SUFFIX_REPORT, SUFFIX_WARNING, SUFFIX_ERROR, SUFFIX_NONE };

/* The suffix that says how bad it is, and the length before it */
static guint
find_suffix(const char *keyword, gsize *ret_length)
{
    gsize length = strlen(keyword);
    for (guint i = 0; i < G_N_ELEMENTS(SUFFIXES); i++) {
        gsize suffix = strlen(SUFFIXES[i]);
        if (length > suffix && strcmp(keyword + length - suffix, SUFFIXES[i]) == 0) {
            *ret_length = length - suffix;
            return i;
        }
    }
    *ret_length = length;
    return SUFFIX_NONE;
}

char *
spoc_reason_base(const char *keyword)
{
    gsize length = 0;
    (void)find_suffix(keyword, &length);
    return g_strndup(keyword, length);
}

static int
compare_row(const void *key, const void *element)
{
    return strcmp(key, ((const Row *)element)->keyword);
}

/* (nullable) */
static const Row *
find_row(const char *keyword)
{
    g_autofree char *base = spoc_reason_base(keyword);
    return bsearch(base, ROWS, G_N_ELEMENTS(ROWS), sizeof ROWS[0], compare_row);
}

SpocEventSeverity
spoc_reason_severity(const char *keyword)
{
    static const SpocEventSeverity by_suffix[] = {
        [SUFFIX_REPORT] = SPOC_EVENT_SEVERITY_INFO,
        [SUFFIX_WARNING] = SPOC_EVENT_SEVERITY_ATTENTION,
        [SUFFIX_ERROR] = SPOC_EVENT_SEVERITY_FAULT,
        [SUFFIX_NONE] = SPOC_EVENT_SEVERITY_INFO,
    };
    gsize length = 0;
    guint suffix = find_suffix(keyword, &length);
    const Row *row = find_row(keyword);
    SpocEventSeverity severity = by_suffix[suffix];
    if (row == NULL)
        return severity;
    switch (row->meaning) {
    case MEANS_LOW:
        return MAX(severity, SPOC_EVENT_SEVERITY_ATTENTION);
    case MEANS_OUT:
        return SPOC_EVENT_SEVERITY_FAULT;
    case MEANS_SOON:
        return suffix == SUFFIX_NONE ? SPOC_EVENT_SEVERITY_ATTENTION : severity;
    case MEANS_BROKEN:
        return suffix == SUFFIX_NONE ? SPOC_EVENT_SEVERITY_FAULT : severity;
    case MEANS_PASSING:
        break;
    }
    return severity;
}

gboolean
spoc_reason_is_passing(const char *keyword)
{
    const Row *row = find_row(keyword);
    return row != NULL && row->meaning == MEANS_PASSING &&
           spoc_reason_severity(keyword) < SPOC_EVENT_SEVERITY_ATTENTION;
}

gboolean
spoc_reason_is_wanted(const char *const *wanted, const char *keyword)
{
    gboolean is_wanted = wanted[0] == NULL || wanted[0][0] == '-';
    for (gsize i = 0; wanted[i] != NULL; i++) {
        gboolean leaves_out = wanted[i][0] == '-';
        const char *name = wanted[i] + (leaves_out ? 1 : 0);
        if (strcmp(name, "*") == 0 || strcmp(name, keyword) == 0)
            is_wanted = !leaves_out;
    }
    return is_wanted;
}
