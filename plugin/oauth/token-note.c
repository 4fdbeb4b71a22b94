/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/token-note.h"

#include "base/durable.h"
#include "base/text.h"

#include <string.h>

#define GROUP "token"
#define KEY_WHEN "when-unix-s"
#define KEY_ERROR "error"
#define NOTE_MAX_BYTES 8192
#define ERROR_MAX_BYTES 900

char *
spoc_token_note_read(int state_fd)
{
    g_autoptr(GBytes) content =
        state_fd >= 0 ? spoc_durable_read(state_fd, SPOC_TOKEN_NOTE_FILE, NOTE_MAX_BYTES, NULL)
                      : NULL;
    gsize size = 0;
    const char *bytes = content != NULL ? g_bytes_get_data(content, &size) : NULL;
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (bytes == NULL || !g_key_file_load_from_data(file, bytes, size, G_KEY_FILE_NONE, NULL))
        return NULL;
    g_autofree char *text = g_key_file_get_string(file, GROUP, KEY_ERROR, NULL);
    return text != NULL && *text != '\0' ? spoc_text_line(text, -1, ERROR_MAX_BYTES) : NULL;
}

void
spoc_token_note_write(int state_fd, const char *error, gint64 now_unix_s)
{
    g_autofree char *last = spoc_token_note_read(state_fd);
    if (state_fd < 0 || g_strcmp0(last, error) == 0)
        return;
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) problem = NULL;
    gsize size = 0;
    g_key_file_set_int64(file, GROUP, KEY_WHEN, now_unix_s);
    if (error != NULL)
        g_key_file_set_string(file, GROUP, KEY_ERROR, error);
    g_autofree char *data = g_key_file_to_data(file, &size, NULL);
    if (!spoc_durable_replace(state_fd, SPOC_TOKEN_NOTE_FILE, data, size, 0600, NULL, &problem))
        g_debug("%s", problem->message); /* only what people are told is older then */
}
