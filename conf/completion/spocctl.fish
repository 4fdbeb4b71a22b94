# SPDX-License-Identifier: Apache-2.0
# Completion of spocctl(1) for fish. Asks CUPS and the spool only for names, and is silent where it may not.

function __spocctl_ids
    spocctl $argv --json 2>/dev/null | string replace -rf '^ *"id" : "?([^",]*)"?,?$' '$1'
end

function __spocctl_keys
    spocctl config --json 2>/dev/null | string replace -rf '^ *"key" : "([^"]*)",$' '$1'
end

function __spocctl_samples
    spocctl template --help 2>/dev/null | string replace -rf '^EVENT is one of (.*)\.$' '$1' | string split ', '
end

function __spocctl_in
    __fish_seen_subcommand_from $argv[1]
end

complete -c spocctl -f
complete -c spocctl -l help -d Help
complete -c spocctl -n __fish_use_subcommand -l version -d Version
complete -c spocctl -n __fish_use_subcommand -a check -d 'Find problems without a network'
complete -c spocctl -n __fish_use_subcommand -a config -d 'Show values and where they come from'
complete -c spocctl -n __fish_use_subcommand -a queue -d 'List, show and change messages'
complete -c spocctl -n __fish_use_subcommand -a send -d 'Mail files'
complete -c spocctl -n __fish_use_subcommand -a status -d 'Whether mail goes out'
complete -c spocctl -n __fish_use_subcommand -a subscribe -d 'Let CUPS send events to a mail address'
complete -c spocctl -n __fish_use_subcommand -a subscriptions -d 'List them'
complete -c spocctl -n __fish_use_subcommand -a template -d 'Preview mails'
complete -c spocctl -n __fish_use_subcommand -a test -d 'Send a mail, stage by stage'
complete -c spocctl -n __fish_use_subcommand -a truststore -d 'Look after certificates'
complete -c spocctl -n __fish_use_subcommand -a unsubscribe -d 'End subscriptions'

complete -c spocctl -n '__spocctl_in config; or __spocctl_in status; or __spocctl_in subscriptions; or __spocctl_in test; or __spocctl_in queue; or __spocctl_in truststore' -l json -d JSON
complete -c spocctl -n '__spocctl_in config' -l changed -d 'Only what is set'
complete -c spocctl -n '__spocctl_in config' -a '(__spocctl_keys)'

for option in to cc subject body filename queue
    complete -c spocctl -n '__spocctl_in send' -l $option -x
end
complete -c spocctl -n '__spocctl_in send' -F

complete -c spocctl -n '__spocctl_in subscribe' -l server -d 'Events of the server'
complete -c spocctl -n '__spocctl_in subscribe' -s p -l printer -x -a '(lpstat -e 2>/dev/null)'
complete -c spocctl -n '__spocctl_in subscribe' -s c -l class -x -a '(lpstat -e 2>/dev/null)'
complete -c spocctl -n '__spocctl_in subscribe' -s e -l events -x -a 'job-completed job-created job-stopped job-state-changed job-progress printer-stopped printer-state-changed printer-added printer-deleted server-started server-stopped all'
complete -c spocctl -n '__spocctl_in subscribe' -s o -l only -x -a 'problems faults all'
complete -c spocctl -n '__spocctl_in subscribe' -s l -l language -x
complete -c spocctl -n '__spocctl_in subscribe' -a @owner
complete -c spocctl -n '__spocctl_in unsubscribe' -s a -l all -d 'All of them'
complete -c spocctl -n '__spocctl_in unsubscribe' -a '(__spocctl_ids subscriptions)'

complete -c spocctl -n '__spocctl_in template; and not __spocctl_in preview' -a preview
complete -c spocctl -n '__spocctl_in template' -l language -x
complete -c spocctl -n '__spocctl_in template' -l html -r -F
complete -c spocctl -n '__spocctl_in preview' -a '(__spocctl_samples)'

complete -c spocctl -n '__spocctl_in test' -l server -x -a 'primary backup'

set -l actions list show retry hold release delete export
complete -c spocctl -n "__spocctl_in queue; and not __fish_seen_subcommand_from $actions" -a "$actions"
complete -c spocctl -n '__spocctl_in queue' -l all -d 'All messages'
complete -c spocctl -n '__spocctl_in queue' -l recipient -x
complete -c spocctl -n '__spocctl_in queue' -l job -x
complete -c spocctl -n '__spocctl_in queue' -s s -l state -x -a 'new waiting sending held failed'
complete -c spocctl -n '__spocctl_in queue' -l older-than -x
complete -c spocctl -n '__spocctl_in queue; and __fish_seen_subcommand_from show export retry hold release delete' -a '(__spocctl_ids queue list)'

set -l store_actions list show export delete import
complete -c spocctl -n "__spocctl_in truststore; and not __fish_seen_subcommand_from $store_actions" -a "$store_actions"
complete -c spocctl -n '__spocctl_in truststore' -l alias -x
complete -c spocctl -n '__spocctl_in truststore' -l yes -d 'Ask nothing'
complete -c spocctl -n '__spocctl_in truststore' -l leaf -d 'Trust a server certificate'
complete -c spocctl -n '__spocctl_in truststore' -l from-server -x -a '(__fish_print_hostnames)'
complete -c spocctl -n '__spocctl_in truststore' -l fingerprint -x
complete -c spocctl -n '__spocctl_in truststore' -l store -r -F
complete -c spocctl -n '__spocctl_in truststore; and __spocctl_in import' -F
