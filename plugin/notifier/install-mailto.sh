#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the notifier a second time as "mailto", so that lp -m uses it: a symbolic link
# beside it. A file that is there already belongs to another package and stays.
set -eu
case $1 in
/*) folder=${DESTDIR-}$1 ;;
*) folder=$MESON_INSTALL_DESTDIR_PREFIX/$1 ;;
esac
mailto=$folder/mailto
if [ "$(readlink "$mailto" || true)" = spoc ]; then
    exit 0
fi
if [ -e "$mailto" ] || [ -L "$mailto" ]; then
    echo "$mailto belongs to another package (cups-daemon?) and is left as it is." >&2
    echo "On Debian: dpkg-divert --rename --add $mailto, then install again." >&2
    exit 1
fi
ln -s spoc "$mailto"
