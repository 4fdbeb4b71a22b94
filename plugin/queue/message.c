/* SPDX-License-Identifier: Apache-2.0 */
#include "queue/message.h"

SpocMessage *
spoc_message_from_mail(const SpocComposedMail *mail, const char *kind, const char *sender)
{
    SpocEnvelope *envelope = spoc_envelope_new();
    envelope->id = g_strdup(mail->id);
    envelope->kind = g_strdup(kind);
    envelope->sender = g_strdup(sender);
    envelope->subject = g_strdup(mail->subject);
    envelope->message_id = g_strdup(mail->message_id);
    envelope->size_bytes = g_bytes_get_size(mail->bytes);
    envelope->created_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    return spoc_message_new(envelope, mail->bytes);
}
