/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE   Which plural form a number takes: the expression of a catalogue's Plural-Forms line,
 *           "n%10==1 && n%100!=11 ? 0 : 1", in C's syntax with n as its only variable.
 * SECURITY  Length and depth are bounded; what is no such expression is refused.
 */
#pragma once

#include <glib.h>

#define SPOC_PLURAL_MAX_BYTES 512

/**
 * spoc_plural_evaluate:
 * @expression: ends at a ";" or its NUL
 * @ret_form: (out): a division by zero counts as 0
 *
 * Returns: FALSE when @expression is none; that doesn't depend on @n
 */
gboolean spoc_plural_evaluate(const char *expression, gulong n, gulong *ret_form);
