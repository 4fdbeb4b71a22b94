/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PURPOSE  Makes keys, certificates and revocation lists for tests, at test time.
 */
#pragma once

#include "trust/openssl.h"

typedef struct {
    X509 *certificate;
    EVP_PKEY *key;
} Minted;

/**
 * MintSpec:
 * @issuer: (nullable): NULL signs itself
 * @host: (nullable): a DNS name in the subject's alternative names
 * @mailbox: (nullable): an address there instead
 * @from_s, @until_s: from now; 0 and 0: yesterday to in a year
 * @rsa: an RSA key; else P-256
 */
typedef struct {
    const char *name;
    const Minted *issuer;
    gboolean authority;
    const char *host;
    const char *mailbox;
    gint64 from_s;
    gint64 until_s;
    gboolean rsa;
} MintSpec;

Minted *mint(const MintSpec *spec);
void minted_free(Minted *minted);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Minted, minted_free)

/* An authority and a server's certificate with the usual settings. */
Minted *mint_root(const char *name);
Minted *mint_server(const Minted *issuer, const char *host);

/* @until_s from now */
X509_CRL *mint_revocation_list(const Minted *issuer, const X509 *revoked, gint64 until_s);

/* (transfer full): the path of FOLDER/NAME, which then holds these in PEM; @key may be NULL */
char *mint_write(const char *folder, const char *name, X509 *certificate, EVP_PKEY *key);

/* (transfer full): a folder of its own; mint_remove() takes it away with all its files */
char *mint_folder(void);
void mint_remove(const char *folder);
