/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Runs a fuzz target over every file of its corpus folders, so that the ordinary
 *          test run meets each input that ever broke something.
 */
#include <glib.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint
replay_folder(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &error);
    if (folder == NULL)
        g_error("%s", error->message);
    guint count = 0;
    for (const char *name; (name = g_dir_read_name(folder)) != NULL; count++) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autofree char *content = NULL;
        gsize size = 0;
        if (!g_file_get_contents(file, &content, &size, &error))
            g_error("%s", error->message);
        (void)LLVMFuzzerTestOneInput((const uint8_t *)content, size);
    }
    return count;
}

int
main(int argc, char **argv)
{
    guint count = 0;
    for (int i = 1; i < argc; i++)
        count += replay_folder(argv[i]);
    g_print("1..1\n%s 1 - %u inputs replayed\n", count > 0 ? "ok" : "not ok", count);
    return count > 0 ? 0 : 1;
}
